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
    figure = Figure(figsize=(8.6, 3.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
    for scope, colour, name in (
        ("global", _BLUE, "all layers together"),
        ("layer", _ORANGE, "each layer by itself"),
    ):
        shares = []
        for amount in _AMOUNTS:
            model, _, held_out = compression.trained_lenet()
            compression.prune_magnitude(model, amount, scope)
            shares.append(_share(model, held_out))
        left.plot(_AMOUNTS, shares, "o-", color=colour, markersize=3, label=name)
    left.set_xlabel("share of the weights that is pruned")
    left.set_ylabel("digits read, %")
    left.set_ylim(0, 103)
    left.legend(frameon=False, fontsize=8, loc="lower left")
    _plain(left)
    model, *_ = compression.trained_lenet()
    compression.prune_magnitude(model, 0.8)
    gone = [100 * compression.sparsity(weight) for weight in compression.weights(model).values()]
    bars = right.barh(list(_NAMES.values()), gone, color=_BLUE)
    right.bar_label(bars, fmt="%.0f %%", fontsize=8, padding=2)
    right.set_xlim(0, 112)
    right.invert_yaxis()
    right.tick_params(labelsize=8)
    right.set_title("zeros of each layer, where 80 % of all are", fontsize=9)
    _plain(right)
    figure.tight_layout()
    return figure


@picture(
    "quantize",
    "Your steps: each value goes to the nearest, and beyond the range to its end.",
    controls=[Slider("scale", "scale", 0.005, 0.05, 0.02, 0.005)],
)
def draw_steps(scale):
    figure = Figure(figsize=(8.2, 3.2))
    whole, near = figure.subplots(1, 2)
    for axes, reach, count in ((whole, 4.0, 4001), (near, 4 * scale, 801)):
        values = np.linspace(-reach, reach, count, dtype=np.float32)
        found = compression.quantize(Tensor(values), scale, 20)
        back = (found.values.astype(int) - 20) * scale
        axes.plot(values, values, color=_GREY, linewidth=1, linestyle="--")
        axes.plot(values, back, color=_BLUE, linewidth=1.6)
        axes.set_xlabel("value")
        _plain(axes)
    whole.set_ylabel("what its whole number stands for")
    ends = (-148 * scale, 107 * scale)
    whole.set_title(f"zero point 20: the range is {ends[0]:.2f} … {ends[1]:.2f}", fontsize=9)
    error = np.abs(back - values).max()
    near.set_title(f"near 0: off by {error / scale:.2f} steps at the most", fontsize=9)
    figure.tight_layout()
    return figure


@picture(
    "distil",
    "What your LeNet thinks of three digits. Make it warmer.",
    controls=[Slider("temperature", "temperature", 0.5, 10.0, 4.0, 0.5)],
)
def draw_opinions(temperature):
    model, _, held_out = compression.trained_lenet()
    images, labels = held_out[:]
    scores = model(images).detach()
    figure = Figure(figsize=(8.6, 3.6))
    grid = figure.subplots(2, 3, height_ratios=(1, 1.6))
    for (above, below), index in zip(grid.T, (326, 5, 12), strict=True):
        above.imshow(images.data[index, 0], cmap="gray_r")
        above.set_title(f"a {labels.data[index]}", fontsize=9)
        above.axis("off")
        chances = softmax(scores[index : index + 1] / temperature, 1).data[0]
        colours = [_BLUE if digit == labels.data[index] else _GREY for digit in range(10)]
        below.bar(range(10), chances, color=colours)
        below.set_xticks(range(10))
        below.tick_params(labelsize=8)
        below.set_ylim(0, 1)
        student = Tensor(np.zeros((1, 10), np.float32))
        loss = compression.distillation_loss(
            student, scores[index : index + 1], temperature=temperature
        ).item()
        below.set_title(f"an undecided student loses {loss:.2f}", fontsize=8)
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
    figure = Figure(figsize=(7.4, 3.4))
    axes = figure.subplots()
    colours = (_ORANGE, _GREEN, _BLUE, "#7c3aed", _GREY)
    for (name, points), colour in zip(curves.items(), colours, strict=True):
        axes.plot(amounts, points, "o-", color=colour, markersize=3, label=_NAMES[name])
    axes.axhline(1, color="black", linewidth=0.6, linestyle="--")
    axes.text(0.1, 2, "one point", fontsize=8)
    axes.set_xlabel("share of that layer's weights that is pruned")
    axes.set_ylabel("points of accuracy lost")
    axes.legend(frameon=False, fontsize=8)
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
    figure = Figure(figsize=(8.4, 3.0))
    left, right = figure.subplots(1, 2, sharey=True)
    names, sizes, shares = zip(*points, strict=True)
    bars = left.barh(names, [size / 1000 for size in sizes], color=[_GREY] * 3 + [_BLUE])
    left.bar_label(bars, [f"{size:,}" for size in sizes], fontsize=8, padding=3)
    left.set_xlabel("thousand bytes")
    left.set_xlim(0, 155)
    left.invert_yaxis()
    right.plot(shares, names, "o", color=_BLUE)
    for name, share in zip(names, shares, strict=True):
        right.text(share + 0.25, name, f"{share:.1f} %", fontsize=8, va="center")
    right.axvline(shares[0] - 1, color=_ORANGE, linewidth=0.8, linestyle="--")
    right.text(shares[0] - 1.1, 0.5, "a point less", fontsize=8, ha="right", va="center")
    right.set_xlim(90, 101)
    right.set_xlabel("digits read, %")
    for axes in (left, right):
        _plain(axes)
    figure.tight_layout()
    return figure
