"""Finds a definition in a text that Python can't read, by its lines and their indentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from textwrap import dedent

from tinytorch_ls.forms.form import Mended
from tinytorch_ls.forms.holes import Hole, choices, with_holes
from tinytorch_ls.forms.python.symbols import FunctionNode, grammar, parse
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
    ends = (end for end in _likely_ends(text, header) if not _splits(text, header, end))
    for line in islice(ends, _MOST_TRIED):
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


def _likely_ends(text: Text, header: int) -> list[int]:
    """The lines before which a definition may end, the likely ones first.

    Of one whose lines are not indented it is where other lines are set off from them.
    """
    out = list(_at_margin(text, header, len(text.lines)))
    ends = _ends(text, header, len(text.lines))
    if not out or not _goes_on(text, header, out[0]):
        return ends
    apart = (n for n in out if _is_head(text, n) and _blanks_above(text, n) >= _apart(text, n))
    last = next(apart, len(text.lines))
    further = [number for number in (*out, last) if ends[-1] < number <= last]
    if _has_code(text, header, out[0]):
        return [*ends, *further]
    end = next((number for number in ends if _blanks_above(text, number) > 1), ends[-1])
    return [end, *ends, *further]


def _ends(text: Text, header: int, end: int) -> list[int]:
    """The lines before which a definition may end, the last one where another one begins."""
    found: list[int] = []
    for number in _at_margin(text, header, end):
        found.append(number)
        if _is_head(text, number):
            return found
    return [*found, end]


def _at_margin(text: Text, header: int, end: int) -> Iterator[int]:
    """The lines of code behind a header that are not further in than it is."""
    margin = len(_indent(text.lines[header]))
    for number in range(header + 1, end):
        line = text.lines[number]
        indent = len(_indent(line))
        code = line[indent:].strip()
        if code and indent <= margin and not code.startswith(("#", ")", "]", "}")):
            yield number


def _splits(text: Text, header: int, end: int) -> bool:
    """Whether what would be left of a method ends its class, although another method follows."""
    margin, ended = len(_indent(text.lines[header])), False
    for number in _at_margin(text, header, len(text.lines)):
        if number >= end:
            indent = len(_indent(text.lines[number]))
            if _is_head(text, number):
                return ended and indent == margin
            ended = ended or indent < margin
    return False


def _goes_on(text: Text, header: int, out: int) -> bool:
    """Whether a body goes on in a line that is not indented, or begins there."""
    if _has_code(text, header, out):
        return bool(text.lines[out - 1].strip()) and not _is_head(text, out)
    return _blanks_above(text, out) < _apart(text, out)


def _has_code(text: Text, header: int, end: int) -> bool:
    """Whether anything but comments and a docstring stands between a header and a line."""
    written = dedent("".join(text.lines[header:end]))
    for body in ("", "\n ..."):
        with suppress(SyntaxError):
            function = grammar(written + body).body[0]
            return not isinstance(function, FunctionNode) or not all(map(_is_said, function.body))
    return True


def _is_said(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_head(text: Text, number: int) -> bool:
    return bool(_HEAD.match(text.lines[number].strip()))


def _apart(text: Text, number: int) -> int:
    """How many blank lines set a definition off from what is above it: a method has one."""
    return 1 if _indent(text.lines[number]) else 2


def _blanks_above(text: Text, number: int) -> int:
    """How many blank lines stand above a line and its comments."""
    count = 0
    while number and (not (line := text.lines[number - 1].strip()) or line.startswith("#")):
        count += not line
        number -= 1
    return count


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
