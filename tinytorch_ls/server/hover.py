"""Hover on a step's function: the failure if it fails, then the scaffold."""

from __future__ import annotations

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.lesson_text import scaffold_markdown
from tinytorch_ls.feedback.words import failure_markdown
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of, span_range
from tinytorch_ls.server.session import Session


def hover(ls: TinyTorchServer, params: types.HoverParams) -> types.Hover | None:
    """What the course says of the step at a place."""
    found = ls.sessions.opened(params.text_document.uri)
    step = found[1].step_at(params.position.line) if found else None
    if found is None or step is None:
        return None
    session, opened = found
    content = types.MarkupContent(types.MarkupKind.Markdown, _content(session, step))
    definition = opened.definition(step)
    lines = lines_of(opened.text)
    place = span_range(lines, definition.signature) if definition else None
    inside = place and place.start.line <= params.position.line <= place.end.line
    return types.Hover(content, place if inside else None)


FEATURES = {types.TEXT_DOCUMENT_HOVER: hover}


def _content(session: Session, step: Step) -> str:
    """What to do in a step; what is wrong with it stands first."""
    state = session.wording(step).label
    scaffold = scaffold_markdown(step, state, session.hints_shown(step))
    failure = session.failure(step)
    return f"{failure_markdown(failure)}\n\n---\n\n{scaffold}" if failure else scaffold
