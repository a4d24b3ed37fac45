"""Lines and characters of source texts as LSP's positions, which count UTF-16 units."""

from __future__ import annotations

from lsprotocol import types

from tinytorch_ls.forms.text import Position, Span
from tinytorch_ls.forms.texts import BOM
from tinytorch_ls.runner.report import Frame


def lines_of(source: str) -> list[str]:
    """The lines of a source as Python and LSP count them, without their ends and a BOM."""
    return source.removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def position(lines: list[str], place: Position) -> types.Position:
    return _position(lines, place.line, place.column)


def span_range(lines: list[str], span: Span) -> types.Range:
    return types.Range(position(lines, span.start), position(lines, span.end))


def frame_range(lines: list[str], frame: Frame) -> types.Range:
    """The range of a frame; its whole line, without the blanks, where it has no columns."""
    line = min(max(frame.line, 1), len(lines))
    end_line = min(max(frame.end_line, line), len(lines))
    text, end_text = lines[line - 1], lines[end_line - 1]
    start = len(text) - len(text.lstrip()) if frame.column is None else frame.column
    end = len(end_text.rstrip()) if frame.end_column is None else frame.end_column
    return types.Range(_position(lines, line, start), _position(lines, end_line, end))


def offset_position(source: str, offset: int) -> types.Position:
    """The LSP position of a character offset in a source; a BOM counts as a client shows it."""
    before = source[:offset].replace("\r\n", "\n").replace("\r", "\n")
    line = before.count("\n")
    return types.Position(line, units(before.rpartition("\n")[2]))


def _position(lines: list[str], line: int, column: int) -> types.Position:
    text = lines[line - 1] if line <= len(lines) else ""
    return types.Position(line - 1, units(text[:column]))
