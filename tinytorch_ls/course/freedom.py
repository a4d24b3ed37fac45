"""What a line of an example leaves open, said behind it for the tests and not for the student."""

from __future__ import annotations

import re

FACTS = ("kind", "dtype", "memory", "changes")
"""What has to be as in the reference unless it is free."""
_FREE = re.compile(r"[ \t]+# free: ([^\n]*?)[ \t]*$", re.MULTILINE)


def free_in(text: str) -> tuple[str, ...]:
    """What a line leaves open: ("dtype",) of `scale(x)  # free: dtype`."""
    return tuple(name.strip() for found in _FREE.findall(text) for name in found.split(","))


def as_shown(text: str) -> str:
    """A text without what is said of its freedom: what a student reads."""
    return _FREE.sub("", text)
