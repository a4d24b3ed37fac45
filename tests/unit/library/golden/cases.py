"""What the golden file holds: a line a case, and the very same expression for both libraries.

`case(name, expression, *inputs)`: an input is a shape, of which numbers are drawn by the name of
the case, or an array. `expression(lib, *tensors)` returns a tensor or a tuple of them; `lib.relu`
is `tinytorch.activations.relu` here and `torch.nn.functional.relu` in PyTorch, and so on for every
name. `lib.filled(layer)`, `lib.steps(...)` and `lib.rates(...)` are explained in `observe.py`.
After adding a case, run `python tests/unit/library/golden/make.py`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Expression = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """An expression and what goes into it."""

    name: str
    expression: Expression
    inputs: tuple[np.ndarray, ...]


CASES: dict[str, Case] = {}


def numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Normal numbers that depend on `name` and `shape` only, in float64."""
    return np.random.default_rng(zlib.crc32(name.encode())).normal(size=shape)


def case(name: str, expression: Expression, *inputs: Any) -> None:
    """Add a case. Raises ValueError if the name is taken."""
    if name in CASES:
        raise ValueError(f"there is a golden case {name!r} already")
    arrays = tuple(
        numbers(f"{name}/{place}", each) if isinstance(each, tuple) else np.asarray(each)
        for place, each in enumerate(inputs)
    )
    CASES[name] = Case(name, expression, arrays)


EXTREMES = [-1000.0, -30.0, -1e-8, 0.5, 30.0, 1000.0]

# 01 tensor
case("add", lambda _, a, b: a + b, (2, 3), (2, 3))
case("add a row", lambda _, a, b: a + b, (2, 3), (3,))
case("add a column", lambda _, a, b: a + b, (2, 1), (4, 1, 3))
case("sub", lambda _, a, b: a - b, (2, 3), (2, 1))
case("sub from a number", lambda _, a: 2 - a, (2, 3))
case("mul", lambda _, a, b: a * b, (2, 3), (1, 3))
case("mul with itself", lambda _, a: a * a, (2, 3))
case("div", lambda _, a, b: a / (b * b + 1), (2, 3), (2, 3))
case("div a number", lambda _, a: 2 / (a * a + 1), (2, 3))
case("neg", lambda _, a: -a, (2, 3))
case("pow a number", lambda _, a: a**3, (2, 3))
case("pow a tensor", lambda _, a, b: (a.abs() + 0.5) ** b, (2, 3), (3,))
case("number to a tensor", lambda _, a: 2**a, (2, 3))
case("compare", lambda _, a, b: (a < b, a <= b, a > b, a >= b, a == a, a != a), (2, 3), (3,))
case("matmul", lambda _, a, b: a @ b, (2, 3), (3, 4))
case("matmul of vectors", lambda _, a, b: a @ b, (3,), (3,))
case("matmul by a vector", lambda _, a, b: a @ b, (2, 3), (3,))
case("matmul of a vector", lambda _, a, b: a @ b, (3,), (3, 4))
case("matmul of batches", lambda _, a, b: a @ b, (3, 1, 2, 3), (2, 3, 2))
case("reshape", lambda _, a: a.reshape(3, -1), (2, 6))
case("transpose", lambda _, a: a.transpose(0, 2), (2, 3, 4))
case("flatten", lambda _, a: a.flatten(1), (2, 3, 2))
case("index a row", lambda _, a: a[1], (3, 4))
case("index slices", lambda _, a: a[:, 1:4:2], (3, 5))
case("index new dims", lambda _, a: a[..., None, 0], (3, 4))
case("index rows twice", lambda _, a: a[[2, 0, 2]], (3, 4))
case("index by a mask", lambda _, a: a[a > 0], (3, 4))
case("sum", lambda _, a: a.sum(), (2, 3, 4))
case("sum over a dim", lambda _, a: a.sum(1), (2, 3, 4))
case("sum over two dims", lambda _, a: a.sum((0, -1), keepdim=True), (2, 3, 4))
case("mean", lambda _, a: a.mean(), (2, 3, 4))
case("mean over a dim", lambda _, a: a.mean(-2, keepdim=True), (2, 3, 4))
case("max", lambda lib, a: lib.amax(a), (2, 3, 4))
case("max over a dim", lambda lib, a: lib.amax(a, 1), (2, 3, 4))
case("max of equals", lambda lib, a: lib.amax(a, 1), [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
case("exp", lambda _, a: a.exp(), (2, 3))
case("log", lambda _, a: (a * a + 0.1).log(), (2, 3))
case("sqrt", lambda _, a: (a * a + 0.1).sqrt(), (2, 3))
case("abs", lambda _, a: a.abs(), (2, 3))
case("linear", lambda lib, x, w, b: lib.linear(x, w, b), (2, 4, 3), (5, 3), (5,))
case("linear without bias", lambda lib, x, w: lib.linear(x, w), (4, 3), (5, 3))
case("shared subgraph", lambda _, a: (a * a + a).exp() * (a * a + a), (2, 3))

# 02 activations
case("relu", lambda lib, a: lib.relu(a), (3, 4))
case("leaky_relu", lambda lib, a: lib.leaky_relu(a, 0.1), (3, 4))
case("sigmoid", lambda lib, a: lib.sigmoid(a), (3, 4))
case("tanh", lambda lib, a: lib.tanh(a), (3, 4))
case("gelu", lambda lib, a: lib.gelu(a), (3, 4))
case("softmax", lambda lib, a: lib.softmax(a, dim=1), (3, 4, 2))
case("log_softmax", lambda lib, a: lib.log_softmax(a, dim=0), (3, 4, 2))
for name in ("relu", "leaky_relu", "sigmoid", "tanh", "gelu"):
    case(f"{name} of extremes", lambda lib, a, name=name: getattr(lib, name)(a), EXTREMES)
for name in ("softmax", "log_softmax"):
    case(f"{name} of extremes", lambda lib, a, name=name: getattr(lib, name)(a, -1), EXTREMES)
case("Softmax", lambda lib, a: lib.Softmax(dim=1)(lib.Tanh()(a)), (3, 4))

# 03 layers
case("Linear", lambda lib, x: lib.filled(lib.Linear(3, 4))(x), (2, 5, 3))
case("LayerNorm", lambda lib, x: lib.filled(lib.LayerNorm(4))(x), (2, 3, 4))
case("LayerNorm over two", lambda lib, x: lib.filled(lib.LayerNorm((3, 4), 0.1))(x), (2, 3, 4))
case("layer_norm", lambda lib, x, w: lib.layer_norm(x, (4,), w), (2, 3, 4), (4,))
case("BatchNorm1d", lambda lib, x: lib.filled(lib.BatchNorm1d(3))(x), (5, 3))
case("BatchNorm1d long", lambda lib, x: lib.filled(lib.BatchNorm1d(3, momentum=0.3))(x), (2, 3, 4))
case("BatchNorm1d average", lambda lib, x: lib.twice(lib.BatchNorm1d(3, momentum=None), x), (5, 3))
case("BatchNorm1d in use", lambda lib, x: lib.filled(lib.BatchNorm1d(3)).eval()(x), (5, 3))
case("batch_norm", lambda lib, x: lib.batch_norm(x, None, None, training=True), (4, 3, 2, 2))
case("Dropout in use", lambda lib, x: lib.Dropout(0.9).eval()(x), (5, 3))

# 04 networks
case(
    "Sequential",
    lambda lib, x: lib.filled(
        lib.Sequential(lib.Linear(3, 5), lib.GELU(), lib.LayerNorm(5), lib.Linear(5, 2))
    )(x),
    (4, 3),
)

# 05 cnn
case("pad2d", lambda lib, x: lib.pad2d(x, (1, 2)), (2, 1, 2, 3))
case("im2col", lambda lib, x: lib.im2col(x, (2, 3), stride=2, padding=1), (2, 2, 4, 5))
case("conv2d", lambda lib, x, w, b: lib.conv2d(x, w, b), (2, 2, 5, 4), (3, 2, 3, 2), (3,))
case(
    "conv2d with stride and padding",
    lambda lib, x, w: lib.conv2d(x, w, stride=(2, 1), padding=(1, 2)),
    (2, 2, 5, 4),
    (3, 2, 3, 3),
)
case("Conv2d", lambda lib, x: lib.filled(lib.Conv2d(2, 3, 3, 2, padding=1))(x), (2, 2, 5, 6))
case("max_pool2d", lambda lib, x: lib.max_pool2d(x, 2), (2, 2, 5, 4))
case("max_pool2d overlapping", lambda lib, x: lib.max_pool2d(x, (3, 2), 1, 1), (2, 2, 4, 5))
case("avg_pool2d", lambda lib, x: lib.avg_pool2d(x, 2), (2, 2, 5, 4))
case("avg_pool2d overlapping", lambda lib, x: lib.avg_pool2d(x, 3, (1, 2), 1), (2, 2, 4, 5))
case(
    "convolutional network",
    lambda lib, x: lib.filled(
        lib.Sequential(
            lib.Conv2d(1, 3, 3, padding=1), lib.ReLU(), lib.MaxPool2d(2),
            lib.Conv2d(3, 2, 3, padding=1), lib.Tanh(), lib.AvgPool2d(2),
            lib.Flatten(), lib.Linear(8, 3),
        )
    )(x),
    (2, 1, 8, 8),
)  # fmt: skip

# 08 optim
ADAM: dict[str, Any] = {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-6}
for name, optimizer, settings in (
    ("SGD", "SGD", {"lr": 0.1}),
    ("SGD with momentum", "SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD after Nesterov", "SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    ("SGD with decay", "SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.2}),
    ("RMSprop", "RMSprop", {"lr": 0.05, "alpha": 0.8}),
    ("RMSprop with all", "RMSprop", {"lr": 0.05, "momentum": 0.7, "weight_decay": 0.1}),
    ("Adam", "Adam", {}),
    ("Adam with settings", "Adam", ADAM),
    ("Adam with decay", "Adam", ADAM | {"weight_decay": 0.3}),
    ("AdamW", "AdamW", {}),
    ("AdamW with settings", "AdamW", ADAM | {"weight_decay": 0.3}),
):
    case(
        name,
        lambda lib, v, w, optimizer=optimizer, settings=settings: lib.steps(
            getattr(lib, optimizer), v, w, **settings
        ),
        (2, 3),
        (4,),
    )
case("StepLR", lambda lib: lib.rates(lambda opt: lib.StepLR(opt, 3, gamma=0.5)))
case("CosineAnnealingLR", lambda lib: lib.rates(lambda opt: lib.CosineAnnealingLR(opt, 11, 0.01)))
case("LinearLR", lambda lib: lib.rates(lambda opt: lib.LinearLR(opt, 0.2, total_iters=4)))
case(
    "warm-up, then a cosine",
    lambda lib: lib.rates(
        lambda opt: lib.SequentialLR(
            opt, [lib.LinearLR(opt, 0.1, total_iters=3), lib.CosineAnnealingLR(opt, 8)], [3]
        )
    ),
)
for norm in (1.0, 2.0, float("inf")):
    case(
        f"clip_grad_norm_ by the {norm} norm",
        lambda lib, v, w, norm=norm: lib.clipped(1.5, norm, v, w),
        (2, 3),
        (4,),
    )
case("clip_grad_norm_ of what is short", lambda lib, v: lib.clipped(100.0, 2.0, v), (2, 3))

# 09 training
CLASSES = np.array([2, 0, 1, 2])
for reduction in ("mean", "sum", "none"):
    case(
        f"mse_loss, {reduction}",
        lambda lib, x, y, how=reduction: lib.mse_loss(x, y, reduction=how),
        (4, 3),
        (4, 3),
    )
    case(
        f"binary_cross_entropy_with_logits, {reduction}",
        lambda lib, x, y, how=reduction: lib.binary_cross_entropy_with_logits(
            x, lib.sigmoid(y).detach(), reduction=how
        ),
        (4, 3),
        (4, 3),
    )
    case(
        f"cross_entropy, {reduction}",
        lambda lib, x, y, how=reduction: lib.cross_entropy(x, y, reduction=how),
        (4, 3),
        CLASSES,
    )
case("mse_loss of one with itself", lambda lib, x: lib.mse_loss(x, x * 2), (4, 3))
case(
    "cross_entropy, smoothed",
    lambda lib, x, y: lib.cross_entropy(x, y, label_smoothing=0.1),
    (4, 3),
    CLASSES,
)
case(
    "cross_entropy of extremes",
    lambda lib, x, y: lib.cross_entropy(x, y),
    [[1000.0, 0.0, -1000.0], [-1000.0, 1000.0, 0.0], [1e-8, 0.0, 30.0], [5.0, 5.0, 5.0]],
    CLASSES,
)
case(
    "binary_cross_entropy_with_logits of extremes",
    lambda lib, x, y: lib.binary_cross_entropy_with_logits(x, y.detach()),
    EXTREMES,
    [1.0, 0.0, 0.25, 1.0, 0.0, 1.0],
)
