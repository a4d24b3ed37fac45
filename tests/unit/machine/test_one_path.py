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
