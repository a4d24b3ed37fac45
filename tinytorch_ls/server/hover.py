"""Hover on a step's function: the failure if it fails, then the scaffold."""

from __future__ import annotations

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.words import failure_markdown
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of, span_range
from tinytorch_ls.server.session import OpenFile, Session

_STATES = {
    "todo": "not written yet",
    "failing": "failing",
    "passed": "passed",
    "blocked": "waits for an earlier step",
}


def register(server: TinyTorchServer) -> None:
    """Add these features to the server."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(ls: TinyTorchServer, params: types.HoverParams) -> types.Hover | None:  # pyright: ignore[reportUnusedFunction]
        found = ls.opened(params.text_document.uri)
        step = step_at(found[1], params.position.line) if found else None
        if found is None or step is None:
            return None
        session, opened = found
        content = types.MarkupContent(types.MarkupKind.Markdown, scaffold(session, step))
        definition = opened.definition(step)
        lines = lines_of(opened.text)
        place = span_range(lines, definition.signature) if definition else None
        inside = place and place.start.line <= params.position.line <= place.end.line
        return types.Hover(content, place if inside else None)


def step_at(opened: OpenFile, line: int) -> Step | None:
    """The step whose code covers a 0-based line of an open file."""
    for step in opened.module.steps:
        for symbol in step.symbols:
            found = opened.good.get(symbol.name) if symbol.file == opened.file else None
            if found and found.first_line <= line + 1 <= found.last_line:
                return step
    return None


def scaffold(session: Session, step: Step) -> str:
    """What to do in a step, as Markdown; what is wrong with it stands first."""
    parts: list[str] = []
    if failure := session.failure(step):
        parts += [failure_markdown(failure), "---"]
    parts.append(f"### {step.title} — {_STATES[session.state(step)]}")
    if step.instructions:
        steps = "\n".join(f"{n}. {text}" for n, text in enumerate(step.instructions, 1))
        parts.append(f"**Step by step**\n\n{steps}")
    if step.example:
        parts.append(f"**Example**\n```python\n{step.example.rstrip()}\n```")
    hints = step.hints[: session.hints_shown(step)]
    if hints:
        shown = "\n".join(f"{n}. {text}" for n, text in enumerate(hints, 1))
        parts.append(f"**Hints** ({len(hints)} of {len(step.hints)})\n\n{shown}")
    return "\n\n".join(parts)
