"""What a student's activations look like."""

import numpy as np
from matplotlib.figure import Figure

from tinytorch import activations
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import Slider, picture

_X = np.linspace(-4, 4, 401)
_STEP = 1e-3
_BLUE, _ORANGE = "#2563eb", "#ea580c"
_WIDTH = 5.2  # inches; the lesson view has room for about as much, so the letters keep their size


def _curves(functions):
    """One panel a function: its curve, and its slope by central differences."""
    figure = Figure(figsize=(3.4 if len(functions) == 1 else _WIDTH, 2.6))
    panels = figure.subplots(1, len(functions), squeeze=False, sharey=True)[0]
    for axes, (name, function) in zip(panels, functions.items(), strict=True):
        slope = (_values(function, _X + _STEP) - _values(function, _X - _STEP)) / (2 * _STEP)
        axes.plot(_X, _values(function, _X), color=_BLUE, linewidth=2, label="value")
        axes.plot(_X, slope, color=_ORANGE, linewidth=1.5, linestyle="--", label="slope")
        axes.axhline(0, color="#999999", linewidth=0.5)
        axes.axvline(0, color="#999999", linewidth=0.5)
        axes.set_title(name)
    panels[0].legend(frameon=False, fontsize=9)
    width, height = figure.get_size_inches()
    figure.subplots_adjust(
        0.5 / width, 0.3 / height, 1 - 0.1 / width, 1 - 0.3 / height, wspace=0.08
    )
    return figure


def _values(function, x):
    return function(Tensor(x, dtype=np.float64)).data


@picture("relu", "Your relu and its slope: 0 on the left, 1 on the right.")
def draw_relu():
    return _curves({"relu": activations.relu})


@picture(
    "leaky-relu",
    "Your relu beside your leaky_relu, with the slope that you set below: the left side is alive.",
    controls=[Slider("slope", "slope", 0.0, 1.0, 0.1, 0.05)],
)
def draw_leaky_relu(slope):
    return _curves(
        {"relu": activations.relu, "leaky_relu": lambda x: activations.leaky_relu(x, slope)}
    )


@picture("sigmoid", "Your sigmoid and its slope, which is never above a quarter.")
def draw_sigmoid():
    figure = _curves({"sigmoid": activations.sigmoid})
    figure.axes[0].axhline(0.25, color=_ORANGE, linewidth=0.5)
    figure.axes[0].text(-3.9, 0.27, "1/4", color=_ORANGE)
    return figure


@picture("tanh", "Your tanh beside your sigmoid: it goes through 0, and its slope reaches 1.")
def draw_tanh():
    return _curves({"sigmoid": activations.sigmoid, "tanh": activations.tanh})


@picture("gelu", "Your gelu beside your relu: smooth, with a dip to -0.17 at -0.75.")
def draw_gelu():
    return _curves({"relu": activations.relu, "gelu": activations.gelu})


@picture(
    "softmax",
    "Your softmax: 1000 more for all changes nothing, more for one takes from all. Scores are "
    "divided by the temperature first: a low one makes the greatest all, a high one all alike.",
    controls=[Slider("temperature", "temperature", 0.1, 5.0, 1.0, 0.1)],
)
def draw_softmax(temperature):
    figure = Figure(figsize=(_WIDTH, 2.7))
    bars, lines = figure.subplots(1, 2, width_ratios=(4, 3))
    scores = np.array([2.0, 1.0, 0.1])
    for shift, place, colour in ((0, -0.22, _BLUE), (1000, 0.22, _ORANGE)):
        heights = _values(lambda x: activations.softmax(x, 0), scores / temperature + shift)
        drawn = bars.bar(np.arange(3) + place, heights, 0.38, color=colour, label=f"+ {shift}")
        bars.bar_label(drawn, fmt="%.2f", fontsize=9)
    bars.set_xticks(range(3), [str(score) for score in scores])
    bars.set_xlabel("score")
    bars.set_ylim(0, 1)
    bars.set_title("the same scores, shifted", fontsize=10)
    bars.legend(frameon=False, fontsize=9)
    first = np.linspace(-4, 6, 201)
    rows = np.stack([first, np.full(201, 1.0), np.full(201, 0.1)], axis=1)
    chances = _values(lambda x: activations.softmax(x, 1), rows / temperature)
    for column, label in enumerate(("the first", "score 1.0", "score 0.1")):
        lines.plot(first, chances[:, column], label=label)
    lines.set_xticks(range(-4, 7, 2))
    lines.set_xlabel("the first score")
    lines.set_title("one score grows", fontsize=10)
    lines.legend(frameon=False, fontsize=9, loc="upper left", handlelength=1.2, labelspacing=0.2)
    figure.subplots_adjust(0.07, 0.18, 0.98, 0.91)
    return figure


@picture("log-softmax", "Where the logarithm of your softmax ends, your log_softmax goes on.")
def draw_log_softmax():
    figure = Figure(figsize=(_WIDTH, 2.7))
    axes = figure.subplots()
    gaps = np.arange(0, 201, dtype=np.float32)
    scores = Tensor(np.stack([np.zeros_like(gaps), -gaps], axis=1))
    chances = activations.softmax(scores, 1).data[:, 1]
    alive = chances > 0
    last = gaps[alive][-1]
    axes.plot(gaps, activations.log_softmax(scores, 1).data[:, 1], color=_BLUE, label="log_softmax")
    axes.plot(
        gaps[alive], np.log(chances[alive]), "--", color=_ORANGE, linewidth=3, label="log(softmax)"
    )
    axes.annotate(
        f"softmax is 0 beyond {last:.0f}",
        (last, -last),
        (last + 12, -last + 30),
        arrowprops={"arrowstyle": "->", "color": "#999999"},
    )
    axes.set_xlabel("how far the score lies below the highest one")
    axes.set_ylabel("logarithm")
    axes.legend(frameon=False, loc="lower left")
    figure.tight_layout()
    return figure


_LOOKS = {
    "relu": {"color": "#16a34a"},
    "gelu": {"color": "#f9a8d4", "linewidth": 5},  # so wide that the next one is seen on it
    "tanh": {"color": "#111827", "linestyle": "--"},
    "sigmoid": {"color": _BLUE},
}


@picture(
    "saturation",
    "Ten of your activations in a row: the curve they make, and what they leave. tanh, dashed, "
    "lies almost on gelu.",
)
def draw_saturation():
    figure = Figure(figsize=(_WIDTH, 2.7))
    curve, spreads = figure.subplots(1, 2)
    start = Tensor(np.random.default_rng(0).normal(size=1000), dtype=np.float64)
    for depth, shade in ((1, 0.35), (2, 0.55), (3, 0.75), (10, 1.0)):
        y = _through(activations.sigmoid, Tensor(_X, dtype=np.float64), depth)[-1]
        label = f"{depth} sigmoids" if depth > 1 else "1 sigmoid"
        curve.plot(_X, y, color=_BLUE, alpha=shade, label=label)
    for name, look in _LOOKS.items():
        spread = [values.std() for values in _through(getattr(activations, name), start, 10)]
        spreads.plot(range(11), spread, label=name, **look)
    curve.set_ylim(0, 1)
    curve.set_xticks(range(-4, 5, 2))
    curve.set_xlabel("what goes in")
    curve.set_title("what comes out", fontsize=10)
    spreads.set_yscale("log")
    spreads.set_xlabel("activations passed")
    spreads.set_title("standard deviation", fontsize=10)
    for axes in (curve, spreads):
        axes.legend(frameon=False, fontsize=9, handlelength=1.4, labelspacing=0.2, borderpad=0)
    figure.tight_layout()
    return figure


def _through(function, x, depth):
    """The values of x, and what is left of them after each of `depth` calls."""
    passed = [x.data]
    for _ in range(depth):
        x = function(x)
        passed.append(x.data)
    return passed
