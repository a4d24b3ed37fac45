"""What a student's tensors look like in memory."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_COLOURS = ["#bfdbfe", "#fed7aa", "#bbf7d0"]


def _cells(axes, values, colours, left, top):
    """Draw a matrix of numbers as coloured cells."""
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            colour = colours[i][j]
            axes.add_patch(
                Rectangle((left + j, top - i), 1, -1, facecolor=colour, edgecolor="#334155")
            )
            axes.text(left + j + 0.5, top - i - 0.5, f"{value:g}", ha="center", va="center")


def _canvas(width, height):
    figure = Figure(figsize=(width / 2, height / 2))
    axes = figure.subplots()
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_aspect("equal")
    axes.axis("off")
    return figure, axes


@picture("reshape", "One buffer, read three ways. Each number keeps its colour and its place.")
def draw_strides():
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    views = {"t": t, "t.reshape(3, 2)": t.reshape(3, 2), "t.transpose(0, 1)": t.transpose(0, 1)}
    figure, axes = _canvas(19, 9)
    flat = t.data.ravel()
    colour = {value: _COLOURS[index // 2] for index, value in enumerate(flat)}
    axes.text(0.5, 8.4, "the buffer, 4 bytes a number")
    _cells(axes, [flat], [[colour[v] for v in flat]], 0.5, 8)
    for number, (name, view) in enumerate(views.items()):
        left = 0.5 + 6.5 * number
        axes.text(left, 5.0, name, family="monospace")
        axes.text(left, 4.3, f"strides {view.data.strides}", fontsize=8)
        _cells(axes, view.data, [[colour[v] for v in row] for row in view.data], left, 4)
    return figure


@picture("add", "Broadcasting: the pale cells are never stored, the row is read again.")
def draw_broadcasting():
    a, row = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), Tensor([10.0, 20.0, 30.0])
    total = a.add(row)
    figure, axes = _canvas(14, 4)
    _cells(axes, a.data, np.full((2, 3), _COLOURS[0]), 0.5, 3)
    axes.text(4.0, 1.8, "+")
    stretched = np.broadcast_to(row.data, (2, 3))
    _cells(axes, stretched, [[_COLOURS[1]] * 3, ["#fff7ed"] * 3], 5, 3)
    axes.text(8.6, 1.8, "=")
    _cells(axes, total.data, np.full((2, 3), _COLOURS[2]), 9.7, 3)
    return figure
