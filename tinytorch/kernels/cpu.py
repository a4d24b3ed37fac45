"""Kernels for the CPU: one matrix product, written five times, each for more of the machine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch.kernels.jit import njit, prange

BLOCK = 64  # 64 × 64 float32 are 16 KiB: three such tiles fit the 48 KiB of a core's nearest cache
INT8_TERMS = (2**31 - 1) // (128 * 128)  # how many products of int8 an int32 can certainly hold


def matmul_loops(a: Any, b: Any) -> Any:
    """a @ b for a (n, k) and b (k, m), as the definition says it: n · m · k multiply-adds."""
    check_product("matmul_loops", a, b)
    out = product_array(a, b)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total
    return out


def matmul_vectorized(a: Any, b: Any) -> Any:
    """a @ b as k outer products, each one step of NumPy: column k of a times row k of b."""
    check_product("matmul_vectorized", a, b)
    out = product_array(a, b)
    out[:] = 0
    for k in range(a.shape[1]):
        out += a[:, k : k + 1] * b[k]
    return out


def matmul_work(n: int, k: int, m: int) -> tuple[int, int]:
    """What a product (n, k) @ (k, m) in float32 takes: its FLOPs, and the least bytes.

    A multiplication and an addition are two FLOPs. At least each number of both matrices is read
    once, and each of the product written once.
    """
    return 2 * n * k * m, 4 * (n * k + k * m + n * m)


def attainable(flops: float, moved: float, peak: float, bandwidth: float) -> float:
    """The most FLOP/s that a machine can reach in work of so many FLOPs and bytes: the roofline.

    `peak` is what it computes in a second, in FLOPs, `bandwidth` what it moves, in bytes.
    Source: Williams, Waterman and Patterson, "Roofline", 2009.
    """
    return min(peak, flops / moved * bandwidth)


def matmul_blocked(a: Any, b: Any) -> Any:
    """a @ b tile by tile, on one core: what is in the cache is used up before it leaves. Given."""
    check_product("matmul_blocked", a, b)
    out = product_array(a, b)
    blocked_kernel(a, b, out)
    return out


@njit(fastmath=True)
def blocked_kernel(a, b, out):
    """Fill `out` with a @ b, in tiles of BLOCK × BLOCK.

    The innermost loop counts from 0: numba asks of other indices whether they are negative, one by
    one, and several numbers at once only where it need not.
    """
    out[:] = 0
    for top in range(0, a.shape[0], BLOCK):
        for start in range(0, a.shape[1], BLOCK):
            for left in range(0, b.shape[1], BLOCK):
                for i in range(top, min(top + BLOCK, a.shape[0])):
                    row = out[i, left : left + BLOCK]
                    for k in range(start, min(start + BLOCK, a.shape[1])):
                        factor, other = a[i, k], b[k, left : left + BLOCK]
                        for j in range(len(row)):
                            row[j] += factor * other[j]


def matmul_parallel(a: Any, b: Any) -> Any:
    """a @ b with the bands of rows shared out among the cores. Given."""
    check_product("matmul_parallel", a, b)
    out = product_array(a, b)
    parallel_kernel(a, b, out)
    return out


@njit(parallel=True, fastmath=True)
def parallel_kernel(a, b, out):
    """Fill `out` with a @ b; no two cores write to the same rows."""
    rows, inner, columns = a.shape[0], a.shape[1], b.shape[1]
    for band in prange((rows + BLOCK - 1) // BLOCK):
        top, bottom = band * BLOCK, min((band + 1) * BLOCK, rows)
        out[top:bottom] = 0
        for start in range(0, inner, BLOCK):
            for i in range(top, bottom):
                for k in range(start, min(start + BLOCK, inner)):
                    factor = a[i, k]
                    for j in range(columns):
                        out[i, j] += factor * b[k, j]


def matmul_int8(a: Any, b: Any) -> Any:
    """a @ b of int8 matrices, exact: products are added up in int32, of which the result is.

    Raises TypeError for other dtypes and ValueError for an inner length whose sum could overflow.

    Given.
    """
    if a.dtype != np.int8 or b.dtype != np.int8:
        raise TypeError(f"matmul_int8 needs int8 and int8, not {a.dtype} and {b.dtype}")
    check_product("matmul_int8", a, b)
    if a.shape[1] > INT8_TERMS:
        raise ValueError(
            f"matmul_int8 of {a.shape} by {b.shape}: a sum of more than {INT8_TERMS:,} products "
            "may overflow int32"
        )
    out = product_array(a, b, np.int32)
    int8_kernel(a, b, out)
    return out


@njit(parallel=True)
def int8_kernel(a, b, out):
    """Fill the int32 `out` with a @ b; each number is widened before it is multiplied."""
    for i in prange(a.shape[0]):
        out[i] = 0
        for k in range(a.shape[1]):
            factor = np.int32(a[i, k])
            for j in range(b.shape[1]):
                out[i, j] += factor * np.int32(b[k, j])


def bias_gelu_forward(x: Any, bias: Any) -> Any:
    """gelu(x + bias) for x (rows, columns) and bias (columns,), in one pass over memory. Given."""
    check_rows("bias_gelu_forward", x, bias)
    out = np.empty_like(x)
    bias_gelu_forward_kernel(x, bias, out)
    return out


@njit(parallel=True)
def bias_gelu_forward_kernel(x, bias, out):
    """Fill `out`; the sum z never leaves the core. Given."""
    for row in prange(x.shape[0]):
        for column in range(x.shape[1]):
            z = x[row, column] + bias[column]
            out[row, column] = 0.5 * z * (1 + math.erf(z * ROOT_HALF))


def bias_gelu_backward(gradient: Any, x: Any, bias: Any) -> Any:
    """The gradient of x, (rows, columns), from that of gelu(x + bias). Given."""
    check_rows("bias_gelu_backward", x, bias)
    if gradient.shape != x.shape:
        raise ValueError(f"bias_gelu_backward needs shape {x.shape}, not {gradient.shape}")
    out = np.empty_like(x)
    bias_gelu_backward_kernel(gradient, x, bias, out)
    return out


@njit(parallel=True)
def bias_gelu_backward_kernel(gradient, x, bias, out):
    """gradient · (Φ(z) + z · φ(z)): the normal distribution's area below z, and its density."""
    for row in prange(x.shape[0]):
        for column in range(x.shape[1]):
            z = x[row, column] + bias[column]
            below = 0.5 * (1 + math.erf(z * ROOT_HALF))
            density = math.exp(-0.5 * z * z) * ROOT_HALF_PER_PI
            out[row, column] = gradient[row, column] * (below + z * density)


ROOT_HALF = math.sqrt(0.5)
ROOT_HALF_PER_PI = math.sqrt(0.5 / math.pi)


def check_product(name: str, a: Any, b: Any) -> None:
    """Raise ValueError unless a and b are matrices that fit. Given."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"{name} needs (n, k) and (k, m), not {a.shape} and {b.shape}")


def product_array(a: Any, b: Any, dtype: Any = None) -> Any:
    """An array for a @ b, of their dtype unless one is given. Given.

    Until a number is written there stands nan, or -1 if it is a whole one: what is missing shows.
    """
    dtype = np.dtype(dtype or np.result_type(a, b))
    return np.full((a.shape[0], b.shape[1]), np.nan if dtype.kind == "f" else -1, dtype)


def check_rows(name: str, x: Any, bias: Any) -> None:
    """Raise unless x is (rows, columns), bias (columns,), and both are floats. Given."""
    if x.dtype.kind != "f" or bias.dtype.kind != "f":  # whole numbers would cut the result off
        raise TypeError(f"{name} needs floats, not {x.dtype} and {bias.dtype}")
    if x.ndim != 2 or bias.shape != (x.shape[1],):
        raise ValueError(
            f"{name} needs (rows, columns) and (columns,), not {x.shape} and {bias.shape}"
        )
