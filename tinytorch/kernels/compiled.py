"""The library's own CUDA C kernels, behind the operations on tensors that live on "cuda".

Importing this file puts them there. CuPy compiles a `.cu` file with NVRTC when one of its kernels
is first used. A call that a kernel was not made for (another dtype, no elements) runs the
operation's own body, on CuPy's arrays.
"""

from __future__ import annotations

from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.activations import softmax
from tinytorch.kernels.fused import bias_gelu, bias_gelu_gradient
from tinytorch.kernels.source import ceil, contiguous, loaded
from tinytorch.layers import layer_norm
from tinytorch.operation import implementation
from tinytorch.optim import adam_update
from tinytorch.tensor import Tensor, wrap

MATMUL_COLUMNS = MATMUL_THREADS = 128  # of a block, as in matmul.cu
# Its speed by rows of a thread, with 1, 2… blocks on a multiprocessor: of an H200's best.
MATMUL_SPEED = {16: (0.86, 1.0), 8: (0.71, 0.92, 0.97, 0.98)}
BLOCK, LARGEST_BLOCK = 256, 1024  # threads
# How many float4 (or floats, where a row does not start on 16 bytes) a thread of softmax.cu and
# layer_norm.cu holds, for rows of up to so many threads. Few leave a multiprocessor room for many
# threads; many have more loads under way.
HELD = {4: ((2, 512), (4, 512), (8, 1024)), 1: ((4, 4), (8, 1024))}
WARP = 32
GRID_LIMIT = 65535  # of blocks along y and z; x takes 2³¹


def matmul(a: Any, b: Any) -> Any:
    """a @ b of float32 arrays (…, n, k) and (…, k, m), whose leading dimensions broadcast."""
    if b.ndim == 2:  # the same b for every matrix: one tall product
        return product(a.reshape(-1, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[-1])
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (
        x if x.ndim == 2 else np.broadcast_to(x, batch + x.shape[-2:]).reshape(-1, *x.shape[-2:])
        for x in (a, b)
    )
    return product(a, b).reshape(*batch, a.shape[-2], b.shape[-1])


def product(a: Any, b: Any) -> Any:
    """a @ b of (n, k) and (k, m), or of one batch of such in both or in either. Given."""
    a, b = contiguous(a, b)
    (m, k), n = a.shape[-2:], b.shape[-1]
    stride_a, stride_b = (prod(x.shape[-2:]) if x.ndim == 3 else 0 for x in (a, b))
    batch = max(x.shape[0] if x.ndim == 3 else 1 for x in (a, b))
    out = np.empty_like(a, shape=(*((batch,) if 3 in (a.ndim, b.ndim) else ()), m, n))
    aligned = k % 4 == 0 and n % 4 == 0 and on_16_bytes(a, b, out)
    rows = rows_of_a_thread(m, n, batch)
    grid = (ceil(m, 8 * rows), ceil(n, MATMUL_COLUMNS), batch)
    sizes = (np.int32(m), np.int32(n), np.int32(k), np.int64(stride_a), np.int64(stride_b))
    name = f"matmul_{rows}_{'aligned' if aligned else 'ragged'}"
    launch("matmul", name, grid, MATMUL_THREADS, a, b, out, *sizes)
    return out


def softmax_rows(x: Any) -> Any:
    """Softmax over each row of a float32 array (rows, columns)."""
    (x,) = contiguous(x)
    out = np.empty_like(x)
    suffix, (threads, shared) = row_plan(x.shape[1], on_16_bytes(x, out))
    rows, columns = x.shape
    launch("softmax", f"softmax_{suffix}", ceil(rows, shared), (threads, shared), x, out,
           np.int32(rows), np.int32(columns))  # fmt: skip
    return out


def layer_norm_rows(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    """Layer norm over each row of x (rows, columns), with weight and bias (columns,); float32."""
    x, weight, bias = contiguous(x, weight, bias)
    out = np.empty_like(x)
    suffix, (threads, shared) = row_plan(x.shape[1], on_16_bytes(x, weight, bias, out))
    rows, columns = x.shape
    launch("layer_norm", f"layer_norm_{suffix}", ceil(rows, shared), (threads, shared), x, weight,
           bias, out, np.int32(rows), np.int32(columns), np.float32(eps))  # fmt: skip
    return out


def bias_gelu_rows(x: Any, bias: Any) -> Any:
    """gelu(x + bias) for float32 x (rows, columns) and bias (columns,)."""
    x, bias = contiguous(x, bias)
    out = np.empty_like(x)
    width = 4 if x.shape[1] % 4 == 0 and on_16_bytes(x, bias, out) else 1
    rows, columns = x.shape[0], x.shape[1] // width
    launch("bias_gelu", f"bias_gelu_{width}", *plane(rows, columns), x, bias, out,
           np.int32(rows), np.int32(columns))  # fmt: skip
    return out


def bias_gelu_gradient_rows(gradient: Any, x: Any, bias: Any) -> Any:
    """The gradient of x (rows, columns) from that of gelu(x + bias); float32."""
    gradient, x, bias = contiguous(gradient, x, bias)
    out = np.empty_like(x)
    rows, columns = x.shape
    launch("bias_gelu", "bias_gelu_gradient", *plane(rows, columns), gradient, x, bias, out,
           np.int32(rows), np.int32(columns))  # fmt: skip
    return out


def adam_in_place(
    parameter: Any,
    gradient: Any,
    mean: Any,
    square: Any,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """One step of Adam on contiguous float32 arrays of one size; counts steps from 1."""
    scales = (1 / (1 - betas[0] ** step), 1 / (1 - betas[1] ** step))
    settings = [np.float32(number) for number in (lr, *betas, eps, *scales)]
    grid = min(ceil(parameter.size, BLOCK), GRID_LIMIT)
    launch("adam", "adam", grid, BLOCK, parameter, gradient, mean, square,
           np.int64(parameter.size), *settings)  # fmt: skip


@implementation(Tensor.matmul, "cuda")
def matmul_on_gpu(self: Tensor, other: Tensor) -> Tensor:
    """`Tensor.matmul` by matmul.cu, for float32 matrices and batches of them."""
    matrices = suits(self, other) and min(self.ndim, other.ndim) > 1
    if matrices and self.shape[-1] == other.shape[-2]:
        batch = np.broadcast_shapes(self.shape[:-2], other.shape[:-2])
        along_z = 1 if other.ndim == 2 else prod(batch)
        if max(ceil(other.shape[-1], MATMUL_COLUMNS), along_z) <= GRID_LIMIT:
            return wrap(matmul(self.data, other.data))
    return own_body(Tensor.matmul)(self, other)


@implementation(softmax, "cuda")
def softmax_on_gpu(input: Tensor, dim: int) -> Tensor:
    """`softmax` by softmax.cu; another dimension than the last is moved there and back."""
    if not suits(input) or input.ndim == 0 or not -input.ndim <= dim < input.ndim:
        return own_body(softmax)(input, dim)
    last = np.moveaxis(input.data, dim, -1)
    rows = softmax_rows(last.reshape(-1, last.shape[-1]))
    return wrap(np.moveaxis(rows.reshape(last.shape), -1, dim))


@implementation(layer_norm, "cuda")
def layer_norm_on_gpu(
    input: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """`layer_norm` by layer_norm.cu, where there are a weight and a bias."""
    shape = tuple(normalized_shape)
    if (
        weight is None
        or bias is None
        or not suits(input, weight, bias)
        or not input.shape[-len(shape) :] == weight.shape == bias.shape == shape
    ):
        return own_body(layer_norm)(input, normalized_shape, weight, bias, eps)
    columns = prod(shape)
    vectors = weight.data.reshape(columns), bias.data.reshape(columns)
    rows = layer_norm_rows(input.data.reshape(-1, columns), *vectors, eps)
    return wrap(rows.reshape(input.shape))


@implementation(bias_gelu, "cuda")
def bias_gelu_on_gpu(input: Tensor, bias: Tensor) -> Tensor:
    """`bias_gelu` by bias_gelu.cu."""
    (rows,) = as_rows("bias_gelu", bias, input)
    return wrap(bias_gelu_rows(rows, bias.data).reshape(input.shape))


@implementation(bias_gelu_gradient, "cuda")
def bias_gelu_gradient_on_gpu(gradient: Tensor, input: Tensor, bias: Tensor) -> Tensor:
    """`bias_gelu_gradient` by bias_gelu.cu."""
    gradients, rows = as_rows("bias_gelu_gradient", bias, gradient, input)
    return wrap(bias_gelu_gradient_rows(gradients, rows, bias.data).reshape(input.shape))


@implementation(adam_update, "cuda")
def adam_on_gpu(
    parameter: Tensor,
    gradient: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """`adam_update` by adam.cu: all of the step in one pass over memory."""
    arrays = (parameter.data, gradient, exp_avg, exp_avg_sq)
    if not all(x.dtype == np.float32 and x.flags.c_contiguous and x.size for x in arrays):
        own_body(adam_update)(parameter, gradient, exp_avg, exp_avg_sq, step, lr, betas, eps)
        return
    adam_in_place(*arrays, step, lr, betas, eps)


def rows_of_a_thread(m: int, n: int, batch: int) -> int:
    """16, or 8 where the multiprocessor with most to do is done sooner with small blocks. Given."""

    def time(rows: int) -> float:
        blocks = ceil(m, 8 * rows) * ceil(n, MATMUL_COLUMNS) * batch
        speed = MATMUL_SPEED[rows]
        full, rest = divmod(ceil(blocks, multiprocessors()), len(speed))
        return rows * (full * len(speed) / speed[-1] + (rest / speed[rest - 1] if rest else 0))

    return min((16, 8), key=time)


@cache
def multiprocessors() -> int:
    """How many the GPU has; each runs blocks of its own. Given."""
    import cupy  # pyright: ignore[reportMissingImports]

    return cupy.cuda.Device().attributes["MultiProcessorCount"]


def row_plan(columns: int, aligned: bool) -> tuple[str, tuple[int, int]]:
    """Which kernel of a file does rows of this length, in blocks of (threads a row, rows). Given.

    A kernel that keeps the row in registers reads it once; longer rows are read again.
    """
    width = 4 if aligned and columns % 4 == 0 else 1
    for held, threads in HELD[width]:
        if held * threads * width >= columns:
            return f"{width}_{held}", row_block(ceil(columns, held * width))
    return "any", (LARGEST_BLOCK, 1)


def row_block(threads: int) -> tuple[int, int]:
    """A block of (threads a row, rows) where a row could use that many threads. Given."""
    if threads > WARP:
        return min(ceil(threads, WARP) * WARP, LARGEST_BLOCK), 1
    power = 1 << (threads - 1).bit_length()
    return power, BLOCK // power


def plane(rows: int, columns: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Grid and block for a kernel whose threads walk down the rows of a matrix. Given."""
    return (ceil(columns, WARP), min(ceil(rows, 8), 1024)), (WARP, 8)


def launch(file: str, name: str, grid: Any, block: Any, *arguments: Any) -> None:
    """Run a kernel; grid and block are numbers or tuples. Given."""
    grid, block = (n if isinstance(n, tuple) else (n,) for n in (grid, block))
    module(file).get_function(name)(grid, block, arguments)


@cache
def module(file: str) -> Any:
    """A `.cu` file of this folder, compiled. Raises ImportError where CuPy is missing. Given."""
    return loaded(Path(__file__).with_name(f"{file}.cu").read_text(encoding="utf-8"))


def suits(*tensors: Tensor) -> bool:
    """Whether all are float32 and hold something. Given."""
    return all(tensor.dtype == np.float32 and tensor.size for tensor in tensors)


def on_16_bytes(*arrays: Any) -> bool:
    """Whether four floats can be loaded at once from the start of each. Given."""
    return all(array.data.ptr % 16 == 0 for array in arrays)


def own_body(operation: Any) -> Any:
    """What an operation does where no other body is registered. Given."""
    return operation.__wrapped__


def as_rows(name: str, bias: Tensor, *tensors: Tensor) -> Any:
    """Arrays (…, columns) as (rows, columns). Raises TypeError or ValueError. Given."""
    if not suits(bias, *tensors):
        raise TypeError(f"{name} on a GPU needs float32 with at least one element")
    if bias.ndim != 1 or any(t.ndim == 0 or t.shape[-1] != bias.shape[0] for t in tensors):
        shapes = " and ".join(str(t.shape) for t in (*tensors, bias))
        raise ValueError(f"{name} needs (…, columns) and (columns,), not {shapes}")
    return [tensor.data.reshape(-1, bias.shape[0]) for tensor in tensors]
