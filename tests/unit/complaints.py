"""The complaints that docs/authors.md explains."""

from __future__ import annotations

import re

from tinytorch_ls.course.locate import library_root

GUIDE = (library_root() / "docs/authors.md").read_text(encoding="utf-8")

_ROWS = [
    re.compile(re.escape(text).replace("…", ".*"), re.DOTALL)
    for text in re.findall(r"^\| `` ?(.+?) ?`` \| ", GUIDE, re.MULTILINE)
]


def explained(message: str) -> bool:
    """Whether the guide has a row for a complaint."""
    return any(row.fullmatch(message) for row in _ROWS)
