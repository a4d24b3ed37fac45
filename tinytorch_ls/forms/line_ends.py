"""How the lines of a text end."""

from __future__ import annotations


def line_ending(source: str) -> str:
    """The line ending that most lines of a text have."""
    crlf = source.count("\r\n")
    if crlf * 2 > source.count("\n"):
        return "\r\n"
    return "\r" if "\r" in source and "\n" not in source else "\n"


def line_end(source: str, offset: int) -> int:
    """Where the line of an offset ends, before its line ending."""
    ends = [place for end in "\r\n" if (place := source.find(end, offset)) >= 0]
    return min(ends, default=len(source))
