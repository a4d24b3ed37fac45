"""The accesses of a launch's first block, one after the other: what a student steps through."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from tinytorch_ls.machine.masks import Mask
from tinytorch_ls.machine.report import Place, Turn
from tinytorch_ls.machine.storage import Storage
from tinytorch_ls.machine.values import is_array

KINDS = ("read", "write", "atomic")
_MOST = 20_000  # accesses by threads that are kept


@dataclass(frozen=True)
class Site:
    """One access in the source."""

    number: int
    kind: int  # READ, WRITE or ATOMIC
    place: Place
    numbers: int  # that it moves at once
    name: str  # of the array, as the kernel has it; "" where that is chosen


class Trace:
    """What is kept of the first block, as far as there is room."""

    def __init__(self, block_lanes: int) -> None:
        self.block_lanes = block_lanes
        self.turns: list[Turn] = []
        self.left = _MOST
        self.is_open = False  # what comes is the first block's, among others, and there is room

    def note(self, site: Site, storage: Storage, width: int, at: Any, mask: Mask) -> None:
        """An access at these numbers of a memory: of every lane of a batch, or one for all."""
        if not self.is_open:
            return
        threads = np.flatnonzero(mask.bits[: self.block_lanes])
        self.left -= len(threads)
        self.is_open = self.left >= 0  # what fits is kept, and nothing that comes later
        if not self.is_open or not len(threads):
            return
        elements = at[threads] if is_array(at) else np.full(len(threads), at)
        self.turns.append(
            Turn(
                site.place,
                storage.name,
                "shared" if storage.space == "shared" else "global",
                KINDS[site.kind],
                storage.shape if prod(storage.shape) == storage.size else (),
                storage.dtype.itemsize,
                width,
                storage.origin,
                tuple(threads.tolist()),
                tuple(elements.tolist()),
            )
        )
