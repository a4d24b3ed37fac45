"""Derivatives of functions of one number, activations among them."""

from __future__ import annotations

import math

import numpy as np

from tinytorch.activations import erf, gelu, leaky_relu, like, relu, sigmoid, tanh
from tinytorch.autograd.choose import where
from tinytorch.autograd.engine import vjp
from tinytorch.tensor import Tensor


@vjp(Tensor.exp)
def exp_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d exp(x) = exp(x) dx."""
    return gradient * output


@vjp(Tensor.log)
def log_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d log(x) = dx / x."""
    return gradient / self


@vjp(Tensor.sqrt)
def sqrt_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d sqrt(x) = dx / (2 sqrt(x))."""
    return gradient / (output * 2)


@vjp(Tensor.abs)
def abs_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d |x| = sign(x) dx; 0 at 0 and at nan. Given."""
    return where(self > 0, gradient, where(self < 0, -gradient, 0))


@vjp(Tensor.round)
def round_vjp(gradient: Tensor, output: Tensor, self: Tensor, decimals: int = 0) -> Tensor:
    """0: steps are flat. Given."""
    return gradient * 0


@vjp(relu)
def relu_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """What passed, passes: 1 above 0, else 0."""
    return gradient * (output > 0)


@vjp(sigmoid)
def sigmoid_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """dσ = σ (1 - σ) dx."""
    return gradient * output * (1 - output)


@vjp(tanh)
def tanh_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """d tanh = (1 - tanh²) dx."""
    return gradient * (1 - output * output)


@vjp(leaky_relu)
def leaky_relu_vjp(
    gradient: Tensor, output: Tensor, input: Tensor, negative_slope: float = 0.01
) -> Tensor:
    """1 above 0, else the slope. Given."""
    return where(input > 0, gradient, gradient * negative_slope)


@vjp(gelu)
def gelu_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """d(x Φ(x)) = (Φ(x) + x φ(x)) dx, with the normal distribution Φ and its density φ. Given."""
    x = input.data
    chance = 0.5 * (1 + erf(x / math.sqrt(2)))
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return gradient * like(chance + x * density, input)
