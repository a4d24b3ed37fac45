"""What the machine says of kernels, right and wrong: see verdict_kernels.py."""

from __future__ import annotations

import inspect
import traceback
from typing import Any

import numpy as np
import pytest
import verdict_kernels as kernels

from tinytorch_ls.machine.refused import UnsupportedError
from tinytorch_ls.simulator.simulate import in_lockstep


def marked_line(kernel: Any) -> int:
    lines, first = inspect.getsourcelines(kernel.py_func)
    return first + next(i for i, line in enumerate(lines) if line.rstrip().endswith("# here"))


def name(case: Any) -> str:
    return getattr(case, "kernel", case).py_func.__name__


@pytest.mark.parametrize("case", [c for c in kernels.CASES if not c.fault], ids=name)
def test_a_correct_kernel_is_not_accused(case: kernels.Case) -> None:
    arguments = tuple(np.copy(each) for each in case.arguments)
    assert in_lockstep(case.kernel, case.grid, case.block, arguments).faults == ()
    if case.wanted is not None:
        np.testing.assert_allclose(arguments[-1], case.wanted)


@pytest.mark.parametrize("case", [c for c in kernels.CASES if c.fault], ids=name)
def test_a_fault_is_named_at_its_line(case: kernels.Case) -> None:
    arguments = tuple(np.copy(each) for each in case.arguments)
    faults = in_lockstep(case.kernel, case.grid, case.block, arguments).faults
    assert {fault.kind for fault in faults} == {case.fault}
    places = {fault.place.line for fault in faults if fault.place}
    assert places == {marked_line(case.kernel)}


def test_a_race_with_the_next_turn_of_a_loop_says_so() -> None:
    arguments = kernels.row(128), kernels.zeros(64)
    kernel = kernels.a_tile_that_is_filled_again_too_soon
    (fault,) = in_lockstep(kernel, 1, 64, arguments).faults
    read = marked_line(kernel)
    assert f"reads tile[63] in line {read} and, in the next turn of the loop, " in fault.message
    assert fault.message.endswith(f"writes it in line {read - 2}: no barrier stands between")


def test_dynamic_shared_arrays_lie_on_the_same_bytes() -> None:
    for size in (256, 48 * 1024):
        out = np.zeros(64, np.int32)
        report = in_lockstep(kernels.two_dynamic_arrays, 1, 32, (out,), dynamic_shared=size)
        assert report.faults == ()
        assert out.tolist() == [0x3F800000] * 32 + list(range(32))


def test_an_array_of_records_is_named() -> None:
    states = np.zeros(4, [("s0", np.uint64), ("at", np.float32, 3)])
    with pytest.raises(UnsupportedError, match="`a` is an array of records"):
        in_lockstep(kernels.names_imported_one_by_one, 1, 4, (states, np.zeros(4)))


@pytest.mark.parametrize(
    ("kernel", "words"), kernels.REFUSED, ids=[name(k) for k, _ in kernels.REFUSED]
)
def test_what_numba_would_not_compile_is_refused_at_its_line(kernel: Any, words: str) -> None:
    with pytest.raises((TypeError, AttributeError)) as caught:
        in_lockstep(kernel, 1, 1, (np.ones(4, np.float32),))
    assert words in str(caught.value)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (kernels.__file__, marked_line(kernel))
