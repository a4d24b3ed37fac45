"""Convolution, pooling and Adam in compiled code. Given; no lesson teaches this file.

After `accelerate()`, `conv2d`, its gradient, that of `max_pool2d` and Adam's update run through the
loops below on the CPU, compiled by numba at their first call, on all cores. They are bodies
registered for a device, as module 11 registers its own: what a student wrote stays as it is, and
the tests of the course run that, because nothing in the course calls `accelerate`.

Convolution, stride 1. Lay the rows of an image behind one another, as they lie in memory. Each
pixel of the window then sees the same flat row, shifted by a fixed offset. So the output is a sum
of shifted copies of the input, each times one weight: long loops over neighbouring numbers, with no
columns to be made. Where a window hangs over the right edge the sum is meaningless and dropped.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from inspect import unwrap
from itertools import pairwise
from typing import Any

import numpy as np
from numba import get_num_threads, njit

from tinytorch.autograd import Gradients, conv2d_vjp, max_pool2d_vjp
from tinytorch.autograd.images import without_frame
from tinytorch.cnn import Pair, conv2d, conv2d_shape, pad2d, pair_of
from tinytorch.operation import implementation
from tinytorch.optim import adam_update
from tinytorch.tensor import Tensor, wrap

_compiled = njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"}
)
_SMALL = 1 << 20  # multiplications, below which a second thread costs more than it saves


@_compiled
def shifted_sums(
    first: int,
    last: int,
    flat: Any,
    weights: Any,
    offsets: Any,
    bias: Any,
    width: int,
    output: Any,
) -> None:
    """output[n, o] = bias[o] + sum over t of weights[o, t] * flat[n] from offsets[t] on.

    flat (N, M), weights (O, T), offsets (T,), bias (O,), output (N, O, OH, OW); a row of the images
    in `flat` is `width` long. Four shifts at a time, so that sums are loaded and stored less often.
    """
    _, filters, height, columns = output.shape
    length = (height - 1) * width + columns
    shifts = len(offsets)
    for place in range(first, last):
        n, o = place // filters, place % filters
        total = np.full(length, bias[o], flat.dtype)
        for t in range(0, shifts - 3, 4):
            w0, w1, w2, w3 = weights[o, t], weights[o, t + 1], weights[o, t + 2], weights[o, t + 3]
            x0, x1 = flat[n, offsets[t] :], flat[n, offsets[t + 1] :]
            x2, x3 = flat[n, offsets[t + 2] :], flat[n, offsets[t + 3] :]
            for p in range(length):
                total[p] += w0 * x0[p] + w1 * x1[p] + w2 * x2[p] + w3 * x3[p]
        for t in range(shifts - shifts % 4, shifts):
            w0, x0 = weights[o, t], flat[n, offsets[t] :]
            for p in range(length):
                total[p] += w0 * x0[p]
        for y in range(height):
            output[n, o, y] = total[y * width : y * width + columns]


@_compiled
def shifted_products(
    first: int,
    last: int,
    flat: Any,
    gradient: Any,
    start: int,
    length: int,
    offsets: Any,
    output: Any,
) -> None:
    """output[o, t] = sum over n and p of gradient[n, o, start + p] * flat[n, offsets[t] + p].

    p counts to `length`; flat (N, M), gradient (N, O, …), offsets (T,), output (O, T).
    """
    for o in range(first, last):
        output[o] = 0
        for n in range(len(gradient)):
            g = gradient[n, o, start:]
            for t in range(len(offsets)):
                x, total = flat[n, offsets[t] :], flat.dtype.type(0)
                for p in range(length):
                    total += g[p] * x[p]
                output[o, t] += total


@_compiled
def to_the_winners(
    first: int,
    last: int,
    planes: Any,
    gradient: Any,
    window: tuple[int, int],
    stride: tuple[int, int],
    output: Any,
) -> None:
    """Add gradient (N, OH, OW) to output (N, H, W), where each window of planes has its maximum."""
    _, height, width = gradient.shape
    for n in range(first, last):
        for y in range(height):
            for x in range(width):
                top, left = y * stride[0], x * stride[1]
                best = planes[n, top, left]
                for i in range(y * stride[0], y * stride[0] + window[0]):
                    for j in range(x * stride[1], x * stride[1] + window[1]):
                        higher = planes[n, i, j] > best  # chosen without a jump, so no guessing
                        best = planes[n, i, j] if higher else best
                        top = i if higher else top
                        left = j if higher else left
                output[n, top, left] += gradient[n, y, x]


@_compiled
def adam_loop(
    first: int, last: int, values: Any, gradient: Any, mean: Any, square: Any, settings: Any
) -> None:
    """`adam_update` of flat arrays in one pass; NumPy takes twelve, and each moves the memory.

    Indices that count from 0 can't be negative, which lets the compiler work on many at a time.
    """
    beta1, rest1, beta2, rest2, rate, correction, eps = settings
    values, gradient = values[first:last], gradient[first:last]
    mean, square = mean[first:last], square[first:last]
    for i in range(len(values)):
        slope = gradient[i]
        new_mean = beta1 * mean[i] + rest1 * slope
        new_square = beta2 * square[i] + rest2 * slope * slope
        mean[i], square[i] = new_mean, new_square
        values[i] -= rate * new_mean / (np.sqrt(new_square) * correction + eps)


def fast_conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Tensor:
    """`conv2d`; as taught where the stride is not 1 or the dtypes differ."""
    shape = conv2d_shape(input, weight, bias, stride, padding)
    if not _takes(input, weight, stride):
        return unwrap(conv2d)(input, weight, bias, stride, padding)
    images = pad2d(input, padding).data
    filters = np.ascontiguousarray(weight.data).reshape(shape[1], -1)
    start = np.zeros(shape[1], images.dtype) if bias is None else bias.data.astype(images.dtype)
    output = np.empty(shape, images.dtype)
    offsets, width = _shifts(images, weight)
    flat, work = images.reshape(len(images), -1), output.size * len(offsets)
    _share(shifted_sums, shape[0] * shape[1], work, flat, filters, offsets, start, width, output)
    return wrap(output)


def fast_conv2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Gradients:
    """`conv2d_vjp`. The gradient of the input is a convolution too: of the gradient, backwards."""
    if not _takes(input, weight, stride):
        return unwrap(conv2d_vjp)(gradient, output, input, weight, bias, stride, padding)
    images = pad2d(input, padding).data
    spread = _spread(gradient.data, images.shape, weight.shape[2])
    return (
        without_frame(_input_gradient(spread, images, weight), padding, input.shape)
        if input.requires_grad
        else None,
        _weight_gradient(spread, gradient, images, weight) if weight.requires_grad else None,
        None if bias is None else gradient.sum((0, 2, 3)),
    )


def fast_max_pool2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
) -> Tensor:
    """`max_pool2d_vjp`; as taught where there is a nan. The pooling is as fast in NumPy."""
    if np.isnan(output.data).any():
        return unwrap(max_pool2d_vjp)(gradient, output, input, kernel_size, stride, padding)
    window = pair_of(kernel_size, "kernel_size")
    steps = window if stride is None else pair_of(stride, "stride")
    padded = pad2d(input, padding, -np.inf).data
    total = np.zeros(padded.shape, padded.dtype)  # in rows, whatever the order of the input
    planes, arrived, into = _planes(padded), _planes(gradient.data), _planes(total)
    work = output.size * math.prod(window)
    _share(to_the_winners, len(planes), 4 * work, planes, arrived, window, steps, into)
    return without_frame(wrap(total), padding, input.shape)


def fast_adam_update(
    parameter: Tensor,
    gradient: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """`adam_update`; as taught for few numbers, and where they don't lie in one piece."""
    arrays = (parameter.data, gradient, exp_avg, exp_avg_sq)
    alike = all(a.flags.c_contiguous and a.dtype == gradient.dtype for a in arrays)
    if gradient.size < 2048 or not alike or gradient.dtype.char not in "fd":
        unwrap(adam_update)(parameter, gradient, exp_avg, exp_avg_sq, step, lr, betas, eps)
        return
    beta1, beta2 = betas
    settings = (beta1, 1 - beta1, beta2, 1 - beta2, lr / (1 - beta1**step))
    settings += (1 / math.sqrt(1 - beta2**step), eps)
    values, slopes, mean, square = (array.reshape(-1) for array in arrays)
    settings = np.array(settings, gradient.dtype)
    _share(adam_loop, gradient.size, gradient.size, values, slopes, mean, square, settings)


def keep_freed_memory(bytes_kept: int = 256 << 20) -> bool:
    """Let this process keep what it frees, for the next step; whether the system's C library can.

    A training step makes and frees the same few megabytes each time. glibc hands them back to the
    system and asks for them again, and every page of 4 KB that comes back is a page fault: of the
    LeNet's 13 ms, 3.5 were spent on 2,900 of them.
    """
    trim_threshold, mmap_threshold = -1, -3  # the numbers of malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False  # not glibc
    return bool(mallopt(trim_threshold, bytes_kept) and mallopt(mmap_threshold, bytes_kept))


def accelerate() -> bool:
    """Run convolution, pooling and Adam on the CPU through this file from now on.

    Returns whether freed memory is kept too, as `keep_freed_memory` says.
    """
    implementation(conv2d, "cpu")(fast_conv2d)
    implementation(conv2d_vjp, "cpu")(fast_conv2d_vjp)
    implementation(max_pool2d_vjp, "cpu")(fast_max_pool2d_vjp)
    implementation(adam_update, "cpu")(fast_adam_update)
    return keep_freed_memory()


def _share(loop: Callable[..., None], count: int, work: int, *args: Any) -> None:
    """loop(first, last, *args) over all of range(count), a share for each core at the same time.

    The threads are Python's: a compiled loop lets go of the interpreter's lock. numba's own would
    keep a core busy while they wait, which NumPy's matrix products need.
    """
    cores = min(get_num_threads(), count) if work > _SMALL else 1
    ends = [count * share // cores for share in range(cores + 1)]
    waiting = [_pool().submit(loop, *pair, *args) for pair in pairwise(ends[1:])]
    loop(0, ends[1], *args)
    for share in waiting:
        share.result()


@cache
def _pool() -> ThreadPoolExecutor:
    """The threads, started when they are first needed."""
    return ThreadPoolExecutor(get_num_threads(), "accelerate")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def _planes(images: Any) -> Any:
    """(…, H, W) as (N, H, W), in one piece."""
    return np.ascontiguousarray(images).reshape(-1, *images.shape[-2:])


def _takes(input: Tensor, weight: Tensor, stride: Pair) -> bool:
    """Whether the compiled convolution can do it: stride 1, and floats of one kind."""
    kind = input.dtype
    return pair_of(stride, "stride") == (1, 1) and kind == weight.dtype and kind.char in "fd"


def _shifts(images: Any, weight: Tensor) -> tuple[Any, int]:
    """Where each weight's pixel lies in a flat image, and how long a row is."""
    channels, height, width = images.shape[1:]
    kh, kw = weight.shape[2:]
    c, i, j = np.ogrid[:channels, :kh, :kw]
    return (c * height * width + i * width + j).ravel(), width


def _spread(gradient: Any, shape: tuple[int, ...], kh: int) -> Any:
    """The gradient in rows as long as those of the images, behind kh rows of zeros: (N, O, …).

    Zeros are behind it and beside it too, so that a shift backwards finds zeros.
    """
    batch, filters, oh, ow = gradient.shape
    spread = np.zeros((batch, filters, kh + shape[2], shape[3]), gradient.dtype)
    spread[:, :, kh : kh + oh, :ow] = gradient
    return spread.reshape(batch, filters, -1)


def _weight_gradient(spread: Any, gradient: Tensor, images: Any, weight: Tensor) -> Tensor:
    offsets, width = _shifts(images, weight)
    length = (gradient.shape[2] - 1) * width + gradient.shape[3]
    flat, start = images.reshape(len(images), -1), weight.shape[2] * width
    total = np.empty((weight.shape[0], len(offsets)), images.dtype)
    work = total.size * len(flat) * length
    _share(shifted_products, len(total), work, flat, spread, start, length, offsets, total)
    return wrap(total.reshape(weight.shape))


def _input_gradient(spread: Any, images: Any, weight: Tensor) -> Tensor:
    filters, channels, kh, kw = weight.shape
    width = images.shape[3]
    o, i, j = np.ogrid[:filters, :kh, :kw]
    offsets = (o * spread.shape[2] + kh * width - i * width - j).ravel()
    weights = np.ascontiguousarray(weight.data.swapaxes(0, 1)).reshape(channels, -1)
    total = np.empty_like(images)
    nothing = np.zeros(channels, images.dtype)
    flat, work = spread.reshape(len(spread), -1), total.size * len(offsets)
    places = len(total) * channels
    _share(shifted_sums, places, work, flat, weights, offsets, nothing, width, total)
    return wrap(total)
