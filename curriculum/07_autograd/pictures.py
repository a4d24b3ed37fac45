"""The graph of a computation, with the order and the gradients that a student's code gives it."""

from contextlib import contextmanager

from matplotlib.figure import Figure

from tinytorch.autograd import engine
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE, _GREY = "#2563eb", "#ea580c", "#999999"


def _graph():
    """z = y + y · (y + 4) with y = 3x, and where each node is drawn."""
    x = Tensor(2.0).requires_grad_()
    y = x * 3
    shifted = y + 4
    product = y * shifted
    z = y + product
    tensors = {"3·x": y, "y + 4": shifted, "y·(y + 4)": product, "sum": z}
    places = {"3·x": (1, 0), "y + 4": (2, 1), "y·(y + 4)": (3, 0.5), "sum": (4, -0.3)}
    return x, z, {name: (t, t.grad_fn, places[name]) for name, t in tensors.items()}


def _drawn(graph):
    """The nodes as boxes with their names, an arrow from each to what it went into."""
    figure = Figure(figsize=(8.4, 3.4))
    axes = figure.subplots()
    box = {"boxstyle": "round,pad=0.6", "fc": "white", "ec": _GREY}
    arrow = {"arrowstyle": "->", "color": _GREY, "shrinkA": 28, "shrinkB": 32}
    places = {node: place for _, node, place in graph.values()}
    for name, (_, node, place) in graph.items():
        axes.text(*place, name, ha="center", va="center", bbox=box)
        for made in engine.made_inputs(node):
            axes.annotate("", place, places[made], arrowprops=arrow)
    axes.text(0, 0, "x", ha="center", va="center")
    axes.annotate("", (1, 0), (0, 0), arrowprops={**arrow, "shrinkA": 8})
    axes.set_xlim(-0.3, 4.6)
    axes.set_ylim(-0.8, 1.5)
    axes.axis("off")
    figure.tight_layout()
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
        axes.text(across, up + 0.3, number, color=_ORANGE, ha="center", fontsize=15, weight="bold")
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
    axes.text(across, up + 0.28, f"{value:g}", color=_BLUE, ha="center", weight="bold")
    axes.text(across, up - 0.36, f"{gradient:g}", color=_ORANGE, ha="center", weight="bold")
