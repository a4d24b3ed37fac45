"""Kernels with a fault planted in each: the simulator names it, its line and its threads."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels.device import cuda
from tinytorch_ls.machine.report import Fault, KernelFault, Report
from tinytorch_ls.simulator.simulate import simulate, simulated


def line_of(kernel: Any, mark: str) -> int:
    """The line of a kernel that carries a comment."""
    lines, first = inspect.getsourcelines(kernel.function)
    return first + next(i for i, line in enumerate(lines) if line.rstrip().endswith(f"# {mark}"))


def only(report: Report) -> Fault:
    (fault,) = report.faults
    return fault


def who(fault: Fault) -> list[tuple[int, int]]:
    """Block and thread of those in a fault, along x."""
    return [(thread.block[0], thread.thread[0]) for thread in fault.threads]


def floats(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@cuda.jit
def no_guard(a, out):
    i = cuda.grid(1)
    out[i] = a[i]  # here


def test_a_read_beyond_the_end_names_the_thread_and_the_line() -> None:
    fault = only(simulate(no_guard, 2, 4, floats(5), np.zeros(5, np.float32)))
    assert fault.kind == "out of bounds"
    assert fault.message == "thread 1 of block 1 reads a[5], but a has 5 elements"
    assert who(fault) == [(1, 1)]
    assert fault.place is not None
    assert (fault.place.line, fault.place.file) == (line_of(no_guard, "here"), __file__)
    assert linetext(fault) == "a[i]"


def linetext(fault: Fault) -> str:
    assert fault.place is not None
    line = Path(fault.place.file).read_text(encoding="utf-8").splitlines()[fault.place.line - 1]
    return line[fault.place.column : fault.place.end_column]


@cuda.jit
def wraps_around(a, out):
    i = cuda.grid(1)
    out[i] = a[i - 1]  # here


def test_a_negative_index_is_out_of_bounds_although_numpy_would_wrap_it() -> None:
    out = np.zeros(4, np.float32)
    fault = only(simulate(wraps_around, 1, 4, floats(4), out))
    assert (fault.kind, who(fault)) == ("out of bounds", [(0, 0)])
    assert "reads a[-1]" in fault.message


@cuda.jit
def writes_past_a_row(out):
    j, i = cuda.grid(2)
    out[i, j] = 1.0  # here


def test_a_write_beyond_a_row_is_out_of_bounds_even_inside_the_memory() -> None:
    fault = only(simulate(writes_past_a_row, 1, (4, 2), np.zeros((5, 3), np.float32)))
    assert fault.message == "thread 3 of block 0 writes out[0, 3], but out has shape (5, 3)"
    assert fault.place is not None
    assert fault.place.line == line_of(writes_past_a_row, "here")


@cuda.jit
def no_barrier(a, out):
    tile = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    tile[t] = a[t]  # write
    out[t] = tile[63 - t]  # read


@cuda.jit
def with_barrier(a, out):
    tile = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    tile[t] = a[t]
    cuda.syncthreads()
    out[t] = tile[63 - t]


def test_a_missing_barrier_is_a_race_between_two_threads_on_two_lines() -> None:
    a, out = floats(64), np.zeros(64, np.float32)
    fault = next(f for f in simulate(no_barrier, 1, 64, a, out).faults if f.kind == "race")
    assert fault.place is not None
    assert fault.other is not None
    assert fault.place.line == line_of(no_barrier, "read")
    assert fault.other.line == line_of(no_barrier, "write")
    (_, writer), (_, reader) = who(fault)
    assert writer == 63 - reader
    assert f"thread {writer} of block 0 writes tile[{writer}]" in fault.message
    assert f"thread {reader} of block 0 reads it" in fault.message
    assert "no barrier stands between" in fault.message
    assert simulate(with_barrier, 1, 64, a, out).faults == ()
    assert (out == a[::-1]).all()


@cuda.jit
def second_barrier_missing(a, out):
    tile = cuda.shared.array(32, np.float32)
    t = cuda.threadIdx.x
    total = np.float32(0.0)
    for start in range(0, a.size, 32):
        tile[t] = a[start + t]  # write
        cuda.syncthreads()
        for k in range(32):
            total += tile[k]  # read
    out[t] = total


def test_a_buffer_that_is_overwritten_while_others_still_read_it_is_a_race() -> None:
    report = simulate(second_barrier_missing, 1, 32, floats(64), np.zeros(32, np.float32))
    fault = only(report)
    assert fault.place is not None
    assert fault.other is not None
    lines = fault.other.line, fault.place.line
    assert lines == tuple(line_of(second_barrier_missing, mark) for mark in ("write", "read"))
    assert simulate(second_barrier_missing, 1, 32, floats(32), np.zeros(32, "f")).faults == ()


@cuda.jit
def racy_sum(a, total):
    i = cuda.grid(1)
    if i < a.size:
        total[0] += a[i]  # here


@cuda.jit
def atomic_sum(a, total):
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.add(total, 0, a[i])


def test_adding_to_one_element_from_many_threads_is_a_race_unless_it_is_atomic() -> None:
    a, total = floats(40), np.zeros(1, np.float32)
    report = simulate(racy_sum, 2, 32, a, total)
    assert {fault.kind for fault in report.faults} == {"race"}
    assert all(
        f.place is not None and f.place.line == line_of(racy_sum, "here") for f in report.faults
    )
    assert simulate(atomic_sum, 2, 32, a, np.zeros(1, np.float32)).faults == ()


@cuda.jit
def blocks_share_an_element(out):
    if cuda.threadIdx.x == 0:
        out[0] = cuda.blockIdx.x  # here


def test_two_blocks_that_write_one_element_are_a_race_that_no_barrier_can_mend() -> None:
    fault = only(simulate(blocks_share_an_element, 3, 8, np.zeros(1, np.float32)))
    assert fault.kind == "race"
    assert who(fault) == [(0, 0), (1, 0)]
    assert "nothing orders blocks" in fault.message
    assert simulate(blocks_share_an_element, 1, 8, np.zeros(1, np.float32)).faults == ()


@cuda.jit
def reads_what_another_block_writes(a, out):
    i = cuda.grid(1)
    out[i] = 1.0
    a[i] = out[(i + 32) % out.size]  # here


def test_a_read_of_what_another_block_writes_is_a_race() -> None:
    report = simulate(reads_what_another_block_writes, 2, 32, floats(64), floats(64))
    races = [f for f in report.faults if f.kind == "race"]
    assert {who(f)[0][0] for f in races} == {0}
    assert {who(f)[1][0] for f in races} == {1}


@cuda.jit
def atomics_and_a_plain_read(total, out):
    t = cuda.threadIdx.x
    cuda.atomic.add(total, 0, 1.0)  # change
    out[t] = total[0]  # read


def test_a_plain_read_beside_atomic_additions_is_a_race() -> None:
    report = simulate(atomics_and_a_plain_read, 1, 4, np.zeros(1, "f"), np.zeros(4, "f"))
    fault = report.faults[0]
    assert (fault.kind, "changes total[0]" in fault.message) == ("race", True)


@cuda.jit
def in_place_through_two_names(a, b):
    t = cuda.threadIdx.x
    if t + 1 < b.size:
        b[t] = a[t + 1]


def test_a_race_is_seen_through_two_names_of_the_same_memory() -> None:
    a = floats(8)
    assert [f.kind for f in simulate(in_place_through_two_names, 1, 8, a, a).faults] == ["race"]
    assert simulate(in_place_through_two_names, 1, 8, a, a.copy()).faults == ()


@cuda.jit
def barrier_in_a_branch(out):
    t = cuda.threadIdx.x
    if t < 40:
        cuda.syncthreads()  # here
    out[t] = t


@cuda.jit
def early_return(a, out):
    i = cuda.grid(1)
    if i >= a.size:
        return
    cuda.syncthreads()  # here
    out[i] = a[i]


@cuda.jit
def two_barriers(out):
    t = cuda.threadIdx.x
    if t % 2 == 0:
        cuda.syncthreads()  # here
    else:
        cuda.syncthreads()  # there
    out[t] = t


@pytest.mark.parametrize(
    ("kernel", "arguments", "threads", "ending"),
    [
        (barrier_in_a_branch, (np.zeros(64, "f"),), [0, 40], "has come to its end without it"),
        (early_return, (floats(50), floats(50)), [0, 50], "has come to its end without it"),
        (two_barriers, (np.zeros(64, "f"),), [0, 1], "waits at that of line"),
    ],
)
def test_a_barrier_that_not_all_threads_reach_is_divergent(
    kernel: Any, arguments: Any, threads: list[int], ending: str
) -> None:
    fault = only(simulate(kernel, 1, 64, *arguments))
    assert fault.kind == "divergent barrier"
    assert [thread for _, thread in who(fault)] == threads
    assert fault.place is not None
    assert fault.place.line == line_of(kernel, "here")
    assert ending in fault.message
    if kernel is two_barriers:
        assert fault.other is not None
        assert fault.other.line == line_of(kernel, "there")


@cuda.jit
def shuffle_in_a_branch(out):
    t = cuda.threadIdx.x
    value = np.float32(1.0)
    if t < 16:
        value = cuda.shfl_down_sync(0xFFFFFFFF, value, 1)  # here
    out[t] = value


def test_a_shuffle_that_half_the_warp_does_not_reach_is_divergent() -> None:
    fault = only(simulate(shuffle_in_a_branch, 1, 32, np.zeros(32, "f")))
    assert (fault.kind, who(fault)) == ("divergent barrier", [(0, 0), (0, 16)])


@cuda.jit
def outside_of_its_own_mask(out):
    t = cuda.threadIdx.x
    out[t] = cuda.shfl_down_sync(0xFFFF, t, 1)


def test_a_lane_that_its_own_mask_leaves_out_is_divergent() -> None:
    fault = only(simulate(outside_of_its_own_mask, 1, 32, np.zeros(32, "f")))
    assert (fault.kind, who(fault)) == ("divergent barrier", [(0, 0), (0, 16)])
    assert "is not in the mask" in fault.message


@cuda.jit
def shuffle_from_nowhere(out):
    t = cuda.threadIdx.x
    out[t] = cuda.shfl_xor_sync(0xFFFFFFFF, t, 16)  # here


def test_a_shuffle_from_a_lane_that_the_block_does_not_have_is_reported() -> None:
    fault = only(simulate(shuffle_from_nowhere, 1, 40, np.zeros(40, "f")))
    assert (fault.kind, who(fault)) == ("uninitialised", [(0, 32)])
    assert "lane 16" in fault.message


@cuda.jit
def reads_before_writing(out):
    tile = cuda.shared.array((2, 8), np.float32)
    t = cuda.threadIdx.x
    tile[0, t] = t
    cuda.syncthreads()
    out[t] = tile[1, t]  # here


@cuda.jit
def reads_local_before_writing(out):
    mine = cuda.local.array(4, np.float32)
    mine[0] = 1.0
    out[cuda.threadIdx.x] = mine[1]  # here


@pytest.mark.parametrize(
    ("kernel", "element"),
    [(reads_before_writing, "tile[1, 0]"), (reads_local_before_writing, "mine[1]")],
)
def test_a_read_of_memory_that_nothing_has_written_is_reported_once(
    kernel: Any, element: str
) -> None:
    out = np.zeros(8, np.float32)
    fault = only(simulate(kernel, 1, 8, out))
    assert (fault.kind, who(fault)) == ("uninitialised", [(0, 0)])
    assert element in fault.message
    assert fault.place is not None
    assert fault.place.line == line_of(kernel, "here")
    assert np.isnan(out).all()


@cuda.jit
def much_shared(out):
    tile = cuda.shared.array((128, 97), np.float32)
    tile[0, 0] = 1.0
    out[0] = tile[0, 0]


def test_a_launch_that_no_gpu_would_take_is_refused() -> None:
    out = np.zeros(1, np.float32)
    for grid, block, part in [
        (1, 1025, "at most 1024 threads"),
        (1, (32, 32, 2), "are 2048"),
        (1, (1, 1, 65), "at most (1024, 1024, 64)"),
        ((1, 65536), 1, "a grid is at most"),
        (0, 32, "at least 1"),
    ]:
        fault = only(simulate(much_shared, grid, block, out))
        assert (fault.kind, linetext(fault)) == ("launch", "def much_shared")
        assert part in fault.message
    fault = only(simulate(much_shared, 1, 1, out))
    assert fault.kind == "launch"
    assert "49,664 bytes; it may have 49,152" in fault.message


@cuda.jit
def never_ends(out):
    i = cuda.grid(1)
    while i < out.size:  # here
        out[i] = 1.0


@cuda.jit
def never_ends_at_a_barrier(out):
    half = 4
    while half > 0:  # here
        cuda.syncthreads()
    out[0] = half


@cuda.jit
def never_ends_and_does_nothing(out):
    i = 0
    while i < 1:  # here
        pass
    out[0] = i


@pytest.mark.parametrize(
    "kernel", [never_ends, never_ends_at_a_barrier, never_ends_and_does_nothing]
)
def test_a_loop_without_end_is_stopped(kernel: Any) -> None:
    fault = only(simulate(kernel, 1, 4, np.zeros(4, np.float32), turns=1000))
    assert fault.kind == "endless loop"
    assert "took 1,000 turns" in fault.message
    assert fault.place is not None
    assert fault.place.line == line_of(kernel, "here")


def test_a_fault_can_be_raised_from_the_line_that_is_to_blame() -> None:
    with simulated(), pytest.raises(KernelFault, match=r"reads a\[5\]") as caught:
        no_guard[2, 4](floats(5), np.zeros(5, np.float32))
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.name) == (
        __file__,
        line_of(no_guard, "here"),
        "no_guard",
    )


@cuda.jit
def calls_nothing(out):
    out[0] = missing_name  # noqa: F821 # here  # pyright: ignore


def plain(value: Any) -> Any:
    return value


@cuda.jit
def calls_a_plain_function(out):
    out[0] = plain(1.0)


def test_a_plain_function_is_refused_as_the_compiler_would() -> None:
    with pytest.raises(TypeError, match=r"plain: mark it @cuda.jit\(device=True\)"):
        simulate(calls_a_plain_function, 1, 1, np.zeros(1, np.float32))


@cuda.jit
def unwritten(out):
    raise NotImplementedError("kernels/x is yours to write")


@cuda.jit(device=True)
def unwritten_helper(a):
    raise NotImplementedError("kernels/y is yours to write")


@cuda.jit
def calls_what_is_unwritten(out):
    out[0] = unwritten_helper(out[0])


def test_a_device_function_that_is_not_written_says_so() -> None:
    with pytest.raises(NotImplementedError, match="kernels/y is yours to write"):
        simulate(calls_what_is_unwritten, 1, 1, np.zeros(1, np.float32))


def test_an_ordinary_error_of_the_kernel_comes_through_as_it_is() -> None:
    with pytest.raises(NameError, match="missing_name") as caught:
        simulate(calls_nothing, 1, 1, np.zeros(1, np.float32))
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "calls_nothing" in names
    with pytest.raises(NotImplementedError, match="yours to write"):
        simulate(unwritten, 1, 1, np.zeros(1, np.float32))
    with pytest.raises(TypeError, match=r"takes 2 arguments \(a, out\), but was launched with 1"):
        simulate(no_guard, 1, 1, np.zeros(1, np.float32))


def test_the_same_launch_gives_the_same_report_every_time() -> None:
    reports = [simulate(no_barrier, 1, 64, floats(64), np.zeros(64, "f")) for _ in range(2)]
    assert reports[0] == reports[1]
