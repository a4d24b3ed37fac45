"""The limits of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one step may use."""

    seconds: float = 10.0
    memory: int = 2**30  # bytes beyond what the warm process holds
    file_size: int = 64 * 2**20  # bytes of one file, printed output included
    shown_output: int = 4000  # characters of output that are kept


DEFAULT_LIMITS = Limits()


def size_text(size: int) -> str:
    """A number of bytes for a message: "512 MiB"."""
    return f"{size // 2**30} GiB" if size % 2**30 == 0 else f"{size // 2**20} MiB"
