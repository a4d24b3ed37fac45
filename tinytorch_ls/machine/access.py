"""Reads, writes and atomics: checked, counted and noted down, then done for all lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.batch import Batch
from tinytorch_ls.machine.expressions import Compute
from tinytorch_ls.machine.masks import Mask
from tinytorch_ls.machine.operations import ATOMIC, where
from tinytorch_ls.machine.races import ATOMIC as CHANGED
from tinytorch_ls.machine.races import CHECKED, READ, WRITE, Noted, Watch
from tinytorch_ls.machine.report import FaultKind
from tinytorch_ls.machine.storage import UNWRITTEN, WIDEST, Storage
from tinytorch_ls.machine.trace import Site, Trace
from tinytorch_ls.machine.traffic import Meter
from tinytorch_ls.machine.values import Tainted, each_lane, is_array, is_clean, plain, source_of

VERBS = {READ: "reads", CHECKED: "reads", WRITE: "writes", CHANGED: "changes"}


class Overseer(Protocol):
    """What an access needs of the launch."""

    storages: list[Storage]
    watches: dict[int, Watch]
    trace: Trace | None

    def outside(
        self, batch: Batch, site: int, lane: int, what: str, kind: FaultKind = "out of bounds"
    ) -> None:
        """An access that no GPU makes; does not return."""

    def consumed(self, batch: Batch, source: Any) -> None:
        """Garbage reached what others can see, in the lanes that take part."""

    def compare(self, batch: Batch) -> None:
        """Look for races among what was noted."""


@dataclass(frozen=True)
class Garbage:
    """What a site has read last that nothing had written, in words for one lane of a batch."""

    memory: str
    lanes: Any
    words: Callable[[int], str]


Storages: TypeAlias = "Storage | Compute"


class Access:
    """One access in the source, on whichever memory it turns out to be."""

    def __init__(
        self, site: Site, overseer: Overseer, memory: Storages, dtype: form.DType, ratio: int = 1
    ) -> None:
        self.site = site
        self.dtype = dtype  # as which it sees the memory's numbers,
        self.ratio = ratio  # of which so many are one
        self.overseer = overseer
        self.memory = memory
        self.noted_as = site.kind
        self.meters: dict[int, Meter] = {}
        self.garbage: Garbage | None = None

    def storages(self, batch: Batch) -> Iterator[Storage]:
        """The memories that the lanes access; the batch's mask is those of each in turn."""
        if isinstance(self.memory, Storage):
            yield self.memory
            return
        number = plain(self.memory(batch))
        if not is_array(number):
            yield self.overseer.storages[int(number)]
            return
        outer = batch.mask
        for each in np.unique(number[outer.ids]).tolist():
            batch.mask = outer.only(number == each)
            yield self.overseer.storages[each]
        batch.mask = outer

    def count(self, storage: Storage, at: Any, mask: Mask) -> None:
        """Count what the warps move."""
        if storage.space == "local" or not self.site.numbers:
            return
        meter = self.meters.get(storage.number)
        if meter is None:
            shared = storage.space == "shared"
            size = storage.dtype.itemsize
            meter = Meter(size, shared, storage.origin, self.site.numbers)
            self.meters[storage.number] = meter
        meter.count(at, mask)
        if self.overseer.trace is not None:
            self.overseer.trace.note(self.site, storage, meter.width, at, mask)

    def note(self, batch: Batch, storage: Storage, at: Any) -> None:
        """Note it down for the search for races."""
        watch = self.overseer.watches.get(storage.number)
        if watch is None:
            return
        clocks = batch.fence_clocks
        stamp = None if clocks is None else clocks.version
        warp = batch.warp_clocks.stamp
        number = self.site.number
        full = False
        for part in range(self.site.numbers):
            noted = Noted(self.noted_as, number, at + part, batch.mask, batch.epochs, warp, stamp)
            full |= watch.note(noted)
        if full:
            self.overseer.compare(batch)

    def reached(self, batch: Batch, storage: Storage, address: Any) -> Any:
        """Where an address leads in a memory; the access is counted and noted down."""
        at = plain(address)
        self.count(storage, at, batch.mask)
        at = storage.placed(at)
        self.note(batch, storage, at)
        return at

    def changed(self, batch: Batch, storage: Storage, address: Any) -> Any:
        """The same of what others see: garbage must not say where."""
        if address.__class__ is Tainted:
            self.overseer.consumed(batch, address.source)
        return self.reached(batch, storage, address)

    def unwritten(self, batch: Batch, storage: Storage, at: Any) -> Any:
        """Which lanes get garbage, and from which site; 0 where none does."""
        state = storage.state
        if state is None or not storage.dirty:
            return 0
        found = cells_of(state, at)
        for part in range(1, self.ratio):
            beside = cells_of(state, at + part)
            found = where(found == 0, beside, found)
        if not np.any(found):
            return 0
        fresh = (found == UNWRITTEN) & batch.mask.bits
        if np.any(fresh):
            verb = VERBS[self.site.kind]

            def words(lane: int) -> str:
                target = int(at[lane]) if is_array(at) else int(at)
                return f"{verb} {storage.element(target)}, which nothing has written yet"

            self.garbage = Garbage(storage.name, fresh, words)
        return where(found == UNWRITTEN, self.site.number, found)


def cells_of(values: Any, at: Any) -> Any:
    """What stands at addresses; those of lanes that sit out may be anywhere."""
    if is_array(at):
        return values.take(at, mode="clip")
    return values[at]


def load(access: Access, address: Compute) -> Compute:
    """A read."""

    def one(batch: Batch, storage: Storage) -> Any:
        own = address(batch)
        at = access.reached(batch, storage, own)
        value = cells_of(*storage.seen(access.dtype, at))
        source = access.unwritten(batch, storage, at)
        if own.__class__ is Tainted:
            source = np.maximum(source, own.source)
        return value if is_clean(source) else Tainted(value, source)

    def compute(batch: Batch) -> Any:
        if isinstance(access.memory, Storage):
            return one(batch, access.memory)
        found: Any = None
        for storage in access.storages(batch):
            value = one(batch, storage)
            found = value if found is None else _merged(batch, value, found)
        return found

    return compute


def _merged(batch: Batch, new: Any, old: Any) -> Any:
    bits = batch.mask.bits
    value: Any = where(bits, plain(new), plain(old))
    source: Any = where(bits, source_of(new), source_of(old))
    return Tainted(value, source) if source.any() else value


def store(access: Access, address: Compute, value: Compute) -> Callable[[Batch], None]:
    """A write."""

    def run(batch: Batch) -> None:
        given = value(batch)
        for storage in access.storages(batch):
            at = access.changed(batch, storage, address(batch))
            source = source_of(given)
            if batch.control is not None:
                source = np.maximum(source, batch.control)
            if storage.state is None and not is_clean(source):
                access.overseer.consumed(batch, source)
            _put(batch, storage, at, access, plain(given), source)

    return run


def _put(batch: Batch, storage: Storage, at: Any, access: Access, value: Any, source: Any) -> None:
    """Write; where lanes write one element, the last one's value stays."""
    if storage.readonly:
        raise TypeError(f"{storage.name} is read-only")
    mask = batch.mask
    if not mask.count:
        return
    target: Any
    if not is_array(at):
        last = mask.ids[-1]
        target = at
        value = value[last] if is_array(value) else value
        source = source[last] if is_array(source) else source
    elif mask.everyone:
        target = at
    else:
        ids = mask.ids
        target = at[ids]
        value = value[ids] if is_array(value) else value
        source = source[ids] if is_array(source) else source
    cells, place = storage.seen(access.dtype, target)
    cells[place] = value
    if storage.state is not None and (storage.dirty or not is_clean(source)):
        storage.dirty = True
        for part in range(access.ratio):
            storage.state[target + part] = source


def atomic(
    access: Access, name: str, address: Compute, operands: list[Compute], wanted: bool
) -> Compute:
    """Change elements, one lane after another; gives what each found."""
    change = ATOMIC[name]

    def one(batch: Batch, storage: Storage, given: list[Any]) -> Any:
        at = access.changed(batch, storage, address(batch))
        source = access.unwritten(batch, storage, at)
        for each in given:
            source = np.maximum(source, source_of(each)) if each.__class__ is Tainted else source
        if storage.state is None and not is_clean(source):
            access.overseer.consumed(batch, source)
        if storage.readonly:
            raise TypeError(f"{storage.name} is read-only")
        values = [plain(each) for each in given]
        cells, places = storage.seen(access.dtype, at)
        found = _changed(batch, cells, places, change, values, wanted)
        _hear(batch, storage, at)
        if storage.state is not None and not is_clean(source):
            ids = batch.mask.ids
            target = at[ids] if is_array(at) else at
            lanes = each_lane(source, batch.lanes)[ids]
            storage.dirty = True
            for part in range(access.ratio):
                np.maximum.at(storage.state, target + part, lanes)
            return Tainted(found, source)
        return found

    def compute(batch: Batch) -> Any:
        given = [operand(batch) for operand in operands]
        found: Any = None
        for storage in access.storages(batch):
            value = one(batch, storage, given)
            found = value if found is None else _merged(batch, value, found)
        return found

    return compute


def _changed(batch: Batch, cells: Any, at: Any, change: Any, given: list[Any], wanted: bool) -> Any:
    ids = batch.mask.ids
    target = at[ids] if is_array(at) else np.full(len(ids), at)
    values = [v[ids] if is_array(v) else np.full(len(ids), v) for v in given]
    if not wanted and isinstance(change, np.ufunc) and batch.fence_clocks is None:
        change.at(cells, target, *values)
        return cells.dtype.type(0)
    old = cells[target]
    if len(np.unique(target)) == len(target):
        cells[target] = change(old, *values)
    elif isinstance(change, np.ufunc):
        for place in np.unique(target).tolist():
            mine = np.flatnonzero(target == place)
            running = change.accumulate(np.concatenate([cells[place : place + 1], values[0][mine]]))
            old[mine], cells[place] = running[:-1], running[-1]
    else:
        for i, place in enumerate(target.tolist()):
            old[i] = cells[place]
            cells[place] = change(cells[place], *(value[i] for value in values))
    found = np.zeros(batch.lanes, cells.dtype)
    found[ids] = old
    return found


def _hear(batch: Batch, storage: Storage, at: Any) -> None:
    if batch.fence_clocks is None or storage.space != "global":
        return
    ids = batch.mask.ids
    places = at[ids] if is_array(at) else np.full(len(ids), at)
    for lane, place in zip(ids.tolist(), places.tolist(), strict=True):
        number = batch.first_block * batch.block_lanes + lane
        batch.fence_clocks.atomic(number, storage.number, place)


def address_of(
    site: Site,
    overseer: Overseer,
    offset: Compute | None,
    parts: list[tuple[Compute, Compute, Compute]],
    name_of: Callable[[Batch], Storage],
) -> Compute:
    """The number of an element in its memory: offset + index · stride of each part.

    `parts` are (index, length, stride); an index outside of its length is a fault.
    """

    def compute(batch: Batch) -> Any:
        at: Any = None if offset is None else offset(batch)
        source: Any = source_of(at)
        at = plain(at)
        indices: list[Any] = []
        for index, length, stride in parts:
            found: Any = index(batch)
            if found.__class__ is Tainted:
                source = np.maximum(source, found.source)
                limit: Any = np.maximum(plain(length(batch)) - 1, 0)
                inside: Any = np.minimum(np.maximum(found.value, 0), limit)
                found = where(source > 0, inside, found.value)
            n = plain(length(batch))
            indices.append(found)
            if not _inside(found, n, batch):
                _report(batch, site, overseer, name_of(batch), parts, found, n)
            step = plain(stride(batch))
            far: Any = found if not is_array(step) and step == 1 else found * step
            at = far if at is None else at + far
        if not parts:
            at = np.int64(0) if at is None else at
            size = name_of(batch).size - max(site.numbers, 1) + 1
            if is_clean(source) and not _inside(at, np.int64(size), batch):
                _report(batch, site, overseer, name_of(batch), parts, at, np.int64(size))
        if site.numbers > 1:
            _aligned(batch, site, overseer, name_of(batch), at)
        return at if is_clean(source) else Tainted(at, source)

    return compute


def _aligned(batch: Batch, site: Site, overseer: Overseer, storage: Storage, at: Any) -> None:
    """Several numbers that move at once begin at a multiple of their size."""
    itemsize = storage.dtype.itemsize
    size = site.numbers * itemsize
    multiple = min(size, WIDEST)
    first = each_lane(at, batch.lanes) * itemsize + storage.origin
    bad = np.flatnonzero((first % multiple != 0) & batch.mask.bits)
    if len(bad):
        lane = int(bad[0])
        element = storage.element(int(each_lane(at, batch.lanes)[lane]))
        what = f"{VERBS[site.kind]} {size} bytes from {element} on, "
        what += f"which is no multiple of {multiple}"
        overseer.outside(batch, site.number, lane, what, "misaligned")


def _inside(index: Any, length: Any, batch: Batch) -> bool:
    if not is_array(index) and not is_array(length):
        return 0 <= index < length or not batch.mask.count
    if is_array(index) and not is_array(length):
        fine = index.view(np.uint64) < np.uint64(length)
    else:
        fine = (index >= 0) & (index < length)
    return bool(fine.all()) or not (~fine & batch.mask.bits).any()


def _report(
    batch: Batch,
    site: Site,
    overseer: Overseer,
    storage: Storage,
    parts: list[tuple[Compute, Compute, Compute]],
    index: Any,
    length: Any,
) -> None:
    bad = ((index < 0) | (index >= length)) & batch.mask.bits
    lane = int(np.flatnonzero(bad)[0])

    def of_lane(value: Any) -> int:
        return int(plain(value)[lane] if is_array(plain(value)) else plain(value))

    verb = VERBS[site.kind]
    if parts:
        shown = ", ".join(str(of_lane(each(batch))) for each, _, _ in parts)
        shape = tuple(of_lane(each(batch)) for _, each, _ in parts)
        has = f"{shape[0]} elements" if len(shape) == 1 else f"shape {shape}"
    else:
        shown, has = str(of_lane(index)), f"{storage.size} elements"
    name = site.name or storage.name
    what = f"{verb} {name}[{shown}], but {name} has {has}"
    overseer.outside(batch, site.number, lane, what)
