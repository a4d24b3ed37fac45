"""Gives a forked process its own pages before it needs them: a copy at each first write takes long.

Linux alone can be asked for that; elsewhere a run copies each page when it writes to it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

_POPULATE_WRITE = 23  # of madvise, since Linux 5.14; older ones refuse it


def own_pages() -> None:
    """Have a copy of all memory in use that may be written to."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    for start, end in _written():
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _POPULATE_WRITE)


def _written() -> Iterator[tuple[int, int]]:
    """The parts of memory that are this process's to write to, if most of each is in use."""
    start = end = 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):
            private = rest[0] == "rw-p"
            start, end = (int(each, 16) if private else 0 for each in first.split("-"))
        elif first == "Rss:" and int(rest[0]) * 1024 * 2 >= end - start > 0:
            yield start, end
