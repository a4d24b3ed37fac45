"""What a change of the student's folder says when it can't be made; nothing was changed then."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - no error of the program, but its answer
    """One clear line for the student: what stands in the way, and what to do about it."""
