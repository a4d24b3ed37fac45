"""Activation functions: what makes a stack of linear layers more than one linear layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinytorch.arguments import over_dim
from tinytorch.operation import operation
from tinytorch.tensor import Tensor, floats, wrap


@operation
def relu(input: Tensor) -> Tensor:
    """max(x, 0), elementwise. nan stays nan."""
    x = floats(input)
    return like(np.maximum(x, 0), input)


@operation
def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x where x > 0, else negative_slope * x."""
    x = floats(input)
    return like(np.where(x > 0, x, negative_slope * x), input)


@operation
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x)), elementwise; no exponential on the way is above 1."""
    x = floats(input)
    small = np.exp(-np.abs(x))  # between 0 and 1, whatever the sign
    return like(np.where(x >= 0, 1 / (1 + small), small / (1 + small)), input)


@operation
def tanh(input: Tensor) -> Tensor:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise; no exponential is above 1."""
    x = floats(input)
    small = np.expm1(-2 * np.abs(x))  # exp(-2|x|) - 1, between -1 and 0
    return like(-np.sign(x) * small / (2 + small), input)


@operation
def gelu(input: Tensor) -> Tensor:
    """x times the chance that a normal variable is below x: x * (1 + erf(x / sqrt(2))) / 2.

    Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
    """
    x = floats(input)
    return like(x * 0.5 * (1 + erf(x / math.sqrt(2))), input)


@over_dim
def softmax(input: Tensor, dim: int) -> Tensor:
    """exp(x) divided by its sum over `dim`, so that each slice sums to 1; none of them overflows.

    Raises ValueError if `dim` has length 0, IndexError if there is no such dimension.
    """
    x = floats(input)
    powers = np.exp(x - x.max(axis=dim, keepdims=True))
    return like(powers / powers.sum(axis=dim, keepdims=True), input)


@over_dim
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """The logarithm of `softmax`, precise where softmax itself is too small for a float."""
    x = floats(input)
    shifted = x - x.max(axis=dim, keepdims=True)
    return like(shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True)), input)


class Activation:
    """What the module forms share: calling one is calling its `forward`. Given."""

    training: bool = True  # as every module has it; an activation is the same in use
    _buffers: tuple[str, ...] = ()

    def forward(self, input: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, input: Tensor) -> Tensor:
        return self.forward(input)

    def __repr__(self) -> str:
        shown = {name: value for name, value in vars(self).items() if name != "training"}
        settings = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"{type(self).__name__}({settings})"

    def named_modules(
        self, prefix: str = "", seen: set[Any] | None = None
    ) -> Iterator[tuple[str, Any]]:
        """This activation under the name `prefix`, unless `seen` has it; nothing is inside."""
        if seen is None or self not in seen:
            (set() if seen is None else seen).add(self)
            yield prefix, self


class ReLU(Activation):
    """`relu` as an object."""

    def forward(self, input: Tensor) -> Tensor:
        """relu(input)."""
        return relu(input)


class Sigmoid(Activation):
    """`sigmoid` as an object."""

    def forward(self, input: Tensor) -> Tensor:
        """sigmoid(input)."""
        return sigmoid(input)


class Tanh(Activation):
    """`tanh` as an object."""

    def forward(self, input: Tensor) -> Tensor:
        """tanh(input)."""
        return tanh(input)


class GELU(Activation):
    """`gelu` as an object."""

    def forward(self, input: Tensor) -> Tensor:
        """gelu(input)."""
        return gelu(input)


class Softmax(Activation):
    """`softmax` over a dimension that is chosen once."""

    dim: int

    def __init__(self, dim: int) -> None:
        """Keep `dim` for every call."""
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """softmax(input, self.dim)."""
        return softmax(input, self.dim)


def like(values: Any, input: Tensor) -> Tensor:
    """`values` as a tensor of the dtype of `input`; of float32 for ints and bools. Given."""
    dtype = input.dtype if input.dtype.kind == "f" else np.float32
    return wrap(values.astype(dtype, copy=False))


def erf(values: Any) -> Any:
    """The error function, elementwise, to the last digits; NumPy has none. Given.

    Source: Cody, "Rational Chebyshev approximations for the error function", 1969.
    """
    values = values.astype(np.result_type(values.dtype, np.float32))
    x = np.minimum(np.abs(values), 6)  # beyond 6 it is 1 to the last digit
    near = x * _ratio(np.minimum(x, 0.46875) ** 2, _ERF_NEAR)
    far = 1 - np.exp(-x * x) * _ratio(x, _ERF_FAR)
    return np.sign(values) * np.where(x < 0.46875, near, far)


def _ratio(x: Any, coefficients: tuple[tuple[float, float], ...]) -> Any:
    """One polynomial in x divided by another, the highest power first. Given."""
    above, below = 0 * x, 0 * x
    for top, bottom in coefficients:
        above *= x
        above += top
        below *= x
        below += bottom
    return above / below


_ERF_NEAR = (
    (1.85777706184603153e-1, 1.0),
    (3.16112374387056560, 2.36012909523441209e1),
    (1.13864154151050156e2, 2.44024637934444173e2),
    (3.77485237685302021e2, 1.28261652607737228e3),
    (3.20937758913846947e3, 2.84423683343917062e3),
)
_ERF_FAR = (
    (2.15311535474403846e-8, 1.0),
    (5.64188496988670089e-1, 1.57449261107098347e1),
    (8.88314979438837594, 1.17693950891312499e2),
    (6.61191906371416295e1, 5.37181101862009858e2),
    (2.98635138197400131e2, 1.62138957456669019e3),
    (8.81952221241769090e2, 3.29079923573345963e3),
    (1.71204761263407058e3, 4.36261909014324716e3),
    (2.05107837782607147e3, 3.43936767414372164e3),
    (1.23033935479799725e3, 1.23033935480374942e3),
)
