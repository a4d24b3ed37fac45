"""The course as a tree, a lesson as Markdown, a picture: what LSP has no words for."""

from __future__ import annotations

from dataclasses import asdict

from lsprotocol import types

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.needs import lacks_in
from tinytorch_ls.feedback.lesson_text import module_markdown, step_markdown
from tinytorch_ls.feedback.standing_in import standing_texts
from tinytorch_ls.feedback.states import wording
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.runner.client import RunRequest
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.debugging import can_debug
from tinytorch_ls.server.folding import scaffolds_of
from tinytorch_ls.server.positions import lines_of, position, span_range
from tinytorch_ls.server.protocol import (
    COURSE,
    ENTRY,
    LESSON,
    PICTURE,
    CourseParams,
    CourseTree,
    Entry,
    HintCount,
    Lack,
    Lesson,
    LessonComplaint,
    ModuleNode,
    Pad,
    PageParams,
    Picture,
    PictureParams,
    Slider,
    StepNode,
    StepParams,
)
from tinytorch_ls.server.serving import is_there
from tinytorch_ls.server.session import Session


def course(ls: TinyTorchServer, params: CourseParams) -> CourseTree:
    """The course as the student has it."""
    session = ls.session(params.folder)
    if session and not is_there(ls, session):
        session = ls.session(None)
    following = session.folder.next_step() if session else None
    complaints = (LessonComplaint(str(c.file), c.line, c.message) for c in ls.course.complaints)
    return CourseTree(
        title=ls.course.title,
        folder=str(session.folder.root) if session else None,
        folders=tuple(str(each.folder.root) for each in ls.sessions),
        trusted=ls.trusted,
        complaints=tuple(complaints),
        modules=tuple(_module(ls, session, module) for module in ls.course.modules),
        next=following.id if following else None,
    )


def lesson(ls: TinyTorchServer, params: PageParams) -> Lesson:
    """The lesson of a step, or of a module."""
    if params.step is None:
        module = ls.module(params.module)
        session = ls.session(params.folder)
        done = session is not None and session.passed(module) == len(module.steps)
        return Lesson(module.title, module_markdown(module, done=done), None)
    step = ls.step(params.step)
    return Lesson(step.title, step_markdown(step), step.id)


async def picture(ls: TinyTorchServer, params: PictureParams) -> Picture | None:
    """What the student's code draws for a step that has passed."""
    step, session = ls.step(params.step), ls.session(params.folder)
    if session is None or not ls.trusted or session.state(step) != "passed":
        return None
    laid = standing_texts(session.folder, session.course.module(step.module_id))
    request = RunRequest(step.module_id, (step.id,), root=session.folder.root, overlay=laid)
    drawn = await session.runner.picture(request, params.values, params.strokes)
    if drawn is None:
        return None
    sliders = (Slider(**asdict(slider)) for slider in drawn.sliders)
    pads = (Pad(pad.name, pad.label) for pad in drawn.pads)
    return Picture(drawn.png, drawn.caption, tuple(sliders), tuple(pads))


def entry(ls: TinyTorchServer, params: StepParams) -> Entry | None:
    """How a step is opened whose file is; None where none of its functions stands in it."""
    step, session = ls.step(params.step), ls.session(params.folder)
    file = step.symbols[0].file if step.symbols else ""
    opened = session.opened(file) if session else None
    definition = opened.definition(step) if opened else None
    if opened is None or definition is None:
        return None
    lines = lines_of(opened.good_text)
    writing = form_of(file).writing_place(opened.good_text, definition.name)
    return Entry(
        opened.uri,
        span_range(lines, definition.signature),
        position(lines, writing or definition.first_statement),
        tuple(first for first, _ in scaffolds_of(opened, step)),
    )


FEATURES = {COURSE: course, LESSON: lesson, PICTURE: picture, ENTRY: entry}


def _module(ls: TinyTorchServer, session: Session | None, module: Module) -> ModuleNode:
    begun = session is not None and session.folder.begun(module)
    steps = tuple(
        _step(ls, session, module, step, begun=begun) if session else _unserved(step)
        for step in module.steps
    )
    return ModuleNode(
        id=module.id,
        number=module.number,
        title=module.title,
        begun=begun,
        passed=sum(step.state == "passed" for step in steps),
        total=len(steps),
        lack=next((Lack(lack.reason, lack.install) for lack in lacks_in(module)), None),
        steps=steps,
    )


def _step(
    ls: TinyTorchServer, session: Session, module: Module, step: Step, *, begun: bool
) -> StepNode:
    failure = session.failure(step)
    file = step.symbols[0].file if step.symbols else module.files[0]
    awaited = session.waited_for(step)
    return StepNode(
        id=step.id,
        title=step.title,
        state=session.state(step),
        running=session.running(step),
        label=session.wording(step).label,
        detail=_detail(session.count(step), failure) if failure and begun else None,
        uri=ls.uri_of(session, file) if begun else None,
        range=_range(session, file, step) if begun else None,
        hints=HintCount(session.hints_shown(step), len(step.hints)),
        debugs=can_debug(step),
        waits_for=awaited.id if awaited else None,
    )


def _detail(count: str, failure: Failure) -> str:
    """What the last run said, in a sentence; how many functions are right stands first."""
    return f"{count[:1].upper()}{count[1:]}. {failure.headline}" if count else failure.headline


def _unserved(step: Step) -> StepNode:
    """A step where no student's folder is served."""
    hints = HintCount(0, len(step.hints))
    label = wording("todo").label
    debugs = can_debug(step)
    return StepNode(
        step.id, step.title, "todo", False, label, None, None, None, hints, debugs, None
    )


def _range(session: Session, file: str, step: Step) -> types.Range | None:
    opened = session.opened(file)
    definition = opened.definition(step) if opened else None
    if opened is None or definition is None:
        return None
    return span_range(lines_of(opened.text), definition.identifier)
