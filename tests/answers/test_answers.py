"""What people wrote who had seen neither tests nor mistakes: right passes, wrong is named."""

from __future__ import annotations

import asyncio

import pytest
from corpus import answers
from outcomes import Outcome, outcomes, refused

_LEAST_CAUGHT = 0.98
_LEAST_NAMED = 0.6
_NAMED_STEPS = 3  # of so many steps one: names take as long as all else; a benchmark looks at all

# Wrong answers that no test of the lesson tells from right ones, with the reason.
KNOWN: dict[str, str] = {
    "benchmarking/machine : no warm-up": "the tests' clocks don't show what isn't timed",
}


@pytest.fixture(scope="module")
def named() -> set[str]:
    """The steps whose mistakes are looked for: some of each module."""
    steps = list(dict.fromkeys(answer.step for answer in answers("wrong")))
    return set(steps[::_NAMED_STEPS])


@pytest.fixture(scope="module")
def wrong(named: set[str]) -> list[Outcome]:
    """What comes of the wrong answers."""
    nameless = {answer.step for answer in answers("wrong")} - named
    return asyncio.run(outcomes(answers("wrong"), nameless))


def test_no_right_answer_is_refused() -> None:
    right = list(answers("right"))
    assert len(right) >= 150
    assert [_line(each) for each in asyncio.run(refused(right))] == []


def test_wrong_answers_are_caught(wrong: list[Outcome]) -> None:
    assert len(wrong) >= 200
    missed = {_line(each) for each in wrong if not each.caught}
    assert missed <= set(KNOWN), missed - set(KNOWN)
    assert len(wrong) - len(missed) >= _LEAST_CAUGHT * len(wrong)


def test_most_of_them_have_a_name(wrong: list[Outcome], named: set[str]) -> None:
    caught = [each for each in wrong if each.caught and each.answer.step in named]
    assert len(caught) >= 200
    assert sum(bool(each.name) for each in caught) >= _LEAST_NAMED * len(caught)


def test_each_is_marked_inside_the_functions_of_its_step(
    wrong: list[Outcome],
) -> None:
    # What is stopped for its time is marked where it was, be it in a given function that it called.
    caught = [each for each in wrong if each.caught and not each.run.limit]
    assert [_line(each) for each in caught if each.outside] == []


def test_each_failure_has_the_call_that_failed(
    wrong: list[Outcome],
) -> None:
    caught = [each for each in wrong if each.caught and not each.run.limit]
    silent = [each for each in caught if not all(mark.failure.call for mark in each.verdict.marks)]
    assert [_line(each) for each in silent] == []


def _line(outcome: Outcome) -> str:
    return f"{outcome.answer.step} {outcome.answer.symbol}: {outcome.answer.title}"
