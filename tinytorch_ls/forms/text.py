"""A source text with its lines as compilers count them, and the places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from tinytorch_ls.forms.texts import BOM

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")


@dataclass(frozen=True, order=True)
class Position:
    """A place in a source text. Columns count characters; a byte order mark has no column."""

    offset: int  # characters from the start of the text, a byte order mark included
    line: int  # 1-based
    column: int  # 0-based


@dataclass(frozen=True)
class Span:
    """From `start` up to, but not including, `end`."""

    start: Position
    end: Position

    def of(self, source: str) -> str:
        """The text that this span covers in the source it was made from."""
        return source[self.start.offset : self.end.offset]


class Text:
    """A source text with its lines as Python counts them: ended by LF, CRLF or CR only."""

    def __init__(self, source: str) -> None:
        self.source = source
        bom = len(BOM) if source.startswith(BOM) else 0
        self.lines = [line for line in _LINE.findall(source[bom:]) if line] or [""]
        self._starts = list(accumulate(map(len, self.lines[:-1]), initial=bom))

    def at(self, line: int, byte_column: int) -> Position:
        """The position of a node: its 1-based line and its column in bytes of UTF-8."""
        text = self.lines[line - 1]
        if not text.isascii():
            byte_column = len(text.encode()[:byte_column].decode(errors="replace"))
        return Position(self._starts[line - 1] + byte_column, line, byte_column)

    def at_character(self, line: int, column: int) -> Position:
        return Position(self._starts[line - 1] + column, line, column)

    def at_offset(self, offset: int) -> Position:
        """The position of a character offset in the source."""
        line = max(bisect_right(self._starts, offset), 1)
        return Position(offset, line, offset - self._starts[line - 1])


def line_before(old: str, new: str, line: int) -> int:
    """The 0-based line of `old` that became a line of `new`.

    Of lines that were changed or are new it is the nearest; both texts may differ in one stretch.
    """
    if old == new:
        return line
    before, after = Text(old).lines, Text(new).lines
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    most -= head
    tail = next((n for n in range(most) if before[-1 - n] != after[-1 - n]), most)
    if line < head:
        return line
    if line >= len(after) - tail:
        return line - len(after) + len(before)
    last = len(before) - tail - 1  # of the stretch; before its first where nothing stood there
    return max(min(line, last), 0)
