"""A launch on the machine: its memories, the order in which blocks run, and its report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from math import prod
from typing import Any

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.access import VERBS
from tinytorch_ls.machine.arguments import global_memories
from tinytorch_ls.machine.batch import Batch, Parked
from tinytorch_ls.machine.clocks import FenceClocks
from tinytorch_ls.machine.compiled import Compiler
from tinytorch_ls.machine.limits import AT_ONCE, SHARED_LIMIT, refused_extents
from tinytorch_ls.machine.masks import WARP, Mask
from tinytorch_ls.machine.races import Conflict, Watch
from tinytorch_ls.machine.report import (
    Branch,
    Extent3,
    Fault,
    FaultKind,
    Moved,
    Place,
    Report,
    Thread,
    Traffic,
)
from tinytorch_ls.machine.storage import Storage, declared
from tinytorch_ls.machine.trace import KINDS, Trace
from tinytorch_ls.machine.values import is_array
from tinytorch_ls.machine.waiting import Stillness, StuckError
from tinytorch_ls.machine.written import touched

LANES = 1 << 14  # of a batch, about
MAX_FAULTS = 10
TURNS = 400_000  # of all loops of a batch
PATIENCE = 8_000  # turns of one `while`


class StoppedError(Exception):
    """Ends a launch: after this fault nothing that follows would mean anything."""


class Launch:
    """One launch."""

    def __init__(
        self,
        kernel: form.Kernel,
        grid: Extent3,
        block: Extent3,
        arguments: tuple[Any, ...],
        turns: int | None = None,
        dynamic_shared: int = 0,
        *,
        traced: bool = False,
    ) -> None:
        self.kernel = kernel
        self.grid, self.block = grid, block
        self.arguments = arguments
        self.turns, self.patience = turns or TURNS, min(turns or TURNS, turns or PATIENCE)
        self.looks = turns is None  # whether a loop may be stopped before it took that many
        self.dynamic_shared = dynamic_shared
        self.traced = traced
        self.found = touched(kernel)
        self.begin()

    @property
    def block_lanes(self) -> int:
        """The lanes of a block's warps, of which the last may have no thread."""
        return -(-prod(self.block) // WARP) * WARP

    def begin(self) -> None:
        """Everything as before the launch."""
        self.faults: list[Fault] = []
        self.storages: list[Storage] = []
        self.of_array: dict[int, Storage] = {}
        self.dynamic: dict[int, Storage] = {}  # shared memory of the launch's size, by itemsize
        self.extents: dict[tuple[int, str], tuple[int, ...]] = {}
        self.scalars: list[tuple[form.Local, Any]] = []
        self.watches: dict[int, Watch] = {}
        self.stillness = Stillness(self.storages)
        self.fence_clocks: FenceClocks | None = None
        self.flops = 0
        self.trace = Trace(self.block_lanes) if self.traced else None
        self.unwritten: dict[str, set[Place]] = {}  # by memory: where garbage of it was read
        self.raced: set[str] = set()
        self.compiler: Compiler | None = None

    def run(self) -> Report:
        """Run all blocks. Raises what the kernel itself raises."""
        with suppress(StoppedError):
            reason = refused_extents(self.grid, self.block)
            threads = prod(self.grid) * prod(self.block)
            if not reason and self.found.grid_barriers and threads > AT_ONCE:
                reason = (
                    f"all blocks of a grid that waits for itself are on the GPU at once: "
                    f"{threads:,} threads are more than the {AT_ONCE:,} of an H100"
                )
            if reason:
                self.refuse(reason)
            self.run_in_some_order()
        return self.report(self.compiler)

    def run_in_some_order(self) -> None:
        """All blocks at once; where lanes wait for others in vain, in smaller parts."""
        orders = ["blocks together"]
        if self.found.waits:
            orders.append("block by block")
            if not self.found.barriers:
                orders += ["warp by warp", "thread by thread"]
        before: list[Any] = [np.copy(a) if is_array(a) else None for a in self.arguments]
        for order in orders:
            stuck = self.attempt(order)
            if stuck is None:
                return
            if order == orders[-1] or not (stuck.still or self.found.atomics):
                self.endless(stuck)
            for argument, kept in zip(self.arguments, before, strict=True):
                if kept is not None and argument.flags.writeable:
                    argument[...] = kept
            self.begin()

    def attempt(self, order: str) -> StuckError | None:
        """Run the blocks in an order; where that leads nowhere, what it is stuck in."""
        try:
            self.run_blocks(order)
        except StuckError as stuck:
            return stuck
        return None

    def run_blocks(self, order: str) -> None:
        """Run all blocks. Raises StuckError."""
        self.place_memories()
        compiler = self.compiler = Compiler(self)
        for local, _ in self.scalars:
            compiler.slot(local)
        with np.errstate(all="ignore"):
            body = compiler.body(self.kernel.body)
            for batch in self.batches(compiler, together=order == "blocks together"):
                if self.trace is not None:
                    self.trace.is_open = batch.first_block == 0
                try:
                    for mask in parts_of(batch, order):
                        batch.mask, batch.live = mask, mask.count
                        self.stillness.begin()
                        body(batch)
                    self.divergent(batch)
                finally:
                    self.flops += batch.flops
                    if not batch.parked:  # behind a barrier that some miss nothing means anything
                        self.compare(batch)
        self.grid_passed()

    def batches(self, compiler: Compiler, together: bool) -> Iterator[Batch]:
        """Blocks in a row."""
        total = self.grid[0] * self.grid[1] * self.grid[2]
        size = max(1, min(total, LANES // self.block_lanes)) if together else 1
        size = total if self.found.grid_barriers else size
        for first in range(0, total, size):
            count = min(size, total - first)
            batch = Batch(self.grid, self.block, first, count, len(compiler.slots))
            batch.fence_clocks = self.fence_clocks
            for storage in self.storages:
                if storage.space == "shared":
                    storage.own(count, batch.block_of_lane)
                elif storage.space == "local":
                    storage.own(batch.lanes, np.arange(batch.lanes))
            for local, value in self.scalars:
                batch.values[compiler.slot(local)] = value
                batch.domains[compiler.slot(local)] = batch.root
            yield batch

    # What the kernel has in memory.

    def place_memories(self) -> None:
        """Storages for the arguments and for what the kernel declares."""
        parameters = self.kernel.parameters
        named = [(p.name, v) for p, v in zip(parameters, self.arguments, strict=True)]
        known: dict[int, Storage] = {}
        for memory in global_memories(named):
            dtype = parameters[memory.views[0].number].dtype
            ratio = memory.cells.itemsize // dtype.itemsize
            cells = memory.cells if ratio == 1 else memory.cells.view(dtype)
            storage = Storage(
                memory.name, "global", cells, memory.shape, memory.origin, memory.readonly
            )
            self.add(storage)
            for view in memory.views:
                known[view.number] = storage
                array = parameters[view.number]
                self.extents[id(array), "length"] = view.shape
                self.extents[id(array), "stride"] = tuple(each * ratio for each in view.strides)
                self.extents[id(array), "offset"] = (view.offset * ratio,)
        for number, parameter in enumerate(parameters):
            if isinstance(parameter, form.Array):
                self.of_array[id(parameter)] = known[number]
            else:
                value = self.arguments[number]
                if isinstance(value, int | float | complex | np.generic):
                    self.scalars.append((parameter, parameter.dtype.type(value)))
        for array in self.kernel.arrays:
            self.add_declared(array)
        self.check_shared()
        self.watch_written()

    def add(self, storage: Storage) -> Storage:
        """One more memory."""
        storage.number = len(self.storages)
        self.storages.append(storage)
        return storage

    def add_declared(self, array: form.Array) -> None:
        """A constant, shared or local array."""
        if array.shape is None:
            storage = self.dynamic_memory(array)
        elif array.values is not None:
            cells: Any = np.array(array.values, order="C")
            shape = array.values.shape
            given = Storage(array.name, "global", cells.reshape(-1), shape, 0, not array.writable)
            storage = self.add(given)
        else:
            storage = self.add(declared(array.name, array.space, array.dtype, array.shape))
        self.of_array[id(array)] = storage

    def dynamic_memory(self, array: form.Array) -> Storage:
        """Shared memory of the size that the launch gives, which all such arrays have together."""
        size = array.dtype.itemsize
        shape = (self.dynamic_shared // size,)
        self.extents[id(array), "length"] = shape
        self.extents[id(array), "stride"] = (1,)
        if size not in self.dynamic:
            found = declared(array.name, array.space, array.dtype, shape)
            self.dynamic[size] = self.add(found)
        return self.dynamic[size]

    def check_shared(self) -> None:
        """Refuse a launch whose blocks ask for too much."""
        total = sum(
            storage.size * storage.dtype.itemsize
            for storage in self.storages
            if storage.space == "shared"
        )
        if total > SHARED_LIMIT:
            self.refuse(
                f"a block's shared memory comes to {total:,} bytes; it may have {SHARED_LIMIT:,}"
            )

    def watch_written(self) -> None:
        """Which memories have to be searched for races: those that the kernel writes."""
        lanes = self.block_lanes
        for storage in self.storages:
            written = {self.of_array[id(array)].number for array in self.found.written}
            if storage.space != "local" and (self.found.anything or storage.number in written):
                self.watches[storage.number] = Watch(
                    storage.cells.size, lanes, storage.space == "shared"
                )
        if self.found.fences and self.found.atomics:
            self.fence_clocks = FenceClocks(self.grid[0] * self.grid[1] * self.grid[2], lanes)

    def storage(self, array: form.Array) -> Storage:
        """The memory of an array."""
        return self.of_array[id(array)]

    def extent(self, node: form.Extent) -> Any:
        """A length, a stride or the offset of a parameter."""
        return np.int64(self.extents[id(node.array), node.what][node.axis])

    # What goes wrong.

    def place_of(self, site: int) -> Place:
        """Where in the source a site is."""
        assert self.compiler is not None
        return self.compiler.places[site - 1]

    def fault_count(self) -> int:
        """How many faults there are so far."""
        return len(self.faults)

    def fault(
        self,
        kind: FaultKind,
        message: str,
        place: Place,
        lanes: tuple[int, ...] = (),
        other: Place | None = None,
        at: int | None = None,
    ) -> None:
        """One more fault, unless the same is known already; `lanes` are counted over the grid."""
        for fault in self.faults:
            if (fault.kind, fault.place, fault.other) == (kind, place, other):
                return
        if len(self.faults) < MAX_FAULTS:
            who = tuple(self.who(lane) for lane in lanes)
            where = len(self.faults) if at is None else at
            self.faults.insert(where, Fault(kind, message, place, who, other))

    def who(self, lane: int) -> Thread:
        """A thread of the grid by the number of its lane."""
        x, y, _ = self.block
        block, thread = divmod(lane, self.block_lanes)
        gx, gy, _ = self.grid
        where = (block % gx, block // gx % gy, block // (gx * gy))
        return Thread(where, (thread % x, thread // x % y, thread // (x * y)))

    def refuse(self, reason: str) -> None:
        """No GPU would take this launch."""
        name = self.kernel.name
        self.fault("launch", f"{name} cannot be launched: {reason}", self.kernel.place)
        raise StoppedError

    def outside(
        self, batch: Batch, site: int, lane: int, what: str, kind: FaultKind = "out of bounds"
    ) -> None:
        """An access that no GPU makes."""
        number = batch.first_block * batch.block_lanes + lane
        place = self.place_of(site)
        self.fault(kind, f"{self.who(number)} {what}", place, (number,))
        raise StoppedError

    def consumed(self, batch: Batch, source: Any) -> None:
        """Garbage reached what others can see."""
        every = np.broadcast_to(source, batch.lanes)
        ids = batch.mask.ids[every[batch.mask.ids] > 0]
        for site in np.unique(every[ids]).tolist():
            assert self.compiler is not None
            found = self.compiler.sites[site].garbage
            mine = ids[every[ids] == site]
            if found is None:
                continue
            own = mine[found.lanes[mine]]
            lane = int(own[0] if len(own) else np.flatnonzero(found.lanes)[0])
            number = batch.first_block * batch.block_lanes + lane
            words = f"{self.who(number)} {found.words(lane)}"
            place = self.place_of(site)
            self.fault("uninitialised", words, place, (number,))
            self.unwritten.setdefault(found.memory, set()).add(place)

    def length(self, batch: Batch, place: Place, turns: int) -> None:
        """A loop will take as many turns."""
        if turns > self.turns:
            raise StuckError(place, batch, f"takes {turns:,} turns", False)

    def turn(self, batch: Batch, place: Place, number: int, endless: bool) -> None:
        """A turn of a loop."""
        batch.turns += 1
        if batch.turns > self.turns or (endless and number > self.patience):
            took = self.turns if batch.turns > self.turns else self.patience
            raise StuckError(place, batch, f"took {took:,} turns", False)
        if endless and self.looks and self.stillness.still(batch, number):
            words = f"took {number:,} turns, of which the last changed nothing"
            raise StuckError(place, batch, words, True)

    def endless(self, stuck: StuckError) -> None:
        """A loop that no order of threads ends."""
        batch = stuck.batch
        self.divergent(batch)
        lane = int(batch.mask.ids[0]) + batch.first_block * batch.block_lanes
        message = f"{self.who(lane)} is in a loop that {stuck.what}"
        self.fault("endless loop", message, stuck.place, (lane,))
        raise StoppedError

    def divergent(self, batch: Batch) -> None:
        """Barriers to which not all came: the first block's is told."""
        if not batch.parked:
            return
        first = min(batch.parked, key=lambda each: (each.before, each.block))
        ours = np.flatnonzero(first.lanes & first.expected)
        waiting = int((ours if len(ours) else np.flatnonzero(first.lanes))[0])
        if first.own_mask:
            absent = int(np.flatnonzero(first.lanes & ~first.expected)[0])
            where, other = "is not in the mask with which it waits there", first.place
        else:
            absent = int(np.flatnonzero(first.expected & ~first.lanes)[0])
            where, other = self.stands(batch, first, absent)
        base = batch.first_block * batch.block_lanes
        self.fault(
            "divergent barrier",
            f"{self.who(base + waiting)} waits at the barrier of line {first.place.line}, but "
            f"{self.who(base + absent)} {where}",
            first.place,
            (base + waiting, base + absent),
            other,
            first.before,
        )
        raise StoppedError

    def stands(self, batch: Batch, first: Parked, absent: int) -> tuple[str, Place | None]:
        """Where the absent thread is."""
        for each in batch.parked:
            if each.lanes[absent] and each is not first:
                if each.place == first.place:
                    return "comes there another time", each.place
                return f"waits at that of line {each.place.line}", each.place
        return "has come to its end without it", None

    # What is counted and compared.

    def passed(self, batch: Batch, blocks: list[int]) -> None:
        """Blocks of the batch have passed a barrier."""
        if self.fence_clocks is not None:
            for block in blocks:
                first = (batch.first_block + block) * batch.block_lanes
                self.fence_clocks.meet(list(range(first, first + batch.threads)))
        if len(blocks) < batch.blocks:
            return
        self.compare(batch)
        for storage in self.storages:
            storage.look()

    def grid_passed(self) -> None:
        """Whatever comes now is ordered after all that was before."""
        for number, watch in self.watches.items():
            for conflict in watch.at_the_end(self.fence_clocks):
                self.race(self.storages[number], conflict)
            watch.forget()

    def compare(self, batch: Batch) -> None:
        """Look for races."""
        first = batch.first_block * batch.block_lanes
        alone = self.grid == (1, 1, 1)
        for number, watch in self.watches.items():
            for conflict in watch.compare(first, batch.warp_clocks, self.fence_clocks, alone):
                self.race(self.storages[number], conflict)

    def race(self, storage: Storage, conflict: Conflict) -> None:
        """Two threads, one address; the fault stands at the later line of the two."""
        places = [self.place_of(site) for site in conflict.sites]
        both = list(zip(conflict.lanes, places, conflict.kinds, strict=True))
        early, late = places
        turns = early.function == late.function and early.line > late.line  # of a loop around both
        if not turns:
            both.sort(key=lambda each: (each[1], each[0]))
        (lane1, place1, kind1), (lane2, place2, kind2) = both
        who1, who2 = self.who(lane1), self.who(lane2)
        why = "no barrier stands between" if who1.block == who2.block else "nothing orders blocks"
        then = ", in the next turn of the loop," if turns else ""
        self.fault(
            "race",
            f"{who1} {VERBS[kind1]} {storage.element(conflict.at)} in line {place1.line} and{then} "
            f"{who2} {VERBS[kind2]} it in line {place2.line}: {why}",
            *((place1, (lane2, lane1), place2) if turns else (place2, (lane1, lane2), place1)),
        )
        self.raced.add(storage.name)

    def report(self, compiler: Compiler | None) -> Report:
        """What the launch tells."""
        size = (self.kernel.name, self.grid, self.block)
        raced = {place for name in self.raced for place in self.unwritten.get(name, ())}
        faults = tuple(  # what a race left there is the race's fault
            fault
            for fault in self.faults
            if fault.kind != "uninitialised" or fault.place not in raced
        )
        if compiler is None:
            return Report(*size, faults, ())
        branches = tuple(
            Branch(each.place, each.warps, each.divergent)
            for _, each in sorted(compiler.branches.items())
        )
        turns = tuple(self.trace.turns) if self.trace is not None else ()
        traffic = self.traffic(compiler)
        return Report(*size, faults, traffic, branches, self.flops, turns, self.found.doubles)

    def traffic(self, compiler: Compiler) -> tuple[Traffic, ...]:
        """What each access in the source moved."""
        counts: dict[tuple[Place, str, Any, int], Moved] = {}
        for access in compiler.accesses:
            for number, meter in access.meters.items():
                storage = self.storages[number]
                key = access.site.place, storage.name, storage.space, access.site.kind
                moved = meter.tally.moved()
                if moved.accesses:
                    counts[key] = counts.get(key, Moved()) + moved
        found = [
            Traffic(**asdict(moved), place=place, array=name, memory=space, kind=KINDS[kind])
            for (place, name, space, kind), moved in counts.items()
        ]
        return tuple(sorted(found, key=lambda t: (t.place, t.array, t.kind)))


def parts_of(batch: Batch, order: str) -> Iterator[Mask]:
    """The lanes that run at once, one part after the other."""
    size = {"warp by warp": 32, "thread by thread": 1}.get(order)
    if size is None:
        yield batch.root
        return
    for start in range(0, batch.lanes, size):
        bits = np.zeros(batch.lanes, bool)
        bits[start : start + size] = True
        part = batch.root.only(bits)
        if part.count:
            yield part
