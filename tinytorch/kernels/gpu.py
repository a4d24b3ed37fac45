"""Kernels for a GPU, in Python: each is written for one thread, and thousands run it at once.

Every kernel has a function beside it that makes the output and starts enough threads. Arrays are
CuPy's on a GPU and NumPy's on the course's simulator; float32 everywhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch.kernels.device import cuda

THREADS = 256  # per block, along one axis: a multiple of the 32 threads of a warp
TILE = 16  # a block of 16 × 16 threads
WARP = 32
GRID_LIMIT = 65535  # of blocks along y; x takes 2³¹
ALL = 0xFFFFFFFF  # the mask of a whole warp
LOWEST = np.finfo(np.float32).min  # below it there is only -inf


@cuda.jit
def vector_add_kernel(a, b, out):
    """out[i] = a[i] + b[i] by thread i; the threads beyond the end do nothing."""
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] + b[i]


def vector_add(a: Any, b: Any) -> Any:
    """a + b of two vectors (n,). Raises ValueError if their lengths differ."""
    check_same_shape("vector_add", a, b)
    out = np.empty_like(a)
    vector_add_kernel[blocks(out.size, THREADS), THREADS](a, b, out)
    return out


@cuda.jit
def transpose_kernel(a, out):
    """out[j, i] = a[i, j] by the thread at column j and row i."""
    j, i = cuda.grid(2)
    if i < a.shape[0] and j < a.shape[1]:
        out[j, i] = a[i, j]


def transpose(a: Any) -> Any:
    """The matrix (n, m) with rows and columns exchanged: (m, n)."""
    check_dims("transpose", a, 2)
    rows, columns = a.shape
    out = np.empty_like(a, shape=(columns, rows))
    transpose_kernel[tiles(rows, columns), (TILE, TILE)](a, out)
    return out


@cuda.jit
def naive_matmul_kernel(a, b, out):
    """out = a @ b, one element a thread: row i of a and column j of b, both from global memory."""
    j, i = cuda.grid(2)
    if i < out.shape[0] and j < out.shape[1]:
        total = np.float32(0.0)
        for k in range(a.shape[1]):
            total += a[i, k] * b[k, j]
        out[i, j] = total


def naive_matmul(a: Any, b: Any) -> Any:
    """The matrix product (n, k) @ (k, m) = (n, m). Given."""
    out = empty_product("naive_matmul", a, b)
    naive_matmul_kernel[tiles(*out.shape), (TILE, TILE)](a, b, out)
    return out


@cuda.jit
def tiled_matmul_kernel(a, b, out):
    """out = a @ b; a block reads each tile of a and b once, into memory that its threads share."""
    tile_a = cuda.shared.array((TILE, TILE), np.float32)
    tile_b = cuda.shared.array((TILE, TILE), np.float32)
    column, row = cuda.threadIdx.x, cuda.threadIdx.y
    j, i = cuda.grid(2)
    total = np.float32(0.0)
    for start in range(0, a.shape[1], TILE):
        tile_a[row, column] = element_or_zero(a, i, start + column)
        tile_b[row, column] = element_or_zero(b, start + row, j)
        cuda.syncthreads()  # the tiles are full
        for k in range(TILE):
            total += tile_a[row, k] * tile_b[k, column]
        cuda.syncthreads()  # nobody reads them any more
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = total


def tiled_matmul(a: Any, b: Any) -> Any:
    """The matrix product (n, k) @ (k, m) = (n, m), through shared memory. Given."""
    out = empty_product("tiled_matmul", a, b)
    tiled_matmul_kernel[tiles(*out.shape), (TILE, TILE)](a, b, out)
    return out


@cuda.jit
def block_sum_kernel(values, partial):
    """partial[b] = the sum of the 256 values of block b: half as many threads add each time."""
    shared = cuda.shared.array(THREADS, np.float32)
    thread, i = cuda.threadIdx.x, cuda.grid(1)
    shared[thread] = values[i] if i < values.size else np.float32(0.0)
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if thread < half:
            shared[thread] += shared[thread + half]
        cuda.syncthreads()
        half //= 2
    if thread == 0:
        partial[cuda.blockIdx.x] = shared[0]


def block_sum(values: Any) -> Any:
    """The sum of a vector (n,), as an array (1,): sums of blocks, then sums of those.

    Raises ValueError for no elements.

    Given.
    """
    check_dims("block_sum", values, 1)
    while True:
        partial = np.empty_like(values, shape=(blocks(values.size, THREADS),))
        block_sum_kernel[partial.size, THREADS](values, partial)
        if partial.size == 1:
            return partial
        values = partial


@cuda.jit
def online_softmax_kernel(x, out):
    """Softmax of row `blockIdx.x` by one warp; the greatest value and the sum in one pass.

    Source: Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018.
    """
    row, lane = cuda.blockIdx.x, cuda.threadIdx.x
    highest, total = LOWEST, np.float32(0.0)
    for column in range(lane, x.shape[1], WARP):
        value = x[row, column]
        higher = max(highest, value)
        total = total * math.exp(highest - higher) + math.exp(value - higher)
        highest = higher
    peak = warp_max(highest)
    total = warp_sum(total * math.exp(highest - peak))
    for column in range(lane, x.shape[1], WARP):
        out[row, column] = math.exp(x[row, column] - peak) / total


def online_softmax(x: Any) -> Any:
    """Softmax over each row of a matrix (rows, columns). Given."""
    check_dims("online_softmax", x, 2)
    out = np.empty_like(x)
    online_softmax_kernel[x.shape[0], WARP](x, out)
    return out


@cuda.jit
def fused_bias_gelu_kernel(x, bias, out):
    """out = gelu(x + bias) in one pass: the sum never goes out to memory and back."""
    column, row = cuda.grid(2)
    if row < x.shape[0] and column < x.shape[1]:
        z = x[row, column] + bias[column]
        out[row, column] = np.float32(0.5) * z * (np.float32(1.0) + math.erf(z * ROOT_HALF))


def fused_bias_gelu(x: Any, bias: Any) -> Any:
    """gelu(x + bias) for x (rows, columns) and bias (columns,). Given."""
    check_columns("fused_bias_gelu", x, bias)
    out = np.empty_like(x)
    fused_bias_gelu_kernel[tiles(*x.shape), (TILE, TILE)](x, bias, out)
    return out


@cuda.jit
def layer_norm_kernel(x, weight, bias, eps, out):
    """Row `blockIdx.x` with mean 0 and variance 1, times weight, plus bias, by one warp. Given."""
    row, lane, columns = cuda.blockIdx.x, cuda.threadIdx.x, x.shape[1]
    total = np.float32(0.0)
    for column in range(lane, columns, WARP):
        total += x[row, column]
    mean = warp_sum(total) / np.float32(columns)
    squares = np.float32(0.0)
    for column in range(lane, columns, WARP):
        squares += (x[row, column] - mean) * (x[row, column] - mean)
    scale = np.float32(1.0) / math.sqrt(warp_sum(squares) / np.float32(columns) + eps)
    for column in range(lane, columns, WARP):
        out[row, column] = (x[row, column] - mean) * scale * weight[column] + bias[column]


def layer_norm(x: Any, weight: Any, bias: Any, eps: float = 1e-5) -> Any:
    """Layer norm over each row of x (rows, columns); weight and bias (columns,). Given."""
    check_columns("layer_norm", x, weight)
    check_columns("layer_norm", x, bias)
    out = np.empty_like(x)
    layer_norm_kernel[x.shape[0], WARP](x, weight, bias, np.float32(eps), out)
    return out


@cuda.jit
def adam_kernel(parameter, gradient, mean, square, lr, beta1, beta2, eps, mean_scale, square_scale):
    """One step of Adam for one element: four arrays are read once and three written once. Given."""
    i = cuda.grid(1)
    if i < parameter.size:
        g = gradient[i]
        m = beta1 * mean[i] + (np.float32(1.0) - beta1) * g
        s = beta2 * square[i] + (np.float32(1.0) - beta2) * g * g
        mean[i] = m
        square[i] = s
        parameter[i] -= lr * m * mean_scale / (math.sqrt(s * square_scale) + eps)


def adam_update(
    parameter: Any,
    gradient: Any,
    mean: Any,
    square: Any,
    step: int,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> None:
    """Move `parameter` (n,) and its running means in place, as `torch.optim.Adam` does in step
    number `step`, which counts from 1. Raises ValueError if the shapes differ.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2014.

    Given.
    """
    for other in (gradient, mean, square):
        check_same_shape("adam_update", parameter, other)
    scales = (1 / (1 - betas[0] ** step), 1 / (1 - betas[1] ** step))
    settings = [np.float32(number) for number in (lr, *betas, eps, *scales)]
    arrays = [array.reshape(-1) for array in (parameter, gradient, mean, square)]
    adam_kernel[blocks(parameter.size, THREADS), THREADS](*arrays, *settings)


ROOT_HALF = np.float32(math.sqrt(0.5))


@cuda.jit(device=True)
def element_or_zero(array, i, j):
    """array[i, j], or 0 beyond its edges."""
    if i < array.shape[0] and j < array.shape[1]:
        return array[i, j]
    return np.float32(0.0)


@cuda.jit
def padded_kernel(array, out):
    """out[i, j] = array[i, j], and 0 where `out` is larger: what a tile loads. Given."""
    j, i = cuda.grid(2)
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = element_or_zero(array, i, j)


@cuda.jit(device=True)
def warp_sum(value):
    """The sum of `value` over the warp, in every lane: 5 exchanges for 32 lanes."""
    offset = WARP // 2
    while offset > 0:
        value += cuda.shfl_xor_sync(ALL, value, offset)
        offset //= 2
    return value


@cuda.jit(device=True)
def warp_max(value):
    """The greatest `value` of the warp, in every lane."""
    offset = WARP // 2
    while offset > 0:
        value = max(value, cuda.shfl_xor_sync(ALL, value, offset))
        offset //= 2
    return value


@cuda.jit
def warp_sum_kernel(values, out):
    """What each lane of a warp has of `warp_sum`. Given."""
    i = cuda.grid(1)
    out[i] = warp_sum(values[i])


@cuda.jit
def warp_max_kernel(values, out):
    """What each lane of a warp has of `warp_max`. Given."""
    i = cuda.grid(1)
    out[i] = warp_max(values[i])


def blocks(count: int, threads: int) -> int:
    """How many blocks of `threads` cover `count`: rounded up."""
    if count < 1:
        raise ValueError(f"a kernel needs at least one element to work on, not {count}")
    return -(-count // threads)


def tiles(rows: int, columns: int) -> tuple[int, int]:
    """How many 16 × 16 blocks cover a matrix, as (x, y): x counts columns."""
    if rows > GRID_LIMIT * TILE:
        raise ValueError(f"this kernel takes {GRID_LIMIT * TILE:,} rows at most, not {rows:,}")
    return blocks(columns, TILE), blocks(rows, TILE)


def empty_product(name: str, a: Any, b: Any) -> Any:
    """An array for a @ b. Raises ValueError if the inner lengths differ. Given."""
    check_dims(name, a, 2)
    check_dims(name, b, 2)
    if a.shape[1] != b.shape[0]:
        raise ValueError(
            f"{name} of {a.shape} by {b.shape}: "
            f"the inner lengths {a.shape[1]} and {b.shape[0]} differ"
        )
    return np.empty_like(a, shape=(a.shape[0], b.shape[1]))


def check_dims(name: str, array: Any, ndim: int) -> None:
    """Raise ValueError if an array has another number of dimensions. Given."""
    if array.ndim != ndim:
        raise ValueError(f"{name} needs {ndim} dimension(s), not shape {array.shape}")


def check_same_shape(name: str, a: Any, b: Any) -> None:
    """Raise ValueError if two shapes differ. Given."""
    if a.shape != b.shape:
        raise ValueError(f"{name} needs equal shapes, not {a.shape} and {b.shape}")


def check_columns(name: str, x: Any, vector: Any) -> None:
    """Raise ValueError if x is no matrix or `vector` has not one element a column. Given."""
    check_dims(name, x, 2)
    if vector.shape != (x.shape[1],):
        raise ValueError(f"{name} needs ({x.shape[1]},) beside {x.shape}, not {vector.shape}")
