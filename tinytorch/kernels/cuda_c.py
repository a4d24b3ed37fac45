"""Starts the kernels in CUDA C that the course teaches: one function for each `.cu` file. Given.

The file beside your other kernels is taken; where you have none, the library's. Arrays are CuPy's
on a GPU and NumPy's on the course's simulator; float32, in row-major order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.kernels.source import ceil, contiguous, own_kernel

THREADS = 256  # of a block
TILE = 16  # as in tiled_matmul.cu
WARP, ROWS = 32, 8  # a block of row_softmax.cu: 32 threads to a row, 8 rows
GRID_LIMIT = 65535  # of blocks along y; x takes 2³¹


def vector_add(a: Any, b: Any) -> Any:
    """a + b of two vectors (n,), by vector_add.cu. Raises ValueError if their lengths differ."""
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"vector_add needs (n,) and (n,), not {a.shape} and {b.shape}")
    a, b = contiguous(a, b)
    out = np.empty_like(a)
    kernel = own_kernel("vector_add")
    kernel[ceil(a.size, THREADS), THREADS](a, b, out, np.int32(a.size))
    return out


def tiled_matmul(a: Any, b: Any) -> Any:
    """a @ b of matrices (n, k) and (k, m), by tiled_matmul.cu.

    Raises ValueError if they do not fit, TypeError for another dtype.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0] or not a.size or not b.size:
        raise ValueError(f"tiled_matmul needs (n, k) and (k, m), not {a.shape} and {b.shape}")
    a, b = contiguous(a, b)
    (m, k), n = a.shape, b.shape[1]
    out = np.empty_like(a, shape=(m, n))
    kernel = own_kernel("tiled_matmul")
    for start in range(0, m, GRID_LIMIT * TILE):  # its blocks follow the rows along y
        rows = a[start : start + GRID_LIMIT * TILE]
        grid = (ceil(n, TILE), ceil(len(rows), TILE))
        sizes = (np.int32(len(rows)), np.int32(n), np.int32(k))
        kernel[grid, (TILE, TILE)](rows, b, out[start:], *sizes)
    return out


def row_softmax(x: Any) -> Any:
    """Softmax of each row of x (rows, columns), by row_softmax.cu. Raises ValueError."""
    if x.ndim != 2 or not x.size:
        raise ValueError(f"row_softmax needs (rows, columns), not {x.shape}")
    (x,) = contiguous(x)
    out = np.empty_like(x)
    rows, columns = x.shape
    kernel = own_kernel("row_softmax")
    kernel[ceil(rows, ROWS), (WARP, ROWS)](x, out, np.int32(rows), np.int32(columns))
    return out
