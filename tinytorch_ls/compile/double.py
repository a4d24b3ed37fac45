"""Which lines of a source compute in double precision, as its PTX tells."""

from __future__ import annotations

import re

_FILE = re.compile(r"\s*\.file\s+(?P<number>\d+)\s+\"(?P<path>[^\"]+)\"")
_PLACE = re.compile(r"\s*\.loc\s+(?P<file>\d+)\s+(?P<line>\d+)")
_DOUBLE = re.compile(r"\s*(?:@!?%\w+\s+)?(?!mov|ld|st)[a-z]\w*\.[\w.]*f64\b")


def double_lines(ptx: str, file: str) -> tuple[int, ...]:
    """The lines of `file` that become arithmetic with float64, in the order of the text.

    The PTX has to be made with line information.
    """
    lines = ptx.splitlines()
    paths = {found["number"]: found["path"] for found in map(_FILE.match, lines) if found}
    found: set[int] = set()
    here: int | None = None
    for line in lines:
        if place := _PLACE.match(line):
            here = int(place["line"]) if paths.get(place["file"]) == file else None
        elif here and _DOUBLE.match(line):
            found.add(here)
    return tuple(sorted(found))
