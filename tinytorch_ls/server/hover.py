"""Hover on a step's function: the failure if it fails, then the scaffold."""

from __future__ import annotations

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.lesson_text import scaffold_markdown
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.feedback.words import failure_markdown
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import marks_in, place_of
from tinytorch_ls.server.positions import lines_of, span_range
from tinytorch_ls.server.session import OpenFile, Session


def hover(ls: TinyTorchServer, params: types.HoverParams) -> types.Hover | None:
    """What the course says of the step at a place."""
    found = ls.sessions.opened(params.text_document.uri)
    step = found[1].step_at(params.position.line) if found else None
    if found is None or step is None:
        return None
    session, opened = found
    line = params.position.line
    definition = opened.definition(step)
    place = span_range(lines_of(opened.text), definition.signature) if definition else None
    inside = place is not None and place.start.line <= line <= place.end.line
    written = session.state(step) != "todo"
    if ls.client_explains and written and not inside and not _said_at(session, opened, line):
        return None  # the lesson stands beside the code, and this would lie over it
    text = _content(session, opened, step, line)
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, place if inside else None)


FEATURES = {types.TEXT_DOCUMENT_HOVER: hover}


def _content(session: Session, opened: OpenFile, step: Step, line: int) -> str:
    """What to do in a step; what is wrong with it stands first.

    A client shows the diagnostics of a line beside its hover: what they say isn't said twice.
    """
    state = session.wording(step).label
    scaffold = scaffold_markdown(step, state, session.hints_shown(step))
    verdict = session.verdicts.get(step.id)
    here = _said_at(session, opened, line)
    failures = [mark.failure for mark in verdict.marks] if verdict else []
    parts = [failure_markdown(failure) for failure in failures if failure not in here]
    if verdict and verdict.count and failures:
        parts.append(f"{verdict.count}.")
    return "\n\n---\n\n".join(["\n\n".join(parts), scaffold] if parts else [scaffold])


def _said_at(session: Session, opened: OpenFile, line: int) -> list[Failure]:
    """What the diagnostics say that a client shows on a line."""
    places = ((mark, place_of(opened, step, mark)) for step, _, mark in marks_in(session, opened))
    return [mark.failure for mark, at in places if at.start.line <= line <= at.end.line]
