"""What a student's networks look like: grids that fold, and boundaries that move."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import tinytorch
from tinytorch import networks
from tinytorch.activations import ReLU
from tinytorch.environment import time_call
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE, _GREY = "#2563eb", "#ea580c", "#999999"
_WIDTH = 4.8  # inches; the lesson view has room for about as much, so the letters keep their size
_CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
_AND, _XOR = (0, 0, 0, 1), (0, 1, 1, 0)


def _two_layers():
    first = networks.linear_of(
        Tensor([[1.0, 0.3], [-1.0, 0.2], [0.2, 1.0], [0.1, -1.0]]), Tensor([0.1, 0.0, -0.2, 0.1])
    )
    second = networks.linear_of(
        Tensor([[1.0, -0.3, 0.3, -0.6], [-0.3, 0.9, 1.0, -0.2]]), Tensor([0.0, 0.1])
    )
    return first, second


@picture(
    "fuse", "A grid through two linear layers, and with a bend between; orange: your one layer."
)
def draw_fuse():
    first, second = _two_layers()
    one = networks.fuse_linears(first, second)
    figure = Figure(figsize=(_WIDTH, 2.0))
    before, straight, bent = figure.subplots(1, 3)
    _grid(before, lambda x: x)
    _grid(straight, lambda x: second(first(x)))
    _grid(bent, lambda x: second(ReLU()(first(x))))
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 5)] * 2), axis=-1).reshape(-1, 2)
    straight.plot(*one(Tensor(places.astype(np.float32))).data.T, "o", ms=3, color=_ORANGE)
    for axes, title in (
        (before, "the inputs"),
        (straight, "Linear, Linear"),
        (bent, "Linear, ReLU, Linear"),
    ):
        axes.set_title(title, fontsize=10)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xticks([-1, 0, 1])
        axes.set_yticks([-1, 0, 1])
    figure.tight_layout(pad=0.3, w_pad=0.6)
    return figure


def _grid(axes, network):
    """Where the lines of a grid from -1 to 1 come out."""
    along = np.linspace(-1, 1, 81)
    for place in np.linspace(-1, 1, 9):
        fixed = np.full_like(along, place)
        for line, colour in (((along, fixed), _BLUE), ((fixed, along), _GREY)):
            points = Tensor(np.stack(line, axis=1).astype(np.float32))
            axes.plot(*network(points).data.T, color=colour, linewidth=0.8)


@picture(
    "cost", "What you predicted of MLP((784, n, 10)) for 64 rows, and how long each call took."
)
def draw_cost():
    widths = [32, 128, 512, 2048]
    x = Tensor(np.full((64, 784), 0.5, np.float32))
    predicted = [networks.mlp_cost((784, width, 10), 64) for width in widths]
    microseconds = [1e6 * _quickest(networks.MLP((784, width, 10)), x) for width in widths]
    figure = Figure(figsize=(_WIDTH, 2.7))
    held, took = figure.subplots(1, 2)
    held.plot(widths, [parameters for parameters, _ in predicted], "o-", color=_BLUE)
    held.set_xlabel("n, the hidden width")
    held.set_title("parameters predicted", fontsize=10)
    took.plot([flops for _, flops in predicted], microseconds, "o-", color=_ORANGE)
    for (_, flops), each, width in zip(predicted, microseconds, widths, strict=True):
        place = (-6, 5) if width < max(widths) else (-9, -4)
        took.annotate(
            f"n = {width}", (flops, each), place, textcoords="offset points", size=9, ha="right"
        )
    took.set_xlim(1e5, 5e8)
    took.set_xlabel("FLOPs predicted")
    took.set_title("microseconds measured", fontsize=10)
    for axes in (held, took):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.grid(alpha=0.3)
    figure.tight_layout(pad=0.3)
    return figure


def _quickest(model, x):
    """The shortest of five times: others use the processor too."""
    return min(time_call(lambda: model(x)) for _ in range(5))


def _mistakes(targets, at_most):
    """(weight, bias, which example it was) after each mistake of your perceptron."""
    unit = networks.Perceptron(2)
    found = []
    for _ in range(20):
        for row, target in enumerate(targets):
            if unit.learn(Tensor(_CORNERS[row]), target):
                found.append((unit.weight.data.copy(), unit.bias.data.copy(), row))
    return found[:at_most]


def _boundary(axes, answers, targets, wrong=None, size=8):
    """Where the answer is 1, the four corners, and a ring around the one that was wrong."""
    along = np.linspace(-0.6, 1.6, 221, dtype=np.float32)
    plane = np.stack(np.meshgrid(along, along), axis=-1)
    axes.contourf(along, along, answers(plane), [0.5, 99], colors=[_BLUE], alpha=0.2)
    for (a, b), target in zip(_CORNERS, targets, strict=True):
        fill = _BLUE if target else "white"
        axes.plot(a, b, "o", ms=size, markerfacecolor=fill, markeredgecolor=_BLUE)
    if wrong is not None:
        axes.plot(
            *_CORNERS[wrong], "o", ms=1.9 * size, markerfacecolor="none", markeredgecolor=_ORANGE
        )
    axes.set_aspect("equal")
    axes.set_xlim(-0.6, 1.6)
    axes.set_ylim(-0.6, 1.6)
    axes.set_xticks([0, 1])
    axes.set_yticks([0, 1])


def _after(axes, mistake, number, targets):
    """The boundary that a mistake left behind: the line itself, and where the unit says 1."""
    weight, bias, row = mistake
    unit = networks.Perceptron(2)
    unit.weight.data[...], unit.bias.data[...] = weight, bias
    _boundary(axes, lambda plane: unit(Tensor(plane)).data, targets, row, size=5)
    if weight.any():
        on_the_line = -bias * weight / (weight @ weight)
        along = np.array([-weight[1], weight[0]])
        axes.axline(on_the_line, on_the_line + along, color=_BLUE, linewidth=1)
    w = ", ".join(f"{each:.0f}".replace("-", "−") for each in weight)
    b = f"{float(bias):.0f}".replace("-", "−")
    axes.set_title(f"{number}: b = {b}\nw = ({w})", fontsize=9, pad=3)
    _bare(axes)


@picture(
    "fit", "AND, after each of ten mistakes: in the blue your unit says 1; ring: what it had wrong."
)
def draw_fit():
    figure = Figure(figsize=(_WIDTH, 2.7))
    panels = figure.subplots(2, 5).flat
    for number, (axes, mistake) in enumerate(
        zip(panels, _mistakes(_AND, 10), strict=True), start=1
    ):
        _after(axes, mistake, number, _AND)
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.86, wspace=0.05, hspace=0.42)
    return figure


def _digits():
    file = next(f for folder in tinytorch.__path__ if (f := Path(folder) / "digits.npz").exists())
    with np.load(file) as data:
        images, labels = data["images"], data["labels"]
    return images.reshape(len(labels), 64).astype(np.float32) / 16, labels


@picture(
    "perceptron-1958",
    "Zeros from all other digits: your weights, and all that your unit has wrong of 360, with what "
    "it says.",
)
def draw_perceptron():
    pixels, labels = _digits()
    zero = (labels == 0).astype(np.float32)
    unit = networks.Perceptron(64)
    mistakes = unit.fit(Tensor(pixels[:1437]), Tensor(zero[:1437]))
    answers = unit(Tensor(pixels[1437:])).data
    wrong = 1437 + np.flatnonzero(answers != zero[1437:])[:4]
    figure = Figure(figsize=(_WIDTH, 2.0))
    bars = figure.add_axes((0.1, 0.22, 0.27, 0.56))
    bars.bar(range(1, len(mistakes) + 1), mistakes, color=_BLUE)
    bars.set_xlabel("epoch")
    bars.set_title("mistakes\namong 1,437", fontsize=10)
    weights = figure.add_axes((0.4, 0.1, 0.33, 0.68))
    most = float(np.abs(unit.weight.data).max())
    weights.imshow(unit.weight.data.reshape(8, 8), cmap="RdBu", vmin=-most, vmax=most)
    weights.set_title("weights: blue for\na zero, red against", fontsize=10)
    _bare(weights)
    grid = figure.add_gridspec(2, 2, left=0.74, right=1, bottom=0.02, top=0.88, hspace=0.4)
    for place, row in enumerate(wrong):
        axes = figure.add_subplot(grid[place // 2, place % 2])
        axes.imshow(pixels[row].reshape(8, 8), cmap="gray_r")
        said = "zero" if answers[row - 1437] else "none"
        axes.set_title(f"{labels[row]}: {said}", fontsize=10, pad=3)
        _bare(axes)
    return figure


def _bare(axes):
    axes.set_xticks([])
    axes.set_yticks([])


def _output(plane):
    """What the network of nine numbers gives; its boundary is where that is a half."""
    return networks.xor_network()(Tensor(plane)).data[..., 0]


def _hidden_plane(axes):
    """The four corners as the two hidden units see them, and the line that divides them there."""
    network = networks.xor_network()
    hidden = network[1](network[0](Tensor(_CORNERS))).data
    (first, second), bias = network[2].weight.data[0], float(network[2].bias.data[0])
    low, high = hidden.min() - 0.6, hidden.max() + 0.6
    along = np.linspace(low, high, 221, dtype=np.float32)
    x, y = np.meshgrid(along, along)
    score = first * x + second * y + bias
    axes.contourf(along, along, score, [0.5, 99], colors=[_BLUE], alpha=0.2)
    places = {}
    for (a, b), point, target in zip(_CORNERS, hidden, _XOR, strict=True):
        fill = _BLUE if target else "white"
        axes.plot(*point, "o", ms=8, markerfacecolor=fill, markeredgecolor=_BLUE)
        places.setdefault(tuple(point), []).append(f"({a:.0f}, {b:.0f})")
    for point, names in places.items():
        above = {"textcoords": "offset points", "ha": "center"}
        axes.annotate(" ".join(names), point, (0, 7), fontsize=9, **above)
    axes.set_xlabel("first hidden unit")
    axes.set_ylabel("second hidden unit")
    axes.set_aspect("equal")


@picture("xor", "Your nine numbers: what they say to each a and b, and what the hidden units see.")
def draw_xor():
    figure = Figure(figsize=(_WIDTH, 2.6))
    inputs, hidden = figure.subplots(1, 2)
    _boundary(inputs, _output, _XOR)
    inputs.set_xlabel("a")
    inputs.set_ylabel("b")
    inputs.set_title("blue: output above ½", fontsize=10)
    _hidden_plane(hidden)
    hidden.set_title("behind the ReLU", fontsize=10)
    figure.tight_layout(pad=0.3)
    return figure


@picture(
    "xor-1969",
    "XOR: your perceptron after mistakes 6 to 13, twice around; on the right your two layers.",
)
def draw_circle():
    figure = Figure(figsize=(_WIDTH, 2.4))
    grid = figure.add_gridspec(2, 4, left=0.01, right=0.68, bottom=0.01, top=0.85)
    grid.update(wspace=0.08, hspace=0.5)
    found = _mistakes(_XOR, 13)
    for place in range(8):
        axes = figure.add_subplot(grid[place // 4, place % 4])
        _after(axes, found[5 + place], 6 + place, _XOR)
    two = figure.add_axes((0.71, 0.1, 0.28, 0.66))
    _boundary(two, _output, _XOR)
    two.set_title("two layers,\nnine numbers", fontsize=10)
    _bare(two)
    return figure
