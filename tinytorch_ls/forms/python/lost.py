"""Functions that a student's text of Python has lost: what imports them by name would not run."""

from __future__ import annotations

from tinytorch_ls.forms.python.symbols import bound_at, definitions


def lost(source: str, stub: str) -> tuple[str, ...]:
    """The functions of a file's stub of whose names a text has nothing. Raises SyntaxError.

    Methods are none: they are asked of their class when they are called.
    """
    ours = definitions(source)
    gone = (name for name in definitions(stub) if "." not in name and name not in ours)
    return tuple(name for name in gone if bound_at(source, name) is None)


def with_lost(source: str, stub: str) -> str:
    """A text with what it has lost at its end, where it moves no line. Raises SyntaxError."""
    known = definitions(stub)
    return "\n\n\n".join([source, *(known[name].whole.of(stub) for name in lost(source, stub))])
