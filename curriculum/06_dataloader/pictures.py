"""What a student's datasets, loader and augmentation hold, and what a shuffle is worth."""

import numpy as np
from matplotlib.figure import Figure

from tinytorch import data
from tinytorch.activations import log_softmax, softmax
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_WIDTH = 4.8  # inches; the lesson view has room for about as much, so the letters keep their size
_EPOCHS = 3


@picture("spirals", "450 points that your dataset made: two arms, and three that wind twice.")
def draw_spirals():
    figure = Figure(figsize=(_WIDTH, 2.9))
    panels = figure.subplots(1, 2)
    for axes, (arms, turns) in zip(panels, ((2, 1.0), (3, 2.0)), strict=True):
        dataset = data.Spirals(450, arms, turns)
        points, labels = _batch(dataset, range(450))
        for arm, colour in zip(range(arms), (_BLUE, _ORANGE, _GREEN), strict=False):
            x, y = points.data[labels.data == arm].T
            axes.plot(x, y, ".", markersize=4, color=colour, label=f"arm {arm}")
        axes.set_title(f"arms={arms}, turns={turns:.0f}", fontsize=10)
        axes.set_aspect("equal")
        axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        axes.spines[["top", "right"]].set_visible(False)
    below = {"loc": "lower center", "ncols": 3, "bbox_to_anchor": (0.5, -0.03)}
    figure.legend(*axes.get_legend_handles_labels(), frameon=False, markerscale=2, **below)
    figure.subplots_adjust(0.07, 0.16, 0.99, 0.92, wspace=0.15)
    return figure


def _batch(dataset, indices):
    """These examples of a dataset as one batch, without a loader."""
    points, labels = zip(*(dataset[index] for index in indices), strict=True)
    return Tensor(np.stack([point.data for point in points])), Tensor(np.array(labels))


@picture("iterate", "The first batch of three epochs: your loader, without and with shuffle.")
def draw_batches():
    figure = Figure(figsize=(_WIDTH, 1.6))
    panels = figure.subplots(1, 2)
    digits = data.load_digits()
    for axes, shuffle in zip(panels, (False, True), strict=True):
        generator = np.random.default_rng(1)
        loader = data.DataLoader(digits, 8, shuffle=shuffle, generator=generator)
        firsts = [next(iter(loader)) for _ in range(_EPOCHS)]
        axes.imshow(np.concatenate([_row(images) for images, _ in firsts]), cmap="gray_r")
        for epoch, (_, labels) in enumerate(firsts):
            for place, label in enumerate(labels.tolist()):
                axes.text(11 * place + 4.5, 16 * epoch + 14, label, ha="center", fontsize=9)
        axes.set_yticks([])
        axes.set_xticks([])
        axes.set_title(f"shuffle={shuffle}", fontsize=10)
        axes.spines[:].set_visible(False)
    panels[0].set_yticks([16 * e + 5 for e in range(_EPOCHS)], [f"epoch {e + 1}" for e in range(3)])
    panels[0].tick_params(left=False)
    figure.subplots_adjust(0.14, 0.01, 0.99, 0.86, wspace=0.05)
    return figure


def _row(images):
    """The images of a batch side by side, with paper between them and room for labels below."""
    framed = np.pad(images.data[:, 0], [(0, 0), (1, 7), (1, 2)])
    return np.concatenate(list(framed), axis=1)


@picture("normalize", "Digits at half their ink, on two scales: only one shows that they are dim.")
def draw_scales():
    train, held_out = _parts()
    dim = held_out * 0.5
    figure = Figure(figsize=(_WIDTH, 2.5))
    shown = (
        ("the training set's numbers", data.channel_statistics(train)),
        ("their own numbers", data.channel_statistics(dim)),
    )
    usual = _inks(data.normalize(train, *shown[0][1]))
    for axes, (title, statistics) in zip(figure.subplots(1, 2), shown, strict=True):
        scaled = data.normalize(dim, *statistics)
        bins = np.linspace(-1, 2.1, 17)
        axes.hist(usual, bins, density=True, color="#dddddd", label="training digits")
        axes.hist(
            _inks(scaled),
            bins,
            density=True,
            histtype="step",
            linewidth=1.6,
            color=_ORANGE,
            label="dim digits",
        )
        mean = _told(float(scaled.data.mean()))
        axes.set_title(f"{title}:\ndim digits have the mean {mean}", fontsize=9.5)
        axes.set_xlabel("a pixel, normalized")
        axes.set_yticks([])
        axes.legend(frameon=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
    figure.subplots_adjust(0.02, 0.19, 0.98, 0.83, wspace=0.1)
    return figure


def _told(number):
    """Two digits behind the point, a real minus, and no -0.00."""
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "−")


def _inks(images):
    return images.data.ravel()


def _parts():
    """All images of a training part and of a held-out one, from one seed."""
    parts = data.random_split(data.load_digits(), [0.8, 0.2], np.random.default_rng(0))
    return [_everything(part)[0] for part in parts]


def _everything(dataset):
    return next(iter(data.DataLoader(dataset, len(dataset))))


@picture("shift", "One batch, as it came and as your shift and a given rotation made it anew.")
def draw_augmentation():
    images, _ = next(iter(data.DataLoader(data.load_digits(), 10)))
    rng = np.random.default_rng(1)
    rows = [("as they came", images)]
    rows += [(f"shifted, call {n}", data.random_shift(images, 1, rng)) for n in (1, 2, 3)]
    turned = data.random_rotation(images, 20, rng)
    rows.append(("turned, shifted", data.random_shift(turned, 1, rng)))
    figure = Figure(figsize=(_WIDTH, 2.2))
    axes = figure.subplots()
    lines = [_framed(each.data[:, 0]) for _, each in rows]
    axes.imshow(np.concatenate(lines), cmap="gray_r", vmin=0, vmax=1)
    axes.set_yticks([11 * row + 5 for row in range(len(rows))], [name for name, _ in rows])
    axes.tick_params(left=False)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    figure.tight_layout()
    return figure


def _framed(images):
    """Images side by side, each with a thin grey frame, so that its edge can be seen."""
    edged = np.pad(images, [(0, 0), (1, 1), (1, 1)], constant_values=0.25)
    return np.concatenate(list(np.pad(edged, [(0, 0), (0, 1), (0, 1)])), axis=1)


@picture("epoch", "The same digits, the same network, five epochs: sorted by class, and shuffled.")
def draw_losses():
    rng = np.random.default_rng(0)
    train, held_out = data.random_split(data.load_digits(), [0.8, 0.2], rng)
    images, labels = _everything(train)
    statistics = data.channel_statistics(images)
    in_classes = data.Subset(train, np.argsort(labels.data, kind="stable"))
    figure = Figure(figsize=(_WIDTH, 2.6))
    axes = figure.subplots()
    for name, shuffle, colour in (("sorted", False, _ORANGE), ("shuffled", True, _BLUE)):
        loader = data.DataLoader(in_classes, 32, shuffle, generator=rng)
        losses, right = _learn(loader, held_out, statistics)
        label = f"{name}: reads {right:.0%} of held-out digits"
        axes.plot(np.arange(len(losses)) / len(loader), losses, color=colour, label=label)
    axes.set_xlabel("epochs")
    axes.set_ylabel("loss of a batch")
    axes.set_xlim(0, 5)
    axes.set_ylim(0)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def _learn(loader, held_out, statistics, rate=0.1):
    """The loss of each batch of five epochs of a linear layer, and what it reads right then."""
    weight, bias, losses = np.zeros((10, 64), np.float32), np.zeros(10, np.float32), []
    for _ in range(5):
        for images, labels in loader:
            x = data.normalize(images, *statistics).data.reshape(-1, 64)
            rows, scores = np.arange(len(x)), Tensor(x @ weight.T + bias)
            losses.append(float(-log_softmax(scores, 1).data[rows, labels.data].mean()))
            error = softmax(scores, 1).data.copy()
            error[rows, labels.data] -= 1
            weight -= rate * error.T @ x / len(x)
            bias -= rate * error.mean(0)
    images, labels = _everything(held_out)
    x = data.normalize(images, *statistics).data.reshape(-1, 64)
    return losses, float(((x @ weight.T + bias).argmax(1) == labels.data).mean())
