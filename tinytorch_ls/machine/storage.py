"""The memories of a launch: flat arrays of numbers, and which of them have a value."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinytorch_ls.machine.form import DType, Space

WIDEST = 16  # bytes of the widest access: memory begins at a multiple
UNWRITTEN = -1  # in `state`; 0 is a value, a larger number says which read it came from as garbage


class Storage:
    """One memory. Shared memory is there once a block, local memory once a thread."""

    def __init__(
        self,
        name: str,
        space: Space,
        cells: Any,
        shape: tuple[int, ...],
        origin: int = 0,
        readonly: bool = False,
    ) -> None:
        self.name = name
        self.space: Space = space
        self.cells = cells
        self.dtype: DType = cells.dtype
        self.shape = shape  # of what lies in it, for words
        self.size = cells.size  # for one owner
        self.stride = -(-self.size * cells.itemsize // WIDEST) * WIDEST // cells.itemsize
        self.origin = origin  # the byte address of element 0, from a boundary of 256 bytes
        self.readonly = readonly
        self.state: Any = None  # of shared and local memory, an entry a cell
        self.base: Any = None  # where the memory of each lane's owner begins
        self.number = 0
        self.dirty = False  # whether `state` may have more than values

    def own(self, owners: int, owner_of_lane: Any) -> None:
        """Begin anew for the blocks, or threads, of a batch: nothing in it has a value."""
        self.cells = np.full(owners * self.stride, garbage(self.dtype), self.dtype)
        self.state = np.full(owners * self.stride, UNWRITTEN, np.int32)
        self.state.reshape(owners, self.stride)[:, self.size :] = 0
        self.base = owner_of_lane * self.stride if owners > 1 else None
        self.dirty = True

    def seen(self, dtype: DType, at: Any) -> tuple[Any, Any]:
        """The numbers, read as those of another dtype, and where those at `at` stand among them."""
        cells: Any = self.cells
        if dtype == self.dtype:
            return cells, at
        ratio = dtype.itemsize // self.dtype.itemsize
        if ratio == 1:
            return cells.view(dtype), at
        skipped = -(self.origin // self.dtype.itemsize) % ratio
        length = (cells.size - skipped) // ratio * ratio
        return cells[skipped : skipped + length].view(dtype), (at - skipped) // ratio

    def placed(self, at: Any) -> Any:
        """An address counted from where its owner's part begins, as one in all of `cells`."""
        return at if self.base is None else at + self.base

    def look(self) -> None:
        """See whether everything has a value by now."""
        if self.dirty:
            self.dirty = bool(self.state.any())

    def element(self, at: int) -> str:
        """The element at an address in words: "tile[3, 1]"."""
        if not self.shape:
            return self.name
        at %= self.stride
        if prod(self.shape) != self.size:
            return f"{self.name} at element {at} of its memory"
        index = np.unravel_index(at, self.shape)
        return f"{self.name}[{', '.join(str(int(part)) for part in index)}]"


def declared(name: str, space: Space, dtype: DType, shape: tuple[int, ...]) -> Storage:
    """A shared or local array as the kernel declares it."""
    return Storage(name, space, np.zeros(prod(shape), dtype), shape)


def garbage(dtype: DType) -> Any:
    """What memory holds that nothing has written."""
    return np.nan if dtype.kind in "fc" else 1 if dtype.kind == "b" else dtype.type(0) - 1
