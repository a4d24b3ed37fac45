"""Which call of a test did not do what the same call of the reference does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tinytorch_ls.runner.alike import alike
from tinytorch_ls.runner.facts import own_changes
from tinytorch_ls.runner.report import Call, Deviation, TestRun


def explained(test: TestRun, survey: TestRun) -> TestRun:
    """A test that failed with the first call that strayed, and with how, where nothing said it."""
    at = len(test.observations) - 1
    if test.raised:
        return _before_error(test, survey)
    if test.passed or test.not_run or at >= len(survey.observations):
        return test
    unmet, wanted = test.observations[at], survey.observations[at]
    lost = [change.label for change in own_changes(wanted.facts, unmet.facts)]
    shares_more = unmet.deviation and unmet.deviation.fact == "memory" and unmet.deviation.got
    for ours, theirs in _pairs(unmet.calls, wanted.calls):
        if label := next((x for x in _gone(theirs, ours) if shares_more or x in lost), ""):
            unmet = replace(unmet, deviation=Deviation("memory", "", label))
            rest = test.observations[:at]
            return replace(test, strayed=ours, observations=(*rest, unmet))
        if _strays(ours, theirs, unmet.deviation):
            return replace(test, strayed=ours)
    return test


def _gone(theirs: Call, ours: Call) -> Iterator[str]:
    """The operands whose memory the reference's value shares, and ours does not."""
    return (label for label in theirs.shares if label not in ours.shares)


def _before_error(test: TestRun, survey: TestRun) -> TestRun:
    """A test that an error ended, with the first call before it that strayed."""
    at = len(test.observations)
    wanted = survey.observations[at].calls if at < len(survey.observations) else ()
    pairs = _pairs(test.calls, wanted)
    strayed = (ours for ours, theirs in pairs if _strays(ours, theirs, None))
    return replace(test, strayed=next(strayed, None))


def _pairs(made: Sequence[Call], wanted: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """The calls for one expectation, as long as both sides call the same."""
    for ours, theirs in zip(made, wanted, strict=False):
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
