"""Finds what is odd in a text of CUDA C that can be read: a kept `__trap()`, a second kernel."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tinytorch_ls.forms.cuda_c.stub import KEPT, unwritten
from tinytorch_ls.forms.cuda_c.symbols import Function, definitions
from tinytorch_ls.forms.form import Oddity
from tinytorch_ls.forms.text import Span, Text


def oddities(
    source: str,
    symbols: Collection[str],
    stub: str = "",  # noqa: ARG001 - nothing of the course's stands beside a stub's line
) -> tuple[Oddity, ...]:
    """What is odd about these symbols, in the order of the text. Raises SyntaxError."""
    found, holes = definitions(source), unwritten(source)
    written = [found[name] for name in symbols if name in found and name not in holes]
    kept = (odd for function in written for odd in _kept(source, function))
    return tuple(sorted(kept, key=lambda odd: odd.place.start))


def _kept(source: str, function: Function) -> Iterator[Oddity]:
    """The line of the stub that still stands among code of the student's."""
    text, body = Text(source), function.body
    for match in KEPT.finditer(source, body.start.offset, body.end.offset):
        place = Span(text.at_offset(match.start()), text.at_offset(match.end()))
        message = "Your code stops at this `__trap()` line, which is the stub's. Take the line out."
        yield Oddity(function.name, place, message)
