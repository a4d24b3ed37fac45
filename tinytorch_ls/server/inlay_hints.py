"""Inlay hints: the shapes and dtypes that a step's variables had when it was last run."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.runner.report import Binding
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of, position
from tinytorch_ls.server.session import OpenFile, Session


def inlay_hint(ls: TinyTorchServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    """What the names in a range were in the last run."""
    found = ls.sessions.opened(params.text_document.uri)
    if found is None or found[1].syntax_error:
        return []
    first, last = params.range.start.line, params.range.end.line
    return [hint for hint in _hints(*found) if first <= hint.position.line <= last]


FEATURES = {types.TEXT_DOCUMENT_INLAY_HINT: inlay_hint}


def _hints(session: Session, opened: OpenFile) -> Iterator[types.InlayHint]:
    form, lines = form_of(opened.file), lines_of(opened.text)
    for step in opened.steps:
        for definition, known in _run(session, opened, step):
            for bound in form.bound(opened.text, definition.name):
                if binding := known.get((bound.line - definition.first_line, bound.name)):
                    yield _hint(position(lines, bound.end), binding)


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
