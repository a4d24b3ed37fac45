"""The docstring of a function, and where a student goes on writing below it."""

from __future__ import annotations

import re

from tinytorch_ls.forms.line_ends import line_ending
from tinytorch_ls.forms.python.given import body_of
from tinytorch_ls.forms.python.meaning import symbol_digest
from tinytorch_ls.forms.python.stub import unwritten
from tinytorch_ls.forms.python.symbols import Function, Source, definitions
from tinytorch_ls.forms.refused import Refused, unreadable
from tinytorch_ls.forms.text import Position, Span
from tinytorch_ls.messages import say

_LINE_END = re.compile(r"\r\n|\r|\n")


def documentation(source: str, name: str) -> Span | None:
    """Where the docstring of a definition stands. Raises SyntaxError."""
    found = definitions(source).get(name)
    return found.docstring if found else None


def writing_place(source: str, name: str) -> Position | None:
    """The `raise` of a stub, else the first statement behind the docstring. Raises SyntaxError."""
    found = definitions(source).get(name)
    if found is None:
        return None
    statements = body_of(found)
    if name in unwritten(source) and statements:
        return Source(source).span(statements[-1]).start
    return found.first_statement


def with_documentation(into: str, name: str, donor: str) -> str:
    """`into` with the donor's docstring in place of a definition's own; the code stays to the byte.

    Raises Refused where one of them has none, or where the code would not stay as it is.
    """
    try:
        ours, theirs = definitions(into).get(name), definitions(donor).get(name)
    except SyntaxError as error:
        raise unreadable("your file", error) from None
    if ours is None or theirs is None or ours.docstring is None or theirs.docstring is None:
        raise Refused(say("`{name}` has no docstring to be replaced", name=name))
    place = ours.docstring
    text = _fitted(theirs, theirs.docstring.of(donor), ours, into)
    changed = into[: place.start.offset] + text + into[place.end.offset :]
    if not _is_the_same_code(name, into, changed):
        raise Refused(
            say("the docstring of `{name}` can't be changed without changing your code", name=name)
        )
    return changed


def _fitted(theirs: Function, docstring: str, ours: Function, into: str) -> str:
    """The donor's docstring with the indentation and the line ending of its new place."""
    old, new = _body_indent(theirs), _indent_at(ours, into)
    first, *others = _LINE_END.split(docstring)
    moved = (new + line.removeprefix(old) if line.startswith(old) else line for line in others)
    return line_ending(into).join([first, *moved])


def _indent_at(ours: Function, into: str) -> str:
    """The blanks before the docstring on its line; those of a body where code stands there."""
    assert ours.docstring
    start = ours.docstring.start
    before = into[start.offset - start.column : start.offset]
    return before.rpartition("\f")[2] if not before.strip() else _body_indent(ours)


def _body_indent(definition: Function) -> str:
    return definition.indent + "    "


def _is_the_same_code(name: str, old: str, new: str) -> bool:
    try:
        before, after = definitions(old), definitions(new)
    except SyntaxError:
        return False
    return list(before) == list(after) and symbol_digest(old, name) == symbol_digest(new, name)
