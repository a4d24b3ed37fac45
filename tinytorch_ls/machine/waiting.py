"""Loops that lead nowhere: a turn that leaves everything as it was will never be the last."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch_ls.machine.batch import Batch
from tinytorch_ls.machine.report import Place
from tinytorch_ls.machine.storage import Storage
from tinytorch_ls.machine.values import plain

FIRST_LOOK = 64  # turns after which it is worth a look, and then whenever they have doubled
PERIOD = 2  # turns of two buffers that change places


class StuckError(Exception):
    """A loop does not end while only these lanes run."""

    def __init__(self, place: Place, batch: Batch, what: str, still: bool) -> None:
        super().__init__(what)
        self.place = place
        self.batch = batch
        self.what = what
        self.still = still  # whether nothing changes any more


class Stillness:
    """Compares all variables and memories with what they were some turns ago."""

    def __init__(self, storages: list[Storage]) -> None:
        self.storages = storages
        self.begin()

    def begin(self) -> None:
        """Nothing is known yet."""
        self.kept: tuple[int, Any, list[Any]] | None = None

    def still(self, batch: Batch, number: int) -> bool:
        """Whether the turns since the last look have changed nothing."""
        if number >= FIRST_LOOK and number & (number - 1) == 0:
            values = [plain(value) for value in batch.values]
            memories: list[Any] = [
                np.copy(storage.cells) for storage in self.storages if not storage.readonly
            ]
            self.kept = number, batch.mask, [*values, *memories]
            return False
        if self.kept is None or number - self.kept[0] != PERIOD:
            return False
        _, mask, before = self.kept
        now = [plain(value) for value in batch.values]
        now += [storage.cells for storage in self.storages if not storage.readonly]
        return mask is batch.mask and all(map(_same, before, now))


def _same(before: Any, now: Any) -> bool:
    if before is now or before is None or now is None:
        return before is now
    return before.dtype == now.dtype and np.array_equal(
        np.asarray(before), np.asarray(now), equal_nan=before.dtype.kind in "fc"
    )
