"""What the machine says of kernels, right and wrong: see verdict_kernels.py."""

from __future__ import annotations

import inspect
import traceback
from typing import Any

import numpy as np
import pytest
import verdict_kernels as kernels

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


@pytest.mark.parametrize(
    ("kernel", "words"), kernels.REFUSED, ids=[name(k) for k, _ in kernels.REFUSED]
)
def test_what_numba_would_not_compile_is_refused_at_its_line(kernel: Any, words: str) -> None:
    with pytest.raises((TypeError, AttributeError)) as caught:
        in_lockstep(kernel, 1, 1, (np.ones(4, np.float32),))
    assert words in str(caught.value)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (kernels.__file__, marked_line(kernel))
