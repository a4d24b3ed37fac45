"""Derivatives of matrix products."""

from __future__ import annotations

from tinytorch.autograd.engine import Gradients, needs_gradient, vjp
from tinytorch.tensor import Tensor, linear


@vjp(Tensor.matmul)
def matmul_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Tensor) -> Gradients:
    """d(X Y) = dX Y + X dY, so G Yᵀ is the gradient of X, and Xᵀ G that of Y."""
    gradient, left, right = as_matrices(gradient, self, other)
    to_self = gradient @ right.mT if needs_gradient(self) else None
    to_other = left.mT @ gradient if needs_gradient(other) else None
    return to_self, as_operand(to_other, other)


@vjp(linear)
def linear_vjp(
    gradient: Tensor, output: Tensor, input: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Gradients:
    """As for matmul, with all examples as the rows of one matrix: G W, Gᵀ X, and the sum of G."""
    rows = gradient.reshape(-1, weight.shape[0])
    return (
        gradient @ weight if needs_gradient(input) else None,
        rows.T @ input.reshape(-1, weight.shape[1]) if needs_gradient(weight) else None,
        rows.sum(0),
    )


def as_matrices(gradient: Tensor, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of `left @ right` and both, with a vector as a row or a column. Given."""
    if right.ndim == 1:
        right = right.reshape(-1, 1)
        gradient = gradient.reshape(*gradient.shape, 1)
    if left.ndim == 1:
        left = left.reshape(1, -1)
        gradient = gradient.reshape(*gradient.shape[:-1], 1, gradient.shape[-1])
    return gradient, left, right


def as_operand(gradient: Tensor | None, right: Tensor) -> Tensor | None:
    """The gradient of `right`: of a vector, without the column that `as_matrices` made. Given."""
    if gradient is None or right.ndim > 1:
        return gradient
    return gradient.reshape(*gradient.shape[:-1])
