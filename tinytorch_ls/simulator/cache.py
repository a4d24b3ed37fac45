"""Counts what a function for the CPU has to fetch from memory, beside a cache of a given size."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, cast

import numpy as np


class Cache:
    """So many numbers lie near the core; of these the one goes that was used longest ago.

    Real caches keep lines of 16 neighbours and have fixed places for them; this one keeps single
    numbers, so what it counts follows from the order of the loops and from nothing else.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.fetched = 0
        self._held: OrderedDict[int, None] = OrderedDict()
        self._known = 0

    def watch(self, array: Any) -> Watched:
        """A copy of an array, whose reads and writes by index go through this cache."""
        copy: Any = np.array(array)
        watched = copy.view(Watched)
        watched.cache = self
        places = cast(Any, np.arange(self._known, self._known + watched.size))
        watched.places = places.reshape(watched.shape)
        self._known += watched.size
        return watched

    def use(self, places: Any) -> None:
        """One number after the other is used."""
        for place in cast(Any, np.ravel(places)).tolist():
            if place in self._held:
                self._held.move_to_end(place)
                continue
            self.fetched += 1
            self._held[place] = None
            if len(self._held) > self.room:
                self._held.popitem(last=False)


class Watched(np.ndarray):
    """An array that tells its cache which of its numbers are used; a part of it is an array."""

    cache: Cache
    places: Any

    def __getitem__(self, index: Any) -> Any:
        self.cache.use(self.places[index])
        plain: Any = np.asarray(self)
        return plain[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.cache.use(self.places[index])
        plain: Any = np.asarray(self)
        plain[index] = value
