"""What a student's optimizers do."""

import numpy as np
from matplotlib.figure import Figure

import tinytorch.autograd  # noqa: F401 - switches the recorder on
from tinytorch import optim
from tinytorch.activations import Tanh, sigmoid
from tinytorch.layers import manual_seed
from tinytorch.networks import MLP
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import Slider, picture

_BLUE, _ORANGE, _GREEN, _GREY, _PURPLE = "#2563eb", "#ea580c", "#16a34a", "#999999", "#9333ea"
_WIDTH = 4.8  # inches; the lesson view has room for about as much, so the letters keep their size


@picture(
    "descend",
    "Your step on w²/2, 12 times from w = 1, with four learning rates; the last is yours.",
    controls=[Slider("rate", "learning rate", 0.05, 2.2, 2.05, 0.05)],
)
def draw_rates(rate):
    figure = Figure(figsize=(_WIDTH, 2.7))
    line = np.linspace(-1.6, 1.6, 200)
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, lr in zip(panels.flat, (0.1, 0.9, 1.9, rate), strict=True):
        w = Tensor(np.array([1.0]))
        places = [w.item()]
        for _ in range(12):
            optim.descend(w, w.data.copy(), lr)
            places.append(w.item())
        axes.plot(line, line**2 / 2, color=_GREY, linewidth=1)
        axes.plot(places, np.square(places) / 2, "o-", color=_BLUE, markersize=3, linewidth=0.8)
        axes.set_title(f"lr = {lr:g}: ends at {places[-1]:.2f}".replace("-", "−"), fontsize=10)
        axes.set_xticks([-1, 0, 1])
        axes.set_yticks([0, 0.5, 1])
    for below, left in zip(panels[1], panels[:, 0], strict=True):
        below.set_xlabel("w", labelpad=1)
        left.set_ylabel("loss")
    figure.subplots_adjust(0.12, 0.15, 0.99, 0.92, wspace=0.06, hspace=0.35)
    return figure


_STEEP = np.array([1.0, 50.0])  # the bowl (x² + 50 y²) / 2


def _bowl_path(momentum, nesterov, steps):
    """Steps from (−2.5, 0.7) with a rate of 0.025, in your own three directions."""
    w, state = Tensor(np.array([-2.5, 0.7])), {}
    places = [w.tolist()]
    for _ in range(steps):
        gradient = direction = _STEEP * w.data
        if momentum:
            direction = optim.momentum_step(gradient, momentum, state)
        if nesterov:
            direction = optim.nesterov_step(gradient, direction, momentum)
        optim.descend(w, direction, 0.025)
        places.append(w.tolist())
    return np.array(places)


@picture(
    "nesterov",
    "Forty steps of yours in a bowl 50 times steeper across than along: how far from its star?",
)
def draw_bowl():
    figure = Figure(figsize=(_WIDTH, 2.5))
    x, y = np.meshgrid(np.linspace(-2.8, 1.4, 160), np.linspace(-1.1, 1.1, 160))
    loss = (x**2 + 50 * y**2) / 2
    kinds = (
        ("plain", 0.0, False, _ORANGE),
        ("momentum 0.8", 0.8, False, _BLUE),
        ("Nesterov 0.8", 0.8, True, _GREEN),
    )
    for axes, (name, momentum, nesterov, colour) in zip(
        figure.subplots(1, 3, sharey=True), kinds, strict=True
    ):
        places = _bowl_path(momentum, nesterov, 40)
        axes.contour(x, y, loss, np.geomspace(0.05, 30, 9), colors=_GREY, linewidths=0.5)
        axes.plot(*places.T, "o-", color=colour, markersize=3, linewidth=0.9)
        axes.plot(0, 0, "*", color="black", markersize=9)
        left = float(np.hypot(*places[-1]))
        axes.set_title(f"{name}:\n{left:.2f} away", fontsize=10)
        axes.set_xticks([-2, 0])
        axes.set_yticks([-1, 0, 1])
        axes.set_ylim(-1.1, 1.1)
    figure.subplots_adjust(0.08, 0.11, 0.99, 0.82, wspace=0.06)
    return figure


def _averages(values, keep):
    average, seen = np.zeros(1), []
    for value in values:
        optim.update_average(average, np.array([value]), keep)
        seen.append(float(average[0]))
    return np.array(seen)


def _noise():
    """150 noisy values around 1."""
    return 1 + 0.5 * np.random.default_rng(8).normal(size=150)


@picture("average", "Noisy values around 1, and your moving averages of them.")
def draw_averages():
    values = _noise()
    figure = Figure(figsize=(_WIDTH, 2.6))
    axes = figure.subplots()
    steps = np.arange(1, len(values) + 1)
    axes.plot(steps, values, ".", color=_GREY, markersize=3, label="the values")
    for keep, colour in ((0.5, _GREEN), (0.9, _BLUE), (0.98, _ORANGE)):
        axes.plot(steps, _averages(values, keep), color=colour, label=f"keeps {keep}")
    axes.axhline(1, color="black", linewidth=0.6, linestyle="--")
    axes.set_xlabel("step")
    axes.legend(framealpha=1, edgecolor="white", fontsize=9, loc="lower right", ncols=2)
    figure.tight_layout()
    return figure


@picture("correction", "The same average that keeps 0.98, as it is and as you correct it.")
def draw_correction():
    values = _noise()
    raw = _averages(values, 0.98)
    mended = [
        float(optim.corrected(np.array([each]), 0.98, step)[0])
        for step, each in enumerate(raw, start=1)
    ]
    figure = Figure(figsize=(_WIDTH, 2.6))
    axes = figure.subplots()
    steps = np.arange(1, len(values) + 1)
    axes.plot(steps, values, ".", color=_GREY, markersize=3, label="the values")
    axes.plot(steps, raw, color=_ORANGE, label="the average")
    axes.plot(steps, mended, color=_BLUE, label="corrected")
    axes.plot(steps, 1 - 0.98**steps, ":", color=_ORANGE, linewidth=1, label="1 − 0.98ᵗ")
    axes.axhline(1, color="black", linewidth=0.6, linestyle="--")
    axes.set_xlabel("step t")
    axes.legend(framealpha=1, edgecolor="white", fontsize=9, loc="lower right", ncols=2)
    figure.tight_layout()
    return figure


@picture("adam", "How far your Adam goes, in learning rates, if the gradient stays or is noise.")
def draw_adam():
    rng = np.random.default_rng(2)
    kinds = (
        ("always 4", np.full(60, 4.0), _BLUE),
        ("always 0.0004", np.full(60, 0.0004), _GREEN),
        ("noise around 0", rng.normal(size=60), _ORANGE),
    )
    figure = Figure(figsize=(_WIDTH, 2.6))
    axes = figure.subplots()
    for place, (name, gradients, colour) in enumerate(kinds):
        w, mean, square = Tensor(np.zeros(1)), np.zeros(1), np.zeros(1)
        ways = []
        for step, gradient in enumerate(gradients, start=1):
            before = w.item()
            array = np.array([gradient])
            optim.adam_update(w, array, mean, square, step, 0.1, (0.9, 0.999), 1e-8)
            ways.append((before - w.item()) / 0.1)
        style = "--" if place == 1 else "-"
        axes.plot(range(1, 61), ways, style, color=colour, label=name)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_xlabel("step")
    axes.set_ylabel("way downhill / lr")
    axes.set_ylim(-1.3, 1.6)
    axes.legend(frameon=False, fontsize=9, loc="upper right", ncols=3, columnspacing=1)
    figure.tight_layout()
    return figure


def _rates(*kinds):
    """The rates of 41 epochs of some schedules: a name, a schedule and a colour each."""
    figure = Figure(figsize=(_WIDTH, 2.4))
    axes = figure.subplots()
    for name, schedule, colour in kinds:
        rates = [schedule.lr_at(1.0, epoch) for epoch in range(41)]
        axes.plot(rates, "o-", color=colour, markersize=3, linewidth=1, label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("learning rate")
    axes.set_ylim(0, 1.3)
    axes.legend(frameon=False, fontsize=9, loc="upper right", ncols=len(kinds))
    figure.tight_layout()
    return figure


@picture("step-lr", "Your stairs, for an optimizer that begins at a rate of 1.")
def draw_stairs():
    optimizer = optim.SGD([Tensor([1.0])], lr=1.0)
    return _rates(
        ("every 10 by 0.5", optim.StepLR(optimizer, 10, 0.5), _ORANGE),
        ("every 15 by 0.1", optim.StepLR(optimizer, 15, 0.1), _BLUE),
    )


@picture("linear-lr", "Your lines, for an optimizer that begins at a rate of 1.")
def draw_lines():
    optimizer = optim.SGD([Tensor([1.0])], lr=1.0)
    return _rates(
        ("0.05 to 1 in 5 epochs", optim.LinearLR(optimizer, 0.05, 1.0, 5), _BLUE),
        ("0.8 to 0.1 in 30", optim.LinearLR(optimizer, 0.8, 0.1, 30), _ORANGE),
    )


@picture("cosine", "Your half waves down to 0.1: from the first epoch on, and behind your warm-up.")
def draw_waves():
    optimizer = optim.SGD([Tensor([1.0])], lr=1.0)
    warm = optim.LinearLR(optimizer, 0.05, 1.0, 5)
    wave = optim.CosineAnnealingLR(optimizer, 35, eta_min=0.1)
    return _rates(
        ("T_max 40", optim.CosineAnnealingLR(optimizer, 40, eta_min=0.1), _ORANGE),
        ("5 warm-up, T_max 35", optim.SequentialLR(optimizer, [warm, wave], [5]), _BLUE),
    )


_RACERS = (
    ("SGD\nlr 0.001", lambda p: optim.SGD(p, lr=0.001), _GREY),
    ("momentum\n0.9", lambda p: optim.SGD(p, lr=0.001, momentum=0.9), _BLUE),
    ("Nesterov\n0.9", lambda p: optim.SGD(p, lr=0.001, momentum=0.9, nesterov=True), _GREEN),
    ("RMSprop\nlr 0.01", lambda p: optim.RMSprop(p, lr=0.01), _PURPLE),
    ("Adam\nlr 0.1", lambda p: optim.Adam(p, lr=0.1), _ORANGE),
)


def _valley_path(make, steps=800):
    w = Tensor(np.array([-1.2, 1.0]))
    optimizer, places = make([w]), [[-1.2, 1.0]]
    for _ in range(steps):
        x, y = places[-1]
        wall = y - x * x
        w.grad = Tensor(np.array([-2 * (1 - x) - 400 * x * wall, 200 * wall]))
        optimizer.step()
        places.append(w.tolist())
    return np.array(places)


@picture("valley", "800 of your steps through Rosenbrock's valley; the star is the goal.")
def draw_valley():
    figure = Figure(figsize=(_WIDTH, 2.9))
    grid = figure.add_gridspec(1, 5, left=0.01, right=0.99, bottom=0.6, top=0.86, wspace=0.06)
    x, y = np.meshgrid(np.linspace(-1.6, 1.45, 240), np.linspace(-0.6, 1.8, 240))
    loss = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    distances = figure.add_axes((0.14, 0.17, 0.85, 0.32))
    for column, (name, make, colour) in enumerate(_RACERS):
        places = _valley_path(make)
        axes = figure.add_subplot(grid[column])
        axes.contour(x, y, loss, np.geomspace(0.1, 400, 9), colors=_GREY, linewidths=0.4)
        axes.plot(*places.T, ".-", color=colour, markersize=2.5, linewidth=0.7)
        axes.plot(1, 1, "*", color="black", markersize=9)
        axes.set_xlim(-1.6, 1.45)
        axes.set_ylim(-0.6, 1.8)
        axes.set_title(name, fontsize=10, color=colour, pad=3)
        axes.set_xticks([])
        axes.set_yticks([])
        far = np.maximum(np.hypot(*(places - 1).T), 1e-6)
        distances.plot(far, color=colour, linewidth=1.2)
    distances.set_yscale("log")
    distances.set_xlabel("step", labelpad=1)
    distances.set_title("distance from the goal", fontsize=10, pad=3)
    return figure


_CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
_XOR = np.array([[0], [1], [1], [0]], np.float32)


def _learned(seed):
    """A network that was trained on XOR, and its losses."""
    manual_seed(seed)
    model = MLP((2, 4, 1), Tanh)
    optimizer, losses = optim.SGD(model.parameters(), lr=0.5, momentum=0.9), []
    for _ in range(150):
        optimizer.zero_grad()
        loss = ((sigmoid(model(Tensor(_CORNERS))) - Tensor(_XOR)) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def _corners(axes, points):
    for point, corner, target in zip(points, _CORNERS, _XOR, strict=True):
        fill = _BLUE if target[0] else "white"
        axes.plot(*point, "o", ms=8, markerfacecolor=fill, markeredgecolor=_BLUE)
        name = f"({corner[0]:.0f}, {corner[1]:.0f})"
        axes.annotate(name, point, (0, 7), textcoords="offset points", fontsize=9, ha="center")


@picture(
    "xor-1986",
    "XOR, learned by your own code: blue corners want a 1, hollow ones a 0; orange: it says ½.",
)
def draw_xor():
    figure = Figure(figsize=(_WIDTH, 2.4))
    losses, plane, hidden = figure.subplots(1, 3)
    learned = [_learned(seed) for seed in range(8)]
    for _, curve in learned:
        losses.plot(curve, color=_BLUE, linewidth=0.9)
    losses.axhline(0.25, color=_GREY, linewidth=0.8, linestyle="--")
    losses.text(150, 0.26, "all a half", fontsize=9, ha="right", color="#666666")
    losses.set_ylim(0)
    losses.set_yticks([0, 0.25, 0.5], ["0", "¼", "½"])
    losses.set_xlabel("epoch")
    losses.set_title("the loss, from\n8 beginnings", fontsize=10)
    model = learned[0][0]
    along = np.linspace(-0.5, 1.5, 121, dtype=np.float32)
    points = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    said = sigmoid(model(Tensor(points))).data.reshape(121, 121)
    plane.contourf(along, along, said, np.linspace(0, 1, 11), cmap="Blues", vmax=1.7)
    plane.contour(along, along, said, [0.5], colors=[_ORANGE], linewidths=1.2)
    _corners(plane, _CORNERS)
    plane.set_title("what one of\nthem says", fontsize=10)
    plane.set_xticks([0, 1])
    plane.set_yticks([0, 1])
    plane.set_xlabel("a")
    plane.set_ylabel("b", labelpad=0)
    _hidden(hidden, model)
    figure.tight_layout(pad=0.3, w_pad=0.4)
    return figure


def _hidden(axes, model):
    """The corners as the two hidden units see them that the output listens to most."""
    first, second = np.argsort(-np.abs(model[2].weight.data[0]))[:2]
    units = model[1](model[0](Tensor(_CORNERS))).data
    _corners(axes, units[:, [first, second]])
    axes.set_xlim(-1.7, 1.7)
    axes.set_ylim(-1.3, 1.5)
    axes.set_xticks([-1, 0, 1])
    axes.set_yticks([-1, 0, 1])
    axes.set_xlabel(f"hidden unit {first + 1}")
    axes.set_ylabel(f"hidden unit {second + 1}", labelpad=0)
    axes.set_title("the corners, seen\nby two units", fontsize=10)
