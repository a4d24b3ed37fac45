"""What a change of the student's folder says when it can't be made; nothing was changed then."""

from __future__ import annotations

from tinytorch_ls.messages import say


class Refused(Exception):  # noqa: N818 - no error of the program, but its answer
    """One clear line for the student: what stands in the way, and what to do about it."""


def unreadable(whose: str, error: SyntaxError) -> Refused:
    """That a text has to be mended first: `whose` it is, and what is wrong with it."""
    line = f"line {error.lineno}" if error.lineno else "some line"
    return Refused(
        say(
            "{whose} has a syntax error in {line}: {message}; mend it first",
            whose=whose,
            line=line,
            message=error.msg,
        )
    )
