"""What is kept for who looks on: floating-point operations, and the first block turn by turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.kernels import gpu
from tinytorch.kernels.device import cuda
from tinytorch_ls.machine import observed
from tinytorch_ls.machine.observed import Observer, observing
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep, simulated


def floats(*shape: int) -> Any:
    return np.ones(shape, np.float32)


def seen_of(kernel: Any, grid: Any, block: Any, *arguments: Any, traced: bool = True) -> Report:
    seen: list[Report] = []
    with observing(Observer(lambda launched: seen.append(launched.report), traced)):
        in_lockstep(kernel, grid, block, arguments)
    assert not observed.traced()
    (report,) = seen
    return report


@cuda.jit
def every_second(a, out):
    i = cuda.grid(1)
    if i % 2 == 0:
        out[i] = a[i] * np.float32(2.0) + np.float32(1.0)


def test_only_lanes_that_take_part_and_only_floats_count() -> None:
    report = seen_of(every_second, 2, 32, floats(64), floats(64))
    assert report.flops == 2 * 32  # of 64 threads every second, twice; `i % 2` is of integers


def test_a_matmul_counts_a_product_and_a_sum_for_each_step() -> None:
    with simulated() as reports:
        gpu.naive_matmul(floats(5, 7), floats(7, 3))
    assert reports[0].flops == 2 * 5 * 7 * 3


def test_a_turn_has_its_threads_and_their_elements() -> None:
    report = seen_of(every_second, 2, 32, floats(64), floats(64))
    read, written = report.turns
    assert (read.array, read.kind, written.array, written.kind) == ("a", "read", "out", "write")
    assert read.threads == read.elements == tuple(range(0, 32, 2))  # of the first block alone
    assert (read.shape, read.itemsize, read.width, read.origin) == ((64,), 4, 4, 0)


@cuda.jit
def by_column(a, out):
    tile = cuda.shared.array((32, 32), np.float32)
    t = cuda.threadIdx.x
    tile[t, 0] = a[0]
    cuda.syncthreads()
    out[t] = tile[t, 0]


def test_shared_memory_and_one_element_for_all() -> None:
    turns = seen_of(by_column, 1, 32, floats(4), floats(32)).turns
    assert [(turn.array, turn.memory) for turn in turns] == [
        ("a", "global"),
        ("tile", "shared"),
        ("tile", "shared"),
        ("out", "global"),
    ]
    assert turns[0].elements == (0,) * 32
    assert turns[1].elements == tuple(range(0, 1024, 32))


def test_a_long_launch_is_kept_as_far_as_there_is_room() -> None:
    report = seen_of(gpu.tiled_matmul_kernel, (4, 4), (16, 16), *(floats(64, 64),) * 3)
    kept = sum(len(turn.threads) for turn in report.turns)
    assert 19_000 < kept <= 20_000
    assert report.turns[0].threads == tuple(range(256))


def test_without_somebody_who_wants_them_there_are_none() -> None:
    assert seen_of(every_second, 1, 32, floats(32), floats(32), traced=False).turns == ()
