"""Finds a definition in a text that Python can't read, by its lines and their indentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from tinytorch_ls.forms.form import Mended
from tinytorch_ls.forms.holes import Hole, choices, with_holes
from tinytorch_ls.forms.python.symbols import parse
from tinytorch_ls.forms.refused import unreadable
from tinytorch_ls.forms.text import Text

_BLANKS = re.compile(r"[ \t\f]*")
_HEAD = re.compile(r"(?:async\s+def|def|class)\b|@")
_MOST_TRIED = 60  # ends of one definition; a body has fewer lines at the margin


def mended(source: str, names: Iterable[str], whose: str = "your file") -> Mended:
    """The text, where need be with holes for those of `names` in which a syntax error lies.

    Raises Refused where an error lies elsewhere, and says in which line.
    """
    try:
        parse(source)
    except SyntaxError as error:
        fault = error
    else:
        return Mended(source)
    text = Text(source)
    places = [holes for name in names if (holes := list(_holes(text, name)))]
    decorated = [found for holes in places if (found := list(_with_decorators(text, holes)))]
    if found := with_holes(source, (*choices(places), *choices(decorated)), parse):
        return found
    raise unreadable(whose, fault)


def _holes(text: Text, name: str) -> Iterator[Hole]:
    """Where the definition may stand, from its header on: up to the margin, then further."""
    *holders, last = name.removesuffix(".setter").removesuffix(".deleter").split(".")
    first, end = 0, len(text.lines)
    for holder in holders:
        header = _header(text, first, end, rf"class\s+{re.escape(holder)}\b")
        if header is None:
            return
        first, end = header + 1, _ends(text, header, end)[-1]
    header = _header(text, first, end, rf"(?:async\s+)?def\s+{re.escape(last)}\b")
    header = header if header is not None else _header(text, first, end, _misspelt(last))
    if header is None:
        return
    start = text.at_character(header + 1, len(_indent(text.lines[header]))).offset
    for line in islice(_ends(text, header, end), _MOST_TRIED):
        yield Hole(name, start, _content_end(text, header, line), f"def {last}(): ...")


def _with_decorators(text: Text, holes: list[Hole]) -> Iterator[Hole]:
    """The same holes with the decorators above, in one of which the error may lie; else none."""
    header = text.at_offset(holes[0].start).line - 1
    margin = len(_indent(text.lines[header]))
    first = None
    for number in range(header - 1, -1, -1):
        line = text.lines[number]
        indent = len(_indent(line))
        code = line[indent:].strip()
        if indent == margin and code.startswith("@"):
            first = number
        elif not code or indent < margin or (indent == margin and code[0] not in "#)]}"):
            break
    if first is not None:
        start = text.at_character(first + 1, margin).offset
        yield from (replace(hole, start=start) for hole in holes)


def _misspelt(last: str) -> str:
    """What a header looks like whose `def` is broken: `dfe add(self):`."""
    return rf"(?!class\b|return\b|#|@)(?:\w+\s+)?{re.escape(last)}\s*\(.*:\s*(?:#.*)?$"


def _header(text: Text, first: int, end: int, pattern: str) -> int | None:
    """The last line that begins with the pattern, least indented of those that do."""
    wanted = re.compile(pattern)
    found = [
        (len(_indent(line)), -number)
        for number in range(first, end)
        if wanted.match(line := text.lines[number], len(_indent(line)))
    ]
    return -min(found)[1] if found else None


def _ends(text: Text, header: int, end: int) -> list[int]:
    """The lines before which a definition may end, the last one where another one begins."""
    margin = len(_indent(text.lines[header]))
    found: list[int] = []
    for number in range(header + 1, end):
        line = text.lines[number]
        indent = len(_indent(line))
        code = line[indent:].strip()
        if not code or indent > margin or code.startswith(("#", ")", "]", "}")):
            continue
        found.append(number)
        if _HEAD.match(code):
            return found
    return [*found, end]


def _content_end(text: Text, header: int, end: int) -> int:
    """Where what is written before a line ends, without comments that belong to what follows."""
    margin = len(_indent(text.lines[header]))
    last = end - 1
    while last > header and _is_loose(text.lines[last], margin):
        last -= 1
    return text.at_character(last + 1, len(text.lines[last].rstrip())).offset


def _is_loose(line: str, margin: int) -> bool:
    indent = len(_indent(line))
    code = line[indent:].strip()
    return not code or (code.startswith("#") and indent <= margin)


def _indent(line: str) -> str:
    found = _BLANKS.match(line)
    return found[0] if found else ""
