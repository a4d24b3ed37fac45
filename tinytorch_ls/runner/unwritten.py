"""Tells a call of a stub from every other error."""

from __future__ import annotations

import re

_UNWRITTEN = re.compile(r"(\S+/\S+) is yours to write")


def unwritten_step(error: BaseException) -> str | None:
    """The id of the step whose stub raised `error`, or None."""
    if type(error) is NotImplementedError and error.args and isinstance(error.args[0], str):
        found = _UNWRITTEN.fullmatch(error.args[0])
        return found[1] if found else None
    return None
