"""The checks that a taught function keeps: as text of a stub, and at the head of a wrong body."""

from __future__ import annotations

import ast
from pathlib import Path

from tinytorch_ls.forms.line_ends import line_end
from tinytorch_ls.forms.python.given import body_of, given_names, prologue
from tinytorch_ls.forms.python.symbols import Function, Source, definitions, named_in


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


def with_prologue(code: str, name: str, reference: str, library: Path) -> str:
    """A lesson's code whose definition `name` begins with the checks that the reference's begins
    with. It may write a method as a plain function."""
    theirs, ours = definitions(reference).get(name), named_in(definitions(code), name)
    checks = prologue(theirs, given_names(reference, library)) if theirs else ()
    if not ours or not checks or _begins_with(ours, checks):
        return code
    place = ours.first_statement
    indent = ours.indent + "    " if ours.one_line else " " * place.column
    before = f"\n{indent}" if ours.one_line else ""
    first, *rest = prologue_text(reference, checks).split("\n")
    given = " " * checks[0].col_offset
    moved = [indent + line[len(given) :] if line.startswith(given) else line for line in rest]
    added = "\n".join([first, *moved])
    return f"{code[: place.offset]}{before}{added}\n{indent}{code[place.offset :]}"


def _begins_with(definition: Function, checks: tuple[ast.stmt, ...]) -> bool:
    head = body_of(definition)[: len(checks)]
    return list(map(ast.dump, head)) == list(map(ast.dump, checks))
