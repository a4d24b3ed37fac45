"""What a text no longer has that others of its package import by name."""

from __future__ import annotations

from functools import lru_cache

from tinytorch_ls.forms.python.symbols import blocks, bound_at, definitions


def lost(source: str, stub: str) -> tuple[str, ...]:
    """The functions and classes of a file's stub of whose names a text has nothing, with methods.

    A method alone is not lost: it is asked of its class when it is called. Raises SyntaxError.
    """
    gone = _gone(source, stub)
    inside = [name for name in definitions(stub) if name.partition(".")[0] in gone]
    return tuple(dict.fromkeys([*gone, *inside]))


def with_lost(source: str, stub: str) -> str:
    """A text with what it has lost at its end, where it moves no line. Raises SyntaxError."""
    known = blocks(stub)
    return "\n\n\n".join([source, *(known[name].of(stub) for name in _gone(source, stub))])


@lru_cache(maxsize=16)
def _gone(source: str, stub: str) -> tuple[str, ...]:
    """The names at the margin that are gone, in the order of the stub."""
    ours, names = blocks(source), [name for name in blocks(stub) if "." not in name]
    return tuple(n for n in names if n not in ours and bound_at(source, n) is None)
