"""Which call of a test did not do what the same call of the reference does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tinytorch_ls.runner.alike import alike
from tinytorch_ls.runner.facts import own_changes
from tinytorch_ls.runner.report import Call, Deviation, Observation, TestRun


def explained(test: TestRun, survey: TestRun) -> TestRun:
    """A test that failed with the first call that strayed, and with how, where nothing said it."""
    at = len(test.observations) - 1
    if test.passed or test.raised or test.not_run or at >= len(survey.observations):
        return test
    unmet, wanted = test.observations[at], survey.observations[at]
    lost = [change.label for change in own_changes(wanted.facts, unmet.facts)]
    for ours, theirs in _pairs(unmet, wanted):
        if label := next((x for x in theirs.shares if x in lost and x not in ours.shares), ""):
            unmet = replace(unmet, deviation=Deviation("memory", "", label))
            rest = test.observations[:at]
            return replace(test, strayed=ours, observations=(*rest, unmet))
        if _strays(ours, theirs, unmet.deviation):
            return replace(test, strayed=ours)
    return test


def _pairs(unmet: Observation, wanted: Observation) -> Iterator[tuple[Call, Call]]:
    """The calls for one expectation, as long as both sides call the same."""
    for ours, theirs in zip(unmet.calls, wanted.calls, strict=False):
        if ours.function != theirs.function:
            return
        yield ours, theirs


def _strays(ours: Call, theirs: Call, deviation: Deviation | None) -> bool:
    """Whether a call strays in the fact because of which its test failed."""
    match deviation:
        case Deviation(fact="changes", got=label) if label:
            return label in ours.changes and label not in theirs.changes
        case Deviation(fact="memory", got=label):
            return label in ours.shares and label not in theirs.shares
        case _:
            if ours.value is None or theirs.value is None:
                return False
            return not alike(ours.value, theirs.value)
