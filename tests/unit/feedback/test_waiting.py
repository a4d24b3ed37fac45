"""A function that gives None is the one that is marked, and one that runs on a wrong one waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Judged, Lab

LIBRARY = """\
import numpy as np


def total(x):
    return np.asarray(x.sum())


def mean(x):
    return total(x) / x.size


def turned(x):
    return x.T


def flat(x):
    return x.reshape(-1)
"""
TESTS = """\
@step("try")
def test_total(expect):
    x = np.array([[1.0, 3.0], [5.0, 8.0]])
    expect(lab.total(x).tolist()).equals(17.0, because="all together")

@step("try")
def test_mean(expect):
    x = np.array([[1.0, 3.0], [5.0, 8.0]])
    expect(lab.mean(x)).equals(4.25, because="17 over 4")

@step("try")
def test_flat(expect):
    t = lab.turned(np.array([[1.0, 3.0], [5.0, 8.0]]))
    expect(lab.flat(t)).equals(np.array([1.0, 5.0, 3.0, 8.0]), because="row after row")

@step("try")
def test_both(expect):
    x = np.array([2.0, 4.0])
    expect(lab.flat(lab.turned(x))).equals(np.array([2.0, 4.0]), because="a row has no rows")
"""
SYMBOLS = ("total", "mean", "turned", "flat")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=SYMBOLS)


def _marked(judged: Judged) -> dict[str, int]:
    return {mark.function: mark.where.line for mark in judged.verdict.marks if mark.where}


def _states(judged: Judged) -> dict[str, str]:
    return {each.name: each.state for each in judged.verdict.functions}


def test_a_missing_return_is_marked_at_the_end_of_the_body(lab: Lab) -> None:
    judged = lab.judge_change(
        "    return np.asarray(x.sum())\n", "    with np.errstate():\n        x.sum()\n"
    )
    failure = judged.verdict.failure
    assert failure
    assert failure.headline == "`total` gave None."
    assert "look whether a `return` is missing" in failure.help
    assert _marked(judged) == {"total": 6}
    assert _states(judged)["mean"] == "waiting"


def test_a_later_call_that_is_given_none_is_not_at_fault(lab: Lab) -> None:
    judged = lab.judge_change("return x.T", "x.T")
    assert _marked(judged) == {"turned": 13}
    assert _states(judged)["flat"] == "waiting"


def test_a_function_that_runs_on_a_wrong_one_waits_for_it(lab: Lab) -> None:
    judged = lab.judge_change("x.sum())", "x.sum() + 1.0)")
    assert _marked(judged) == {"total": 5}
    assert _states(judged) == {
        "total": "failing",
        "mean": "waiting",
        "turned": "passed",
        "flat": "passed",
    }


def test_a_function_that_runs_on_a_right_one_is_marked(lab: Lab) -> None:
    judged = lab.judge_change("/ x.size", "/ len(x)")
    assert _marked(judged) == {"mean": 9}


def test_the_call_that_copied_is_marked_and_not_the_one_that_shares_the_copy(lab: Lab) -> None:
    judged = lab.judge_change("return x.T", "return x.T.copy()")
    assert _marked(judged) == {"turned": 13}
    failure = judged.verdict.failure
    assert failure
    assert failure.headline.startswith("What `turned` gave has memory of its own; it should share")
