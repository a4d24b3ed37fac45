"""A variable that one way alone gives a value, and who takes part where lanes have parted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch.kernels.device import cuda
from tinytorch_ls.simulator.simulate import in_lockstep


def floats() -> Any:
    return np.arange(32, dtype=np.float32)


@cuda.jit
def one_way(x, out, n):
    i = cuda.grid(1)
    if i < n:
        v = x[i] + np.float32(1.0)
    out[i] = v  # pyright: ignore


@cuda.jit
def in_a_loop(x, out, n):
    i = cuda.grid(1)
    for k in range(n):
        v = x[k]
    out[i] = v  # pyright: ignore


@pytest.mark.parametrize(("kernel", "some", "first"), [(one_way, 16, 16), (in_a_loop, 0, 0)])
def test_a_store_of_what_was_never_written_is_a_fault(kernel: Any, some: int, first: int) -> None:
    report = in_lockstep(kernel, 1, 32, (floats(), floats(), some))
    assert [fault.message for fault in report.faults] == [
        f"thread {first} of block 0 reads v, which nothing has written yet"
    ]


@pytest.mark.parametrize("kernel", [one_way, in_a_loop])
def test_where_all_have_written_it_there_is_none(kernel: Any) -> None:
    out = floats()
    assert in_lockstep(kernel, 1, 32, (floats(), out, 32)).faults == ()
    assert out[31] == (32.0 if kernel is one_way else 31.0)


@cuda.jit
def guarded_twice(x, out, n):
    i = cuda.grid(1)
    if i < n:
        v = x[i]
    if i < n:
        out[i] = v  # pyright: ignore


def test_a_guard_around_the_store_is_enough() -> None:
    assert in_lockstep(guarded_twice, 1, 32, (floats(), floats(), 16)).faults == ()


@cuda.jit
def who_is_here(out):
    i = cuda.grid(1)
    if i < 8:
        out[i] = cuda.activemask()  # pyright: ignore
    else:
        out[i] = cuda.activemask()  # pyright: ignore


def test_the_active_mask_has_the_lanes_that_take_part() -> None:
    out = np.zeros(32, np.uint32)
    assert in_lockstep(who_is_here, 1, 32, (out,)).faults == ()
    assert out[0] == 0xFF
    assert out[8] == 0xFFFFFF00


@cuda.jit
def of_the_turn_before(x, out, n):
    i = cuda.grid(1)
    for turn in range(n - 2):
        if turn == 0:
            v = x[i] * np.float32(2.0)
        else:
            out[i] = v  # pyright: ignore


@cuda.jit
def read_above_its_value(x, out, n):
    i = cuda.grid(1)
    for turn in range(n):
        if turn > 0:
            for _ in range(2):
                out[i] = v  # noqa: F821  # pyright: ignore
        v = x[i] + turn - np.float32(1.0)  # noqa: F841


@pytest.mark.parametrize(
    ("kernel", "times", "plus"), [(of_the_turn_before, 2, 0), (read_above_its_value, 1, 1)]
)
def test_a_value_of_the_turn_before_is_there(kernel: Any, times: int, plus: int) -> None:
    out = np.zeros(32, np.float32)
    assert in_lockstep(kernel, 1, 32, (floats(), out, 4)).faults == ()
    assert (out == times * floats() + plus).all()


@cuda.jit
def never_begun(x, out, n):
    i = cuda.grid(1)
    for k in range(n):
        total = total + x[k]  # noqa: F821  # pyright: ignore
    out[i] = total  # pyright: ignore


def test_a_sum_that_nobody_began_is_a_fault() -> None:
    faults = in_lockstep(never_begun, 1, 32, (floats(), floats(), 4)).faults
    assert [fault.kind for fault in faults] == ["uninitialised"]


@cuda.jit
def without_any_value(x, out, n):
    for turn in range(n):
        out[turn] = v  # noqa: F821  # pyright: ignore
        continue
        v = x[turn]  # noqa: F841  # pyright: ignore


def test_what_no_way_gives_a_value_is_refused() -> None:
    with pytest.raises(UnboundLocalError, match="local variable 'v'"):
        in_lockstep(without_any_value, 1, 32, (floats(), floats(), 4))
