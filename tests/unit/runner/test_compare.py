"""The first difference says where and by how much, and not again what stands beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch_ls.runner.inside.compare import first_difference
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.report import Expected
from tinytorch_ls.runner.values import Bounds, Parts, RaisedValue, WantedError


def _difference(value: Any, wanted: Any, **options: Any) -> str | None:
    expected = Expected(plain(wanted), 1e-5, 1e-7, **options)
    return first_difference(plain(value), expected)


@pytest.mark.parametrize(
    ("value", "wanted", "difference"),
    [
        (-1, 7, "too small by 8"),
        (2.5, 1.0, "too large by 1.5"),
        (np.array([[3.0]]), np.array([[1.0]]), "too large by 2.0"),
        (float("nan"), 1.0, "got nan, expected 1.0"),
        (float("inf"), 1.0, "got inf, expected 1.0"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "shape: got (2, 3), expected (3, 2)"),
        (
            np.array([[1.0, 2.0], [3.0, 5.0]]),
            np.array([[1.0, 2.0], [3.0, 4.0]]),
            "at [1, 1]: got 5.0, expected 4.0 (1 of 4 differ)",
        ),
        ([1, [2, 3]], [1, [2, 4]], "at [1][1]: got 3, expected 4"),
        ("a", "b", "character 1: 'a' stands in place of 'b'"),
        (
            "Hello, {name}!",
            "Hello, Ada!",
            "character 8: '{name}' stands in place of 'Ada'",
        ),
        ("Hello, Ada", "Hello, Ada.", "the end '.' is missing"),
        ("Hello, Ada. ", "Hello, Ada.", "the end ' ' is too much"),
        ("Hello !", "Hello you !", "'you ' is missing at character 7"),
        (None, [1.0], "None came, a Tensor or a list was wanted"),
        (None, ["a"], "None came, a list was wanted"),
        (None, 3, "None came, a number was wanted"),
        (3, None, "an int came, None was wanted"),
        ((1, 2), [1, 2], "a tuple came, a list was wanted"),
        ([1], [1, 2], "length: got 1, expected 2"),
        ({"a": 1}, {"a": 2}, "at key 'a': got 1, expected 2"),
        ({}, {"a": 2}, "the key 'a' is missing"),
        (1.0000001, 1.0, None),
        (np.float32(2), 2, None),
        (np.float32(2), 2.0, None),
        (2, 2.0, None),
        (float("nan"), float("nan"), None),
    ],
)
def test_the_first_difference_is_named(value: Any, wanted: Any, difference: str | None) -> None:
    assert _difference(value, wanted) == difference


def test_a_dtype_that_a_test_names_counts() -> None:
    assert _difference(np.zeros(2), np.zeros(2), dtype="float32") == (
        "dtype: got float64, expected float32"
    )
    assert _difference(np.zeros(2), np.zeros(2), dtype="float64") is None
    assert _difference(3, 3, dtype="int") is None
    assert _difference(3.0, 3, dtype="int") == "type: got float, expected int"


def test_bounds_parts_and_errors_have_their_own_words() -> None:
    between = Expected(Bounds(0.5, 2.0))
    assert first_difference(plain(3.0), between) == "too large by 1.0"
    assert first_difference(plain(0.25), between) == "too small by 0.25"
    assert first_difference(plain(np.array([1.0])), between) is None
    mentions = Expected(Parts(("shape", "(2,)")))
    assert first_difference(plain("the shape"), mentions) == "'(2,)' is not in it"
    raised = RaisedValue("KeyError", ("KeyError",), "")
    assert first_difference(raised, Expected(WantedError("ValueError", ("(2,)",)))) == (
        "KeyError was raised, ValueError was wanted"
    )


@pytest.mark.parametrize(
    ("got", "wanted", "difference"),
    [
        (b"ab", b"ab", None),
        (b"ab", b"ac", "b'ab' is not b'ac'"),
        (b"ab", "ab", "a bytes came, a string was wanted"),
        (1 + 2j, 1 - 2j, "(1+2j) is not (1-2j)"),
        (range(3), range(4), "range(0, 3) is not range(0, 4)"),
        (np.dtype("int8"), np.dtype("int16"), "int8 is not int16"),
        ({1, 2, 3}, {3, 2, 1}, None),
        ({1, 2}, {1, 3}, "{1, 2} is not {1, 3}"),
        ({1, 2}, [1, 2], "a set came, a list was wanted"),
    ],
)
def test_values_of_other_classes_of_python_s_are_told_apart(
    got: Any, wanted: Any, difference: str | None
) -> None:
    assert _difference(got, wanted) == difference


def test_long_bytes_are_told_apart_by_their_digest() -> None:
    assert _difference(b"x" * 5000 + b"a", b"x" * 5000 + b"b")
