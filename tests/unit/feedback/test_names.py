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


def _title(*unmet: Observation) -> str:
    found = likeness(unmet)
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
    for call in ("x", "x.tolist()", "x.data"):
        assert "given" not in _title(_wrong(before, wanted, before, call=call))


def test_a_headline_that_names_the_fact_is_not_said_again() -> None:
    unmet = _wrong([1.0], [1.0])
    strayed = Observation(
        **{**vars(unmet), "deviation": Deviation("kind", "list", "Tensor"), "likenesses": ("none",)}
    )
    assert likeness([strayed]) is None


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_seen_is_no_name(count: int) -> None:
    assert likeness([_wrong([1.0, 7.0, 3.0], [2.0, 2.5, 9.0])] * count) is None
