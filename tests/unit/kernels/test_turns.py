"""Functions for the CPU as plain Python: their errors on their lines, and turns that collide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch.kernels import cpu
from tinytorch.kernels.jit import Compiled, njit, prange
from tinytorch_ls.machine.report import KernelFault
from tinytorch_ls.simulator.carried import carried
from tinytorch_ls.simulator.turns import interpreted

TURNS: list[int] = []  # in the order in which they ran


@njit(parallel=True)
def noted_turns(count):
    for i in prange(count):
        TURNS.append(i)  # noqa: PERF402 - a loop is what is tried


@njit(parallel=True)
def handed_on(out):
    done = 0
    for i in prange(len(out)):
        out[i] = done
        done = done + 1


@njit(parallel=True)
def sum_of_all(a, out):
    for i in prange(len(a)):
        out[0] += a[i]


@njit(parallel=True)
def doubled_rows(a, out):
    for i in prange(len(a)):
        out[i] = doubled(a[i])


@njit
def doubled(a):
    return 2 * a


def test_turns_run_backwards_with_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Compiled, "compiled")
    TURNS.clear()
    with interpreted():
        noted_turns(4)
    assert TURNS == [3, 2, 1, 0]


def test_a_function_calls_another_as_python_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Compiled, "compiled")
    out = np.zeros((2, 2))
    with interpreted():
        doubled_rows(np.ones((2, 2)), out)
    assert out.tolist() == [[2, 2], [2, 2]]


def test_an_element_that_two_turns_change_is_a_race_at_the_loop() -> None:
    with interpreted(), pytest.raises(KernelFault) as caught:
        sum_of_all(np.arange(1.0, 5.0), np.zeros(1))
    assert str(caught.value) == "turns 2 and 3 of `prange` both write out[0]"
    fault = caught.value.fault
    first = sum_of_all.function.__code__.co_firstlineno
    assert (fault.kind, fault.place and fault.place.line) == ("race between turns", first + 2)


@njit(parallel=True)
def each_row_twice(out):
    for i in prange(len(out)):
        for row in range(i, min(i + 2, len(out))):
            part = out[row, 1:]
            for j in range(len(part)):
                part[j] = row


def test_the_same_number_written_twice_is_a_race_also_through_a_slice() -> None:
    out = np.zeros((3, 3))
    with interpreted(), pytest.raises(KernelFault) as caught:
        each_row_twice(out)
    assert str(caught.value) == "turns 1 and 2 of `prange` both write out[2, 1]"


@njit(parallel=True)
def row_of_all(a, out):
    row = np.zeros(2)
    for i in prange(len(a)):
        row[:] = a[i]
        out[i] = row


@njit(parallel=True)
def row_like_a_given_one(a, out):
    row = np.empty_like(a[0])
    for i in prange(len(a)):
        row[:] = a[i]
        out[i] = row


@pytest.mark.parametrize("kernel", [row_of_all, row_like_a_given_one])
def test_an_array_that_all_turns_fill_is_a_race(kernel: Any) -> None:
    with interpreted(), pytest.raises(KernelFault, match=r"turns 1 and 2 .* both write row\[0\]"):
        kernel(np.arange(6.0).reshape(3, 2), np.zeros((3, 2)))


@njit(parallel=True)
def doubled_in_an_array_of_its_own(a, out):
    own = np.zeros(out.shape)
    for i in prange(len(a)):
        own[i] = 2 * a[i]
    out[:] = own


def test_turns_may_fill_an_array_of_the_function_s_own_each_its_part() -> None:
    out = np.zeros((3, 2))
    with interpreted():
        doubled_in_an_array_of_its_own(np.ones((3, 2)), out)
    assert out.tolist() == [[2, 2]] * 3


def test_a_variable_that_turns_hand_on_is_a_race_at_the_loop() -> None:
    with interpreted(), pytest.raises(KernelFault) as caught:
        handed_on(np.zeros(3))
    assert str(caught.value) == "a turn of `prange` reads `done` as another turn has left it"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("total += a[i]", ()),
        ("total = total + a[i]", ()),
        ("total *= a[i]\n    out[i] = total", ("total",)),
        ("out[i] = total\n    total += a[i]", ("total",)),
        ("bits |= a[i]", ("bits",)),
        ("row = a[i]\n    row = row + row\n    out[i] = row", ()),
        ("end = start + 4\n    out[start:end] = 0\n    start = end", ("start",)),
        ("last, before = a[i], last", ("last",)),
        ("for k in range(3):\n        total = 0.0\n        total += a[k]", ()),
        ("if a[i] > peak:\n        peak = a[i]", ("peak",)),
        ("x: float = x + y", ("x",)),
        ("while (n := n // 2):\n        pass", ("n",)),
    ],
)
def test_what_is_handed_on_and_what_is_gathered(body: str, names: tuple[str, ...]) -> None:
    assert carried(f"for i in prange(9):\n    {body}\n", 1) == names


def test_who_shares_out_turns_is_told() -> None:
    with interpreted() as shared:
        product_of_two(np.ones(1), np.ones(1), np.ones(1))
        doubled_rows(np.ones((2, 2)), np.zeros((2, 2)))
    assert shared == ["doubled_rows"]


@njit
def product_of_two(a, b, out):
    out[0] = a[0] * b[0]


def test_products_of_int8_are_wide_as_numba_s_are(monkeypatch: pytest.MonkeyPatch) -> None:
    a = np.array([-128], np.int8)
    wide, compiled = np.zeros(1, np.int32), np.zeros(1, np.int32)
    product_of_two(a, a, compiled)
    monkeypatch.delattr(Compiled, "compiled")
    with interpreted():
        product_of_two(a, a, wide)
    assert wide.tolist() == compiled.tolist() == [16384]


def test_what_numba_does_not_take_is_refused() -> None:
    with interpreted(), pytest.raises(TypeError, match=r"doubled takes arrays and numbers .* list"):
        doubled([1.0])


def test_nan_that_nobody_changed_is_no_race() -> None:
    out = np.full((3, 2), np.nan)
    with interpreted():
        doubled_rows(np.full((3, 2), np.nan), out)
    assert np.isnan(out).all()


@pytest.mark.parametrize("matmul", [cpu.matmul_blocked, cpu.matmul_parallel, cpu.matmul_int8])
def test_the_library_s_functions_are_the_same_in_plain_python(matmul: Any) -> None:
    a, b = np.arange(-6, 6, dtype="i1").reshape(4, 3), np.arange(6, dtype="i1").reshape(3, 2)
    if matmul is not cpu.matmul_int8:
        a, b = a.astype("f"), b.astype("f")
    with interpreted():
        plain = matmul(a, b)
    assert (plain == matmul(a, b)).all()


@njit(parallel=True)
def in_place(x):
    for i in prange(1, len(x) - 1):
        x[i] = (x[i - 1] + x[i + 1]) / 2


@njit(parallel=True)
def own_elements(x, out):
    for i in prange(len(x)):
        out[i] = out[i] + x[i] * x[len(x) - 1 - i]


def test_a_turn_that_reads_what_another_writes_is_a_race() -> None:
    with interpreted(), pytest.raises(KernelFault) as caught:
        in_place(np.arange(5.0))
    assert str(caught.value) == "turn 2 of `prange` reads x[3], which turn 3 writes"
    x, out = np.arange(4.0), np.ones(4)
    with interpreted():
        own_elements(x, out)
    assert out.tolist() == [1, 3, 3, 1]


@njit(parallel=True)
def extremes(x):
    most, least = x[0], x[0]
    for i in prange(len(x)):
        most = max(most, x[i])
        least = min(x[i], least)
    return most - least


@njit(parallel=True)
def column_sums(x):
    total = np.zeros(x.shape[1])
    for i in prange(x.shape[0]):
        total += x[i]
    return total


def test_what_numba_gathers_is_no_race() -> None:
    x = np.arange(6.0).reshape(3, 2)
    with interpreted():
        assert extremes(np.array([3.0, -2.0, 5.0])) == 7
        assert column_sums(x).tolist() == [6, 9]


@njit
def products(a, b):
    return a[0] - b[0], a[0] * 3, 3 - a[0], -a[0], ~a[0], a[0] << 4, a[0] & 3, a[0] // 2 - b[0]


@njit
def scaled(a, b):
    return a * 2, a * b, 1 + a


@pytest.mark.parametrize("kinds", ["i1 i1", "u1 u1", "u1 i1", "i4 u8", "u4 i4", "u8 i8"])
@pytest.mark.parametrize("function", [products, scaled])
def test_whole_numbers_have_numba_s_types(function: Any, kinds: str) -> None:
    pytest.importorskip("numba")
    one, two = kinds.split()
    a, b = np.array([100, 7], one), np.array([120, 3], two)
    theirs = function(a, b)
    with interpreted():
        mine = function(a, b)
    for ours, wanted in zip(mine, theirs, strict=True):
        assert np.array_equal(ours, wanted), (ours, wanted)
        if function is scaled:  # numba hands a single number on as Python's
            assert ours.dtype == wanted.dtype
