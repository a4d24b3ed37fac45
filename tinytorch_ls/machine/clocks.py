"""Vector clocks: what the lanes of a warp, and blocks, know of each other's progress.

Whoever accesses memory has a time of its own. A later access is ordered after it if the one who
makes it has heard, through whatever chain of barriers or fences, of a later time than that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch_ls.machine.masks import WARP, Ints


class WarpClocks:
    """The lanes of each warp, which `syncwarp` orders as far as its mask goes."""

    def __init__(self, warps: int) -> None:
        self.used = False
        self.known: Any = np.zeros((warps, WARP, WARP), np.int32)
        self.history: list[Any] = [self.known]

    @property
    def stamp(self) -> int:
        """The moment, for `ordered`."""
        return len(self.history) - 1

    def meet(self, warp: int, lanes: list[int]) -> None:
        """The lanes of a mask have waited for each other."""
        self.used = True
        rows = self.known[warp]
        together = rows[lanes].max(axis=0)
        together[lanes] = rows[lanes, lanes] + 1
        rows[lanes] = together

    def begin(self) -> None:
        """Before some warps meet: what is known now is the past."""
        self.known = self.known.copy()
        self.history.append(self.known)

    def ordered(self, one: Any, two: Any, first_lane: int) -> Any:
        """Of pairs of accesses of one warp, the earlier first: whether they are ordered."""
        past = np.stack(self.history)
        warp = (one.lane - first_lane) // WARP
        early, late = one.lane % WARP, two.lane % WARP
        time = past[one.warp_stamp, warp, early, early]
        return past[two.warp_stamp, warp, late, early] > time


class BlockClocks:
    """Blocks, which a fence before an atomic orders before who later changes the same element."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.rows: list[Ints] = [np.zeros(blocks, np.int32)]  # what was known, ever
        self.version: Ints = np.zeros(blocks, np.int64)  # of each block: which of the rows
        self.fenced: dict[int, Ints] = {}
        self.told: dict[tuple[int, int], Ints] = {}  # by memory and address

    def fence(self, block: int) -> None:
        """What this block did so far may be told to others from now on."""
        row = self.rows[self.version[block]].copy()
        row[block] += 1
        self.fenced[block] = row
        self._learn(block, row)

    def atomic(self, block: int, memory: int, at: int) -> None:
        """A block hears what was told here, and tells what it has fenced."""
        heard = self.told.get((memory, at))
        if heard is not None and (heard > self.rows[self.version[block]]).any():
            self._learn(block, np.maximum(self.rows[self.version[block]], heard))
        fenced = self.fenced.get(block)
        if fenced is not None and (heard is None or (fenced > heard).any()):
            self.told[memory, at] = fenced if heard is None else np.maximum(fenced, heard)

    def _learn(self, block: int, row: Ints) -> None:
        self.rows.append(row)
        self.version = self.version.copy()
        self.version[block] = len(self.rows) - 1

    def ordered(self, one: Any, two: Any) -> Any:
        """Of pairs of accesses by different blocks: whether one is before the other."""
        rows = np.stack(self.rows)
        mine, theirs = rows[one.block_stamp], rows[two.block_stamp]
        which = np.arange(len(mine))
        forth = theirs[which, one.block] > mine[which, one.block]
        back = mine[which, two.block] > theirs[which, two.block]
        return forth | back
