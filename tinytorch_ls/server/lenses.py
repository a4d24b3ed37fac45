"""Code lenses above each step: its state and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of, span_range
from tinytorch_ls.server.session import OpenFile, Session

_STATES = {"todo": "○ Not written", "failing": "✗ Failing", "passed": "✓ Passed"}


def register(server: TinyTorchServer) -> None:
    """Add these features to the server."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def code_lens(ls: TinyTorchServer, params: types.CodeLensParams) -> list[types.CodeLens]:  # pyright: ignore[reportUnusedFunction]
        found = ls.opened(params.text_document.uri)
        if found is None:
            return []
        session, opened = found
        return list(_lenses(ls, session, opened))


def _lenses(ls: TinyTorchServer, session: Session, opened: OpenFile) -> Iterator[types.CodeLens]:
    lines = lines_of(opened.text)
    for step in opened.module.steps:
        place = _place(opened, step, lines)
        if place:
            for command in _commands(ls, session, step):
                yield types.CodeLens(place, command)


def _place(opened: OpenFile, step: Step, lines: list[str]) -> types.Range | None:
    """Above the step's first symbol; an integration step stands at the top of the file."""
    if not step.symbols:
        return types.Range(types.Position(0, 0), types.Position(0, 0))
    definition = opened.definition(step)
    return span_range(lines, definition.signature) if definition else None


def _commands(ls: TinyTorchServer, session: Session, step: Step) -> Iterator[types.Command]:
    run = "tinytorch.runStep"
    state = state_text(session, step)
    yield types.Command(
        state if step.symbols else f"{state}: {step.title}", run, arguments=[step.id]
    )
    yield types.Command("Run step test", run, arguments=[step.id])
    if ls.client_debugs:
        yield types.Command("Debug step", "tinytorch.debugStep", arguments=[step.id])
    if step.hints:
        count = f"Hint {session.hints_shown(step)}/{len(step.hints)}"
        yield types.Command(count, "tinytorch.hint", arguments=[step.id])
    if ls.client_explains:
        yield types.Command("Explain", "tinytorch.explainStep", arguments=[step.id])
        following = session.course.next_step(step.id)
        if session.state(step) == "passed" and following:
            yield types.Command("Next step", "tinytorch.goToStep", arguments=[following.id])


def state_text(session: Session, step: Step) -> str:
    """The state of a step in a word or three."""
    if session.running(step):
        return "… Running"
    state = session.state(step)
    if state == "blocked":
        verdict = session.verdicts.get(step.id)
        by = verdict.blocked_by if verdict else None
        return f"⊘ Blocked by {by}" if by else "⊘ Blocked"
    return _STATES[state]
