"""What a student's convolutions see of digits that people wrote, and what they cost."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tinytorch import cnn
from tinytorch.environment import time_call
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_WIDTH = 4.8  # inches; the lesson view has room for about as much, so the letters keep their size

# A zero and a seven that people wrote: numbers 0 and 7 of scikit-learn's digits, ink from 0 to 16.
_ZERO = (
    (0, 0, 5, 13, 9, 1, 0, 0),
    (0, 0, 13, 15, 10, 15, 5, 0),
    (0, 3, 15, 2, 0, 11, 8, 0),
    (0, 4, 12, 0, 0, 8, 8, 0),
    (0, 5, 8, 0, 0, 9, 8, 0),
    (0, 4, 11, 0, 1, 12, 7, 0),
    (0, 2, 14, 5, 10, 12, 0, 0),
    (0, 0, 6, 13, 10, 0, 0, 0),
)
_SEVEN = (
    (0, 0, 7, 8, 13, 16, 15, 1),
    (0, 0, 7, 7, 4, 11, 12, 0),
    (0, 0, 0, 0, 8, 13, 1, 0),
    (0, 4, 8, 8, 15, 15, 6, 0),
    (0, 2, 11, 15, 15, 4, 0, 0),
    (0, 0, 0, 16, 5, 0, 0, 0),
    (0, 0, 9, 15, 1, 0, 0, 0),
    (0, 0, 13, 5, 0, 0, 0, 0),
)
_EDGES = (
    ("left, right", ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1))),
    ("up, down", ((-1, -1, -1), (0, 0, 0), (1, 1, 1))),
    ("slanted", ((0, 1, 1), (-1, 0, 1), (-1, -1, 0))),
    ("outlines", ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1))),
)


@picture("conv-loops", "Four filters on a zero that somebody wrote, by your loops: red +, blue −.")
def draw_edges():
    digit = Tensor([[_ZERO]])
    filters = Tensor([[values] for _, values in _EDGES])
    maps = cnn.conv2d_loops(digit, filters, padding=1).data[0]
    figure = Figure(figsize=(_WIDTH, 2.4))
    grid = figure.add_gridspec(2, 5, wspace=0.08, hspace=0.25)
    grid.update(left=0.01, right=0.99, bottom=0.01, top=0.99)
    _image(figure.add_subplot(grid[1, 0]), digit.data[0, 0], "the digit", "gray_r")
    for column, ((name, values), seen) in enumerate(zip(_EDGES, maps, strict=True), 1):
        axes = figure.add_subplot(grid[0, column])
        _image(axes, np.array(values), "", "RdBu_r", 2 * np.abs(values).max())
        for (row, place), value in np.ndenumerate(values):
            axes.text(place, row, value, ha="center", va="center", fontsize=10)
        _image(figure.add_subplot(grid[1, column]), seen, name, "RdBu_r", abs(seen).max())
    return figure


@picture("windows", "What each pixel of a 3×3 window sees of the digit: your nine views.")
def draw_views():
    padded = cnn.pad2d(Tensor(_SEVEN), 1).data
    figure = Figure(figsize=(_WIDTH, 2.7))
    whole = figure.add_axes((0.01, 0.05, 0.44, 0.78))
    grid = figure.add_gridspec(3, 3, wspace=0.05, hspace=0.42)
    grid.update(left=0.5, right=0.99, bottom=0.02, top=0.92)
    _image(whole, padded, "the framed image,\nand what (2, 0) sees", "gray_r")
    whole.add_patch(Rectangle((-0.5, 1.5), 8, 8, fill=False, edgecolor=_ORANGE, linewidth=2))
    for place, view in enumerate(cnn.window_views(padded, 3)):
        i, j = divmod(place, 3)
        axes = figure.add_subplot(grid[i, j])
        _image(axes, view, f"({i}, {j})", "gray_r")
        if (i, j) == (2, 0):
            axes.spines[:].set(visible=True, color=_ORANGE, linewidth=2)
    return figure


@picture(
    "conv", "The same convolution three times on this machine: what it takes, and what it writes."
)
def draw_three_ways():
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(4, 6, 28, 28)).astype(np.float32))
    weight = Tensor(rng.normal(size=(6, 6, 5, 5)).astype(np.float32))
    settings = (x, weight, None, 1, 2)
    seconds = [
        time_call(lambda: cnn.conv2d_loops(*settings), repeats=2),
        time_call(lambda: _by_windows(x, weight)),
        time_call(lambda: cnn.conv2d(*settings)),
    ]
    written = [0, 0, cnn.im2col(x, 5, 1, 2).nbytes]
    names = ["your loops", "your windows", "your im2col"]
    figure = Figure(figsize=(_WIDTH, 2.5))
    time, memory = figure.subplots(1, 2)
    bars = time.barh(names, [1000 * each for each in seconds], color=(_GREY, _GREEN, _BLUE))
    time.bar_label(bars, [f"{1000 * each:.3g} ms" for each in seconds], padding=3)
    time.set_xscale("log")
    time.set_xlim(100 * min(seconds), 1000 * max(seconds) * 100)
    time.set_xlabel("ms; a mark: × 10")
    millions = [(x.nbytes + each) / 1e6 for each in written]
    bars = memory.barh(names, millions, color=(_GREY, _GREEN, _BLUE))
    memory.bar_label(bars, [f"{each:.2f} MB" for each in millions], padding=3)
    memory.set_xlim(right=max(millions) * 1.7)
    memory.set_xlabel("images and columns, MB")
    memory.set_yticklabels([])
    for axes in (time, memory):
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def _by_windows(x, weight):
    """The sum, over the pixels of the window, of what each sees times its weights."""
    flat = weight.data.reshape(*weight.shape[:2], -1)
    views = cnn.window_views(cnn.pad2d(x, 2).data, weight.shape[2:])
    return sum(np.einsum("oc,nchw->nohw", flat[:, :, p], view) for p, view in enumerate(views))


@picture("pooling", "The seven, pooled by you: four pixels become one, twice.")
def draw_pooling():
    figure = Figure(figsize=(_WIDTH, 2.8))
    whole = figure.add_axes((0.0, 0.15, 0.4, 0.68))
    _image(whole, np.array(_SEVEN), "the digit, 8×8", "gray_r")
    grid = figure.add_gridspec(2, 2, left=0.42, right=1, bottom=0.01, top=0.92)
    grid.update(wspace=0.02, hspace=0.22)
    for row, (name, pool) in enumerate((("max", cnn.max_pool2d), ("mean", cnn.avg_pool2d))):
        pooled = Tensor(np.array(_SEVEN, np.float32))
        for column in range(2):
            pooled = pool(pooled, 2)
            side = pooled.shape[0]
            axes = figure.add_subplot(grid[row, column])
            _image(axes, pooled.data, f"{name}, {side}×{side}", "gray_r", limits=(0, 16))
            axes.set_aspect("auto")
            for (i, j), value in np.ndenumerate(pooled.data):
                colour = "white" if value > 8 else "black"
                text = f"{value:.3g}"
                axes.text(j, i, text, ha="center", va="center", fontsize=9, color=colour)
    return figure


@picture("receptive-field", "What one number of a LeNet sees of 28 × 28 pixels, behind each layer.")
def draw_fields():
    layers = [("convolution", 5, 1), ("pooling", 2, 2), ("convolution", 5, 1), ("pooling", 2, 2)]
    figure = Figure(figsize=(_WIDTH, 1.9))
    for count, axes in enumerate(figure.subplots(1, 4), 1):
        field = cnn.receptive_field([(kernel, stride) for _, kernel, stride in layers[:count]])
        _image(axes, _large(_SEVEN), f"{layers[count - 1][0]} {(count + 1) // 2}", "gray_r")
        corner = 14 - field / 2 - 0.5
        axes.add_patch(Rectangle((corner, corner), field, field, alpha=0.35, color=_ORANGE))
        axes.set_xlabel(f"{field} × {field}", fontsize=10)
    figure.subplots_adjust(0.01, 0.08, 0.99, 0.99, wspace=0.06)
    return figure


@picture("lenet-shapes", "A seven on its way through your LeNet, which has learned nothing yet.")
def draw_feature_maps():
    net = cnn.LeNet()
    x = Tensor(_large(_SEVEN)[None, None] / 16)
    figure = Figure(figsize=(_WIDTH, 2.9))
    _image(figure.add_axes((0, 0.2, 0.24, 0.6)), x.data[0, 0], "28×28", "gray_r")
    left, right, above, below = 0.27, 0.65, (0.35, 0.41), (0.35, 0.21)
    shown = (
        ("convolution 1, ReLU", 0, 2, 3, (left, 0.43, *above)),
        ("pooling 1", 2, 3, 3, (right, 0.43, *above)),
        ("convolution 2, ReLU", 3, 5, 8, (left, 0, *below)),
        ("pooling 2", 5, 6, 8, (right, 0, *below)),
    )
    for name, first, last, columns, place in shown:
        for layer in net.features[first:last]:
            x = layer(x)
        maps, side = x.data[0], x.shape[-1]
        axes = figure.add_axes(place)
        title = f"{name}:\n{len(maps)} of {side}×{side}"
        _image(axes, _side_by_side(maps, columns), title, "gray_r")
        axes.set_facecolor("#dbe7f5")
    return figure


def _side_by_side(maps, columns):
    """The maps in rows, each from its own least to its own greatest number, with gaps."""
    gap = max(1, maps.shape[-1] // 10)
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    shades = (maps - low) / np.maximum(high - low, 1e-9)
    framed = np.pad(shades, [(0, 0), (gap, gap), (gap, gap)], constant_values=np.nan)
    lines = [np.hstack(framed[at : at + columns]) for at in range(0, len(maps), columns)]
    return np.vstack(lines)


def _large(digit):
    """The digit three times as large, with a frame of 2: 28 x 28."""
    return np.pad(np.kron(np.array(digit, np.float32), np.ones((3, 3), np.float32)), 2)


def _image(axes, values, title, colours, around_zero=None, limits=(None, None)):
    """An image without marks; `around_zero` is the number at the end of a scale from - to +."""
    low, high = limits if around_zero is None else (-around_zero, around_zero)
    axes.imshow(values, cmap=colours, vmin=low, vmax=high)
    axes.set_title(title, fontsize=10, pad=4)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color="#cccccc")
