"""Which lanes take part: immutable sets of the lanes of a batch."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

WARP = 32
# Arrays of bool and of int64; NumPy leaves the types of what its methods give unknown.
Bits: TypeAlias = Any
Ints: TypeAlias = Any


class Mask:
    """A set of lanes. A smaller one knows of which larger one it was made."""

    __slots__ = ("_ids", "_warps", "bits", "count", "everyone", "parent")

    def __init__(self, bits: Bits, parent: Mask | None = None) -> None:
        self.bits = bits
        self.parent = parent
        self.count = int(np.count_nonzero(bits))
        self.everyone = self.count == bits.size
        self._warps: tuple[Ints, Ints] | None = None
        self._ids: Ints | None = None

    def within(self, other: Mask) -> bool:
        """Whether this one is `other` or was made from it."""
        mask: Mask | None = self
        while mask is not None:
            if mask is other:
                return True
            mask = mask.parent
        return False

    def only(self, bits: Bits) -> Mask:
        """Those lanes that `bits` has too; itself where that is all."""
        both = self.bits & bits
        smaller = Mask(both, self)
        return self if smaller.count == self.count else smaller

    def without(self, other: Mask) -> Mask:
        """Those that `other` has not."""
        return self.only(~other.bits) if other.count else self

    @property
    def ids(self) -> Ints:
        """The numbers of the lanes."""
        if self._ids is None:
            self._ids = np.flatnonzero(self.bits)
        return self._ids

    def warps(self) -> tuple[Ints, Ints]:
        """The warps that take part, and the first lane of each that does."""
        if self._warps is None:
            rows = self.bits.reshape(-1, WARP)
            warps = np.flatnonzero(rows.any(axis=1))
            self._warps = warps, warps * WARP + rows[warps].argmax(axis=1)
        return self._warps
