"""Inlay hints: what a step's variables were when it was last run, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.runner.report import Binding
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import at_line, marks_in, place_of
from tinytorch_ls.server.kernel_hints import kernel_hints
from tinytorch_ls.server.positions import lines_of, position, units
from tinytorch_ls.server.session import OpenFile, Session


def inlay_hint(ls: TinyTorchServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    """What the names in a range were in the last run, and the verdict behind its line."""
    found = ls.sessions.opened(params.text_document.uri)
    if found is None or found[1].syntax_error:
        return []
    first, last = params.range.start.line, params.range.end.line
    hints = [
        *_hints(*found),
        *kernel_hints(*found),
        *(_verdicts(*found) if ls.client_shows_verdicts else ()),
    ]
    return [hint for hint in hints if first <= hint.position.line <= last]


FEATURES = {types.TEXT_DOCUMENT_INLAY_HINT: inlay_hint}


def _hints(session: Session, opened: OpenFile) -> Iterator[types.InlayHint]:
    form, lines = form_of(opened.file), lines_of(opened.text)
    for step in opened.steps:
        for definition, known in _run(session, opened, step):
            for bound in form.bound(opened.text, definition.name):
                if binding := known.get((bound.line - definition.first_line, bound.name)):
                    yield _hint(position(lines, bound.end), binding)


def _verdicts(session: Session, opened: OpenFile) -> Iterator[types.InlayHint]:
    """What came of a run behind each line that it marks, until something is written."""
    lines = lines_of(opened.text)
    told: set[int] = set()  # a line has room for one
    for step, verdict, mark in marks_in(session, opened):
        line = place_of(opened, step, mark).end.line
        label = at_line(session, opened, verdict, mark)
        if label and line not in told:
            told.add(line)
            end = types.Position(line, units(lines[line]))
            yield types.InlayHint(end, label, padding_left=True)


def _run(
    session: Session, opened: OpenFile, step: Step
) -> Iterator[tuple[Definition, dict[tuple[int, str], Binding]]]:
    """The functions of a step in this file, with what their lines bound in the last run."""
    verdict = session.verdicts.get(step.id)
    for symbol in step.symbols:
        definition = opened.good.get(symbol.name)
        if verdict is None or definition is None or symbol.file != opened.file:
            continue
        known = {(b.line, b.name): b for b in verdict.bindings if b.function == symbol.name}
        yield definition, known


def _hint(place: types.Position, binding: Binding) -> types.InlayHint:
    return types.InlayHint(
        place,
        f": {binding.shape} {binding.dtype}",
        kind=types.InlayHintKind.Type,
        tooltip=f"what `{binding.name}` was in the last run of this step's tests",
    )
