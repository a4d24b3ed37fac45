"""Derivatives of convolution and pooling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tinytorch.autograd.engine import Gradients, needs_gradient, vjp
from tinytorch.cnn import Pair, avg_pool2d, conv2d, im2col, max_pool2d, pad2d, pair_of, window_views
from tinytorch.tensor import Tensor, wrap


@vjp(pad2d)
def pad2d_vjp(
    gradient: Tensor, output: Tensor, input: Tensor, padding: Pair, value: float = 0.0
) -> Tensor:
    """The frame is constant: cut it off. Given."""
    return without_frame(gradient, padding, input.shape)


@vjp(im2col)
def im2col_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Tensor:
    """A pixel went into several columns: their gradients add up where it stands."""
    total = zeros_framed(input, padding)
    views = window_views(total, kernel_size, stride)
    columns = gradient.data.reshape(*input.shape[:2], len(views), *views[0].shape[2:])
    for place, view in enumerate(views):
        view += columns[:, :, place]
    return without_frame(wrap(total), padding, input.shape)


@vjp(conv2d)
def conv2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Gradients:
    """As for matmul, since a convolution is weight @ im2col(input); the bias is added everywhere.

    The columns are made anew, for keeping them would take kh * kw times the memory of the input.
    """
    rows = gradient.reshape(*gradient.shape[:2], -1)
    window = (weight.shape[2:], stride, padding)
    to_input = to_weight = None
    if needs_gradient(weight):
        columns = im2col(input, *window)
        to_weight = (rows @ columns.transpose(1, 2)).sum(0).reshape(*weight.shape)
    if needs_gradient(input):
        spread = weight.reshape(weight.shape[0], -1).T @ rows
        to_input = im2col_vjp(spread, spread, input, *window)
    return to_input, to_weight, gradient.sum((0, 2, 3))


@vjp(avg_pool2d)
def avg_pool2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
) -> Tensor:
    """An equal share to each pixel of the window."""
    total = zeros_framed(input, padding)
    views = window_views(total, *window_of(kernel_size, stride))
    for view in views:
        view += gradient.data / len(views)
    return without_frame(wrap(total), padding, input.shape)


@vjp(max_pool2d)
def max_pool2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
) -> Tensor:
    """All of it to the pixel that won its window; to the first of several, and to a nan."""
    padded = pad2d(input, padding, -np.inf).data
    total = np.zeros_like(padded)
    window = window_of(kernel_size, stride)
    won = winners(window_views(padded, *window), output.data)
    for share, mask in zip(window_views(total, *window), won, strict=True):
        share += gradient.data * mask
    return without_frame(wrap(total), padding, input.shape)


def winners(pixels: Iterable[Any], greatest: Any) -> Iterator[Any]:
    """For each pixel of a window, in which windows it is the one that won. Given.

    `pixels` is what `window_views` returned and `greatest` the maximum of each window, both arrays.
    """
    undecided, with_nan = np.ones_like(greatest, dtype=bool), bool(np.isnan(greatest).any())
    for pixel in pixels:
        won = (pixel == greatest) & undecided
        if with_nan:
            won |= (pixel != pixel) & undecided
        yield won
        undecided &= ~won


def window_of(kernel_size: Pair, stride: Pair | None) -> tuple[Pair, Pair]:
    """The window and its stride; without one it moves by its own size. Given."""
    return kernel_size, kernel_size if stride is None else stride


def zeros_framed(input: Tensor, padding: Pair) -> Any:
    """An array of zeros, as large as `input` with its frame. Given."""
    return np.zeros_like(pad2d(input, padding).data)


def without_frame(padded: Tensor, padding: Pair, shape: tuple[int, ...]) -> Tensor:
    """What `pad2d` put into the frame; not a copy. Given."""
    p, q = pair_of(padding, "padding", least=0)
    return wrap(padded.data[..., p : p + shape[-2], q : q + shape[-1]])
