"""Derivatives of arithmetic: +, -, *, / and powers."""

from __future__ import annotations

from typing import Any

from tinytorch.autograd.choose import where
from tinytorch.autograd.engine import Gradients, needs_gradient, vjp
from tinytorch.tensor import Tensor, as_tensor


@vjp(Tensor.add)
def add_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x + y) = dx + dy."""
    return gradient, gradient


@vjp(Tensor.sub)
def sub_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x - y) = dx - dy."""
    return gradient, -gradient


@vjp(Tensor.mul)
def mul_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x y) = y dx + x dy."""
    to_self = gradient * other if self.requires_grad else None
    return to_self, gradient * self if needs_gradient(other) else None


@vjp(Tensor.div)
def div_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x / y) = dx / y - (x / y) dy / y."""
    to_self = gradient / other if self.requires_grad else None
    return to_self, -gradient * (self / other) / other if needs_gradient(other) else None


@vjp(Tensor.neg)
def neg_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d(-x) = -dx."""
    return -gradient


@vjp(Tensor.pow)
def pow_vjp(gradient: Tensor, output: Tensor, self: Tensor, exponent: Any) -> Gradients:
    """d(x^n) = n x^(n-1) dx + x^n log(x) dn; 0 where n = 0, and for dn where x = 0 <= n. Given."""
    n = as_tensor(exponent, self)
    to_self = gradient * n * self ** where(n == 0, 0, n - 1)
    if not needs_gradient(exponent):
        return to_self, None
    flat = (self == 0) * (n >= 0)
    return to_self, gradient * output * where(flat, 1, self).log()


@vjp(Tensor.remainder)
def remainder_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x % y) = dx - floor(x / y) dy. Given."""
    return gradient, -gradient * (self // other) if needs_gradient(other) else None


@vjp(Tensor.floor_divide)
def floor_divide_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """Raises RuntimeError: as in PyTorch, x // y has no gradient. Given."""
    raise RuntimeError("x // y has no gradient: where one shall flow, write x / y, or x % y")
