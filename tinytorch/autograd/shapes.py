"""Derivatives of what moves numbers and leaves them as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.activations import like
from tinytorch.autograd.engine import vjp
from tinytorch.indexing import array_index
from tinytorch.tensor import Tensor, wrap


@vjp(Tensor.reshape)
def reshape_vjp(gradient: Tensor, output: Tensor, self: Tensor, *shape: int) -> Tensor:
    """The same numbers under the shape they had."""
    return gradient.reshape(*self.shape)


@vjp(Tensor.transpose)
def transpose_vjp(gradient: Tensor, output: Tensor, self: Tensor, dim0: int, dim1: int) -> Tensor:
    """The same two dimensions exchanged back."""
    return gradient.transpose(dim0, dim1)


@vjp(Tensor.__getitem__)
def getitem_vjp(gradient: Tensor, output: Tensor, self: Tensor, index: Any) -> Tensor:
    """0 where `index` did not look; where it looked several times, the gradients add up. Given."""
    if is_basic(index):
        total = np.zeros_like(gradient.data, shape=self.shape)
        total[array_index(index, self.shape)] = gradient.data
        return wrap(total)
    places = np.arange(self.size, like=gradient.data).reshape(self.shape)
    picked = places[array_index(index, self.shape)].ravel()
    total = np.bincount(picked, weights=gradient.data.ravel(), minlength=self.size)
    return like(total.reshape(self.shape), gradient)


@vjp(Tensor.clone)
def clone_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """The same numbers. Given."""
    return gradient


@vjp(Tensor.to)
def to_vjp(gradient: Tensor, output: Tensor, self: Tensor, target: Any) -> Tensor:
    """The same numbers on the device where they came from; `backward` sees to the dtype. Given."""
    return gradient.to(self.device)


def is_basic(index: Any) -> bool:
    """Whether `index` looks at no number twice: whole numbers, slices, ... and None. Given."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is ... or isinstance(p, int | slice) for p in parts)
