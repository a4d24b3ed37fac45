"""What a GPU takes of a launch."""

from __future__ import annotations

from tinytorch_ls.machine.report import Extent3

MAX_THREADS = 1024
MAX_BLOCK: Extent3 = (1024, 1024, 64)
MAX_GRID: Extent3 = (2**31 - 1, 65535, 65535)
SHARED_LIMIT = 48 * 1024
AT_ONCE = 132 * 2048
"""Threads that an H100 can hold at once, which is what a grid that waits for itself may have."""


def refused_extents(grid: Extent3, block: Extent3) -> str:
    """Why no GPU takes this grid of such blocks; "" where one does."""
    threads = block[0] * block[1] * block[2]
    if min(block) < 1 or min(grid) < 1:
        return f"grid {grid} and block {block} need at least 1 along each axis"
    if threads > MAX_THREADS:
        return f"a block has at most {MAX_THREADS} threads, and {block} are {threads}"
    if any(n > limit for n, limit in zip(block, MAX_BLOCK, strict=True)):
        return f"a block is at most {MAX_BLOCK}, not {block}"
    if any(n > limit for n, limit in zip(grid, MAX_GRID, strict=True)):
        return f"a grid is at most {MAX_GRID}, not {grid}"
    return ""


def extent3(extent: int | tuple[int, ...]) -> Extent3:
    """A launch's number or tuple as x, y, z."""
    given = extent if isinstance(extent, tuple) else (extent,)
    if not 1 <= len(given) <= 3:
        raise ValueError(f"a grid or block is a number or up to three, not {extent}")
    x, y, z = (*(int(n) for n in given), 1, 1)[:3]
    return x, y, z
