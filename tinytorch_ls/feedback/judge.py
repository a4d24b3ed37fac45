"""Makes the verdict of a step from the report of its run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tinytorch_ls.course.model import Mistake, Step
from tinytorch_ls.course.symbols import definitions
from tinytorch_ls.feedback.advice import error_help, value_help
from tinytorch_ls.feedback.limits import limit_failure
from tinytorch_ls.feedback.verdict import Failure, Verdict
from tinytorch_ls.runner.report import UNREADABLE, Frame, Observation, Raised, StepRun, TestRun


def judge(
    step: Step, run: StepRun, root: Path, tests: Path, mistake: Mistake | None = None
) -> Verdict:
    """The verdict of `step`, whose code lies below `root` and whose tests are the file `tests`.

    `mistake` is the recorded one that the code behaves like.
    """
    if run.passed:
        return Verdict(step.id, "passed", seconds=run.seconds)
    if stub := _unwritten(run):
        return _not_written(step, run, stub, root)
    if run.limit:
        failure = limit_failure(step, run.limit, run.output, run.stopped_in)
        where = _first_line(run.stopped_in) or _definition(step, root)
        return Verdict(step.id, "failing", failure, where, seconds=run.seconds)
    test = next((test for test in run.tests if not test.passed), None)
    if test is None:
        failure = Failure("This step has no test; tell whoever teaches the course.")
        return Verdict(step.id, "failing", failure)
    if test.raised and test.name == UNREADABLE:
        return _unreadable(step, test.raised)
    if test.raised:
        return _raised(step, run, test, test.raised, root, tests, mistake)
    return _unmet(step, run, test, test.observations[-1], root, tests, mistake)


def file_missing(step: Step, file: str) -> Verdict:
    """The verdict of a step whose file the student does not have."""
    failure = Failure(
        f"{Path(file).name} is not there, so {step.id} can't be tested.",
        help=f"`tinytorch start --module {step.module_id}` brings it back with its TODOs; so does "
        "opening the step in the editor.",
    )
    return Verdict(step.id, "todo", failure)


def _unwritten(run: StepRun) -> str | None:
    """The step whose stub was called in the first test that failed."""
    for test in run.tests:
        if not test.passed:
            return test.raised.unwritten if test.raised else None
    return None


def _not_written(step: Step, run: StepRun, stub: str, root: Path) -> Verdict:
    where = _definition(step, root)
    if stub == step.id:
        return Verdict(step.id, "todo", None, where, seconds=run.seconds)
    failure = Failure(
        f"{step.id} calls {stub}, which is not written yet.",
        help=f"Write {stub} first; this step is tested again then.",
    )
    return Verdict(step.id, "blocked", failure, where, blocked_by=stub, seconds=run.seconds)


def _unreadable(step: Step, error: Raised) -> Verdict:
    """The verdict of a step whose lesson is broken."""
    place = f"test_{step.module_id}.py"
    if error.frames:
        place += f", line {error.frames[-1].line}"
    failure = Failure(
        f"The tests of this lesson can't be read: {place}: {error.message}.",
        help="This is a fault of the lesson, not of your code. Tell whoever teaches the course.",
    )
    return Verdict(step.id, "failing", failure)


def _raised(
    step: Step,
    run: StepRun,
    test: TestRun,
    error: Raised,
    root: Path,
    tests: Path,
    mistake: Mistake | None,
) -> Verdict:
    where = _innermost(error.frames, root)
    colon = ": " if error.message else ""
    headline = f"{error.type}{colon}{error.message.splitlines()[0] if error.message else ''}"
    passed = test.observations[-1] if test.observations else None
    failure = Failure(
        headline=headline,
        inputs=tuple(passed.inputs.items()) if passed else (),
        mistake=mistake.title if mistake else "",
        help=mistake.feedback if mistake else error_help(step, error, where is not None),
        test=test.name,
        output=run.output,
    )
    expectation = next((frame for frame in error.frames if Path(frame.file) == tests), None)
    return Verdict(
        step.id,
        "failing",
        failure,
        where or _definition(step, root),
        expectation,
        seconds=run.seconds,
    )


def _unmet(
    step: Step,
    run: StepRun,
    test: TestRun,
    unmet: Observation,
    root: Path,
    tests: Path,
    mistake: Mistake | None,
) -> Verdict:
    raises = unmet.expected.kind == "raises"
    failure = Failure(
        headline=f"{unmet.call} is not what it should be." if unmet.call else "A value is wrong.",
        call=unmet.call,
        inputs=tuple((name, text) for name, text in unmet.inputs.items() if name != unmet.call),
        got=unmet.got,
        expected=unmet.wanted,
        difference=unmet.difference,
        because=unmet.because,
        mistake=mistake.title if mistake else "",
        help=mistake.feedback if mistake else value_help(unmet.value, unmet.expected.value),
        test=test.name,
        output=run.output,
    )
    where = None if raises else test.returned_from
    expectation = Frame(str(tests), test.name, unmet.line, unmet.line)
    return Verdict(
        step.id,
        "failing",
        failure,
        where or _definition(step, root),
        expectation,
        seconds=run.seconds,
    )


def _first_line(frame: Frame | None) -> Frame | None:
    """The head of a loop, where the whole of it is meant: a mark over all of it says less."""
    return replace(frame, end_line=frame.line) if frame and frame.end_line > frame.line else frame


def _innermost(frames: tuple[Frame, ...], root: Path) -> Frame | None:
    inside = [frame for frame in frames if Path(frame.file).is_relative_to(root)]
    return inside[-1] if inside else None


def _definition(step: Step, root: Path) -> Frame | None:
    """The name of the step's first symbol in the student's file."""
    for symbol in step.symbols:
        path = root / symbol.file
        try:
            found = definitions(path.read_bytes().decode("utf-8")).get(symbol.name)
        except (OSError, SyntaxError, UnicodeDecodeError):
            return None
        if found:
            start, end = found.identifier.start, found.identifier.end
            return Frame(str(path), symbol.name, start.line, end.line, start.column, end.column)
    return None
