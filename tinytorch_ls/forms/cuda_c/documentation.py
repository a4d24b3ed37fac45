"""The comment with which a body begins, and where a student goes on writing below it."""

from __future__ import annotations

from tinytorch_ls.forms.cuda_c.meaning import symbol_digest
from tinytorch_ls.forms.cuda_c.stub import KEPT, indent_of, unwritten
from tinytorch_ls.forms.cuda_c.symbols import definitions
from tinytorch_ls.forms.cuda_c.transplant import with_ends_of
from tinytorch_ls.forms.refused import Refused, unreadable
from tinytorch_ls.forms.text import Position, Span, Text
from tinytorch_ls.messages import say


def documentation(source: str, name: str) -> Span | None:
    """Where the comment stands with which a function begins. Raises SyntaxError."""
    found = definitions(source).get(name)
    return found.words if found else None


def writing_place(source: str, name: str) -> Position | None:
    """The `__trap()` of a stub, else the first statement. Raises SyntaxError."""
    found = definitions(source).get(name)
    if found is None or name not in unwritten(source):
        return found.first_statement if found else None
    kept = KEPT.search(source, found.body.start.offset)
    return Text(source).at_offset(kept.start()) if kept else found.first_statement


def with_documentation(into: str, name: str, donor: str) -> str:
    """`into` with the donor's comment in place of a function's own; the code stays to the byte.

    Raises Refused where one of them has none.
    """
    try:
        ours, theirs = definitions(into).get(name), definitions(donor).get(name)
    except SyntaxError as error:
        raise unreadable("your file", error) from None
    if not (ours and theirs and ours.words and theirs.words):
        raise Refused(say("`{name}` has no comment to be replaced", name=name))
    old, new = (f"{indent_of(*each)}    " for each in ((donor, theirs), (into, ours)))
    first, *others = theirs.words.of(donor).splitlines()
    text = "\n".join([first, *(new + line.removeprefix(old) for line in others)])
    start, end = ours.words.start.offset, ours.words.end.offset
    changed = into[:start] + with_ends_of(into, text) + into[end:]
    if symbol_digest(changed, name) != symbol_digest(into, name):
        raise Refused(
            say("the comment of `{name}` can't be changed without changing your code", name=name)
        )
    return changed
