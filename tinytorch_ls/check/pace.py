"""How slow this machine is now, so that a limit of time asks the same of a test on each."""

from __future__ import annotations

import time

_WORK = 100_000
_SECONDS = 0.003  # s of the processor for that, on the machine on which the limits were set


def exceeds(seconds: float, limit: float) -> bool:
    """Whether some seconds of the processor are over a limit, and would be on that machine too."""
    return seconds > limit and seconds > limit * slowness()


def slowness() -> float:
    """How many times as long as there some work takes here; at least 1."""
    return max(1.0, min(_seconds() for _ in range(5)) / _SECONDS)


def _seconds() -> float:
    start = time.thread_time()
    total = 0
    for number in range(_WORK):
        total += number & 7
    return time.thread_time() - start
