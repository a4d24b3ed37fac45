"""A name is given where every wrong value of a function shows the same thing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch_ls.feedback.likeness import likeness
from tinytorch_ls.runner.inside.describe import describe, wanted_text
from tinytorch_ls.runner.inside.likeness import likenesses
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.report import Deviation, Expected, Observation


def _wrong(got: Any, wanted: Any, *operands: np.ndarray, call: str = "f(x)") -> Observation:
    value, expected = plain(got), Expected(plain(wanted))
    return Observation(
        call,
        1,
        value,
        expected,
        "",
        False,
        got=describe(value),
        wanted=wanted_text(expected),
        likenesses=tuple(likenesses(value, expected, operands)),
    )


def _title(*unmet: Observation, function: str = "") -> str:
    found = likeness(unmet, function)
    return found.title if found else ""


def test_one_number_shows_nothing_by_chance_but_several_do() -> None:
    assert _title(_wrong(3.0, 1.0)) == ""
    assert _title(_wrong(3.0, 1.0), _wrong(7.0, 5.0)) == "Off by the same amount everywhere"
    assert _title(_wrong(3.0, 1.0), _wrong(3.0, 1.0)) == ""
    assert _title(_wrong(3.0, 1.0), _wrong(7.0, 6.0)) == ""


def test_all_wrong_values_have_to_agree() -> None:
    one, other = np.array([1.5, -2.5, 3.5]), np.array([4.5, 0.5, -6.5])
    assert _title(_wrong(-one, one), _wrong(-other, other)) == "The sign is flipped"
    assert _title(_wrong(-one, one), _wrong(other * 0.3, other)) == ""


def test_the_most_telling_is_named() -> None:
    wanted = np.array([-1.5, 2.5, -3.5])
    assert _title(_wrong(abs(wanted), wanted, wanted)) == "Gives back what it was given" or (
        _title(_wrong(abs(wanted), wanted)) == "The sign is lost"
    )


def test_inf_is_a_fact_of_the_first_value_whatever_the_others_show() -> None:
    unmet = _wrong([np.inf, 1.0], [2.0, 1.0]), _wrong([1.0, 2.0], [2.0, 1.0])
    assert _title(*unmet) == "inf or nan where a finite number is right"


def test_an_operand_that_is_looked_at_is_no_input_that_came_back() -> None:
    before, wanted = np.array([1.0, 2.0]), np.array([9.0, 2.0])
    assert _title(_wrong(before, wanted, before)) == "Gives back what it was given"
    for call in ("x", "x.tolist()", "x.data", "made.weight", "made.weight.tolist(), made.bias"):
        assert "given" not in _title(_wrong(before, wanted, before, call=call))
    came_back, looked_at = (_wrong(before, wanted, before, call=each) for each in ("f(x)", "x"))
    assert "given" not in _title(came_back, looked_at)
    named = _title(_wrong(before, wanted, before, call="x.flat"), function="Tensor.flat")
    assert named == "Gives back what it was given"


GRID = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 64.0]])


def test_each_result_of_a_tuple_is_looked_at_by_itself() -> None:
    wanted = ([9.0, 18.0, 68.0], [7.0, 88.0])
    first = _wrong((GRID.sum(1), GRID.sum(1)), wanted, GRID, call="(t.sum(0), t.sum(1))")
    assert _title(first, function="T.sum") == "Along dimension 1"
    equal = ([9.0, 18.0], [1.0, 2.0])
    given = np.array([1.0, 2.0])
    assert _title(_wrong((given, given), equal, given, call="(f(x), f(x))")) == (
        "Gives back what it was given"
    )


def test_another_axis_is_named_though_it_is_not_the_same_one() -> None:
    one = _wrong(GRID.sum(1), GRID.sum(0), GRID, call="t.sum(0)")
    other = _wrong(GRID.sum(0), GRID.sum(1), GRID, call="t.sum(1).tolist()")
    assert _title(one, other, function="T.sum") == "Along another dimension"


@pytest.mark.parametrize("call", ["t / t.sum(1)", "other(t.sum(1))", "t.sum(1) + 1"])
def test_what_a_test_computes_with_a_value_says_nothing_of_it(call: str) -> None:
    shown = _wrong(GRID.sum(1), GRID.sum(0), GRID, call="t.sum(0)")
    computed = _wrong(GRID / 7, GRID, GRID, call=call)
    assert _title(shown, computed, function="T.sum") == "Along dimension 1"
    assert _title(computed, shown, function="T.sum") == ""


@pytest.mark.parametrize(
    "call", ["t.sum(0).tolist()", "loudly(t.sum, 0)", "t.sum(0).data", "rows(t)"]
)
def test_a_value_that_a_test_only_reads_has_to_show_it_too(call: str) -> None:
    shown = _wrong(GRID.sum(1), GRID.sum(0), GRID, call="t.sum(0)")
    assert _title(shown, _wrong(GRID / 7, GRID, GRID, call=call), function="T.sum") == ""


def test_a_value_that_is_nearly_right_speaks_against_no_name() -> None:
    given = np.array([1.0, 2.5])
    shown = _wrong(given, [4.0, 9.0], given)
    nearly = _wrong([2.0**40, 3.0], [2.0**40 + 1, 3.0], given)
    assert _title(shown, nearly) == "Gives back what it was given"


def test_a_headline_that_names_the_fact_is_not_said_again() -> None:
    unmet = _wrong([1.0], [1.0])
    strayed = Observation(
        **{**vars(unmet), "deviation": Deviation("kind", "list", "Tensor"), "likenesses": ("none",)}
    )
    assert likeness([strayed]) is None


@pytest.mark.parametrize(
    ("got", "title"), [(True, "Says True for False"), (False, "Says False for True")]
)
def test_an_answer_that_is_the_opposite_is_told_as_it_came(got: bool, title: str) -> None:
    assert _title(_wrong(got, not got, call="t.is_large()"), function="T.is_large") == title


@pytest.mark.parametrize(
    "call", ["t.fill() is t", "f(t).tolist() == one", "bool((f(t) != 0).all())"]
)
def test_what_a_test_compared_is_no_answer_of_the_function(call: str) -> None:
    assert _title(_wrong(False, True, call=call), function="f") == ""
    assert _title(_wrong(False, True, call=call), function="Layer.__init__") == ""


@pytest.mark.parametrize("call", ["t == u", "f(t).tolist() == one", "bool((f(t) != 0).all())"])
def test_what_a_test_compared_is_an_answer_of_a_comparison(call: str) -> None:
    assert _title(_wrong(False, True, call=call), function="T.__eq__") == "Says False for True"


def test_a_gradient_that_is_none_is_no_function_without_a_return() -> None:
    unmet = _wrong([[2.0], None], [[2.0], [3.0]], call="gradients(lambda a, b: f(a, b), a, b)")
    assert _title(unmet, function="f") == "Lets no gradient through"


def test_a_result_of_which_a_part_is_none_is_not_called_nothing() -> None:
    assert _title(_wrong((None, [3.0]), ([2.0], [3.0]), call="f(a, b)"), function="f") == ""
    assert _title(_wrong(None, [2.0]), function="f") == "Gives nothing back"


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_seen_is_no_name(count: int) -> None:
    assert likeness([_wrong([1.0, 7.0, 3.0], [2.0, 2.5, 9.0])] * count) is None


@pytest.mark.parametrize(
    ("call", "function", "title"),
    [
        ("is_even(x)", "is_even", "Says True for False"),
        ("x > y", "Tensor.__gt__", "Says True for False"),
        ("f(x) is x", "f", ""),
        ("made.moment == before", "Node.__init__", ""),
        ("y.requires_grad", "record", ""),
        ("(y.requires_grad, z.requires_grad)", "record", ""),
        ("isinstance(f(x), Parameter)", "f", ""),
        ("all(f(x).tolist())", "f", ""),
        ("path.is_file() and path.read_bytes() == kept", "save", ""),
        ("(x > y).tolist()", "Tensor.__gt__", "Says True for False"),
        ("is_recording()", "no_grad", ""),
        ("recording_was_on", "backward", ""),
        ("[stopping.step(each) for each in records]", "EarlyStopping.step", "Says True for False"),
        ("np.shares_memory(f(x).data, x.data)", "f", ""),
        ("stopping.step(record)", "EarlyStopping.step", "Says True for False"),
        ("watched(record)", "EarlyStopping.step", "Says True for False"),
    ],
)
def test_a_truth_is_a_functions_own_or_a_test_asks_it_about_a_value(
    call: str, function: str, title: str
) -> None:
    unmet = _wrong(np.bool_(True), np.bool_(False), call=call), _wrong(False, True, call=call)
    assert _title(*unmet, function=function) == title
