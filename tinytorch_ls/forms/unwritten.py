"""The error of a stub: how it is worded, and how it is told from every other error."""

from __future__ import annotations

import re

_STUB = re.compile(r"(\S+/\S+) is yours to write")


def stub_message(step_id: str) -> str:
    """What the stub of a step raises NotImplementedError with."""
    return f"{step_id} is yours to write"


def step_of_message(message: object) -> str | None:
    """The id of the step whose stub says `message`, or None."""
    found = _STUB.fullmatch(message) if isinstance(message, str) else None
    return found[1] if found else None


def step_of_error(error: BaseException) -> str | None:
    """The id of the step whose stub raised `error`, or None."""
    if type(error) is NotImplementedError and error.args:
        return step_of_message(error.args[0])
    return None
