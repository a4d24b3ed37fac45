"""What warps move: requests, sectors, lines and turns of the banks, counted at each access.

One access of one warp is a request. Its counts depend on how its lanes' addresses lie to each
other and on where the first one lies in its line; warps do the same most of the time, so what one
pattern costs is worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch_ls.machine.masks import WARP, Ints, Mask
from tinytorch_ls.machine.operations import where
from tinytorch_ls.machine.report import SECTOR, Moved
from tinytorch_ls.machine.values import is_array

LINE, WORD, BANKS = 128, 4, 32


@dataclass
class Tally:
    """The counts of one access in the source, so far."""

    accesses: int = 0
    requests: int = 0
    sectors: int = 0
    lines: int = 0
    conflicts: int = 0
    ideal_sectors: int = 0

    def add(self, sectors: int, lines: int, conflicts: int, ideal: int, times: int = 1) -> None:
        """What one request moved, for as many as there were."""
        self.sectors += sectors * times
        self.lines += lines * times
        self.conflicts += conflicts * times
        self.ideal_sectors += ideal * times

    def moved(self) -> Moved:
        """The same as a report has it."""
        return Moved(
            self.accesses,
            self.requests,
            self.sectors,
            self.lines,
            self.conflicts,
            self.ideal_sectors,
        )


class Meter:
    """Counts the requests of one access in the source, to one memory."""

    def __init__(self, itemsize: int, shared: bool, origin: int = 0, numbers: int = 1) -> None:
        self.itemsize = itemsize  # of a number of this memory
        self.width = itemsize * numbers  # what a lane moves at once
        self.shared = shared
        self.tally = Tally()
        unit = max(WORD, self.width) if shared else LINE
        self.period = max(1, unit // itemsize)  # in numbers, after which costs repeat
        self.origin = origin // itemsize
        self.known: dict[tuple[bytes, int], tuple[int, int, int, int]] = {}

    def count(self, at: Any, mask: Mask) -> None:
        """An access at these numbers of the memory: of every lane of a batch, or one for all."""
        warps, first_lanes = mask.warps()
        self.tally.accesses += mask.count
        self.tally.requests += len(warps)
        if not is_array(at):
            byte = np.full((1, WARP), (int(at) + self.origin) * self.itemsize)
            self.tally.add(*self._cost(byte), len(warps))
            return
        first = at[first_lanes]
        rows: Any = at.reshape(-1, WARP)
        if not mask.everyone:
            taking_part = mask.bits.reshape(-1, WARP)[warps]
            rows = where(taking_part, rows[warps], first[:, None])
        steps: Any = rows - first[:, None]
        if (steps == steps[0]).all():
            self._alike(steps[0], first + self.origin)
        else:
            self.tally.add(*self._cost((rows + self.origin) * self.itemsize))

    def _alike(self, steps: Ints, first: Ints) -> None:
        pattern = steps.tobytes()
        times = np.bincount(first % self.period)
        for start in np.flatnonzero(times).tolist():
            key = (pattern, start)
            cost = self.known.get(key)
            if cost is None:
                lowest = start - int(steps.min()) // self.period * self.period
                cost = self._cost(((steps + lowest) * self.itemsize)[None, :])
                self.known[key] = cost
            self.tally.add(*cost, int(times[start]))

    def _cost(self, rows: Ints) -> tuple[int, int, int, int]:
        if self.shared:
            return 0, 0, self._extra_turns(rows), 0
        ordered = np.sort(rows, axis=1)
        distinct = _distinct(ordered)
        ideal = int((-(-distinct * self.width // SECTOR)).sum())
        return self._units(ordered, SECTOR), self._units(ordered, LINE), 0, ideal

    def _units(self, ordered: Ints, unit: int) -> int:
        whole = ordered // unit
        if unit % self.width == 0:
            return int(_distinct(whole).sum())
        ends = (ordered + self.width - 1) // unit
        return int(_distinct(np.sort(np.concatenate([whole, ends], axis=1), axis=1)).sum())

    def _extra_turns(self, rows: Ints) -> int:
        """Beyond the one that each request needs; one word for many lanes takes one turn."""
        words = max(1, self.width // WORD)
        parts = (rows // WORD).reshape(-1, WARP // words)  # so many lanes go at a time
        parts = np.concatenate([parts + word for word in range(words)], axis=1)
        ordered = np.sort(parts, axis=1)
        fresh = np.ones(ordered.shape, dtype=bool)
        fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        bank = np.arange(len(ordered))[:, None] * BANKS + ordered % BANKS
        turns: Any = np.bincount(bank[fresh], minlength=len(ordered) * BANKS)
        turns = turns.reshape(-1, BANKS)
        return int((turns.max(axis=1) - 1).sum())


def _distinct(ordered: Ints) -> Ints:
    """How many different numbers each sorted row has."""
    return np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1) + 1
