"""What a student's pruning, rounding and teaching do to a trained LeNet."""

from functools import partial

import numpy as np
from matplotlib.figure import Figure

import tinytorch.autograd  # noqa: F401 - records
from tinytorch import compression
from tinytorch.activations import softmax
from tinytorch.data import DataLoader
from tinytorch.layers import manual_seed
from tinytorch.optim import Adam
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer, cross_entropy
from tinytorch_ls.lesson import Slider, picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_AMOUNTS = (0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_NAMES = {
    "features.0.weight": "first convolution",
    "features.3.weight": "second convolution",
    "classifier.0.weight": "first linear",
    "classifier.2.weight": "second linear",
    "classifier.4.weight": "last linear",
}


def _share(model, held_out):
    """The share of the held-out digits that are read, in percent."""
    images, labels = held_out[:]
    return 100 * float((model(images).data.argmax(axis=1) == labels.data).mean())


def _plain(axes):
    axes.spines[["top", "right"]].set_visible(False)


@picture("prune", "What your pruning leaves of LeNet, and how much it still reads.")
def draw_pruning():
    figure = Figure(figsize=(5.2, 5.2))
    above, below = figure.subplots(2, 1, height_ratios=(1.5, 1))
    for scope, colour, name in (
        ("global", _BLUE, "all layers together"),
        ("layer", _ORANGE, "each layer by itself"),
    ):
        shares = []
        for amount in _AMOUNTS:
            model, _, held_out = compression.trained_lenet()
            compression.prune_magnitude(model, amount, scope)
            shares.append(_share(model, held_out))
        above.plot(_AMOUNTS, shares, "o-", color=colour, markersize=3, label=name)
    above.set_xlabel("share of the weights that is pruned")
    above.set_ylabel("digits read, %")
    above.set_ylim(0, 103)
    above.legend(frameon=False, fontsize=9, loc="lower left")
    _plain(above)
    model, *_ = compression.trained_lenet()
    compression.prune_magnitude(model, 0.8)
    gone = [100 * compression.sparsity(weight) for weight in compression.weights(model).values()]
    bars = below.barh(list(_NAMES.values()), gone, color=_BLUE)
    below.bar_label(bars, fmt="%.0f %%", fontsize=9, padding=2)
    below.set_xlim(0, 112)
    below.invert_yaxis()
    below.set_title("zeros of each layer, where 80 % of all are", fontsize=10)
    _plain(below)
    figure.tight_layout()
    return figure


@picture(
    "quantize",
    "Your steps: each value goes to the nearest, and beyond the range to its end.",
    controls=[Slider("scale", "scale", 0.005, 0.05, 0.02, 0.005)],
)
def draw_steps(scale):
    figure = Figure(figsize=(5.2, 5.4))
    whole, near = figure.subplots(2, 1)
    for axes, reach, count in ((whole, 4.0, 4001), (near, 4 * scale, 801)):
        values = np.linspace(-reach, reach, count, dtype=np.float32)
        found = compression.quantize(Tensor(values), scale, 20)
        back = (found.values.astype(int) - 20) * scale
        axes.plot(values, values, color=_GREY, linewidth=1, linestyle="--")
        axes.plot(values, back, color=_BLUE, linewidth=1.6)
        axes.set_ylabel("what its whole number\nstands for")
        _plain(axes)
    near.set_xlabel("value")
    near.set_xticks(scale * np.arange(-4, 5, 2))
    ends = (-148 * scale, 107 * scale)
    whole.set_title(f"zero point 20: the range is {ends[0]:.2f} … {ends[1]:.2f}", fontsize=10)
    error = np.abs(back - values).max()
    near.set_title(f"near 0: off by {error / scale:.2f} steps at the most", fontsize=10)
    figure.tight_layout()
    return figure


@picture(
    "distil",
    "What your LeNet thinks of three digits, and what an undecided student loses. Make it warmer.",
    controls=[Slider("temperature", "temperature", 0.5, 10.0, 4.0, 0.5)],
)
def draw_opinions(temperature):
    model, _, held_out = compression.trained_lenet()
    images, labels = held_out[:]
    scores = model(images).detach()
    figure = Figure(figsize=(5.4, 3.8))
    grid = figure.subplots(2, 3, height_ratios=(1, 1.6), sharey="row")
    for (above, below), index in zip(grid.T, (326, 5, 12), strict=True):
        above.imshow(images.data[index, 0], cmap="gray_r")
        above.set_title(f"a {labels.data[index]}", fontsize=10)
        above.axis("off")
        chances = softmax(scores[index : index + 1] / temperature, 1).data[0]
        colours = [_BLUE if digit == labels.data[index] else _GREY for digit in range(10)]
        below.bar(range(10), chances, color=colours)
        below.set_xticks(range(10))
        below.tick_params(labelsize=8.5)
        below.set_ylim(0, 1)
        student = Tensor(np.zeros((1, 10), np.float32))
        loss = compression.distillation_loss(
            student, scores[index : index + 1], temperature=temperature
        ).item()
        below.set_title(f"loss {loss:.2f}", fontsize=10)
        _plain(below)
    grid[1, 0].set_ylabel("chance")
    figure.tight_layout()
    return figure


@picture("sensitivity", "Each layer of LeNet pruned alone: where it is tender.")
def draw_sensitivity():
    model, _, held_out = compression.trained_lenet()
    amounts = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    curves = {name: [] for name in _NAMES}
    for amount in amounts:

        def prune(weight, amount=amount):
            sizes = np.abs(weight.data).ravel()
            weight.data[~compression.mask_of(sizes, amount).reshape(weight.shape)] = 0

        lost = compression.sensitivity(model, prune, lambda: _share(model, held_out))
        for name, points in lost.items():
            curves[name].append(points)
    figure = Figure(figsize=(5.2, 3.6))
    axes = figure.subplots()
    colours = (_ORANGE, _GREEN, _BLUE, "#7c3aed", _GREY)
    for (name, points), colour in zip(curves.items(), colours, strict=True):
        axes.plot(amounts, points, "o-", color=colour, markersize=3, label=_NAMES[name])
    axes.axhline(1, color="black", linewidth=0.6, linestyle="--")
    axes.text(0.1, 2, "one point", fontsize=9)
    axes.set_xlabel("share of that layer's weights that is pruned")
    axes.set_ylabel("points of accuracy lost")
    axes.legend(frameon=False, fontsize=9)
    _plain(axes)
    figure.tight_layout()
    return figure


@picture("lenet-8x", "Your LeNet on its way: bytes, and digits read of 359.")
def draw_way():
    manual_seed(0)
    model, train, held_out = compression.trained_lenet()
    points = [("as trained", compression.model_bytes(model), _share(model, held_out))]
    masks = compression.prune_magnitude(model, 0.83)
    points.append(("83 % pruned", compression.model_bytes(model), _share(model, held_out)))
    trainer = Trainer(
        model, Adam(model.parameters(), lr=1e-3), partial(cross_entropy, label_smoothing=0.1)
    )
    batches = DataLoader(train, 32, shuffle=True)
    for _ in range(4):
        compression.train_pruned(trainer, batches, masks)
    model.eval()
    points.append(("trained on, 4 epochs", compression.model_bytes(model), _share(model, held_out)))
    packed = compression.pack(model)
    model.load_state_dict(compression.unpack(packed))
    points.append(("8 bits, sparse", compression.model_bytes(packed), _share(model, held_out)))
    figure = Figure(figsize=(5.4, 4.6))
    above, below = figure.subplots(2, 1)
    names, sizes, shares = zip(*points, strict=True)
    bars = above.barh(names, [size / 1000 for size in sizes], color=[_GREY] * 3 + [_BLUE])
    above.bar_label(bars, [f"{size:,}" for size in sizes], fontsize=9, padding=3)
    above.set_xlabel("thousand bytes")
    above.set_xlim(0, 165)
    below.plot(shares, names, "o", color=_BLUE)
    for name, share in zip(names, shares, strict=True):
        below.text(share + 0.25, name, f"{share:.1f} %", fontsize=9, va="center")
    below.axvline(shares[0] - 1, color=_ORANGE, linewidth=0.8, linestyle="--")
    below.text(shares[0] - 1.1, 0.5, "a point less", fontsize=9, ha="right", va="center")
    below.set_xlim(90, 101)
    below.set_xlabel("digits read, %")
    for axes in (above, below):
        axes.margins(y=0.12)
        axes.invert_yaxis()
        _plain(axes)
    figure.tight_layout()
    return figure
