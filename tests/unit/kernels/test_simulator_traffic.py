"""What warps move, counted, against what the theory says."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch.kernels import gpu
from tinytorch.kernels.device import cuda
from tinytorch_ls.machine.report import Moved, Report
from tinytorch_ls.simulator.simulate import simulate, simulated

FEW = settings(max_examples=25)


def launched(function: Any, *arguments: Any) -> Report:
    with simulated() as reports:
        function(*arguments)
    (report,) = reports
    return report


@pytest.mark.parametrize("n", [16, 32, 64])
def test_a_tiled_matmul_reads_an_eighth_of_what_the_naive_one_does(n: int) -> None:
    """A warp is 2 rows of 16 threads.

    Naive, for each k: two elements of a, in 2 sectors, and 16 neighbours of b, in 2 sectors.
    Tiled, once for 16 values of k: 2 runs of 16 neighbours of each, in 4 + 4 sectors.
    """
    a, b = (np.ones((n, n), np.float32) for _ in range(2))
    naive, tiled = launched(gpu.naive_matmul, a, b), launched(gpu.tiled_matmul, a, b)
    warps = n * n // 32
    (of_a,), (of_b,), (of_out,) = (naive.on(name) for name in ("a", "b", "out"))
    assert (of_a.accesses, of_a.requests, of_a.sectors, of_a.lines) == (
        n**3,
        warps * n,
        warps * n * 2,
        warps * n * (2 if n >= 32 else 1),  # two rows of 16 floats are one line of 128 bytes
    )
    assert (of_b.requests, of_b.sectors, of_b.lines) == (warps * n, warps * n * 2, warps * n)
    assert (of_out.kind, of_out.requests, of_out.sectors) == ("write", warps, warps * 4)
    assert naive.sectors == warps * n * 4 + warps * 4

    for name in ("a", "b"):
        (tile,) = tiled.on(name)
        assert (tile.kind, tile.requests) == ("read", warps * (n // 16))
        assert tile.sectors == warps * (n // 16) * 4
    assert tiled.sectors == warps * (n // 16) * 8 + warps * 4
    assert (naive.sectors - warps * 4) == 8 * (tiled.sectors - warps * 4)
    assert tiled.conflicts == 0


def test_lines_add_up_to_the_total_and_accesses_of_one_line_are_told_apart() -> None:
    report = launched(gpu.naive_matmul, *(np.ones((16, 16), np.float32) for _ in range(2)))
    lines = report.by_line("global")
    first, last = sorted(lines)
    assert lines[first].sectors == sum(t.sectors for name in "ab" for t in report.on(name))
    assert lines[last] == Moved(256, 8, 32, 8, 0)
    assert lines[first] + lines[last] == report.total("global")
    assert report.total("shared") == Moved()
    places = [t.place for name in "ab" for t in report.on(name)]
    assert places[0].line == places[1].line == first
    assert places[0].end_column < places[1].column


def test_a_transpose_writes_a_sector_for_each_element_where_it_reads_one_for_eight() -> None:
    report = launched(gpu.transpose, np.ones((64, 64), np.float32))
    (read,), (write,) = report.on("a"), report.on("out")
    assert (read.requests, read.sectors) == (128, 128 * 4)
    assert (write.requests, write.sectors) == (128, 128 * 16)  # 16 columns, 2 rows in each


@cuda.jit
def strided_read(a, stride, out):
    t = cuda.threadIdx.x
    out[t] = a[t * stride]


@FEW
@given(
    stride=st.integers(0, 40), start=st.integers(0, 9), dtype=st.sampled_from(["f4", "f8", "i1"])
)
def test_sectors_are_those_that_a_stride_touches(stride: int, start: int, dtype: str) -> None:
    a = np.ones(31 * 40 + 10, dtype)[start:]
    report = simulate(strided_read, 1, 32, a, stride, np.zeros(32, dtype))
    byte = {(start + t * stride) * a.itemsize for t in range(32)}
    (read,) = report.on("a")
    assert (read.requests, read.accesses) == (1, 32)
    assert read.sectors == len({each // 32 for each in byte})
    assert read.lines == len({each // 128 for each in byte})


@cuda.jit
def strided_shared(stride, out):
    tile = cuda.shared.array(32 * 40, np.float32)
    t = cuda.threadIdx.x
    for i in range(t, 32 * 40, 32):
        tile[i] = 1.0
    cuda.syncthreads()
    out[t] = tile[t * stride]


@FEW
@given(stride=st.integers(0, 40))
def test_a_stride_has_as_many_conflicts_as_it_shares_with_the_32_banks(stride: int) -> None:
    report = simulate(strided_shared, 1, 32, stride, np.zeros(32, "f"))
    (read,), (write,) = report.on("tile", "read"), report.on("tile", "write")
    assert read.conflicts == (gcd(stride, 32) - 1 if stride else 0)
    assert (write.requests, write.conflicts) == (40, 0)


@cuda.jit
def column_of_a_tile(out):
    tile = cuda.shared.array((32, 32), np.float32)
    padded = cuda.shared.array((32, 33), np.float32)
    t = cuda.threadIdx.x
    for i in range(32):
        tile[i, t] = 1.0
        padded[i, t] = 2.0
    cuda.syncthreads()
    for k in range(32):
        out[t, k] = tile[t, k] + padded[t, k]


def test_a_column_of_a_tile_is_a_conflict_of_32_until_its_rows_are_padded() -> None:
    report = simulate(column_of_a_tile, 1, 32, np.zeros((32, 32), "f"))
    (tile,), (padded,) = report.on("tile", "read"), report.on("padded", "read")
    assert (tile.requests, tile.conflicts, padded.conflicts) == (32, 32 * 31, 0)


@cuda.jit
def doubles(out):
    tile = cuda.shared.array(64, np.float64)
    t = cuda.threadIdx.x
    tile[t] = 1.0
    tile[t + 32] = 1.0
    cuda.syncthreads()
    out[t] = tile[t] + tile[2 * t]


def test_a_double_takes_two_banks_and_half_a_warp_at_a_time() -> None:
    report = simulate(doubles, 1, 32, np.zeros(32))
    neighbours, every_other = report.on("tile", "read")
    assert (neighbours.conflicts, every_other.conflicts) == (0, 2)


@cuda.jit
def half_the_warp(a, out):
    t = cuda.threadIdx.x
    if t % 2 == 0:
        out[t] = a[t]
    for k in range(t % 4):
        out[t] += a[k]


def test_threads_that_sit_out_are_not_counted() -> None:
    report = simulate(half_the_warp, 1, 64, np.ones(64, "f"), np.zeros(64, "f"))
    branch, loop = report.on("a")
    assert (branch.accesses, branch.requests, branch.sectors) == (32, 2, 8)
    assert (loop.accesses, loop.requests, loop.sectors) == (16 * (1 + 2 + 3), 2 * 3, 2 * 3)


@cuda.jit
def one_counter(total):
    cuda.atomic.add(total, 0, 1)


def test_atomics_are_counted_apart() -> None:
    total = np.zeros(1, np.int32)
    report = simulate(one_counter, 2, 64, total)
    (atomic,) = report.on("total")
    assert (atomic.kind, atomic.accesses, atomic.requests, atomic.sectors) == ("atomic", 128, 4, 4)
    assert total[0] == 128


def test_the_reduction_has_no_bank_conflicts_and_reads_each_value_once() -> None:
    report = launched(gpu.block_sum, np.ones(256, np.float32))
    (read,) = report.on("values")
    assert (read.accesses, read.sectors, report.conflicts) == (256, 32, 0)
