"""Makes the verdict of a step from the report of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from tinytorch_ls.course.model import Course, Step
from tinytorch_ls.course.titles import titled, titled_from
from tinytorch_ls.feedback.advice import (
    NO_RETURN,
    deviation_words,
    error_help,
    identity_words,
    value_help,
)
from tinytorch_ls.feedback.blame import Blame, Code, blame, none_met
from tinytorch_ls.feedback.kernel_words import fault_headline, fault_help
from tinytorch_ls.feedback.likeness import Name
from tinytorch_ls.feedback.limits import limit_failure
from tinytorch_ls.feedback.not_run import not_to_its_end
from tinytorch_ls.feedback.odd import Stub, lost_checks, with_oddities
from tinytorch_ls.feedback.verdict import Failure, FunctionState, FunctionVerdict, Mark, Verdict
from tinytorch_ls.messages import say
from tinytorch_ls.runner.report import (
    EXAMPLE,
    IMPORT,
    MODULE,
    UNREACHED,
    UNREADABLE,
    Call,
    Frame,
    Observation,
    Raised,
    StepRun,
    TestRun,
)
from tinytorch_ls.runner.values import CompiledValue, Fault

_NULL_BYTES = "source code string cannot contain null bytes"  # a ValueError in Python 3.10


def judge(
    step: Step,
    run: StepRun,
    root: Path,
    tests: Path,
    names: Mapping[str, Name] = MappingProxyType({}),
    stub: Stub | None = None,
    course: Course | None = None,
) -> Verdict:
    """The verdict of `step`, whose code lies below `root` and whose tests are the file `tests`.

    `names` says of some of the step's functions what they behave like, `stub` with which text a
    file of the step begins, `course` in which course it stands.
    """
    code = Code(root, step, course.library) if course else Code(root, step)
    if run.passed:
        notes = lost_checks(code, stub) if stub else ()
        return Verdict(step.id, "passed", seconds=run.seconds, output=run.output, notes=notes)
    verdict = _not_passed(code, run, tests, names, course)
    return with_oddities(verdict, code, stub) if stub else verdict


def _not_passed(
    code: Code, run: StepRun, tests: Path, names: Mapping[str, Name], course: Course | None
) -> Verdict:
    step = code.step
    if run.limit:
        who = code.file_of(run.stopped_in) if run.importing and run.stopped_in else titled(step)
        failure = limit_failure(who, run.limit, run.output, run.stopped_in)
        return _failing(step, run, (_stopped(code, run, failure, tests),))
    if run.not_run:
        verdict = not_to_its_end(step, run.not_run, run.install)
        return replace(verdict, seconds=run.seconds, output=run.output)
    if not any(not test.passed for test in run.tests):
        failure = Failure(say("This step has no test; tell whoever teaches the course."))
        return _failing(step, run, (Mark(failure),))
    unreadable = next((test for test in run.tests if test.name == UNREADABLE), None)
    if unreadable and unreadable.raised:
        return _failing(step, run, (Mark(_unreadable(step, unreadable.raised)),))
    marks, functions = _functions(code, run, tests, names)
    if marks and not _not_begun(code, run):
        return replace(_failing(step, run, marks), functions=functions)
    return replace(_not_written(code, run, course), functions=functions)


def _stopped(code: Code, run: StepRun, failure: Failure, tests: Path) -> Mark:
    """Where a run was stopped: in the step's own function that was running, as for an error."""
    expectation: Frame | None = None
    if met := run.under_way:
        inputs = tuple(met.inputs.items())
        failure = replace(failure, call=met.call, inputs=inputs, test=met.test)
        in_file = met.test != EXAMPLE and met.line
        expectation = Frame(str(tests), met.test, met.line, met.line) if in_file else None
    here = _first_line(run.stopped_in)
    if here is None:
        return Mark(failure, code.first(), expectation)
    own = (frame for frame in (here, *reversed(run.stack)) if code.symbol_at(frame))
    where = next(own, here)
    related = ((here, "it was here"),) if where != here else ()
    return Mark(failure, where, expectation, code.symbol_at(where) or "", related)


def _failing(step: Step, run: StepRun, marks: tuple[Mark, ...]) -> Verdict:
    where = marks[0].where if marks else None
    return Verdict(step.id, "failing", marks, where, seconds=run.seconds, output=run.output)


def failed_tests(code: Code, run: StepRun) -> dict[str, list[TestRun]]:
    """The tests that failed, by the function that they blame; "" where they blame none.

    One that met a function that is not written blames nobody.
    """
    found: dict[str, list[TestRun]] = {}
    for test in run.tests:
        if not (test.passed or test.not_run or (test.raised and test.raised.unwritten)):
            found.setdefault(blame(code, test).function or "", []).append(test)
    return found


def _functions(
    code: Code, run: StepRun, tests: Path, names: Mapping[str, Name]
) -> tuple[tuple[Mark, ...], tuple[FunctionVerdict, ...]]:
    """What is wrong with each function of the step, and how each of them stands."""
    failed = failed_tests(code, run)
    held = held_up(failed)
    marks: list[Mark] = []
    for name, wrong in failed.items():
        if name in held:
            continue
        if not name and len(failed) > 1:
            continue  # it follows from what is wrong with the others, as far as can be told
        marks.append(_mark(code, run, wrong[0], tests, name, names.get(name)))
    if len(code.step.symbols) < 2:
        return tuple(marks), ()
    verdicts = (
        FunctionVerdict(symbol.name, _state(code, run, symbol.name, failed, held))
        for symbol in code.step.symbols
    )
    return tuple(marks), tuple(verdicts)


def held_up(failed: Mapping[str, list[TestRun]]) -> frozenset[str]:
    """The functions each of whose failing tests runs another failing one inside of theirs.

    Of two that call each other both are at fault, as far as can be told.
    """
    nested = {pair for tests in failed.values() for test in tests for pair in test.nested}

    def waits(name: str, test: TestRun) -> bool:
        inner = (inner for outer, inner in test.nested if outer == name)
        return any(each in failed and (each, name) not in nested for each in inner)

    return frozenset(n for n, tests in failed.items() if all(waits(n, test) for test in tests))


def _state(
    code: Code, run: StepRun, name: str, failed: Mapping[str, list[TestRun]], held: frozenset[str]
) -> FunctionState:
    if code.unwritten(name):
        return "todo"
    if name in failed:
        return "waiting" if name in held else "failing"
    if any(name in test.called or not test.called for test in failed.get("", ())):
        return "waiting"  # one of its tests fails, and it may be its fault
    about = [test for test in run.tests if name in test.called]
    right = any(
        seen.passed and name in seen.called and seen.expected.kind != "raises"
        for test in about
        for seen in test.observations
    )
    whole = bool(about) and all(test.passed for test in about)  # all of it may be errors wanted
    return "passed" if right or whole else "waiting"


def _not_begun(code: Code, run: StepRun) -> bool:
    """Whether all of a step's functions are stubs: what its tests met then is no fault of it."""
    if any(test.name == IMPORT for test in run.tests):
        return False
    symbols = code.step.symbols
    return bool(symbols) and all(
        code.definition(symbol.file, symbol.name) and code.unwritten(symbol.name)
        for symbol in symbols
    )


def _not_written(code: Code, run: StepRun, course: Course | None) -> Verdict:
    """The verdict of a step that is a stub, or whose failing tests all met one."""
    step, where = code.step, code.first()
    stubs = [test.raised.unwritten for test in run.tests if test.raised and test.raised.unwritten]
    if step.id in stubs or _not_begun(code, run):
        verdict = Verdict(step.id, "todo", (), where)
    else:
        other = course.steps.get(stubs[0]) if course else None
        there = titled_from(course, step, other) if course and other else stubs[0]
        first = titled(other) if other else stubs[0]
        failure = Failure(
            say("{step} calls {other}, which is not written yet.", step=titled(step), other=there),
            help=say("Write {other} first; this step is tested again then.", other=first),
        )
        verdict = Verdict(step.id, "blocked", (Mark(failure, where),), where, stubs[0])
    return replace(verdict, seconds=run.seconds, output=run.output)


def _unreadable(step: Step, error: Raised) -> Failure:
    """What is said of a step whose lesson is broken."""
    place = f"test_{step.module_id}.py"
    if error.frames:
        place += f", line {error.frames[-1].line}"
    return Failure(
        say(
            "The tests of this lesson can't be read: {place}: {message}.",
            place=place,
            message=error.message,
        ),
        help=say(
            "This is a fault of the lesson, not of your code. Tell whoever teaches the course."
        ),
    )


def _mark(
    code: Code, run: StepRun, test: TestRun, tests: Path, function: str, name: Name | None
) -> Mark:
    """What a test that failed says, and where: in the student's code, and in the test."""
    place = blame(code, test)
    if test.raised:
        failure, place = _raised(code, test, test.raised, place)
        frames = (frame for frame in test.raised.frames if Path(frame.file) == tests)
        expectation = next(frames, None)
    else:
        unmet = test.observations[-1]
        failure = _unmet(code, unmet, place, test.wrote.parameter if test.wrote else "")
        expectation = Frame(str(tests), test.name, unmet.line, unmet.line)
    if name and name.kind == "mistake":
        failure = replace(failure, mistake=name.title, help=name.help or failure.help)
    elif name:
        failure = replace(failure, fact=name.title, help=name.help or failure.help)
    failure = replace(failure, test=test.name, output=run.output)
    expectation = None if test.name == EXAMPLE else expectation
    other = test.raised.other if test.raised else None
    related = ((other, "the other thread is here"),) if other and other != place.where else ()
    return Mark(failure, place.where or code.first(), expectation, function, related)


def _raised(code: Code, test: TestRun, error: Raised, place: Blame) -> tuple[Failure, Blame]:
    if error.syntax_error or (test.name == IMPORT and _NULL_BYTES in error.message):
        return _syntax_error(code, error, place)
    if error.fault:
        return _fault(test, error, error.fault), place
    if (call := none_met(test)) and place.function == call.function:
        return _gave_none(test, call), place
    found = code.slip(error)
    advice = found.help if found else _help_of(code, error)
    failure = Failure(
        headline=_headline(error),
        call=test.call,
        inputs=tuple(test.inputs.items()),
        help=advice,
    )
    return failure, place


def _headline(error: Raised) -> str:
    first = next(iter(error.message.splitlines()), "")
    if error.type == "BdbQuit":
        return say("A breakpoint stands here.")
    if error.type == UNREACHED:
        return say("The test came to its end, and never to `{call}`.", call=first)
    return ": ".join(filter(None, (error.type, first)))


def _help_of(code: Code, error: Raised) -> str:
    inside, silent = code.met(error), code.gives_nothing()
    return error_help(code.step, error, in_student_code=inside, silent=silent)


def _gave_none(test: TestRun, call: Call) -> Failure:
    """What is said of a function without a `return`, whose result a test went on with."""
    return Failure(
        say("`{function}` gave None.", function=call.function.rpartition(".")[2]),
        call=test.call,
        inputs=tuple(test.inputs.items()),
        help=say(NO_RETURN),
    )


def _fault(test: TestRun, error: Raised, fault: Fault) -> Failure:
    """What a kernel did, or what a compiler does not take."""
    return Failure(
        fault_headline(fault.kind, error.message),
        call=test.call,
        inputs=tuple(test.inputs.items()),
        help=fault_help(fault.kind, error.frames[-1].file if error.frames else ""),
    )


def _syntax_error(code: Code, error: Raised, place: Blame) -> tuple[Failure, Blame]:
    """What keeps Python from reading a file of the student's."""
    found, file = code.unreadable(error)
    where = error.frames[-1] if error.frames else Frame("", "", 0, 0)
    if (where.file, where.line) != (str(file), found.line):
        where = Frame(str(file), MODULE, found.line, found.line)
    return Failure(f"{found.fact}.", help=found.help), replace(place, where=where)


def _unmet(code: Code, unmet: Observation, place: Blame, parameter: str) -> Failure:
    call, *more = unmet.call.splitlines() or [""]
    call += " …" if more else ""
    if isinstance(unmet.value, CompiledValue) and unmet.value.fault:
        return _not_compiled(unmet, unmet.value.fault)
    headline = identity_words(unmet.call, unmet.value)
    headline = headline or say("{call} is not what it should be.", call=call)
    headline = headline if call else say("A value is wrong.")
    help_text = value_help(unmet.value, unmet.expected.value, silent=code.gives_nothing())
    if strays := unmet.deviation:
        part = "" if strays.at is None else code.part_of(place.function, strays.at)
        headline, help_text = deviation_words(strays, unmet.call, place.function, parameter, part)
    by_value = bool(unmet.difference) or not unmet.deviation
    return Failure(
        headline=headline,
        call=unmet.call,
        inputs=tuple(unmet.inputs.items()),
        got=unmet.got,
        expected=unmet.wanted if by_value else "",
        difference=_news(unmet),
        because=unmet.because if by_value or unmet.expected.dtype else "",
        help=help_text,
    )


def _not_compiled(unmet: Observation, fault: Fault) -> Failure:
    """What a compiler says of a kernel that should have been compiled."""
    return Failure(
        headline=fault_headline(fault.kind, unmet.difference),
        call=unmet.call,
        expected=unmet.wanted,
        because=unmet.because,
        help=fault_help(fault.kind),
    )


def _news(unmet: Observation) -> str:
    """The first difference, where it says more than the two texts that stand above it."""
    told = unmet.difference
    error = unmet.expected.kind == "raises" and told.endswith("was wanted")
    return "" if error or (unmet.got in told and unmet.wanted in told) else told


def _first_line(frame: Frame | None) -> Frame | None:
    """The head of a loop, where the whole of it is meant: a mark over all of it says less."""
    return replace(frame, end_line=frame.line) if frame and frame.end_line > frame.line else frame
