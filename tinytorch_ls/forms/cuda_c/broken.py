"""Finds a function in a text of CUDA C that can't be read, by its lines and their margin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tinytorch_ls.forms.cuda_c.symbols import definitions
from tinytorch_ls.forms.form import Mended
from tinytorch_ls.forms.holes import Hole, choices, with_holes
from tinytorch_ls.forms.refused import unreadable
from tinytorch_ls.forms.text import Text

_NEW = re.compile(r"[A-Za-z_#/]")  # at the margin: something else begins


def mended(source: str, names: Iterable[str], whose: str = "your file") -> Mended:
    """The text, where need be with empty functions for those of `names` in which an error lies.

    Raises Refused where an error lies elsewhere, and says in which line.
    """
    try:
        definitions(source)
    except SyntaxError as error:
        fault = error
    else:
        return Mended(source)
    text = Text(source)
    places = [found for name in names if (found := list(_holes(text, name)))]
    if found := with_holes(source, choices(places), definitions):
        return found
    raise unreadable(whose, fault)


def _holes(text: Text, name: str) -> Iterator[Hole]:
    """Where the function may stand: up to each line at the margin that may end it."""
    head = re.compile(rf"(?!//|#).*\b{re.escape(name)}\s*\(")
    found = (n for n, line in enumerate(text.lines) if head.match(line))
    first = next((n for n in found if not text.lines[n].rstrip().endswith(";")), None)
    if first is None:
        return
    while first and text.lines[first][:1].isspace() and text.lines[first - 1].strip():
        first -= 1  # the head takes several lines
    start = text.at_character(first + 1, 0).offset
    empty = f'extern "C" __global__ void {name}() {{}}'
    for number in range(first + 1, len(text.lines)):
        line = text.lines[number]
        if line.startswith("}"):
            yield Hole(name, start, text.at_character(number + 1, 1).offset, empty)
        elif _NEW.match(line):
            yield Hole(name, start, _content_end(text, number), empty)
            return
    yield Hole(name, start, _content_end(text, len(text.lines)), empty)


def _content_end(text: Text, line: int) -> int:
    """Where what is written before a line ends."""
    while line > 1 and not text.lines[line - 1].strip():
        line -= 1
    return text.at_character(line, len(text.lines[line - 1].rstrip())).offset
