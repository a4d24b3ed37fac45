"""Graphs with the values and gradients that a student's code gives them, slopes, and a LeNet."""

from contextlib import contextmanager

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tinytorch.activations import log_softmax, relu, sigmoid, softmax, tanh
from tinytorch.autograd import checking, engine, images
from tinytorch.cnn import LeNet
from tinytorch.data import load_digits
from tinytorch.layers import kaiming_uniform_, manual_seed
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_WIDTH = 4.8  # inches; the lesson view has room for about as much, so the letters keep their size


def _graph():
    """z = y + y · (y + 4) with y = 3x, and where each node is drawn."""
    x = Tensor(2.0).requires_grad_()
    y = x * 3
    shifted = y + 4
    product = y * shifted
    z = y + product
    tensors = {"3·x": y, "y + 4": shifted, "y·(y + 4)": product, "sum": z}
    places = {"3·x": (1, 0), "y + 4": (2, 0.8), "y·(y + 4)": (3, 0.45), "sum": (4, 0)}
    return x, z, {name: (t, t.grad_fn, places[name]) for name, t in tensors.items()}


def _drawn(graph):
    """The nodes as boxes with their names, an arrow from each to what it went into."""
    figure = Figure(figsize=(_WIDTH, 2.3))
    axes = figure.add_axes((0, 0, 1, 1))
    box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": _GREY}
    middle = {"ha": "center", "va": "center", "fontsize": 12, "bbox": box}
    boxes = {node: axes.text(*place, name, **middle) for name, (_, node, place) in graph.items()}
    x = axes.text(0, 0, "x", **middle)
    for node, into in boxes.items():
        for source in [boxes[made] for made in engine.made_inputs(node)] or [x]:
            ends = {"patchA": source.get_bbox_patch(), "patchB": into.get_bbox_patch()}
            arrow = {"arrowstyle": "->", "color": _GREY, "shrinkA": 2, "shrinkB": 2, **ends}
            axes.annotate("", into.get_position(), source.get_position(), arrowprops=arrow)
    axes.set_xlim(-0.25, 4.3)
    axes.set_ylim(-0.4, 1.15)
    axes.axis("off")
    return figure, axes


@contextmanager
def _seen():
    """What arrives at each node, by its output, in the order in which they are used."""
    arrived, before = {}, dict(engine.vjps)

    def watched(function):
        def call(gradient, output, *args):
            arrived[id(output)] = gradient.item()
            return function(gradient, output, *args)

        return call

    engine.vjps.update({name: watched(function) for name, function in before.items()})
    try:
        yield arrived
    finally:
        engine.vjps.update(before)


@picture("topological", "Your order: each node behind all that were made from it.")
def draw_order():
    _, z, graph = _graph()
    figure, axes = _drawn(graph)
    order = engine.topological_order(z.grad_fn)
    for _, node, (across, up) in graph.values():
        number = str(order.index(node) + 1)
        axes.text(across, up + 0.17, number, color=_ORANGE, ha="center", fontsize=16, weight="bold")
    return figure


@picture("backward", "Values go forward, in blue; gradients come back on your code, in orange.")
def draw_gradients():
    x, z, graph = _graph()
    figure, axes = _drawn(graph)
    outputs = {name: id(node.output) for name, (_, node, _) in graph.items()}
    with _seen() as arrived:
        z.backward(retain_graph=True)  # else the outputs may be gone, and their ids with them
    for name, (tensor, _, place) in graph.items():
        _labelled(axes, place, tensor.item(), arrived[outputs[name]])
    _labelled(axes, (0, 0), x.item(), x.grad.item())
    return figure


def _labelled(axes, place, value, gradient):
    across, up = place
    letters = {"ha": "center", "fontsize": 13, "weight": "bold"}
    axes.text(across, up + 0.17, f"{value:g}", color=_BLUE, **letters)
    axes.text(across, up - 0.3, f"{gradient:g}", color=_ORANGE, **letters)


@picture("finite-differences", "How far your slope of x³ at 2 is from 12, for steps of every size.")
def draw_steps():
    figure = Figure(figsize=(_WIDTH, 2.6))
    axes = figure.subplots()
    steps = 10.0 ** np.arange(-11, 0.01, 0.25)
    for dtype, colour in ((np.float32, _ORANGE), (np.float64, _BLUE)):
        x = Tensor([2.0], dtype=dtype)
        slopes = [checking.finite_differences(_cube(x), x, dtype(step))[0] for step in steps]
        errors = np.maximum(np.abs(np.array(slopes) - 12), 1e-13)
        axes.loglog(steps, errors, "o-", markersize=3, color=colour, label=np.dtype(dtype).name)
    axes.loglog(steps[steps > 1e-5], steps[steps > 1e-5] ** 2, "--", color=_GREY, label="h²")
    axes.set_xlabel("step h")
    axes.set_ylabel("distance from the slope")
    axes.legend(frameon=False)
    figure.tight_layout()
    return figure


def _cube(x):
    return lambda: x.data[0] ** 3


@picture("elementwise", "Six functions in grey, and their slopes as your backward gives them.")
def draw_slopes():
    figure = Figure(figsize=(_WIDTH, 2.7))
    shown = (
        ("exp", Tensor.exp, -2, 2),
        ("log", Tensor.log, 0.2, 4),
        ("sqrt", Tensor.sqrt, 0.05, 4),
        ("relu", relu, -2, 2),
        ("sigmoid", sigmoid, -6, 6),
        ("tanh", tanh, -3, 3),
    )
    for axes, (name, function, low, high) in zip(figure.subplots(2, 3).flat, shown, strict=True):
        x = Tensor(np.linspace(low, high, 201)).requires_grad_()
        y = function(x)
        values = y.data.copy()
        y.backward(Tensor(np.ones(201)))
        axes.plot(x.data, values, color=_GREY, label="value")
        axes.plot(x.data, x.grad.data, color=_ORANGE, label="slope")
        axes.set_title(name, fontsize=10, pad=3)
        axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.tick_params(labelsize=9, pad=2)
    colours = {"loc": "lower center", "ncols": 2, "bbox_to_anchor": (0.5, -0.03)}
    figure.legend(*axes.get_legend_handles_labels(), frameon=False, fontsize=10, **colours)
    figure.subplots_adjust(0.06, 0.19, 0.99, 0.92, wspace=0.22, hspace=0.6)
    return figure


@picture("softmax", "How each probability moves with each score: your vjp, asked once a row.")
def draw_table():
    scores = Tensor([1.0, 3.0, 0.0, 2.0, 2.5])
    rows = []
    for place in range(5):
        x = Tensor(scores).requires_grad_()
        softmax(x, 0).backward(Tensor(np.eye(5, dtype=np.float32)[place]))
        rows.append(x.grad.tolist())
    figure = Figure(figsize=(_WIDTH, 2.7))
    axes = figure.subplots()
    axes.imshow(rows, cmap="RdBu_r", vmin=-0.5, vmax=0.5, aspect="auto")
    for row, column in np.ndindex(5, 5):
        slope = f"{rows[row][column] + 0.0:.3f}"
        axes.text(column, row, slope, ha="center", va="center", fontsize=10)
    axes.set_xticks(range(5), [f"{score:g}" for score in scores.tolist()])
    axes.set_yticks(range(5), [f"{each:.2f}" for each in softmax(scores, 0).tolist()])
    axes.set_xlabel("with this score")
    axes.set_ylabel("this probability moves")
    figure.tight_layout()
    return figure


@picture("conv", "How many windows saw each of 8 × 8 pixels: your im2col_vjp of ones.")
def draw_seen():
    figure = Figure(figsize=(_WIDTH, 2.8))
    shown = ((3, 1), (3, 2), (5, 1))
    image = Tensor(np.zeros((1, 1, 8, 8), np.float32))
    for axes, (kernel, stride) in zip(figure.subplots(1, 3), shown, strict=True):
        side = (8 - kernel) // stride + 1
        ones = Tensor(np.ones((1, kernel * kernel, side * side), np.float32))
        counts = images.im2col_vjp(ones, ones, image, kernel, stride, 0).data[0, 0]
        axes.imshow(counts, cmap="Blues", vmin=0, vmax=28)
        for row, column in np.ndindex(8, 8):
            number = f"{counts[row, column]:.0f}"
            axes.text(column, row, number, ha="center", va="center", fontsize=8)
        axes.set_title(f"{kernel} × {kernel}, stride {stride}", fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.9, wspace=0.05)
    return figure


@picture("lenet", "Digits your LeNet has not seen, and the gradient of its score at each pixel.")
def draw_what_it_looks_at():
    manual_seed(0)
    digits, labels = (np.asarray(each.data) for each in load_digits()[:])
    net = LeNet(8, channels=(6, 16))
    for parameter in net.parameters():
        if parameter.ndim > 1:
            kaiming_uniform_(parameter)
    losses = [_step(net, digits[:1500], labels[:1500], number) for number in range(120)]
    shown = [int(np.flatnonzero(labels[1500:] == label)[0]) + 1500 for label in range(6)]
    figure = Figure(figsize=(_WIDTH, 2.9))
    sides = {"left": 0.01, "right": 0.99, "bottom": 0.5, "top": 0.92}
    grid = figure.add_gridspec(2, 6, wspace=0.08, hspace=0.05, **sides)
    curve = figure.add_axes((0.12, 0.17, 0.86, 0.29))
    curve.plot(range(1, 121), losses, color=_BLUE)
    curve.set_xlabel("steps against the gradient")
    curve.set_ylabel("loss")
    for column, place in enumerate(shown):
        image = Tensor(digits[place : place + 1]).requires_grad_()
        scores = net(image)
        answer = int(scores.data.argmax())
        scores.backward(Tensor(np.eye(10, dtype=np.float32)[[answer]]))
        pair = (digits[place, 0], np.abs(image.grad.data[0, 0]))
        for row, (pixels, colours) in enumerate(zip(pair, ("gray_r", "Oranges"), strict=True)):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(pixels, cmap=colours)
            axes.set_xticks([])
            axes.set_yticks([])
            if row == 0:
                axes.set_title(f"says {answer}", fontsize=10)
    return figure


def _step(net, digits, labels, number):
    """Move each weight a little against the gradient of one batch; the loss before."""
    chosen = np.random.default_rng(number).integers(0, len(digits), 64)
    right = Tensor(np.eye(10, dtype=np.float32)[labels[chosen]])
    loss = -(log_softmax(net(Tensor(digits[chosen])), 1) * right).sum(1).mean()
    for parameter in net.parameters():
        parameter.grad = None
    loss.backward()
    for parameter in net.parameters():
        parameter.data[...] = parameter.data - 0.2 * parameter.grad.data
    return loss.item()
