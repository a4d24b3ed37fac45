"""`cuda` as a simulated kernel sees it: the names of `numba.cuda`, thread by thread."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tinytorch_ls.machine.limits import SHARED_LIMIT
from tinytorch_ls.machine.report import Extent3
from tinytorch_ls.simulator.access import Blame, outside, put
from tinytorch_ls.simulator.block import WARP, Block, BlockWait, WarpWait
from tinytorch_ls.simulator.memory import Book, Memory, OutOfBoundsError, View, parts_of


class Index3(NamedTuple):
    """A place in a grid or a block, or the extent of one."""

    x: int
    y: int
    z: int


class TooMuchSharedError(Exception):
    """A block asks for more shared memory than it may have."""


class SimulatedCuda:
    """One object for a whole launch; `enter` tells it which thread runs now."""

    warpsize = WARP

    def __init__(
        self, grid: Extent3, block: Extent3, blame: Blame, name_of: Callable[[int], str], book: Book
    ) -> None:
        self.gridDim = Index3(*grid)
        self.blockDim = Index3(*block)
        self.blockIdx = self.threadIdx = Index3(0, 0, 0)
        self.laneid = 0
        self.shared = SimpleNamespace(array=self._shared_array)
        self.local = SimpleNamespace(array=self._local_array)
        self.atomic = SimpleNamespace(
            add=self._atomic(lambda old, value: old + value),
            max=self._atomic(max),
            min=self._atomic(min),
        )
        self._blame = blame
        self._book = book
        self._name_of = name_of  # the variable that a site assigns to
        self._threads = [
            Index3(x, y, z)
            for z in range(block[2])
            for y in range(block[1])
            for x in range(block[0])
        ]
        self._running: Block | None = None
        self._shared: dict[int, View] = {}

    def begin(self, block: Block, index: Extent3) -> None:
        """A new block: its shared memory is empty."""
        self._running = block
        self.blockIdx = Index3(*index)
        self._shared = {}

    def enter(self, thread: int) -> None:
        """From now on `thread` runs."""
        self.threadIdx = self._threads[thread]
        self.laneid = thread % WARP

    def thread_index(self, thread: int) -> Extent3:
        """Where a thread stands in its block."""
        return self._threads[thread]

    @property
    def shared_memories(self) -> list[Memory]:
        """What the block that runs has in shared memory."""
        return [view.memory for view in self._shared.values()]

    def grid(self, ndim: int, *, site: int) -> Any:  # noqa: ARG002 - every call brings its site
        """Where this thread stands in the whole grid."""
        places = zip(self.blockIdx, self.blockDim, self.threadIdx, strict=True)
        return _first([b * n + t for b, n, t in places], ndim)

    def gridsize(self, ndim: int, *, site: int) -> Any:  # noqa: ARG002
        """How many threads the whole grid has."""
        return _first([b * n for b, n in zip(self.blockDim, self.gridDim, strict=True)], ndim)

    def syncthreads(self, *, site: int) -> None:
        """Wait for the block."""
        self._block.wait(BlockWait(site))

    def syncwarp(self, mask: int = 0xFFFFFFFF, *, site: int) -> None:
        """Wait for the warp."""
        self._block.wait(WarpWait(site, mask & 0xFFFFFFFF, orders_memory=True))

    def shfl_sync(self, mask: int, value: Any, src_lane: int, *, site: int) -> Any:
        """The value of a lane."""
        return self._shuffle(mask, value, src_lane % WARP, site)

    def shfl_up_sync(self, mask: int, value: Any, delta: int, *, site: int) -> Any:
        """The value of a lower lane."""
        return self._shuffle(mask, value, self.laneid - delta, site)

    def shfl_down_sync(self, mask: int, value: Any, delta: int, *, site: int) -> Any:
        """The value of a higher lane."""
        return self._shuffle(mask, value, self.laneid + delta, site)

    def shfl_xor_sync(self, mask: int, value: Any, lane_mask: int, *, site: int) -> Any:
        """The value of the lane that differs in the bits of `lane_mask`."""
        return self._shuffle(mask, value, self.laneid ^ lane_mask, site)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the simulator does not have cuda.{name}")

    @property
    def _block(self) -> Block:
        assert self._running is not None
        return self._running

    def _shuffle(self, mask: int, value: Any, source: int, site: int) -> Any:
        wait = WarpWait(site, mask & 0xFFFFFFFF, orders_memory=False, value=value, source=source)
        return self._block.wait(wait)

    def _shared_array(self, shape: Any, dtype: Any, *, site: int) -> View:
        """The block's array of this line: the first thread that comes here makes it."""
        view = self._shared.get(site)
        if view is None:
            view = self._shared[site] = self._array(shape, dtype, "shared", site)
            total = sum(memory.size * memory.dtype.itemsize for memory in self.shared_memories)
            if total > SHARED_LIMIT:
                raise TooMuchSharedError(
                    f"a block's shared memory comes to {total:,} bytes; it may have "
                    f"{SHARED_LIMIT:,}"
                )
        return view

    def _local_array(self, shape: Any, dtype: Any, *, site: int) -> View:
        return self._array(shape, dtype, "local", site)

    def _array(self, shape: Any, dtype: Any, kind: Any, site: int) -> View:
        lengths = parts_of(shape)
        if any(length < 1 for length in lengths):
            raise ValueError(f"cuda.{kind}.array needs lengths of at least 1, not {shape}")
        values = np.zeros(prod(lengths), dtype=_dtype(dtype))
        name = self._name_of(site) or f"a {kind} array"
        memory = Memory(name, kind, values, lengths, self._book, written=bytearray(values.size))
        strides = [prod(lengths[axis + 1 :]) for axis in range(len(lengths))]
        return View(memory, name, lengths, strides, 0)

    def _atomic(self, change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
        def atomic(array: View, index: Any, value: Any, *, site: int) -> Any:
            try:
                at = array.at(index)
            except OutOfBoundsError:
                self._blame("out of bounds", outside("changes", array, index), site)
                return None
            if isinstance(at, View):
                raise TypeError(f"an atomic operation changes one element, not {array.name}")
            array.memory.atomics[site](at)
            if array.written is not None and not array.written[at]:
                what = f"changes {array.memory.element(at)}, which nothing has written yet"
                self._blame("uninitialised", what, site)
            old = array.cells[at]
            put(array, at, change(old, value))
            return old

        return atomic


def _first(values: list[int], ndim: int) -> Any:
    if ndim not in (1, 2, 3):
        raise ValueError(f"cuda.grid and cuda.gridsize take 1, 2 or 3, not {ndim}")
    return values[0] if ndim == 1 else tuple(values[:ndim])


def _dtype(dtype: Any) -> np.dtype[Any]:
    """A dtype, whether it came as NumPy's, as the simulator's stand-in or as numba's type."""
    try:
        return np.dtype(dtype)
    except TypeError:
        return np.dtype(str(dtype))
