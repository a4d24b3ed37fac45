"""What a student's tensors look like in memory."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from tinytorch import tensor
from tinytorch.tensor import Tensor, linear
from tinytorch_ls.lesson import picture

_COLOURS = ["#bfdbfe", "#fed7aa", "#bbf7d0"]
_PALE = ["#eff6ff", "#fff7ed", "#f0fdf4"]
_WIDTH = 5.2  # inches; the lesson view has room for about as much, so the letters keep their size


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
    figure = Figure(figsize=(_WIDTH, _WIDTH * height / width))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_aspect("equal")
    axes.axis("off")
    return figure, axes


def _hop(axes, start, end, height, bow, text):
    """An arrow in a bow, above or below, from one place of the buffer to another."""
    arrow = FancyArrowPatch(
        (start, height),
        (end, height),
        connectionstyle=f"arc3,rad={-bow / abs(end - start)}",
        arrowstyle="-|>",
        mutation_scale=12,
        color="#334155",
    )
    axes.add_patch(arrow)
    axes.text((start + end) / 2, height + 0.9 * bow, text, ha="center", va="center")


@picture(
    "strides", "Rows become steps: your strides say how far each neighbour lies in the buffer."
)
def draw_places():
    t = Tensor([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]])
    down, right = tensor.strides(t.shape)
    figure, axes = _canvas(17, 7)
    rows = [[_COLOURS[0]] * 3, [_COLOURS[1]] * 3]
    axes.text(0.2, 6.0, "t, shape (2, 3)", family="monospace")
    _cells(axes, t.data, rows, 0.2, 5.7)
    axes.text(0.2, 2.4, f"strides {(down, right)}", family="monospace")
    axes.text(0.2, 1.8, f"place of (i, j)\n= {down}·i + {right}·j", va="top", family="monospace")
    buffer, left, width = t.data.ravel(), 6.6, 1.7
    for i, j in np.ndindex(t.shape):
        place = down * i + right * j
        corner = left + width * place
        axes.add_patch(
            Rectangle((corner, 4.5), width, 1, facecolor=rows[i][j], edgecolor="#334155")
        )
        centre = corner + width / 2
        axes.text(centre, 5.0, f"{buffer[place]:g}", ha="center", va="center")
        axes.text(centre, 3.8, str(place), ha="center", color="#64748b")
        axes.text(centre, 3.1, f"({i}, {j})", ha="center", fontsize=9)
    axes.text(left - 0.3, 3.8, "place", ha="right", color="#64748b")
    axes.text(left - 0.3, 3.1, "(i, j)", ha="right", fontsize=9)
    first = left + width / 2
    _hop(axes, first, first + width * right, 5.6, 1.0, f"one to the right: {right}")
    _hop(axes, first, first + width * down, 2.9, -1.6, f"one down: {down}")
    return figure


@picture("transpose", "One buffer, read three ways. Each number keeps its colour and its place.")
def draw_strides():
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    views = {"t": t, "t.reshape(3, 2)": t.reshape(3, 2), "t.transpose(0, 1)": t.transpose(0, 1)}
    figure, axes = _canvas(16, 7.6)
    flat = t.data.ravel()
    colour = {value: _COLOURS[index // 2] for index, value in enumerate(flat)}
    axes.text(0.3, 7.0, "the buffer")
    _cells(axes, [flat], [[colour[v] for v in flat]], 0.3, 6.7)
    for number, (name, view) in enumerate(views.items()):
        left = 0.3 + 5.4 * number
        axes.text(left, 4.6, name, family="monospace")
        axes.text(left, 3.8, f"strides {view.stride()}")
        _cells(axes, view.data, [[colour[v] for v in row] for row in view.data], left, 3.5)
    return figure


def _aligned(axes, shape, length, left, top, colour):
    """Draw the lengths of a shape as cells, at the right of a row of `length`; the rest dashed."""
    missing = length - len(shape)
    for place in range(length):
        there = place >= missing
        axes.add_patch(
            Rectangle(
                (left + place, top),
                1,
                -1,
                facecolor=colour if there else "white",
                edgecolor="#334155" if there else "#94a3b8",
                linestyle="-" if there else ":",
            )
        )
        text = str(shape[place - missing]) if there else "1"
        shade = "black" if there else "#94a3b8"
        axes.text(left + place + 0.5, top - 0.5, text, ha="center", va="center", color=shade)


@picture(
    "broadcast-shape", "Your rule, aligned at the right. What is dotted is missing and counts as 1."
)
def draw_rule():
    pairs = [((2, 3), (3,)), ((2, 1), (3,)), ((5, 1, 4), (3, 1)), ((2, 3), (2,))]
    figure, axes = _canvas(16, 7)
    for number, (left_shape, right_shape) in enumerate(pairs):
        left = 0.3 + 4.1 * number
        length = max(len(left_shape), len(right_shape))
        axes.text(left, 5.5, f"{left_shape}\nand {right_shape}")
        _aligned(axes, left_shape, length, left, 5.2, _COLOURS[0])
        _aligned(axes, right_shape, length, left, 4.0, _COLOURS[1])
        axes.plot([left, left + length], [2.6, 2.6], color="#334155")
        try:
            shape = tensor.broadcast_shape(left_shape, right_shape)
        except ValueError:
            axes.text(left, 1.6, "does not fit", va="center", color="#b91c1c")
        else:
            _aligned(axes, shape, len(shape), left, 2.2, _COLOURS[2])
    return figure


@picture("add", "Broadcasting: the pale cells are never stored, the same numbers are read again.")
def draw_broadcasting():
    a, row = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), Tensor([10.0, 20.0, 30.0])
    column = Tensor([[100.0], [200.0]])
    figure, axes = _canvas(13.2, 6.8)
    row_colours = [[_COLOURS[1]] * 3, [_PALE[1]] * 3]
    column_colours = [[_COLOURS[1], _PALE[1], _PALE[1]]] * 2
    for top, other, colours in ((6.5, row, row_colours), (3, column, column_colours)):
        _cells(axes, a.data, np.full((2, 3), _COLOURS[0]), 0.5, top)
        axes.text(4.0, top - 1.2, "+")
        _cells(axes, np.broadcast_to(other.data, (2, 3)), colours, 5, top)
        axes.text(8.6, top - 1.2, "=")
        _cells(axes, a.add(other).data, np.full((2, 3), _COLOURS[2]), 9.7, top)
        axes.text(5, top - 2.6, f"shape {other.shape}")
    return figure


@picture(
    "linear-model", "Your model learns what a flat costs: its line, and its error, after each step."
)
def draw_learning():
    rng = np.random.default_rng(1)
    area = Tensor(rng.uniform(0.3, 1.5, size=(30, 1)))  # in 100 m²
    price = area * 4 + 0.6 + Tensor(rng.normal(scale=0.4, size=(30, 1)))
    weight, bias = Tensor(np.zeros((1, 1))), Tensor(np.zeros(1))
    ends = Tensor(np.array([[0.3], [1.5]]))
    lines, errors = [], []
    for _ in range(41):
        miss = linear(area, weight, bias) - price
        lines.append(linear(ends, weight, bias).tolist())
        errors.append((miss**2).mean().item())
        weight = weight - miss.transpose(0, 1).matmul(area) * (0.3 * 2 / 30)
        bias = bias - miss.mean(0) * (0.3 * 2)
    figure = Figure(figsize=(_WIDTH, 2.7), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.scatter(area.numpy() * 100, price.numpy() * 100, color="#334155", s=8)
    for step, colour in ((0, "#cbd5e1"), (1, "#93c5fd"), (3, "#60a5fa"), (40, "#1d4ed8")):
        line = [100 * y for (y,) in lines[step]]
        left.plot([30, 150], line, color=colour, label=f"after {step}")
    left.set(xlabel="area in m²", ylabel="price in thousands")
    left.legend(frameon=False, fontsize=9, handlelength=1.2, borderpad=0, labelspacing=0.2)
    right.plot(errors, color="#1d4ed8")
    right.set(xlabel="step by hand", ylabel="mean squared error,\nin (100,000)²", yscale="log")
    return figure
