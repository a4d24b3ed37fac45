"""Blocks that run at once: where their lanes stand, which of them take part, what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch_ls.machine.clocks import FenceClocks, WarpClocks
from tinytorch_ls.machine.masks import WARP, Bits, Ints, Mask
from tinytorch_ls.machine.report import Extent3, Place
from tinytorch_ls.machine.values import Tainted, chosen, plain, source_of


@dataclass(frozen=True)
class Parked:
    """Lanes of a block that wait at a barrier to which not all of its threads come."""

    place: Place
    block: int
    lanes: Bits  # of the batch
    expected: Bits  # those that had to come
    own_mask: bool  # whether it was the mask of a warp's barrier that left one out
    before: int  # how many faults there were


class Batch:
    """Consecutive blocks of a launch, in lockstep."""

    def __init__(
        self, grid: Extent3, block: Extent3, first_block: int, blocks: int, slots: int
    ) -> None:
        self.grid, self.block = grid, block
        self.first_block, self.blocks = first_block, blocks
        self.threads = block[0] * block[1] * block[2]
        self.block_lanes = -(-self.threads // WARP) * WARP
        self.lanes = blocks * self.block_lanes
        thread = np.arange(self.block_lanes)
        self.thread_of_lane: Ints = np.tile(thread, blocks)
        self.block_of_lane: Ints = np.repeat(np.arange(blocks), self.block_lanes)
        self.root = Mask(np.tile(thread < self.threads, blocks))
        self.mask = self.root
        self.nobody = Mask(np.zeros(self.lanes, bool))
        self.live = self.root.count
        self.values: list[Any] = [None] * slots
        self.domains: list[Mask | None] = [None] * slots
        self.control: Any = None  # garbage that decided which lanes run
        self.loops: list[Loop] = []
        self.returned: list[Mask | None] = [None]
        self.parked: list[Parked] = []
        self.epochs: Ints = np.zeros(blocks, np.int64)
        self.warp_clocks = WarpClocks(self.lanes // WARP)
        self.fence_clocks: FenceClocks | None = None
        self.turns = 0
        self.flops = 0
        self.known: dict[str, Any] = {}

    def assign(self, slot: int, value: Any) -> None:
        """Give a variable a value in the lanes that take part."""
        mask, domain = self.mask, self.domains[slot]
        if self.control is not None:
            value = spread_control(value, self.control)
        if domain is None or domain is mask or mask.count == self.live:
            self.values[slot] = value
            self.domains[slot] = mask
            return
        old = self.values[slot]
        if value is not old:
            self.values[slot] = chosen(mask.bits, value, old)
        if not mask.within(domain):
            self.domains[slot] = self.root

    def leave(self, outer: Mask, inner: Mask) -> None:
        """Back from lanes `inner` of `outer`: those that stopped meanwhile stay away."""
        if self.mask is inner:
            self.mask = outer
        else:
            self.mask = outer.without(inner.without(self.mask))

    def joined(self, outer: Mask, *parts: Mask) -> Mask:
        """Parts of `outer` that go on together; itself where that is all of it."""
        there = [part for part in parts if part.count]
        if sum(part.count for part in there) == outer.count:
            return outer
        if len(there) == 1:
            return there[0]
        bits = np.zeros(self.lanes, bool)
        for part in there:
            bits |= part.bits
        return Mask(bits, outer)

    def stop(self) -> None:
        """The lanes that take part have come to their end."""
        self.live -= self.mask.count
        self.mask = self.nobody

    def special(self, name: str) -> Any:
        """Where the lanes stand: "threadIdx.x", "grid.1", …"""
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = self._special(name)
        return found

    def _special(self, name: str) -> Any:
        kind, _, part = name.partition(".")
        axis = "xyz".find(part) if part and part in "xyz" else int(part or 0)
        match kind:
            case "threadIdx":
                return self._thread(axis).astype(np.int32)[()]
            case "blockIdx":
                return self._block(axis).astype(np.int32)[()]
            case "blockDim":
                return np.int32(self.block[axis])
            case "gridDim":
                return np.int32(self.grid[axis])
            case "grid":
                block = self._block(axis).astype(np.int64)
                return (block * self.block[axis] + self._thread(axis))[()]
            case "gridsize":
                return np.int64(self.grid[axis] * self.block[axis])
            case "laneid":
                return (np.arange(self.lanes) % WARP).astype(np.int32)
            case _:
                raise LookupError(name)

    def _thread(self, axis: int) -> Any:
        if self.block[axis] == 1:
            return np.int64(0)
        x, y, _ = self.block
        found: Any = self.thread_of_lane // (1, x, x * y)[axis]
        return found % self.block[axis]

    def _block(self, axis: int) -> Any:
        x, y, _ = self.grid
        number: Any = self.first_block + self.block_of_lane
        if self.blocks == 1:
            number = np.int64(self.first_block)
        if self.grid[axis] == 1:
            return np.int64(0)
        found: Any = number // (1, x, x * y)[axis]
        return found % self.grid[axis]


class Loop:
    """A loop under way: the lanes that left it, and those that are done with this turn."""

    def __init__(self, nobody: Mask) -> None:
        self.broke = nobody
        self.continued = nobody


def spread_control(value: Any, control: Any) -> Any:
    """A value that is garbage as well where garbage decided that it is assigned."""
    return Tainted(plain(value), np.maximum(source_of(value), control))
