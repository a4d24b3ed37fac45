"""Code lenses above each step: its state and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.needs import lacking_of
from tinytorch_ls.feedback.not_run import not_begun
from tinytorch_ls.feedback.roofline_words import code_words, work_words
from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.debugging import can_debug
from tinytorch_ls.server.kernel_hints import launches_of
from tinytorch_ls.server.positions import lines_of, span_range
from tinytorch_ls.server.protocol import (
    DEBUG_STEP,
    EXPLAIN_STEP,
    GO_TO_STEP,
    HINT,
    INSTALL,
    RUN_STEP,
    SHOW_THREADS,
    TIDY_STEP,
)
from tinytorch_ls.server.session import OpenFile, Session
from tinytorch_ls.workspace.tidy import untidy


def code_lens(ls: TinyTorchServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """The lenses of a file."""
    found = ls.sessions.opened(params.text_document.uri)
    return list(_lenses(ls, *found)) if found else []


FEATURES = {types.TEXT_DOCUMENT_CODE_LENS: code_lens}


def _lenses(ls: TinyTorchServer, session: Session, opened: OpenFile) -> Iterator[types.CodeLens]:
    lines = lines_of(opened.text)
    for step in opened.steps:
        place = _place(opened, step, lines)
        if place:
            for command in _commands(ls, session, step):
                yield types.CodeLens(place, command)
        yield from _of_kernels(ls, session, opened, step)


def _of_kernels(
    ls: TinyTorchServer, session: Session, opened: OpenFile, step: Step
) -> Iterator[types.CodeLens]:
    """What each kernel of a step moved and computed, above its first statement, and what it takes,
    above its decorator, or its end: the line of its head has the step's own, and all must fit.
    """
    command, target = SHOW_THREADS if ls.client_explains else RUN_STEP, ls.target(session, step.id)
    for launch in launches_of(session, step, opened.file):
        definition = opened.good.get(launch.kernel)
        code = session.verdicts[step.id].codes.get(launch.kernel)
        if definition is None:
            continue
        body, top = definition.first_statement.line, definition.first_line
        above = top if top < definition.signature.start.line else definition.last_line
        words = [
            (body, say("Thread map") if ls.client_explains else ""),
            (body, work_words(launch)),
            (above, code_words(code, launch) if code else ""),
        ]
        for line, title in words:
            if title:
                place = types.Position(line - 1, 0)
                shown = types.Command(title, command, arguments=target)
                yield types.CodeLens(types.Range(place, place), shown)


def _place(opened: OpenFile, step: Step, lines: list[str]) -> types.Range | None:
    """Above the step's first symbol; of an integration step at the top of the first file."""
    if not step.symbols:
        if opened.module is None or opened.file != opened.module.files[0]:
            return None
        return types.Range(types.Position(0, 0), types.Position(0, 0))
    definition = opened.definition(step)
    return span_range(lines, definition.signature) if definition else None


def _commands(ls: TinyTorchServer, session: Session, step: Step) -> Iterator[types.Command]:
    shown, target = session.wording(step), ls.target(session, step.id)
    right = session.count(step)
    state = f"{shown.sign} {shown.label}" + (f" · {right}" if right else "")
    lack = lacking_of(session.course.module(step.module_id), step)
    title = state if step.symbols else f"{state}: {step.title}"
    awaited = session.waited_for(step) if ls.client_explains else None
    if awaited:  # the words name it, and lead to it
        yield types.Command(title, GO_TO_STEP, arguments=ls.target(session, awaited.id))
    else:
        yield types.Command(title, RUN_STEP, arguments=target)
    if lack and lack.install and ls.client_installs:
        module = ls.target(session, step.module_id)
        yield types.Command(say("Install what it needs"), INSTALL, arguments=module)
    if ls.client_explains and (file := not_begun(session.folder, step)):
        other = session.course.module_of(file)
        first = ls.target(session, other.steps[0].id)
        yield types.Command(say("Begin {module}", module=other.title), GO_TO_STEP, arguments=first)
    yield types.Command(say("Run step test"), RUN_STEP, arguments=target)
    if ls.client_debugs and can_debug(step):
        yield types.Command(say("Debug step"), DEBUG_STEP, arguments=target)
    if step.hints and session.state(step) != "passed":
        total = len(step.hints)
        count = f"{say('Hint')} {min(session.hints_shown(step) + 1, total)}/{total}"
        yield types.Command(count, HINT, arguments=target)
    if can_tidy(session, step):
        yield types.Command(say("Tidy up"), TIDY_STEP, arguments=target)
    if ls.client_explains:
        yield types.Command(say("Explain"), EXPLAIN_STEP, arguments=target)
        following = session.course.next_step(step.id)
        if session.state(step) == "passed" and following:
            onward = ls.target(session, following.id)
            yield types.Command(say("Next step"), GO_TO_STEP, arguments=onward)


def can_tidy(session: Session, step: Step) -> bool:
    """Whether a step passes and still says in its file what is to be done."""
    if session.state(step) != "passed":
        return False
    opened = (session.opened(file) for file in dict.fromkeys(s.file for s in step.symbols))
    return any(each and untidy(each.good_text, each.file, step) for each in opened)
