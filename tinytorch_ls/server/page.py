"""The pages of the lesson view: a step with its last result, or a module; and where to turn."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lsprotocol.types import Range

from tinytorch_ls.course.model import CLOSING, Module, Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.formulas import as_plain_text
from tinytorch_ls.feedback.lesson_text import (
    outcomes_of,
    sections_of,
    step_parts,
    unwritten_text,
)
from tinytorch_ls.feedback.states import sign_of
from tinytorch_ls.feedback.verdict import Failure, Mark, State
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer, uri_of_path
from tinytorch_ls.server.debugging import can_debug
from tinytorch_ls.server.diagnostics import located, unreadable, until_read
from tinytorch_ls.server.protocol import (
    PAGE,
    REFERENCE,
    STEP_AT,
    FunctionResult,
    Input,
    Page,
    PageParams,
    PagePart,
    PageQuestion,
    PageRef,
    Place,
    PlaceParams,
    Reference,
    Result,
    StepParams,
)
from tinytorch_ls.server.session import OpenFile, Session
from tinytorch_ls.workspace.changes import solve_change

_NO_FAILURE = Failure("")


def page(ls: TinyTorchServer, params: PageParams) -> Page:
    """The page of a step, or of a module."""
    session = ls.session(params.folder)
    if params.step is None:
        return _module_page(ls, session, ls.module(params.module))
    return _step_page(ls, session, ls.step(params.step))


def step_at(ls: TinyTorchServer, params: PlaceParams) -> StepParams | None:
    """The step that stands at a line of an open file, or next above it."""
    found = ls.sessions.opened(params.uri)
    step = found[1].step_near(params.line) if found else None
    return StepParams(step.id, str(found[0].folder.root)) if found and step else None


def reference(ls: TinyTorchServer, params: StepParams) -> Reference | None:
    """The student's file with the library's code of a step that passes, below their own words."""
    step, session = ls.step(params.step), ls.session(params.folder)
    if session is None or not step.symbols or session.state(step) != "passed":
        return None
    file = step.symbols[0].file
    try:
        texts = solve_change(session.folder, [step], titled(step), session.source).texts
    except Refused as refused:
        ls.warn(f"The two can't be compared: {refused}.")
        return None
    mine = session.source(file)
    text = _documented(texts.get(file) or mine, mine, step, file)
    return Reference(ls.uri_of(session, file), text)


FEATURES = {PAGE: page, STEP_AT: step_at, REFERENCE: reference}


def _documented(text: str, mine: str, step: Step, file: str) -> str:
    """A text with a student's documentation of what a step writes: only code is to be compared."""
    for symbol in step.symbols:
        if symbol.file == file:
            with suppress(Refused):
                text = form_of(file).with_documentation(text, symbol.name, mine)
    return text


def _step_page(ls: TinyTorchServer, session: Session | None, step: Step) -> Page:
    module = ls.course.module(step.module_id)
    parts = {"": step.explanation, **step_parts(step)}
    shown = session.hints_shown(step) if session else 0
    milestone = ls.course.milestone(step)
    return Page(
        module=module.id,
        number=module.number,
        module_title=module.title,
        step=step.id,
        title=step.title,
        position=module.steps.index(step) + 1,
        total=len(module.steps),
        passed=_passed(session, module),
        milestone=str(milestone) if milestone else None,
        writes=bool(step.symbols),
        debugs=can_debug(step),
        parts=tuple(PagePart(title, text) for title, text in parts.items()),
        questions=(),
        hints=step.hints[:shown],
        rungs=len(step.hints),
        result=_result(ls, session, step) if session else None,
        previous=_turn(ls, module, step, -1),
        following=_after(ls, session, module, step),
    )


def _module_page(ls: TinyTorchServer, session: Session | None, module: Module) -> Page:
    passed = _passed(session, module)
    sections = sections_of(module)
    parts = [PagePart("", module.introduction), PagePart(say("You will"), outcomes_of(module))]
    told = [PagePart(say(s.title), s.text) for s in sections if not s.questions]
    closing = [part for part in told if part.title == say(CLOSING)]
    told = [part for part in told if part not in closing]
    if passed == len(module.steps):  # what can be done now stands first, and not before
        parts = [*closing, *parts]
    questions = (each for section in sections for each in section.questions)
    return Page(
        module=module.id,
        number=module.number,
        module_title=module.title,
        step=None,
        title=module.title,
        position=0,
        total=len(module.steps),
        passed=passed,
        milestone=None,
        writes=False,
        debugs=False,
        parts=(*parts, *told),
        questions=tuple(PageQuestion(each.text, each.answer) for each in questions),
        hints=(),
        rungs=0,
        result=None,
        previous=_turn(ls, module, None, -1),
        following=_after(ls, session, module, None),
    )


def _passed(session: Session | None, module: Module) -> int:
    return session.passed(module) if session else 0


def _after(
    ls: TinyTorchServer, session: Session | None, module: Module, step: Step | None
) -> PageRef | None:
    """The page behind one. A module that passes closes with its own, which leads to the next."""
    last = module.steps[-1]
    if _passed(session, module) < len(module.steps):
        return _turn(ls, module, step, 1)
    if step is None:
        return _turn(ls, module, last, 1)
    return PageRef(say(CLOSING), None, module.id) if step == last else _turn(ls, module, step, 1)


def _turn(ls: TinyTorchServer, module: Module, step: Step | None, way: int) -> PageRef | None:
    """The page before or behind one: a module's own stands before its steps."""
    refs = [
        PageRef(each.title if each else m.title, each.id if each else None, m.id)
        for m in ls.course.modules
        for each in (None, *m.steps)
    ]
    here = [(ref.module, ref.step) for ref in refs].index((module.id, step.id if step else None))
    return refs[here + way] if 0 <= here + way < len(refs) else None


def _result(ls: TinyTorchServer, session: Session, step: Step) -> Result:
    opened = session.unread(step)
    verdict = None if opened else session.verdicts.get(step.id)
    mark = verdict.marks[0] if verdict and verdict.marks else None
    uri, place = (mark and located(ls, session, step, mark)) or (None, None)
    failure, awaited = session.failure(step) or _NO_FAILURE, session.waited_for(step)
    state, shown = session.state(step), session.wording(step)
    if opened and opened.syntax_error:  # what came of a run before is past
        failure, place = _unread(opened, opened.syntax_error)
        state, uri = "failing", opened.uri
    return Result(
        state=state,
        sign=shown.sign,
        label=shown.label,
        running=session.running(step),
        seconds=session.runner.limits.of(step.seconds).seconds,
        headline=failure.headline or _headline(step, state),
        count=session.count(step),
        functions=tuple(
            FunctionResult(function.name, function.state, sign_of(function.state))
            for function in (verdict.reported if verdict else ())
        ),
        inputs=tuple(Input(name, text) for name, text in failure.inputs),
        call=failure.call,
        got=failure.got,
        expected=failure.expected,
        difference=failure.difference,
        because=failure.because,
        mistake=failure.mistake or failure.fact,
        help=failure.help,
        output=failure.output or (verdict.output if verdict else ""),
        uri=uri,
        range=place,
        function=_function_of(mark) if mark else "",
        test=_test_of(mark) if mark else None,
        waits_for=_ref(awaited) if awaited else None,
    )


def _ref(step: Step) -> PageRef:
    return PageRef(step.title, step.id, step.module_id)


def _unread(opened: OpenFile, error: SyntaxError) -> tuple[Failure, Range]:
    """What is said of a step while its file can't be read, and where that is."""
    why, place = unreadable(opened, error)
    line, fact = place.start.line + 1, as_plain_text(why.fact)
    headline = say("Line {line}: {fact}.", line=line, fact=fact)
    return Failure(headline, help=until_read(why)), place


def _function_of(mark: Mark) -> str:
    return mark.function or (mark.where.function if mark.where else "")


def _test_of(mark: Mark) -> Place | None:
    wanted = mark.expectation
    return Place(uri_of_path(Path(wanted.file)), wanted.line - 1) if wanted else None


def _headline(step: Step, state: State) -> str:
    """What is said where no failure is known."""
    match state:
        case "passed":
            return as_plain_text(step.unlocked)
        case "todo" if step.symbols:
            return unwritten_text(step)
        case _:
            return ""
