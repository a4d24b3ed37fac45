"""The limits of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """What one step may use. Time is processor time, so a busy machine fails no right code."""

    seconds: float = 10.0  # of processor time
    patience: float = 6.0  # wall-clock seconds for each of these, for code that waits
    busy: float = 4.0  # times as long as that, where others want the machine too
    begin: float = 5.0  # wall-clock seconds in which a warm process must begin a run
    memory: int = 2**30  # bytes beyond what the warm process holds
    file_size: int = 64 * 2**20  # bytes of one file, printed output included
    shown_output: int = 4000  # characters of output that are kept

    @property
    def wall(self) -> float:
        """The seconds after which a step ends that waits and does not compute."""
        return self.seconds * self.patience

    @property
    def last(self) -> float:
        """The seconds after which nobody waits for a step, however busy the machine is."""
        return self.busy * self.wall

    def of(self, seconds: float | None) -> Limits:
        """The limits of a step that states its own seconds, or these."""
        return self if seconds is None else replace(self, seconds=seconds)


DEFAULT_LIMITS = Limits()


def size_text(size: int) -> str:
    """A number of bytes for a message: "512 MiB"."""
    return f"{size // 2**30} GiB" if size % 2**30 == 0 else f"{size // 2**20} MiB"
