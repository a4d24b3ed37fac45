"""Inlay hints: the shapes and dtypes that a step's variables had when it was last run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.symbols import Definition, Text
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
    text, lines = Text(opened.text), lines_of(opened.text)
    for step in opened.steps:
        for definition, known in _run(session, opened, step):
            for line, name, node in _bound(definition):
                if binding := known.get((line - definition.first_line, name)):
                    yield _hint(position(lines, text.span(node).end), binding)


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


def _bound(definition: Definition) -> Iterator[tuple[int, str, ast.expr]]:
    """Each name that a function binds: the line that a run gives it, and where it stands.

    A parameter counts as bound by the function's first line. A name that has an annotation is left
    out: a second one behind it would be hard to read.
    """
    arguments = definition.node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation is None:
            name = ast.copy_location(ast.Name(argument.arg), argument)
            yield definition.first_line, argument.arg, name
    nodes = list(ast.walk(definition.node))
    annotated = [node.target for node in nodes if isinstance(node, ast.AnnAssign)]
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in annotated:
            yield node.lineno, node.id, node
