"""Moves one function from one text of CUDA C into another, and touches nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tinytorch_ls.forms.cuda_c.symbols import Function, definitions
from tinytorch_ls.forms.line_ends import line_end, line_ending
from tinytorch_ls.forms.refused import Refused, unreadable
from tinytorch_ls.messages import say

_LINE_END = re.compile(r"\r\n|\r|\n")


def transplant(
    into: str,
    name: str,
    donor: str,
    *,
    as_it_was: bool = False,  # noqa: ARG001 - a function of C has nothing beside it that stays
) -> str:
    """`into` with the function `name` taken from `donor`; every other byte stays as it is.

    One that is there already is left as it is written. One that is missing is put back behind the
    one that comes before it in the donor. Raises Refused.
    """
    ours, theirs = _readable(into, "your file"), _readable(donor, "the lesson's code")
    if name not in theirs:
        raise Refused(say("`{name}` is not in the lesson's code", name=name))
    text = with_ends_of(into, theirs[name].whole.of(donor))
    if name not in ours:
        changed = _inserted(into, ours, name, text, list(theirs))
    else:
        place = ours[name].whole
        changed = into[: place.start.offset] + text + into[place.end.offset :]
    _same_but(name, into, changed)
    return changed


def with_ends_of(source: str, text: str) -> str:
    """A text whose lines end as those of a source do."""
    return line_ending(source).join(_LINE_END.split(text))


def _readable(source: str, whose: str) -> Mapping[str, Function]:
    try:
        return definitions(source)
    except SyntaxError as error:
        raise unreadable(whose, error) from None


def _inserted(
    into: str, ours: Mapping[str, Function], name: str, text: str, order: list[str]
) -> str:
    place, blank = order.index(name), line_ending(into) * 2
    if before := next((other for other in reversed(order[:place]) if other in ours), None):
        end = line_end(into, ours[before].whole.end.offset)
        return into[:end] + blank + text + into[end:]
    if behind := next((other for other in order[place:] if other in ours), None):
        start = ours[behind].whole.start
        line = start.offset - start.column
        return into[:line] + text + blank + into[line:]
    raise Refused(say("`{name}` is gone, and so are its neighbours in your file", name=name))


def _same_but(name: str, old: str, new: str) -> None:
    """Refuse a change that would harm another function or leave a file that can't be read."""
    try:
        after = definitions(new)
    except SyntaxError:
        raise Refused(
            say("`{name}` can't be put into your file without breaking it", name=name)
        ) from None
    for other, function in definitions(old).items():
        gone = other not in after or after[other].whole.of(new) != function.whole.of(old)
        if other != name and gone:
            raise Refused(
                say(
                    "`{name}` can't be changed without changing `{other}` too",
                    name=name,
                    other=other,
                )
            )
