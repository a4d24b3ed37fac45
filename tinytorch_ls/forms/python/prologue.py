"""The checks that a taught function keeps: as text of a stub, and at the head of a wrong body."""

from __future__ import annotations

import ast
from pathlib import Path

from tinytorch_ls.forms.line_ends import line_end
from tinytorch_ls.forms.python.given import body_of, given_names, prologue
from tinytorch_ls.forms.python.symbols import Function, Source, definitions


def prologue_text(source: str, checks: tuple[ast.stmt, ...]) -> str:
    """The checks as they stand in the source, with what is remarked behind the last; "" for none.

    Its first line has no indentation.
    """
    if not checks:
        return ""
    text = Source(source)
    start, end = text.span(checks[0]).start.offset, text.span(checks[-1]).end.offset
    behind = source[end : line_end(source, end)]
    remark = behind.rstrip() if behind.lstrip().startswith("#") else ""
    return source[start:end] + remark


def with_prologue(text: str, name: str, reference: str, library: Path) -> str:
    """A text whose definition `name` begins with the checks that the reference's begins with."""
    theirs = definitions(reference)[name]
    checks = prologue(theirs, given_names(reference, library))
    ours = definitions(text)[name]
    if not checks or _begins_with(ours, checks):
        return text
    place = ours.first_statement
    indent = ours.indent + "    " if ours.one_line else " " * place.column
    before = f"\n{indent}" if ours.one_line else ""
    added = f"{before}{prologue_text(reference, checks)}\n{indent}"
    return text[: place.offset] + added + text[place.offset :]


def _begins_with(definition: Function, checks: tuple[ast.stmt, ...]) -> bool:
    head = body_of(definition)[: len(checks)]
    return list(map(ast.dump, head)) == list(map(ast.dump, checks))
