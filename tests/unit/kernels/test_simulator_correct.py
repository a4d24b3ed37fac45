"""Correct kernels, which the simulator must not accuse, and Python that it must understand."""

from __future__ import annotations

import math
import sys
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch.kernels.device import cuda
from tinytorch_ls.simulator.simulate import simulate

FEW = settings(max_examples=20)


def clean(kernel: Any, grid: Any, block: Any, *arguments: Any) -> None:
    report = simulate(kernel, grid, block, *arguments)
    assert report.faults == ()


@cuda.jit
def reverse_in_tiles(a, out):
    tile = cuda.shared.array(32, np.int64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < a.size:
        tile[t] = a[i]
    cuda.syncthreads()
    mirrored = min(cuda.blockDim.x, a.size - cuda.blockIdx.x * cuda.blockDim.x) - 1 - t
    if mirrored >= 0:
        out[i] = tile[mirrored]


@FEW
@given(size=st.integers(1, 100), threads=st.integers(1, 32))
def test_tiles_with_ragged_ends(size: int, threads: int) -> None:
    a, out = np.arange(size), np.zeros(size, np.int64)
    clean(reverse_in_tiles, -(-size // threads), threads, a, out)
    wanted = [a[start : start + threads][::-1] for start in range(0, size, threads)]
    assert (out == np.concatenate(wanted)).all()


@cuda.jit
def grid_stride(a, out):
    for i in range(cuda.grid(1), a.shape[0], cuda.gridsize(1)):
        out[i] = 2 * a[i] + 1


@FEW
@given(size=st.integers(1, 200), blocks=st.integers(1, 4), threads=st.integers(1, 40))
def test_a_loop_over_the_whole_grid(size: int, blocks: int, threads: int) -> None:
    a, out = np.arange(size), np.zeros(size, np.int64)
    clean(grid_stride, blocks, threads, a, out)
    assert (out == 2 * a + 1).all()


@cuda.jit
def prefix_sum(a, out):
    """Hillis and Steele, with two buffers."""
    buffers = cuda.shared.array((2, 64), np.int64)
    t = cuda.threadIdx.x
    now = 0
    buffers[0, t] = a[t] if t < a.size else 0
    cuda.syncthreads()
    step = 1
    while step < 64:
        buffers[1 - now, t] = buffers[now, t] + (buffers[now, t - step] if t >= step else 0)
        now = 1 - now
        cuda.syncthreads()
        step *= 2
    if t < a.size:
        out[t] = buffers[now, t]


@FEW
@given(size=st.integers(1, 64))
def test_two_buffers_in_turn(size: int) -> None:
    a, out = np.arange(size) % 7, np.zeros(size, np.int64)
    clean(prefix_sum, 1, 64, a, out)
    assert (out == np.cumsum(a)).all()


@cuda.jit
def sum_by_warps(a, out):
    """Each warp adds up its own values in shared memory, ordered by syncwarp alone."""
    shared = cuda.shared.array(128, np.int64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    lane = t % 32
    shared[t] = a[i] if i < a.size else 0
    cuda.syncwarp()
    half = 16
    while half > 0:
        other = shared[t + half] if lane < half else 0
        cuda.syncwarp()
        if lane < half:
            shared[t] += other
        cuda.syncwarp()
        half //= 2
    if lane == 0:
        cuda.atomic.add(out, 0, shared[t])


@cuda.jit
def crosses_warps(a, out):
    shared = cuda.shared.array(64, np.int64)
    t = cuda.threadIdx.x
    shared[t] = a[t]
    cuda.syncwarp()
    out[t] = shared[63 - t]


@FEW
@given(size=st.integers(1, 300))
def test_warps_that_synchronise_on_their_own(size: int) -> None:
    a, out = np.arange(size), np.zeros(1, np.int64)
    clean(sum_by_warps, -(-size // 128), 128, a, out)
    assert out[0] == a.sum()


def test_a_warp_barrier_does_not_order_other_warps() -> None:
    report = simulate(crosses_warps, 1, 64, np.arange(64), np.zeros(64, np.int64))
    assert "race" in {fault.kind for fault in report.faults}


@cuda.jit
def shuffle_down_and_up(out):
    t = cuda.threadIdx.x
    value = t
    value = value + 100 * cuda.shfl_down_sync(0xFFFFFFFF, t, 1)
    value = value + 10000 * cuda.shfl_up_sync(0xFFFFFFFF, t, 2)
    value = value + 1000000 * cuda.shfl_sync(0xFFFFFFFF, t, 5)
    out[t] = value


def test_shuffles_give_the_values_of_other_lanes() -> None:
    out = np.zeros(64, np.int64)
    clean(shuffle_down_and_up, 1, 64, out)
    t = np.arange(64)
    lane = t % 32
    down, up = np.where(lane < 31, t + 1, t), np.where(lane > 1, t - 2, t)
    assert (out == t + 100 * down + 10000 * up + 1000000 * (t - lane + 5)).all()


@cuda.jit(device=True)
def clamp(value, low, high):
    return min(max(value, low), high)


@cuda.jit
def much_python(a, table, out):
    """Local arrays, views, loops with break and else, swaps, device functions, math."""
    i = cuda.grid(1)
    if i >= a.shape[0]:
        return
    row = a[i]
    mine = cuda.local.array(3, np.float64)
    for k in range(3):
        mine[k] = row[k]
    mine[0], mine[2] = mine[2], mine[0]
    found = -1
    for k in range(len(row)):
        if row[k] > 2:
            found = k
            break
    else:
        found = 9
    mine[1] /= 0.0 if found == 9 else 2.0
    tail = row[1:]
    out[i, 0] = mine[0] + tail[1]
    out[i, 1] = clamp(exp(1000.0 * mine[1]), 0.0, 7.0)
    out[i, 2] = math.log(0.0 * row[0]) if found == 9 else math.sqrt(-1.0 - row[0])
    out[i, 3] = table[found % 2]


def test_python_that_numba_compiles_runs_and_divides_as_a_gpu_does() -> None:
    a = np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 1.0]])
    out = np.zeros((2, 4))
    clean(much_python, 1, 32, a, np.array([5.0, 6.0]), out)
    assert out[0, :2].tolist() == [8.0, 7.0]
    assert np.isnan(out[0, 2])
    assert out[0, 3] == 5.0
    assert out[1].tolist() == [2.0, 7.0, -math.inf, 6.0]


@cuda.jit
def parts_of_arrays(cube, out):
    t = cuda.threadIdx.x
    plane = cube[t]
    column = plane[:, 1]
    rest = plane[1:, 0]
    row = cube[t, 1]
    out[t, 0] = column[2] + 10 * rest[1] + 100 * row[0]
    out[t, 1] = cube[t, 2, 1] + plane.shape[0] + rest.size + len(row)


def test_parts_of_arrays_are_arrays() -> None:
    cube, out = np.arange(24).reshape(4, 3, 2), np.zeros((4, 2), np.int64)
    clean(parts_of_arrays, 1, 4, cube, out)
    assert (out[:, 0] == cube[:, 2, 1] + 10 * cube[:, 2, 0] + 100 * cube[:, 1, 0]).all()
    assert (out[:, 1] == cube[:, 2, 1] + 3 + 2 + 2).all()


@cuda.jit
def index_is_no_whole_number(a, out):
    out[0, 0] = a[0.0, 1]


def test_an_index_that_is_no_whole_number_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"a was indexed with 0.0, not with a whole number"):
        simulate(index_is_no_whole_number, 1, 1, np.ones((2, 2)), np.ones((2, 2)))


@cuda.jit(device=True)
def first_if_positive(a, i):
    return a[0] if a[i] > 0 else a[i]


@cuda.jit
def few_sites(a, out):
    out[0] = first_if_positive(a, 1)


@cuda.jit
def many_sites(a, out):
    out[1] = a[0] + a[1] + a[0] + a[1]
    out[2] = first_if_positive(a, 5)


def test_a_device_function_keeps_its_place_whoever_calls_it() -> None:
    a, out = np.array([3, 4]), np.zeros(3, np.int64)
    line = first_if_positive.function.__code__.co_firstlineno + 2
    for _ in range(2):
        clean(few_sites, 1, 1, a, out)
        (fault,) = simulate(many_sites, 1, 1, a, out).faults
        assert "a[5]" in fault.message
        assert fault.place is not None
        assert (fault.place.line, fault.place.function) == (line, "first_if_positive")


def test_a_kernel_inside_a_function_sees_the_names_around_it() -> None:
    factor = 3

    @cuda.jit
    def scaled(a, out):
        i = cuda.grid(1)
        if i < a.size:
            out[i] = a[i] * factor

    out = np.zeros(4, np.int64)
    clean(scaled, 1, 8, np.arange(4), out)
    assert out.tolist() == [0, 3, 6, 9]


@cuda.jit
def narrow(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i]


@pytest.mark.parametrize(
    ("dtype", "values", "wanted"),
    [
        (np.int8, [127, 128, -129, 300], [127, -128, 127, 44]),
        (np.uint8, [255, 256, -1, 0], [255, 0, 255, 0]),
        (np.int32, [1.9, -1.9, 2.0, 0.5], [1, -1, 2, 0]),
        (np.float32, [0.1, 1e300, 16777217.0, 1.0], [np.float32(0.1), np.inf, 16777216.0, 1.0]),
        (np.bool_, [2, 0, 1, 0.0], [True, False, True, False]),
    ],
)
def test_a_store_rounds_and_wraps_as_the_dtype_does(dtype: Any, values: Any, wanted: Any) -> None:
    out = np.zeros(4, dtype)
    clean(narrow, 1, 4, np.array(values), out)
    assert out.tolist() == [x.item() if isinstance(x, np.generic) else x for x in wanted]


def test_views_keep_their_strides() -> None:
    whole, out = np.arange(24).reshape(4, 6), np.zeros((6, 8), np.int64)
    source, target = whole[1:, ::2].T, out[::2, 1:7:2]

    @cuda.jit
    def copy(a, b):
        j, i = cuda.grid(2)
        if i < a.shape[0] and j < a.shape[1]:
            b[i, j] = a[i, j]

    clean(copy, 1, (4, 4), source, target)
    assert (target == source).all()
    assert out.sum() == source.sum()


def test_numba_s_own_mark_is_understood(tmp_path: Path) -> None:
    from numba import cuda as numba_cuda

    names: dict[str, Any] = {}
    source = (
        "@cuda.jit\ndef double(a):\n    i = cuda.grid(1)\n    if i < a.size:\n        a[i] *= 2\n"
    )
    file = tmp_path / "double.py"
    file.write_text(source, encoding="utf-8")
    exec(compile(source, str(file), "exec"), {"cuda": numba_cuda}, names)
    a = np.arange(5)
    clean(names["double"], 1, 8, a)
    assert a.tolist() == [0, 2, 4, 6, 8]


def test_a_debugger_sees_the_lines_of_every_thread() -> None:
    seen: list[int] = []
    first = reverse_in_tiles.function.__code__.co_firstlineno

    def trace(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_name == "reverse_in_tiles" and event == "line":
            seen.append(frame.f_lineno - first)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        simulate(reverse_in_tiles, 1, 4, np.arange(4), np.zeros(4, np.int64))
    finally:
        sys.settrace(before)
    assert seen.count(3) == 4
    assert seen.count(9) == 4
