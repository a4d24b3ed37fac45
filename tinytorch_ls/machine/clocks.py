"""Vector clocks: what the lanes of a warp, and blocks, know of each other's progress.

Whoever accesses memory has a time of its own. A later access is ordered after it if the one who
makes it has heard, through whatever chain of barriers or fences, of a later time than that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch_ls.machine.masks import WARP, Ints

FEW = 512  # lanes of a grid that have clocks of their own


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


class FenceClocks:
    """Threads, which a fence before an atomic orders before who later changes the same element.

    Where they are many, a block is taken for one: it hears whatever one of its threads hears.
    """

    def __init__(self, blocks: int, lanes_of_block: int) -> None:
        lanes = blocks * lanes_of_block
        self.each_lane = lanes <= FEW
        self.size = 1 if self.each_lane else lanes_of_block  # lanes of an actor
        actors = lanes // self.size
        self.rows: list[Ints] = [np.zeros(actors, np.int32)]  # what was known, ever
        self.all: Ints = np.zeros((0, actors), np.int32)  # the same as one array
        self.version: Ints = np.zeros(actors, np.int64)  # of each actor: which of the rows
        self.fenced: dict[int, Ints] = {}
        self.told: dict[tuple[int, int], Ints] = {}  # by memory and address

    def fence(self, lane: int) -> None:
        """What this thread did or heard of so far may be told to others from now on."""
        actor = lane // self.size
        row = self.rows[self.version[actor]].copy()
        row[actor] += 1
        self.fenced[actor] = row
        self._learn([actor], row)

    def atomic(self, lane: int, memory: int, at: int) -> None:
        """A thread hears what was told here, and tells what it has fenced."""
        actor = lane // self.size
        heard = self.told.get((memory, at))
        if heard is not None and (heard > self.rows[self.version[actor]]).any():
            self._learn([actor], np.maximum(self.rows[self.version[actor]], heard))
        fenced = self.fenced.get(actor)
        if fenced is not None and (heard is None or (fenced > heard).any()):
            self.told[memory, at] = fenced if heard is None else np.maximum(fenced, heard)

    def meet(self, lanes: list[int]) -> None:
        """Threads have waited for each other at a barrier."""
        if not self.each_lane:
            return
        together = np.max([self.rows[self.version[lane]] for lane in lanes], axis=0)
        own = [self.rows[self.version[lane]][lane] + 1 for lane in lanes]
        together[lanes] = own
        self._learn(lanes, together)

    def _learn(self, actors: list[int], row: Ints) -> None:
        self.rows.append(row)
        self.version = self.version.copy()
        self.version[actors] = len(self.rows) - 1

    def ordered(self, one: Any, two: Any) -> Any:
        """Of pairs of accesses by different actors: whether one is before the other."""
        if len(self.all) != len(self.rows):
            self.all = np.stack(self.rows)
        rows = self.all
        mine, theirs = one.fence_stamp, two.fence_stamp
        a, b = one.lane // self.size, two.lane // self.size
        forth = rows[theirs, a] > rows[mine, a]
        back = rows[mine, b] > rows[theirs, b]
        return forth | back
