"""What a student's activations look like."""

import numpy as np
from matplotlib.figure import Figure

from tinytorch import activations
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_X = np.linspace(-4, 4, 401)
_STEP = 1e-3


def _curves(functions):
    """One panel a function: its curve, and its slope by central differences."""
    figure = Figure(figsize=(3.2 * len(functions), 2.8))
    panels = figure.subplots(1, len(functions), squeeze=False)[0]
    for axes, (name, function) in zip(panels, functions.items(), strict=True):
        slope = (_values(function, _X + _STEP) - _values(function, _X - _STEP)) / (2 * _STEP)
        axes.plot(_X, _values(function, _X), color="#2563eb", linewidth=2, label="value")
        axes.plot(_X, slope, color="#ea580c", linewidth=1.5, linestyle="--", label="slope")
        axes.axhline(0, color="#999999", linewidth=0.5)
        axes.axvline(0, color="#999999", linewidth=0.5)
        axes.set_title(name)
    panels[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def _values(function, x):
    return function(Tensor(x, dtype=np.float64)).data


@picture("relu", "Your relu and leaky_relu (slope 0.1), and the slopes of both.")
def draw_relu():
    return _curves(
        {"relu": activations.relu, "leaky_relu": lambda x: activations.leaky_relu(x, 0.1)}
    )


@picture("sigmoid", "Your sigmoid: its slope is never above a quarter.")
def draw_sigmoid():
    return _curves({"sigmoid": activations.sigmoid})


@picture("tanh", "Your tanh beside your sigmoid: it goes through 0, and its slope reaches 1.")
def draw_tanh():
    return _curves({"sigmoid": activations.sigmoid, "tanh": activations.tanh})


@picture("gelu", "Your gelu beside your relu: smooth, with a dip to -0.17 at -0.75.")
def draw_gelu():
    return _curves({"relu": activations.relu, "gelu": activations.gelu})


@picture("saturation", "The spread of 1,000 numbers through ten of your activations in a row.")
def draw_saturation():
    figure = Figure(figsize=(5.2, 3.0))
    axes = figure.subplots()
    for name in ("sigmoid", "tanh", "relu", "gelu"):
        x = Tensor(np.random.default_rng(0).normal(size=1000), dtype=np.float64)
        spread = [x.data.std()]
        for _ in range(10):
            x = getattr(activations, name)(x)
            spread.append(x.data.std())
        axes.plot(range(11), spread, marker="o", markersize=3, label=name)
    axes.set_yscale("log")
    axes.set_xlabel("activations passed")
    axes.set_ylabel("standard deviation")
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure
