"""Kills a warm process and all that came from it, though it may be stopped and obey no more."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path


def kill_family(pid: int, groups: Iterable[int]) -> None:
    """Kill a process, these groups that it leads the runs in, and what runs below it.

    It goes last: as long as it is there nobody else can have the ids of its children.
    """
    below = list(_below(pid))
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    for each in (*below, pid):
        with contextlib.suppress(OSError):
            os.kill(each, signal.SIGKILL)


def _below(pid: int) -> Iterator[int]:
    """The processes that came from one, as Linux tells; they may have left its groups."""
    if sys.platform != "linux":
        return
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from _below(child)
