"""How much of one value is looked at: a list may hold one list a thousand times over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

_MOST_ITEMS = 1000  # of one list, tuple or dict
_MOST_OF_ALL = 10_000  # of one value, in all that it holds


class Budget:
    """Counts the items of one value."""

    def __init__(self) -> None:
        self.left = _MOST_OF_ALL

    def first(self, items: Iterable[Any]) -> Iterator[Any]:
        """The first items, until enough of the whole value was seen; one at least."""
        for at, item in enumerate(islice(items, _MOST_ITEMS)):
            if at and self.left <= 0:
                return
            self.left -= 1
            yield item
