"""What the batches of a student's loader hold."""

import numpy as np
from matplotlib.figure import Figure

from tinytorch import data
from tinytorch_ls.lesson import picture

_EPOCHS = 3


@picture("iterate", "The first batch of three epochs: your loader, without and with shuffle.")
def draw_batches():
    figure = Figure(figsize=(8.4, 2.3))
    panels = figure.subplots(1, 2)
    digits = data.load_digits()
    for axes, shuffle in zip(panels, (False, True), strict=True):
        generator = np.random.default_rng(0)
        loader = data.DataLoader(digits, 8, shuffle=shuffle, generator=generator)
        firsts = [next(iter(loader)) for _ in range(_EPOCHS)]
        axes.imshow(np.concatenate([_row(images) for images, _ in firsts]), cmap="gray_r")
        for epoch, (_, labels) in enumerate(firsts):
            for place, label in enumerate(labels.tolist()):
                axes.text(11 * place + 4.5, 13 * epoch + 11.4, label, ha="center", fontsize=8)
        axes.set_yticks([13 * e + 5 for e in range(_EPOCHS)], [f"epoch {e + 1}" for e in range(3)])
        axes.set_xticks([])
        axes.set_title(f"shuffle={shuffle}")
        axes.spines[:].set_visible(False)
    figure.tight_layout()
    return figure


def _row(images):
    """The images of a batch side by side, with paper between them and room for labels below."""
    framed = np.pad(images.data[:, 0], [(0, 0), (1, 4), (1, 2)])
    return np.concatenate(list(framed), axis=1)
