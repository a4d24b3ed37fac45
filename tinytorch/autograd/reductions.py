"""Derivatives of what makes many numbers one: sum, mean, max and min."""

from __future__ import annotations

import numpy as np

from tinytorch.autograd.choose import where
from tinytorch.autograd.engine import vjp
from tinytorch.tensor import Dim, Tensor, wrap


@vjp(Tensor.sum)
def sum_vjp(
    gradient: Tensor, output: Tensor, self: Tensor, dim: Dim = None, keepdim: bool = False
) -> Tensor:
    """Every number counts once: each gets the gradient of the sum that it is part of."""
    return expand(gradient, self.shape, dim)


@vjp(Tensor.mean)
def mean_vjp(
    gradient: Tensor, output: Tensor, self: Tensor, dim: Dim = None, keepdim: bool = False
) -> Tensor:
    """As for the sum, divided by how many numbers make one mean."""
    return expand(gradient / count_of(self, output), self.shape, dim)


@vjp(Tensor.max)
def max_vjp(
    gradient: Tensor, output: Tensor, self: Tensor, dim: Dim = None, keepdim: bool = False
) -> Tensor:
    """Only the greatest number counts; where several are equal they share, as in `torch.amax`.

    The maximum over a nan is nan, so the nan counts.
    """
    greatest = equal(self, expand(output, self.shape, dim))
    share = gradient / greatest.sum(dim, keepdim)
    return where(greatest, expand(share, self.shape, dim), 0)


vjp(Tensor.min)(max_vjp)  # of the smallest the same holds


def count_of(self: Tensor, output: Tensor) -> int:
    """How many numbers of `self` make one of `output`. Given."""
    return self.size // max(output.size, 1)


def equal(one: Tensor, other: Tensor) -> Tensor:
    """Where two tensors have the same number; a nan equals a nan. Given."""
    return (one == other) | ((one != one) & (other != other))


def expand(tensor: Tensor, shape: tuple[int, ...], dim: Dim) -> Tensor:
    """What a reduction over `dim` made of `shape`, stretched back to it; not a copy. Given."""
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    reduced = {d % len(shape) for d in dims} if shape else set[int]()
    kept = tuple(1 if d in reduced else length for d, length in enumerate(shape))
    return wrap(np.broadcast_to(tensor.data.reshape(kept), shape))
