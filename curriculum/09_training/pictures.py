"""What a student's training loop does to a network."""

import numpy as np
from matplotlib.figure import Figure

from tinytorch.data import DataLoader, TensorDataset, load_digits, random_split
from tinytorch.layers import manual_seed
from tinytorch.networks import MLP
from tinytorch.optim import SGD
from tinytorch.training import Trainer
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE = "#2563eb", "#ea580c"
_EPOCHS = 12


@picture("train-epoch", "Your loop teaches a network of two layers to read 1,400 digits.")
def draw_training():
    history = _history()
    epochs = np.arange(1, len(history) + 1)
    figure = Figure(figsize=(7.4, 3.0))
    losses, shares = figure.subplots(1, 2)
    for axes, name, title in (
        (losses, "loss", "loss"),
        (shares, "accuracy", "share that is right"),
    ):
        seen = [record[name] for record in history]
        held_out = [record[f"val_{name}"] for record in history]
        axes.plot(epochs, seen, "o-", color=_BLUE, markersize=3, label="while training")
        axes.plot(epochs, held_out, "o--", color=_ORANGE, markersize=3, label="held out, after it")
        axes.set_xlabel("epoch")
        axes.set_title(title)
        axes.legend(frameon=False, fontsize=8)
    losses.axhline(np.log(10), color="#999999", linewidth=0.8)
    losses.text(_EPOCHS, np.log(10) - 0.03, "ln 10: a guess", fontsize=8, ha="right", va="top")
    losses.set_ylim(0)
    shares.set_ylim(0, 1)
    shares.text(_EPOCHS, 0.02, f"at the end {history[-1]['val_accuracy']:.1%}", ha="right")
    figure.tight_layout()
    return figure


def _history():
    generator = manual_seed(0)
    images, labels = load_digits()[:]
    data = TensorDataset(images.flatten(1), labels)
    train, held_out = random_split(data, [1400, 397], generator)
    model = MLP((64, 64, 10))
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1))
    loader = DataLoader(train, 32, shuffle=True, generator=generator)
    return trainer.fit(loader, DataLoader(held_out, 397), epochs=_EPOCHS)
