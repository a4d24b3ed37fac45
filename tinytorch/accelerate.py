"""Convolution, pooling and Adam in compiled code. Given; no lesson teaches this file.

After `accelerate()`, `conv2d` and `max_pool2d`, their gradients, that of `relu` and Adam's update
run through the loops below on the CPU, compiled by numba at their first call, on all cores. They
are bodies registered for a device, as module 11 registers its own: what a student wrote stays as it
is, and the tests of the course run that, because nothing in the course calls `accelerate`.

Convolution, stride 1. Lay sixteen images side by side: the numbers of one pixel behind one another.
A row of places then sees, through each pixel of the window, one piece of memory, at a fixed offset.
So a row of the output is a sum of such pieces, each times one weight: long loops over neighbouring
numbers, with no columns to be made. The gradient of a weight is the dot product of its pieces with
the rows of the gradient; that of the images is a convolution itself.
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
from typing import Any, TypeVar

import numpy as np
from numba import get_num_threads, njit

from tinytorch.autograd import Gradients, conv2d_vjp, max_pool2d_vjp, relu_vjp
from tinytorch.autograd.images import without_frame
from tinytorch.cnn import (
    Pair,
    check_pool,
    conv2d,
    conv2d_shape,
    conv_output_size,
    frame_of,
    max_pool2d,
    pad2d,
    pair_of,
    stride_of,
    window_of,
)
from tinytorch.operation import implementation
from tinytorch.optim import adam_update
from tinytorch.tensor import Tensor, wrap

R = TypeVar("R")

_compiled = njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"}
)
LANES = 16  # images side by side: a few vectors of the processor's
FEW = 256  # weights a filter, for which making the columns costs more than it saves
_SMALL = 1 << 20  # a second thread costs as much as these multiplications of a convolution


@_compiled
def interleaved(images: Any, frame: tuple[int, int]) -> Any:
    """images (N, C, H, W) in a frame of zeros as (C, H + 2 p, W + 2 q, N): images side by side."""
    lanes, channels, height, width = images.shape
    p, q = frame
    result = np.zeros((channels, height + 2 * p, width + 2 * q, lanes), images.dtype)
    for c in range(channels):
        for y in range(height):
            into = result[c, p + y, q : q + width]
            for n in range(lanes):
                row = images[n, c, y]
                for x in range(width):
                    into[x, n] = row[x]
    return result


@_compiled
def add_products(weights: Any, flat: Any, offsets: Any, totals: Any) -> None:
    """totals[o] += sum over t of weights[o, t] * flat from offsets[t] on.

    Two sums of four products at a time: what is loaded is used twice, and stored once for four.
    """
    filters, length = totals.shape
    shifts = len(offsets)
    for t in range(0, shifts - 3, 4):
        x0, x1 = flat[offsets[t] :], flat[offsets[t + 1] :]
        x2, x3 = flat[offsets[t + 2] :], flat[offsets[t + 3] :]
        for o in range(0, filters - 1, 2):
            v0, v1, v2, v3 = weights[o, t], weights[o, t + 1], weights[o, t + 2], weights[o, t + 3]
            w0, w1 = weights[o + 1, t], weights[o + 1, t + 1]
            w2, w3 = weights[o + 1, t + 2], weights[o + 1, t + 3]
            one, other = totals[o], totals[o + 1]
            for p in range(length):
                a, b, c, d = x0[p], x1[p], x2[p], x3[p]
                one[p] += v0 * a + v1 * b + v2 * c + v3 * d
                other[p] += w0 * a + w1 * b + w2 * c + w3 * d
        if filters % 2:
            w0, w1, w2, w3 = (
                weights[-1, t],
                weights[-1, t + 1],
                weights[-1, t + 2],
                weights[-1, t + 3],
            )
            one = totals[filters - 1]
            for p in range(length):
                one[p] += w0 * x0[p] + w1 * x1[p] + w2 * x2[p] + w3 * x3[p]
    for t in range(shifts - shifts % 4, shifts):
        x0 = flat[offsets[t] :]
        for o in range(filters):
            one, w0 = totals[o], weights[o, t]
            for p in range(length):
                one[p] += w0 * x0[p]


@_compiled
def add_dots(rows: Any, flat: Any, offsets: Any, totals: Any) -> None:
    """totals[o, t] += the dot product of rows[o] and flat from offsets[t] on; eight at a time."""
    filters, shifts = totals.shape
    length, nothing = rows.shape[1], flat.dtype.type(0)
    for t in range(0, shifts - 3, 4):
        x0, x1 = flat[offsets[t] :], flat[offsets[t + 1] :]
        x2, x3 = flat[offsets[t + 2] :], flat[offsets[t + 3] :]
        for o in range(0, filters, 2):
            one, other = rows[o], rows[min(o + 1, filters - 1)]
            a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = nothing
            for p in range(length):
                a, b = one[p], other[p]
                a0, a1, a2, a3 = a0 + a * x0[p], a1 + a * x1[p], a2 + a * x2[p], a3 + a * x3[p]
                b0, b1, b2, b3 = b0 + b * x0[p], b1 + b * x1[p], b2 + b * x2[p], b3 + b * x3[p]
            totals[o, t] += a0
            totals[o, t + 1] += a1
            totals[o, t + 2] += a2
            totals[o, t + 3] += a3
            if o + 1 < filters:
                totals[o + 1, t] += b0
                totals[o + 1, t + 1] += b1
                totals[o + 1, t + 2] += b2
                totals[o + 1, t + 3] += b3
    for t in range(shifts - shifts % 4, shifts):
        x0 = flat[offsets[t] :]
        for o in range(filters):
            one, total = rows[o], nothing
            for p in range(length):
                total += one[p] * x0[p]
            totals[o, t] += total


@_compiled
def offsets_of(shape: tuple[int, int, int, int], window: tuple[int, int]) -> Any:
    """Where what each weight sees first lies in interleaved images of `shape`."""
    channels, height, width, lanes = shape
    offsets = np.empty(channels * window[0] * window[1], np.intp)
    for t in range(len(offsets)):
        c, i, j = t // (window[0] * window[1]), t // window[1] % window[0], t % window[1]
        offsets[t] = ((c * height + i) * width + j) * lanes
    return offsets


@_compiled
def convolved(
    first: int,
    last: int,
    images: Any,
    weights: Any,
    window: tuple[int, int],
    frame: tuple[int, int],
    bias: Any,
    output: Any,
) -> None:
    """output (N, O, OH, OW) of images (N, C, H, W), with weights (O, C * kh * kw), bias (O,)."""
    _, filters, height, width = output.shape
    for start in range(first, last, LANES):
        group = images[start : min(start + LANES, last)]
        lanes = len(group)
        within = interleaved(group, frame)
        flat, row = within.reshape(-1), within.shape[2] * lanes
        offsets = offsets_of(within.shape, window)
        totals = np.empty((filters, width * lanes), flat.dtype)
        for y in range(height):
            for o in range(filters):
                totals[o] = bias[o]
            add_products(weights, flat[y * row :], offsets, totals)
            for n in range(lanes):
                for o in range(filters):
                    into, total = output[start + n, o, y], totals[o, n:]
                    for x in range(width):
                        into[x] = total[x * lanes]


@_compiled
def correlated(
    first: int,
    last: int,
    images: Any,
    gradient: Any,
    window: tuple[int, int],
    frame: tuple[int, int],
) -> Any:
    """The gradient of the weights (O, C * kh * kw), of `gradient` (N, O, OH, OW) for `images`."""
    filters, height, width = gradient.shape[1:]
    result = np.zeros((filters, images.shape[1] * window[0] * window[1]), images.dtype)
    for start in range(first, last, LANES):
        end = min(start + LANES, last)
        within, slopes = (
            interleaved(images[start:end], frame),
            interleaved(gradient[start:end], (0, 0)),
        )
        flat, row = within.reshape(-1), within.shape[2] * within.shape[3]
        offsets = offsets_of(within.shape, window)
        rows = np.empty((filters, width * within.shape[3]), flat.dtype)
        for y in range(height):
            for o in range(filters):
                rows[o] = slopes[o, y].reshape(-1)
            add_dots(rows, flat[y * row :], offsets, result)
    return result


@_compiled
def greatest(
    first: int,
    last: int,
    planes: Any,
    window: tuple[int, int],
    stride: tuple[int, int],
    output: Any,
) -> None:
    """output (N, OH, OW): the greatest number, or a nan, in each window of planes (N, H, W)."""
    _, height, width = output.shape
    for n in range(first, last):
        for y in range(height):
            into = output[n, y]
            into[:] = -np.inf
            for i in range(window[0]):
                for j in range(window[1]):
                    pixels = planes[n, y * stride[0] + i, j:]
                    for x in range(width):
                        pixel, most = pixels[x * stride[1]], into[x]
                        into[x] = most if most >= pixel or most != most else pixel


@_compiled
def to_the_winners(
    first: int,
    last: int,
    planes: Any,
    maxima: Any,
    gradient: Any,
    window: tuple[int, int],
    stride: tuple[int, int],
    output: Any,
) -> None:
    """Add gradient (N, OH, OW) to output (N, H, W), where each window of planes has its maximum.

    The first pixel that is it, or that is a nan, gets all, and leaves nothing to those behind it.
    """
    _, height, width = gradient.shape
    for n in range(first, last):
        pixels, into = planes[n].reshape(-1), output[n].reshape(-1)
        for y in range(height):
            for x in range(width):
                most, rest = maxima[n, y, x], gradient[n, y, x]
                row = y * stride[0] * planes.shape[2] + x * stride[1]
                for _ in range(window[0]):
                    for j in range(window[1]):
                        pixel = pixels[np.uintp(row + j)]  # unsigned: not counted from the end
                        won = pixel == most or pixel != pixel  # no jump, so nothing to guess
                        into[np.uintp(row + j)] += rest if won else 0
                        rest = 0 if won else rest
                    row += planes.shape[2]


@_compiled
def passed(first: int, last: int, gradient: Any, output: Any, result: Any) -> None:
    """result = gradient where output > 0, else 0; flat arrays, in one pass."""
    gradient, output, result = gradient[first:last], output[first:last], result[first:last]
    for i in range(len(result)):
        result[i] = gradient[i] * (output[i] > 0)


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
    """`conv2d`; as taught where the stride is not 1, the dtypes differ or images are few."""
    shape = conv2d_shape(input, weight, bias, stride, padding)
    if not _takes(input, weight, stride):
        return unwrap(conv2d)(input, weight, bias, stride, padding)
    start = np.zeros(shape[1], input.dtype) if bias is None else bias.data.astype(input.dtype)
    return wrap(_convolved(input.data, weight.data, frame_of(padding), start, shape))


def fast_conv2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Gradients:
    """`conv2d_vjp`. The gradient of the input is a convolution too: with the filters turned round,
    and as much of a frame as lets each pixel meet all windows that saw it."""
    window, frame = window_of(weight.shape[2:]), frame_of(padding)
    beyond = tuple(k - 1 - p for k, p in zip(window, frame, strict=True))
    if not _takes(input, weight, stride) or min(beyond) < 0:
        return unwrap(conv2d_vjp)(gradient, output, input, weight, bias, stride, padding)
    to_input = to_weight = None
    if input.requires_grad:
        turned = weight.data[:, :, ::-1, ::-1].swapaxes(0, 1)
        start = np.zeros(len(turned), input.dtype)
        to_input = wrap(_convolved(gradient.data, turned, beyond, start, input.shape))
    if weight.requires_grad:
        work = gradient.size * weight[0].size
        parts = _share(correlated, len(input), work, input.data, gradient.data, window, frame)
        to_weight = wrap(np.add.reduce(parts).reshape(weight.shape))
    return to_input, to_weight, None if bias is None else gradient.sum((0, 2, 3))


def fast_max_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0
) -> Tensor:
    """`max_pool2d`; as taught for other numbers than floats."""
    if input.dtype.char not in "fd":
        return unwrap(max_pool2d)(input, kernel_size, stride, padding)
    check_pool(input, kernel_size, padding)
    window, steps = window_of(kernel_size), stride_of(kernel_size if stride is None else stride)
    planes = _framed(input, padding)
    places = map(conv_output_size, planes.shape[-2:], window, steps)
    output = np.empty((*input.shape[:-2], *places), input.dtype)
    work = output.size * math.prod(window)
    _share(greatest, len(planes), 32 * work, planes, window, steps, _planes(output))
    return wrap(output)


def fast_max_pool2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
) -> Tensor:
    """`max_pool2d_vjp`."""
    window, steps = window_of(kernel_size), stride_of(kernel_size if stride is None else stride)
    planes, maxima, slopes = _framed(input, padding), _planes(output.data), _planes(gradient.data)
    total = np.zeros(planes.shape, gradient.dtype)
    work = output.size * math.prod(window)
    _share(to_the_winners, len(planes), 32 * work, planes, maxima, slopes, window, steps, total)
    total = total.reshape(*input.shape[:-2], *planes.shape[-2:])
    return without_frame(wrap(total), padding, input.shape)


def fast_relu_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """`relu_vjp`; as taught for few numbers, and where they don't lie in one piece."""
    slopes, outputs = gradient.data, output.data
    alike = slopes.flags.c_contiguous and outputs.flags.c_contiguous
    if slopes.size < 2048 or not alike or slopes.dtype != outputs.dtype:
        return unwrap(relu_vjp)(gradient, output, input)
    result = np.empty_like(slopes)
    _share(
        passed, result.size, 4 * result.size, *(a.reshape(-1) for a in (slopes, outputs, result))
    )
    return wrap(result)


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
    _share(adam_loop, gradient.size, 8 * gradient.size, values, slopes, mean, square, settings)


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
    """Run convolution, pooling, ReLU's gradient and Adam on the CPU through this file from now on.

    Returns whether freed memory is kept too, as `keep_freed_memory` says.
    """
    implementation(conv2d, "cpu")(fast_conv2d)
    implementation(conv2d_vjp, "cpu")(fast_conv2d_vjp)
    implementation(max_pool2d, "cpu")(fast_max_pool2d)
    implementation(max_pool2d_vjp, "cpu")(fast_max_pool2d_vjp)
    implementation(relu_vjp, "cpu")(fast_relu_vjp)
    implementation(adam_update, "cpu")(fast_adam_update)
    return keep_freed_memory()


def _share(loop: Callable[..., R], count: int, work: int, *args: Any) -> list[R]:
    """What loop(first, last, *args) returns for each core's share of range(count), at once.

    The threads are Python's: a compiled loop lets go of the interpreter's lock. numba's own would
    keep a core busy while they wait, which NumPy's matrix products need.
    """
    cores = min(get_num_threads(), count) if work > _SMALL else 1
    ends = [count * share // cores for share in range(cores + 1)]
    waiting = [_pool().submit(loop, *pair, *args) for pair in pairwise(ends[1:])]
    return [loop(0, ends[1], *args), *(share.result() for share in waiting)]


@cache
def _pool() -> ThreadPoolExecutor:
    """The threads, started when they are first needed."""
    return ThreadPoolExecutor(get_num_threads(), "accelerate")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def _planes(images: Any) -> Any:
    """(…, H, W) as (N, H, W), in one piece."""
    return np.ascontiguousarray(images).reshape(-1, *images.shape[-2:])


def _framed(input: Tensor, padding: Pair) -> Any:
    """The planes of `input` within a frame of numbers that lose against all others."""
    return _planes(pad2d(input, padding, -np.inf).data if any(frame_of(padding)) else input.data)


def _takes(input: Tensor, weight: Tensor, stride: Pair) -> bool:
    """Whether the compiled convolution can do it, and not slower: few images fill no vectors."""
    kind, many = input.dtype, len(input) >= LANES // 2 or weight[0].size < FEW
    return (
        many and pair_of(stride, "stride") == (1, 1) and kind == weight.dtype and kind.char in "fd"
    )


def _convolved(
    images: Any, weight: Any, frame: tuple[int, ...], bias: Any, shape: tuple[int, ...]
) -> Any:
    """The convolution of arrays, of `shape`."""
    output, window = np.empty(shape, images.dtype), weight.shape[2:]
    weights = np.ascontiguousarray(weight).reshape(len(weight), -1)
    work = output.size * weights[0].size
    _share(convolved, len(images), work, images, weights, window, frame, bias, output)
    return output
