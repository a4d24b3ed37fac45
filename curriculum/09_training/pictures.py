"""What a student's losses say, and what their loop does to a network."""

from functools import partial

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tinytorch import training
from tinytorch.activations import ReLU, softmax
from tinytorch.cnn import LeNet
from tinytorch.data import DataLoader, TensorDataset, load_digits, random_split
from tinytorch.layers import manual_seed
from tinytorch.networks import MLP
from tinytorch.optim import SGD, Adam, CosineAnnealingLR
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import Pad, picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_WIDTH = 4.8  # inches; the lesson view has room for about as much, so the letters keep their size


@picture("softplus", "Your softplus beside the formula as it stands, in float32.")
def draw_softplus():
    figure = Figure(figsize=(_WIDTH, 2.5))
    near, far = figure.subplots(1, 2)
    x = np.linspace(-5, 5, 201, dtype=np.float32)
    near.plot(x, training.softplus(Tensor(x)).data, color=_BLUE, label="your softplus")
    near.plot(x, np.maximum(x, 0), color=_GREY, linewidth=1, linestyle="--", label="ReLU")
    x = np.linspace(60, 120, 241, dtype=np.float32)
    far.plot(x, training.softplus(Tensor(x)).data, color=_BLUE, label="your softplus")
    with np.errstate(over="ignore"):
        naive = np.log(1 + np.exp(x))
    ends = x[np.isfinite(naive)].max()
    far.plot(x, naive, color=_ORANGE, linewidth=4, alpha=0.5, label="log(1 + exp(x))")
    far.annotate(f"inf from\n{ends + 0.25:.0f} on", (ends, ends), (ends + 2, ends - 16))
    for axes in (near, far):
        axes.set_xlabel("x")
        axes.legend(frameon=False, fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout(pad=0.3)
    return figure


@picture("cross-entropy", "What your loss says to five scores: the slope is chance minus truth.")
def draw_cross_entropy():
    scores = Tensor([[1.0, 3.0, 0.5, -1.0, 2.0]]).requires_grad_()
    loss = training.cross_entropy(scores, Tensor([4]))
    loss.backward()
    slope = scores.grad.data[0]
    truth = np.array([0, 0, 0, 0, 1])
    figure = Figure(figsize=(_WIDTH, 2.5))
    for axes, values, title, colours in zip(
        figure.subplots(1, 3, sharey=True),
        (scores.data[0], slope + truth, slope),
        ("scores;\nthe label is 4", "chances", f"slopes;\nthe loss is {loss.item():.2f}"),
        (_GREY, _GREEN, [_BLUE if each < 0 else _ORANGE for each in slope]),
        strict=True,
    ):
        bars = axes.barh(range(5), values, color=colours)
        axes.bar_label(bars, [f"{each:.2f}".replace("-", "−") for each in values], padding=2)
        axes.set_title(title, fontsize=10)
        axes.axvline(0, color="black", linewidth=0.6)
        axes.margins(x=0.9)
        axes.tick_params(length=0)
        axes.set_xticks([])
        axes.spines[["top", "right", "bottom", "left"]].set_visible(False)
    axes.invert_yaxis()
    figure.axes[0].set_ylabel("class")
    figure.subplots_adjust(0.08, 0.02, 0.99, 0.83, wspace=0.05)
    return figure


@picture(
    "overfit", "32 digits learned by heart by your loop: labels that make sense, and shuffled."
)
def draw_by_heart():
    images, labels = load_digits()[:32]
    shuffled = Tensor(np.random.default_rng(0).permutation(labels.data))
    figure = Figure(figsize=(_WIDTH, 2.7))
    axes = figure.subplots()
    for targets, colour, name in ((labels, _BLUE, "their"), (shuffled, _ORANGE, "shuffled")):
        manual_seed(0)
        model = MLP((64, 64, 10))
        trainer = training.Trainer(model, Adam(model.parameters(), lr=0.01))
        losses = training.overfit_batch(trainer, images.flatten(1), targets, steps=200)
        text = f"{name} labels: {len(losses)} steps"
        axes.plot(range(1, len(losses) + 1), losses, color=colour, label=text)
    axes.axhline(np.log(10), color=_GREY, linewidth=0.8)
    axes.text(2, np.log(10) * 1.12, "ln 10: a guess", fontsize=9)
    axes.axhline(0.01, color=_GREY, linewidth=0.8, linestyle="--")
    axes.text(2, 0.0108, "the goal", fontsize=9)
    axes.set_yscale("log")
    axes.set_ylim(0.007, 5)
    axes.set_xlabel("step")
    axes.set_ylabel("loss of the batch")
    axes.legend(frameon=False, fontsize=9, loc="upper right", bbox_to_anchor=(1.02, 0.88))
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


@picture("train-epoch", "Your loop teaches a network of two layers to read 1,400 digits.")
def draw_training():
    generator = manual_seed(0)
    images, labels = load_digits()[:]
    data = TensorDataset(images.flatten(1), labels)
    train, held_out = random_split(data, [1400, 397], generator)
    model = MLP((64, 64, 10))
    trainer = training.Trainer(model, SGD(model.parameters(), lr=0.1))
    loader = DataLoader(train, 32, shuffle=True, generator=generator)
    epochs = range(1, 13)
    records = [trainer.train_epoch(loader) for _ in epochs]
    figure = Figure(figsize=(_WIDTH, 2.5))
    losses, shares = figure.subplots(1, 2)
    for axes, name, title in (
        (losses, "loss", "loss"),
        (shares, "accuracy", "share that is right"),
    ):
        axes.plot(epochs, [each[name] for each in records], "o-", color=_BLUE, markersize=3)
        axes.set_xlabel("epoch")
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    losses.axhline(np.log(10), color=_GREY, linewidth=0.8)
    losses.text(12, np.log(10) - 0.03, "ln 10: a guess", fontsize=9, ha="right", va="top")
    losses.set_ylim(0)
    shares.set_ylim(0, 1)
    model.eval()
    right = training.accuracy(model(held_out[:][0]), held_out[:][1])
    shares.axhline(right, color=_ORANGE, linewidth=1)
    shares.text(
        12, right - 0.2, f"held out, at\nthe end: {right:.1%}", ha="right", va="top", size=9
    )
    figure.tight_layout()
    return figure


@picture("early-stopping", "300 digits, 60 of them labelled wrong: where your rule stops.")
def draw_stopping():
    generator = manual_seed(0)
    images, labels = load_digits()[:]
    order, noisy = generator.permutation(1797), labels.data.copy()
    noisy[order[:60]] = generator.integers(0, 10, 60)
    x = images.flatten(1)
    train = TensorDataset(x[order[:300]], Tensor(noisy[order[:300]]))
    validation = TensorDataset(x[order[300:700]], labels[order[300:700]])
    model = MLP((64, 128, 10))
    trainer = training.Trainer(model, Adam(model.parameters(), lr=0.01))
    loader = DataLoader(train, 32, shuffle=True, generator=generator)
    history = trainer.fit(loader, DataLoader(validation, 400), epochs=50)
    stopping = training.EarlyStopping("val_loss", patience=5)
    stopped = next((r["epoch"] for r in history if stopping.step(r, model)), len(history))
    best = min(history[:stopped], key=lambda record: record["val_loss"])
    figure = Figure(figsize=(_WIDTH, 2.7))
    axes = figure.subplots()
    epochs = range(1, len(history) + 1)
    axes.plot(epochs, [record["loss"] for record in history], color=_BLUE, label="training")
    axes.plot(epochs, [record["val_loss"] for record in history], color=_ORANGE, label="validation")
    axes.axvspan(stopped, len(history), color=_GREY, alpha=0.15, linewidth=0)
    axes.plot(best["epoch"], best["val_loss"], "o", color=_ORANGE)
    axes.annotate(
        f"best: epoch {best['epoch']}",
        (best["epoch"], best["val_loss"]),
        (best["epoch"] - 1, best["val_loss"] - 0.32),
        fontsize=9,
        ha="right",
        arrowprops={"arrowstyle": "-", "color": _ORANGE},
    )
    axes.text(stopped + 0.6, 2.0, f"stopped after {stopped}", fontsize=9)
    axes.set_ylim(0)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def train_lenet():
    """The network of this step's test, trained as there: its weights, and how it went."""
    manual_seed(0)
    train, held_out = random_split(load_digits(), [0.8, 0.2])
    model = LeNet(input_size=8, channels=(16, 32))
    optimizer = Adam(model.parameters(), lr=3e-3)
    schedule = CosineAnnealingLR(optimizer, T_max=15)
    loss = partial(training.cross_entropy, label_smoothing=0.1)
    trainer = training.Trainer(model, optimizer, loss, scheduler=schedule)
    batches = DataLoader(train, 32, shuffle=True)
    history = trainer.fit(batches, DataLoader(held_out, 256), epochs=15)
    images, labels = held_out[:]
    return {
        "accuracy": [record["accuracy"] for record in history],
        "val_accuracy": [record["val_accuracy"] for record in history],
        "images": images.data,
        "labels": labels.data,
        "scores": model(images).data,
        **{_WEIGHT + name: tensor.data for name, tensor in model.state_dict().items()},
    }


_WEIGHT = "weight "


@picture(
    "lenet-1998",
    "Your LeNet: its curves, what it takes for what, and all that it has wrong. Write a digit in "
    "the field: it is made 8 pixels high, as the data were, and your network says what it sees.",
    controls=[Pad("digit", "Write a digit:", 32)],
    prepare=train_lenet,
)
def draw_lenet(trained, digit):
    if digit.any():
        return _reading(_lenet(trained), digit)
    images, labels, scores = (trained[name] for name in ("images", "labels", "scores"))
    answers = scores.argmax(1)
    wrong = np.flatnonzero(answers != labels)
    figure = Figure(figsize=(_WIDTH, 2.7))
    _curves(figure.add_axes((0.12, 0.57, 0.36, 0.34)), trained, len(labels))
    matrix = training.confusion_matrix(Tensor(scores), Tensor(labels)).data
    _confusion(figure.add_axes((0.57, 0.17, 0.43, 0.765)), matrix)
    shown = wrong[:10]
    grid = figure.add_gridspec(2, 5, left=0, right=0.48, bottom=0, top=0.34, hspace=0.6)
    for cell, index in zip(grid, shown, strict=False):
        axes = figure.add_subplot(cell)
        axes.imshow(images[index, 0], cmap="gray_r")
        axes.set_title(f"{labels[index]}→{answers[index]}", fontsize=10, pad=3)
        _bare(axes)
    return figure


def _lenet(trained):
    model = LeNet(input_size=8, channels=(16, 32))
    weights = {
        name.removeprefix(_WEIGHT): values
        for name, values in trained.items()
        if name.startswith(_WEIGHT)
    }
    model.load_state_dict(weights)
    model.eval()
    return model


def _reading(model, digit):
    """What the network makes of a digit: the pixels, the maps of both convolutions, the chances."""
    ink = digit.reshape(8, 4, 8, 4).mean((1, 3))  # as the authors of the data counted it
    seen, maps = Tensor(ink.reshape(1, 1, 8, 8)), []
    for layer in model.features:
        seen = layer(seen)
        if isinstance(layer, ReLU):
            maps.append(seen.data[0])
    chances = softmax(model.classifier(seen), 1).data[0]
    figure = Figure(figsize=(_WIDTH, 2.4))
    sizes = {"width_ratios": (1, 2, 1.1), "height_ratios": (1, 2), "wspace": 0.14, "hspace": 0.3}
    grid = figure.add_gridspec(2, 3, left=0.01, right=0.97, top=0.88, bottom=0.1, **sizes)
    pixels = figure.add_subplot(grid[:, 0])
    pixels.imshow(ink, cmap="gray_r", vmin=0, vmax=1)
    pixels.set_title("it gets 8×8", fontsize=10)
    for row, images in enumerate(maps):
        axes = figure.add_subplot(grid[row, 1])
        axes.imshow(_beside(images, 8), cmap="magma")
        axes.set_title(f"{len(images)} maps, convolution {row + 1}", fontsize=10)
        _bare(axes)
    _bare(pixels)
    _chances(figure.add_subplot(grid[:, 2]), chances)
    return figure


def _beside(images, columns):
    """Small images as one: in rows, with a gap between them."""
    framed = np.pad(images, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    count, height, width = framed.shape
    rows = framed.reshape(count // columns, columns, height, width).swapaxes(1, 2)
    return rows.reshape(-1, columns * width)[:-1, :-1]


def _chances(axes, chances):
    """Ten bars, that of the answer in orange."""
    answer = int(chances.argmax())
    colours = [_ORANGE if digit == answer else _BLUE for digit in range(10)]
    axes.barh(range(10), chances, color=colours)
    axes.set_xlim(0, 1)
    axes.set_yticks(range(10))
    axes.set_xticks([0, 1], ["0", "100 %"])
    axes.invert_yaxis()
    axes.tick_params(labelsize=9, length=0)
    axes.set_title(f"a {answer}: {100 * chances[answer]:.0f} %", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)


def _bare(axes):
    axes.set_xticks([])
    axes.set_yticks([])


def _curves(axes, trained, count):
    """The share that is wrong, on a scale on which a tenth of it is a step."""
    epochs = range(1, len(trained["accuracy"]) + 1)
    for name, colour, label in (
        ("accuracy", _BLUE, "while training"),
        ("val_accuracy", _ORANGE, "held out"),
    ):
        errors = 100 * (1 - np.asarray(trained[name]))
        axes.plot(epochs, errors, "o-", color=colour, markersize=3, label=label)
    axes.axhline(3, color=_GREY, linewidth=0.8, linestyle="--")
    axes.text(1, 2.8, "3 %", fontsize=9, va="top")
    axes.set_yscale("log")
    axes.set_yticks([0.1, 1, 10, 100], ["0.1 %", "1 %", "10 %", "100 %"])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch", labelpad=1)
    axes.set_title(
        f"wrong: {100 - 100 * trained['val_accuracy'][-1]:.1f} % of {count}", fontsize=10
    )
    axes.legend(frameon=False, fontsize=9, handlelength=1)
    axes.spines[["top", "right"]].set_visible(False)


def _confusion(axes, matrix):
    """Errors in orange, what is right in blue."""
    right = np.eye(len(matrix), dtype=bool)
    axes.imshow(np.where(right & (matrix > 0), 1.0, np.nan), cmap="Blues", vmin=0, vmax=4)
    axes.imshow(np.where(~right & (matrix > 0), matrix, np.nan), cmap="Oranges", vmin=-2, vmax=5)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            axes.text(column, row, count, ha="center", va="center", fontsize=8.5)
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.tick_params(labelsize=9, length=0, pad=2)
    axes.set_xlabel("read as", labelpad=0)
    axes.set_ylabel("label", labelpad=0)
    axes.spines[:].set(color="#cccccc")
