"""Which call of a test did not do what the same call of the reference does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tinytorch_ls.runner.alike import alike
from tinytorch_ls.runner.facts import own_changes
from tinytorch_ls.runner.miswritten import Miswritten, misplaced, miswritten
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
    astray = False  # an earlier call wrote what it should not: later lines only go on from there
    for ours, theirs in _pairs(unmet.calls, wanted.calls):
        if label := next((x for x in _gone(theirs, ours) if shares_more or x in lost), ""):
            unmet = replace(unmet, deviation=Deviation("memory", "", label))
            rest = test.observations[:at]
            return replace(test, strayed=ours, observations=(*rest, unmet))
        strays = _strays(ours, theirs, unmet.deviation)
        wrote = miswritten(ours, theirs) if _is_of_values(unmet.deviation) else None
        if strays or wrote:
            known = Miswritten(None) if astray else wrote
            return replace(test, strayed=_left(ours, known, left_wrong=not strays))
        astray = astray or misplaced(ours, theirs) is not None
    return replace(test, strayed=_left_wrong(test, survey, unmet.deviation))


def _left_wrong(test: TestRun, survey: TestRun, deviation: Deviation | None) -> Call | None:
    """The first of all calls that left something wrong for what the test looks at now."""
    sides = zip(test.observations, survey.observations, strict=False)
    pairs = [pair for ours, theirs in sides for pair in _pairs(ours.calls, theirs.calls)]
    of_memory = deviation is not None and deviation.fact in ("memory", "changes")
    looks = (miswritten, misplaced) if _is_of_values(deviation) else (misplaced,) * of_memory
    found = ((ours, look(ours, theirs)) for look in looks for ours, theirs in pairs)
    return next((_left(call, wrote, left_wrong=True) for call, wrote in found if wrote), None)


def _is_of_values(deviation: Deviation | None) -> bool:
    return deviation is None or deviation.fact in ("kind", "dtype")


def _left(call: Call, wrote: Miswritten | None, *, left_wrong: bool) -> Call:
    return replace(call, left_wrong=left_wrong, miswrote=wrote.where if wrote else None)


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
