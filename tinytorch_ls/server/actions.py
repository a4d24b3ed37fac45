"""Code actions inside a step: next hint, explain, run, debug, reset, undo."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import SOURCE
from tinytorch_ls.server.protocol import (
    DEBUG_STEP,
    EXPLAIN_STEP,
    HINT,
    RESET_STEP,
    RUN_STEP,
    UNDO,
)
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace import snapshots


def code_action(ls: TinyTorchServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done in the step at a place."""
    found = ls.opened(params.text_document.uri)
    if found is None or not _wants_quick_fixes(params.context):
        return []
    session, opened = found
    ours = [d for d in params.context.diagnostics if d.source == SOURCE]
    step = _step_of(ls, ours) or opened.step_at(params.range.start.line)
    if step is None:
        return []
    return [
        types.CodeAction(
            command.title, types.CodeActionKind.QuickFix, ours or None, command=command
        )
        for command in _commands(ls, session, step)
    ]


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
    shown, total = session.hints_shown(step), len(step.hints)
    if shown < total:
        yield types.Command(f"Show hint {shown + 1} of {total}", HINT, arguments=[step.id])
    if ls.client_explains:
        yield types.Command(f"Explain “{step.title}”", EXPLAIN_STEP, arguments=[step.id])
    yield types.Command("Run step test", RUN_STEP, arguments=[step.id])
    if ls.client_debugs:
        yield types.Command("Debug step", DEBUG_STEP, arguments=[step.id])
    if step.symbols:
        yield types.Command("Reset step to its TODO", RESET_STEP, arguments=[step.id])
    if last := next(snapshots.history(session.folder), None):
        yield types.Command(f"Undo “{last.reason}”", UNDO, arguments=[])
