"""What people wrote who had seen neither tests nor mistakes: right passes, wrong is named."""

from __future__ import annotations

import asyncio

import pytest
from corpus import Answer, answers
from names import unread
from outcomes import Outcome, missed, outcomes, refused

_LEAST_CAUGHT = 0.98
_LEAST_NAMED = 0.6
_JUDGED_STEPS = 8  # of so many steps one: a verdict takes its time; a benchmark looks at all

# Wrong answers that no test of the lesson tells from right ones, with the reason.
KNOWN: dict[str, str] = {
    "benchmarking/machine : no warm-up": "the tests' clocks don't show what isn't timed",
    "benchmarking/machine : takes the samples cold": "likewise: no warm-up",
    "kernels/cuda-tiled-matmul : made long after the multiplication": "needs 2³¹ numbers",
}


@pytest.fixture(scope="module")
def judged_steps() -> set[str]:
    """The steps of which all is looked at that a student is told: some of each module."""
    steps = list(dict.fromkeys(answer.step for answer in answers("wrong")))
    return set(steps[::_JUDGED_STEPS])


@pytest.fixture(scope="module")
def wrong(judged_steps: set[str]) -> list[Outcome]:
    """What comes of the wrong answers to these steps."""
    return asyncio.run(outcomes(each for each in answers("wrong") if each.step in judged_steps))


def test_no_right_answer_is_refused() -> None:
    right = list(answers("right"))
    assert len(right) >= 150
    assert [_line(each.answer) for each in asyncio.run(refused(right))] == []


def test_wrong_answers_are_caught(wrong: list[Outcome], judged_steps: set[str]) -> None:
    others = [each for each in answers("wrong") if each.step not in judged_steps]
    passed = [*asyncio.run(missed(others)), *(each.answer for each in wrong if not each.caught)]
    assert {_line(each) for each in passed} <= set(KNOWN)
    assert len(passed) <= (1 - _LEAST_CAUGHT) * (len(wrong) + len(others))


def test_most_of_them_have_a_name(wrong: list[Outcome]) -> None:
    caught = [each for each in wrong if each.caught]
    assert len(caught) >= 200
    assert sum(bool(each.name) for each in caught) >= _LEAST_NAMED * len(caught)


def test_no_name_is_given_that_was_not_read_beside_its_answer(wrong: list[Outcome]) -> None:
    # After a change of a lesson's words or tests: `tests/benchmarks/answers.py --accept STEP`.
    assert unread(wrong) == []


def test_each_is_marked_inside_the_functions_of_its_step(
    wrong: list[Outcome],
) -> None:
    # What is stopped for its time is marked where it was, be it in a given function that it called.
    caught = [each for each in wrong if each.caught and not each.run.limit]
    assert [_line(each.answer) for each in caught if each.outside] == []


def test_each_failure_has_the_call_that_failed(
    wrong: list[Outcome],
) -> None:
    caught = [each for each in wrong if each.caught]
    silent = [each for each in caught if not all(mark.failure.call for mark in each.verdict.marks)]
    assert [_line(each.answer) for each in silent] == []


def _line(answer: Answer) -> str:
    return f"{answer.step} {answer.symbol}: {answer.title}"
