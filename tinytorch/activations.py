"""Activation functions: what makes a stack of linear layers more than one linear layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch.operation import operation
from tinytorch.tensor import Tensor


@operation
def relu(input: Tensor) -> Tensor:
    """max(x, 0), elementwise. nan stays nan."""
    return like(np.maximum(input.data, 0), input)


@operation
def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x where x > 0, else negative_slope * x."""
    return like(np.where(input.data > 0, input.data, negative_slope * input.data), input)


@operation
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x)), elementwise, without overflow for any x."""
    small = np.exp(-np.abs(input.data))  # between 0 and 1, whatever the sign
    return like(np.where(input.data >= 0, 1 / (1 + small), small / (1 + small)), input)


@operation
def tanh(input: Tensor) -> Tensor:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise, without overflow for any x."""
    small = np.exp(-2 * np.abs(input.data))
    return like(np.sign(input.data) * (1 - small) / (1 + small), input)


@operation
def gelu(input: Tensor) -> Tensor:
    """x times the chance that a normal variable is below x: x * (1 + erf(x / sqrt(2))) / 2.

    Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
    """
    return like(input.data * 0.5 * (1 + erf(input.data / math.sqrt(2))), input)


@operation
def softmax(input: Tensor, dim: int) -> Tensor:
    """exp(x) divided by its sum over `dim`, without overflow: each slice sums to 1."""
    highest = input.data.max(axis=dim, keepdims=True)
    powers = np.exp(input.data - highest)
    return like(powers / powers.sum(axis=dim, keepdims=True), input)


@operation
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """The logarithm of `softmax`, precise where softmax itself is too small for a float."""
    shifted = input.data - input.data.max(axis=dim, keepdims=True)
    return like(shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True)), input)


class Activation:
    """What the module forms share: calling one is calling its `forward`. Given."""

    def forward(self, input: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, input: Tensor) -> Tensor:
        return self.forward(input)


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
    return Tensor(values, dtype=input.dtype if input.dtype.kind == "f" else np.float32)


def erf(values: Any) -> Any:
    """The error function, elementwise; NumPy has none. Given."""
    return np.vectorize(math.erf, otypes=[np.float64])(values)
