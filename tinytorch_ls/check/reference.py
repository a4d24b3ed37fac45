"""Proof: the library passes the step's tests, whatever the seeds, and the same way each time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from tinytorch_ls.check.expectations import expects
from tinytorch_ls.check.lab import Lab, place_of, why
from tinytorch_ls.check.pace import exceeds
from tinytorch_ls.check.structure import tests_of
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.runner.report import EXAMPLE, IMPORT, Observation, Raised, StepRun, TestRun
from tinytorch_ls.runner.values import RaisedValue

_MORE_SEEDS = range(3, 32)  # where values are drawn: some bound may be missed one time in 16
_MORE_SECONDS = 0.5  # s of the processor for these
_LONGEST_TEST = 0.3  # s of the processor
_HASH_SEEDS = (1, 2)  # beside 0, that of every other run


async def reference_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Where the reference fails, asks nothing, or comes out otherwise than before."""
    known = await lab.survey(step)
    first = await lab.run(step)
    if found := _failure(module, step, first, "seed 0"):
        yield found
        return
    for complaint in _empty(module, step, first):
        yield complaint
        return
    if found := _difference(module, step, known, first, "in a second run with the same seed"):
        yield found
        return
    for hashed in _HASH_SEEDS if step.symbols else _HASH_SEEDS[:1]:  # others take their time
        run = await lab.library_run(step, hash_seed=hashed)
        how = f"hash seed {hashed}"
        found = _failure(module, step, run, how)
        if found := found or _difference(module, step, first, run, f"with {how}"):
            yield found
            return
    other = await lab.library_run(step, seed=1)
    last = other
    if other.passed:
        more = _more_seeds(first) if step.symbols and _drawn(first) != _drawn(other) else ()
        last = await lab.library_run(step, seed=2, more_seeds=more)
    if found := _failure(module, step, last, f"seed {last.seed}"):
        yield found
        return
    for complaint in _slow(module, step, (known, first, other)):
        yield complaint


def _more_seeds(run: StepRun) -> Sequence[int]:
    """As many as there is time for."""
    seconds = sum(test.seconds for test in run.tests)
    return _MORE_SEEDS[: int(_MORE_SECONDS / max(seconds, 0.01))]


def _drawn(run: StepRun) -> list[tuple[str, dict[str, str]]]:
    """What a run saw that may be drawn: values, and what the functions were given."""
    return [(repr(o.value), o.inputs) for test in run.tests for o in test.observations]


def _failure(module: Module, step: Step, run: StepRun, how: str) -> Complaint | None:
    """Where the first test failed: at its expectation, else where it begins."""
    if run.passed:
        return None
    message = f"the library fails {step.id} with {how}: {why(run)}"
    failed = next((test for test in run.tests if not test.passed), None)
    if failed is None:
        return Complaint(module.tests, 1, message)
    if run.not_run:
        message = f"`{failed.name}` of {step.id} can't be proven here: {run.not_run}"
        return Complaint(*place_of(module, step, failed), message)
    if failed.raised and failed.name == IMPORT:  # for every step the same
        message = f"the tests can't be imported: {failed.raised.type}: {failed.raised.message}"
        return Complaint(module.tests, _line(module, failed.raised) or 1, message)
    line = _failed_line(module, failed)
    return Complaint(*place_of(module, step, failed, line), message)


def _failed_line(module: Module, failed: TestRun) -> int | None:
    """The line of the tests at which one failed; None where that is not known."""
    if failed.raised:
        return _line(module, failed.raised)
    return None if failed.not_run else failed.observations[-1].line


def _line(module: Module, raised: Raised) -> int | None:
    """The line of the tests from which an error came."""
    frames = (frame for frame in raised.frames if Path(frame.file).name == module.tests.name)
    return next((frame.line for frame in frames), None)


def _empty(module: Module, step: Step, run: StepRun) -> Iterator[Complaint]:
    """Tests whose `expect` is never reached; that one has none is known from its text."""
    asking = {EXAMPLE, *(test.name for test in tests_of(module, step) if expects(test))}
    for test in run.tests:
        if not test.observations and test.name in asking:
            message = f"`{test.name}` of {step.id} expects nothing of what it runs"
            yield Complaint(*place_of(module, step, test), message)


def _slow(module: Module, step: Step, runs: Sequence[StepRun]) -> Iterator[Complaint]:
    """Tests of a step that is written, and so run at each save, that take long each time."""
    for tests in zip(*(run.tests for run in runs), strict=False):
        least = min(test.seconds for test in tests)
        if step.symbols and exceeds(least, _LONGEST_TEST) and not _compiles(tests[0]):
            message = f"`{tests[0].name}` of {step.id} takes {least:.1f} s of the processor"
            message += f"; a test that each save runs may take {_LONGEST_TEST:g} s"
            yield Complaint(*place_of(module, step, tests[0]), message)


def _compiles(test: TestRun) -> bool:
    """Whether a test asks a compiler, which takes its time."""
    return any(observation.expected.kind == "compiles" for observation in test.observations)


def _difference(
    module: Module, step: Step, one: StepRun, other: StepRun, when: str
) -> Complaint | None:
    """The first value that came out otherwise, though both runs passed."""
    for test, twin in zip_longest(one.tests, other.tests):
        known: TestRun = test or twin
        if test is None or twin is None or len(test.observations) != len(twin.observations):
            message = f"`{known.name}` of {step.id} expects another number of values {when}"
            return Complaint(*place_of(module, step, known), message)
        for first, second in zip(test.observations, twin.observations, strict=True):
            if _seen(first) != _seen(second):
                message = f"`{test.name}` of {step.id} sees another value {when}: {first.call}"
                return Complaint(*place_of(module, step, test, first.line), message)
    return None


def _seen(observation: Observation) -> str:
    """What must be the same in each run: not what a test leaves open, as a measured time."""
    value = observation.value
    match observation.expected.kind:
        case "equals":
            return repr(value)
        case "raises":
            return value.type if isinstance(value, RaisedValue) else ""
        case "between" | "mentions" | "compiles":
            return type(value).__name__
