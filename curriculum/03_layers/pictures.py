"""What a student's layers look like."""

import numpy as np
from matplotlib.figure import Figure

from tinytorch import layers
from tinytorch.activations import ReLU
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_WIDTH = 4.8  # inches; the lesson view has room for about as much, so the letters keep their size
_DEPTH, _UNITS = 20, 128


@picture("kaiming", "Your weights: with four times the inputs, those of Kaiming are half as wide.")
def draw_kaiming():
    figure = Figure(figsize=(_WIDTH, 2.5))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, fill in zip(panels, (layers.xavier_uniform_, layers.kaiming_uniform_), strict=True):
        for inputs, colour in ((25, _ORANGE), (100, _GREEN), (400, _BLUE)):
            weight = fill(Tensor(np.zeros((200, inputs), np.float32)))
            label = f"(200, {inputs})"
            axes.hist(
                weight.data.ravel(), 60, density=True, histtype="step", color=colour, label=label
            )
        axes.set_title(fill.__name__, fontsize=10)
        axes.margins(y=0.5)
        axes.legend(frameon=False, fontsize=9, loc="upper right")
    figure.tight_layout(pad=0.3)
    return figure


@picture(
    "dropout", "One example through your dropout at p = 0.2: three calls, and the mean of 400."
)
def draw_dropout():
    figure = Figure(figsize=(_WIDTH, 2.7))
    x = Tensor(np.ones((8, 16), np.float32))
    calls = [layers.dropout(x, 0.2).data for _ in range(400)]
    shown = [(f"call {n}", calls[n - 1]) for n in (1, 2, 3)]
    shown.append(("mean of 400", np.mean(calls, axis=0)))
    for axes, (title, values) in zip(figure.subplots(2, 2).flat, shown, strict=True):
        axes.imshow(values, vmin=0, vmax=1.25, cmap="Blues")
        axes.set_title(f"{title}: {values.mean():.2f}", fontsize=10, pad=3)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.92, wspace=0.04, hspace=0.22)
    return figure


@picture("batch-statistics", "One batch, normalized by your layer_norm and by your statistics.")
def draw_normalization():
    rng = np.random.default_rng(3)
    rows, columns = rng.normal(size=(8, 1)) * 2, rng.normal(size=(1, 12)) * 2
    x = Tensor(rng.normal(size=(8, 12)) + rows + columns)
    mean, variance = layers.batch_statistics(x)
    shown = (
        ("the batch", x.data),
        ("layer norm:\neach row", layers.layer_norm(x, (12,)).data),
        ("batch norm:\neach column", ((x - mean) / (variance + 1e-5).sqrt()).data),
    )
    figure = Figure(figsize=(_WIDTH, 1.8))
    panels = figure.subplots(1, 3)
    for axes, (title, values) in zip(panels, shown, strict=True):
        axes.imshow(values, vmin=-3, vmax=3, cmap="RdBu_r")
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("features")
        axes.set_xticks([])
        axes.set_yticks([])
    panels[0].set_ylabel("examples")
    figure.subplots_adjust(0.06, 0.09, 0.99, 0.82, wspace=0.05)
    return figure


@picture("running", "Your running mean and variance on their way to those of the data, 3 and 4.")
def draw_running():
    rng = np.random.default_rng(0)
    mean, variance = Tensor([0.0]), Tensor([1.0])
    path = [(0.0, 1.0)]
    for _ in range(80):
        batch = Tensor(3 + 2 * rng.normal(size=(16, 1)))
        of_batch = (each.reshape(-1) for each in layers.batch_statistics(batch))
        layers.update_running(mean, variance, *of_batch, 16, 0.1)
        path.append((mean.item(), variance.item()))
    figure = Figure(figsize=(_WIDTH, 2.5))
    axes = figure.subplots()
    for name, values, goal, colour in zip(
        ("mean", "variance"), zip(*path, strict=True), (3, 4), (_BLUE, _ORANGE), strict=True
    ):
        axes.plot(values, color=colour, label=f"running {name}")
        axes.axhline(goal, color=colour, linewidth=0.6, linestyle="--")
    axes.set_xlabel("batches of 16 seen")
    axes.legend(frameon=False)
    figure.tight_layout()
    return figure


def _too_large(weight):
    layers.kaiming_uniform_(weight)
    weight.data[...] = weight.data * 1.5


_BEGINNINGS = (
    ("Linear's own", None, 6**-0.5, _ORANGE),
    ("Xavier", layers.xavier_uniform_, 2**-0.5, _GREEN),
    ("Kaiming", layers.kaiming_uniform_, 1.0, _BLUE),
    ("Kaiming × 1.5", _too_large, 1.5, _GREY),
)


@picture(
    "depth",
    "Twenty of your layers: how large the signal is, and what stands behind the 1st, 5th and 20th.",
)
def draw_depth():
    figure = Figure(figsize=(_WIDTH, 2.8))
    sizes = figure.add_axes((0.11, 0.16, 0.45, 0.66))
    grid = figure.add_gridspec(4, 3, left=0.6, right=0.99, bottom=0.16, top=0.82, wspace=0.08)
    for row, (name, begin, factor, colour) in enumerate(_BEGINNINGS):
        signals = _signals(begin)
        root_squares = [float((values**2).mean() ** 0.5) for values in signals]
        depths = np.arange(_DEPTH + 1)
        sizes.plot(depths, root_squares, "o-", markersize=3, color=colour, label=name)
        sizes.plot(depths, factor ** depths.astype(float), "--", linewidth=0.8, color=colour)
        for column, depth in enumerate((1, 5, 20)):
            axes = figure.add_subplot(grid[row, column])
            _histogram(axes, signals[depth], colour)
            if row == 0:
                axes.set_title(f"{depth}", fontsize=10, pad=3)
    sizes.set_yscale("log")
    sizes.set_xticks([0, 10, 20])
    sizes.set_xlabel("layers passed")
    sizes.set_title("root of the mean square;\ndashed: predicted", fontsize=10)
    names = {"loc": "lower left", "bbox_to_anchor": (-0.04, -0.04), "handlelength": 1}
    sizes.legend(frameon=False, fontsize=9, labelspacing=0.2, **names)
    figure.text(0.795, 0.94, "behind layer", ha="center", fontsize=10)
    figure.text(0.795, 0.03, "each from 0 to its\nown greatest", ha="center", fontsize=9)
    return figure


def _histogram(axes, values, colour):
    """The numbers behind a layer that are not 0, on a scale of their own."""
    axes.hist(values[values > 0], 40, color=colour)
    axes.set_xticks([])
    axes.set_yticks([])


def _signals(begin):
    """The numbers that go in, and those behind each layer."""
    generator = layers.manual_seed(7)
    x = Tensor(generator.normal(size=(100, _UNITS)).astype(np.float32))
    signals = [x.data]
    for _ in range(_DEPTH):
        layer = layers.Linear(_UNITS, _UNITS, bias=False)
        if begin is not None:
            begin(layer.weight)
        x = ReLU()(layer(x))
        signals.append(x.data)
    return signals
