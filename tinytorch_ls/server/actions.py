"""Code actions inside a step: next hint, explain, run, debug, tidy up, reset, undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.debugging import can_debug
from tinytorch_ls.server.diagnostics import SOURCE
from tinytorch_ls.server.lenses import can_tidy
from tinytorch_ls.server.protocol import (
    BEGIN_MODULE,
    DEBUG_STEP,
    EXPLAIN_STEP,
    HINT,
    RESET_STEP,
    RUN_STEP,
    TIDY_STEP,
    UNDO,
)
from tinytorch_ls.server.session import OpenFile, Session
from tinytorch_ls.workspace import snapshots

TIDY = "Tidy up: the library's words for the TODO"


def code_action(ls: TinyTorchServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done in the step at a place."""
    found = ls.sessions.opened(params.text_document.uri)
    if found is None or not _wants_quick_fixes(params.context):
        return []
    session, opened = found
    ours = [d for d in params.context.diagnostics if d.source == SOURCE]
    step = _step_of(ls, ours) or opened.step_at(params.range.start.line)
    if opened.empty:
        commands = _on_emptied(ls, session, opened)
    else:
        commands = _commands(ls, session, step) if step else ()
    quick_fix = types.CodeActionKind.QuickFix
    return [types.CodeAction(c.title, quick_fix, ours or None, command=c) for c in commands]


FEATURES = {types.TEXT_DOCUMENT_CODE_ACTION: code_action}
OPTIONS = {
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix]
    )
}


def _wants_quick_fixes(context: types.CodeActionContext) -> bool:
    """Whether the client asked for this kind, or one above it, or did not say."""
    wanted = context.only or [types.CodeActionKind.Empty]
    quick_fix = types.CodeActionKind.QuickFix.value
    return any(kind in ("", quick_fix) for kind in wanted)


def _step_of(ls: TinyTorchServer, diagnostics: list[types.Diagnostic]) -> Step | None:
    steps = (ls.course.steps.get(str(diagnostic.code)) for diagnostic in diagnostics)
    return next(filter(None, steps), None)


def _commands(ls: TinyTorchServer, session: Session, step: Step) -> Iterator[types.Command]:
    shown, total, target = session.hints_shown(step), len(step.hints), ls.target(session, step.id)
    if shown < total:
        title = say("Show hint {number} of {total}", number=shown + 1, total=total)
        yield types.Command(title, HINT, arguments=target)
    if ls.client_explains:
        yield types.Command(
            say("Explain {step}", step=titled(step)), EXPLAIN_STEP, arguments=target
        )
    yield types.Command(say("Run step test"), RUN_STEP, arguments=target)
    if ls.client_debugs and can_debug(step):
        yield types.Command(say("Debug step"), DEBUG_STEP, arguments=target)
    if can_tidy(session, step):
        yield types.Command(say(TIDY), TIDY_STEP, arguments=target)
    if step.symbols:
        yield types.Command(say("Reset step to its TODO"), RESET_STEP, arguments=target)
    yield from _undo(ls, session)


def _on_emptied(ls: TinyTorchServer, session: Session, opened: OpenFile) -> Iterator[types.Command]:
    """The ways out of a file that has lost all of its text."""
    if opened.module is None:
        return
    name, target = Path(opened.file).name, ls.target(session, opened.module.id)
    yield types.Command(
        say("Bring the TODOs of {name} back", name=name), BEGIN_MODULE, arguments=target
    )
    yield from _undo(ls, session)


def _undo(ls: TinyTorchServer, session: Session) -> Iterator[types.Command]:
    if last := next(snapshots.history(session.folder), None):
        yield types.Command(
            say("Undo: {reason}", reason=last.reason), UNDO, arguments=ls.target(session)
        )
