"""Every differentiable operation with the shapes of an example, and numbers to try it on."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch import activations, cnn, layers
from tinytorch.tensor import Tensor, linear


def values(shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    """Numbers of both signs, none near 0 and no two alike, in a mixed order."""
    rng = np.random.default_rng(seed)
    count = int(np.prod(shape))
    numbers = (np.arange(count) + 0.5) / max(count, 1) * 2 + 0.25
    signed = rng.permutation(numbers) * rng.choice([-1, 1], count)
    return signed.reshape(shape).astype(dtype)


CHECKED: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "add": (operator.add, [(2, 3), (3,)]),
    "sub": (operator.sub, [(2, 1), (3,)]),
    "mul": (operator.mul, [(2, 3), (2, 1)]),
    "div": (operator.truediv, [(3,), (2, 3)]),
    "pow": (lambda x, n: x.abs() ** n, [(2, 3), (3,)]),
    "remainder": (lambda x, y: x % (y.abs() + 2.6), [(2, 3), (3,)]),
    "abs": (abs, [(2, 3)]),
    "round": (round, [(2, 3)]),
    "neg": (operator.neg, [(2, 3)]),
    "matmul": (operator.matmul, [(2, 2, 3), (3, 4)]),
    "linear": (linear, [(5, 3), (4, 3), (4,)]),
    "sum": (lambda x: x.sum(1), [(2, 3, 2)]),
    "mean": (lambda x: x.mean((0, 2), keepdim=True), [(2, 3, 2)]),
    "max": (lambda x: x.max(1), [(2, 3, 2)]),
    "reshape": (lambda x: x.reshape(3, -1), [(2, 3)]),
    "transpose": (lambda x: x.transpose(0, 1), [(2, 3)]),
    "index": (lambda x: x[[1, 1, 0], 1:], [(2, 3)]),
    "exp": (Tensor.exp, [(2, 3)]),
    "log": (lambda x: x.abs().log(), [(2, 3)]),
    "sqrt": (lambda x: x.abs().sqrt(), [(2, 3)]),
    "relu": (activations.relu, [(2, 3)]),
    "leaky_relu": (lambda x: activations.leaky_relu(x, 0.3), [(2, 3)]),
    "sigmoid": (activations.sigmoid, [(2, 3)]),
    "tanh": (activations.tanh, [(2, 3)]),
    "gelu": (activations.gelu, [(2, 3)]),
    "softmax": (lambda x: activations.softmax(x, 0), [(2, 3)]),
    "log_softmax": (lambda x: activations.log_softmax(x, 1), [(2, 3)]),
    "layer_norm": (lambda x, w, b: layers.layer_norm(x, (3,), w, b), [(4, 3), (3,), (3,)]),
    "pad2d": (lambda x: cnn.pad2d(x, (1, 2)), [(2, 3, 2)]),
    "im2col": (lambda x: cnn.im2col(x, 2, 1, 1), [(2, 2, 3, 2)]),
    "conv2d": (lambda x, w, b: cnn.conv2d(x, w, b, 2, 1), [(2, 3, 5, 4), (2, 3, 3, 2), (2,)]),
    "max_pool2d": (lambda x: cnn.max_pool2d(x, 3, 2, 1), [(2, 1, 5, 4)]),
    "avg_pool2d": (lambda x: cnn.avg_pool2d(x, 3, 2, 1), [(2, 1, 5, 4)]),
}
