"""A kernel's form made ready to run: each node becomes a function of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinytorch_ls.machine import access, exchanges, expressions, form, races, statements
from tinytorch_ls.machine.access import Access
from tinytorch_ls.machine.batch import Batch
from tinytorch_ls.machine.checked import checked_reads
from tinytorch_ls.machine.exchanges import Lost
from tinytorch_ls.machine.expressions import Compute
from tinytorch_ls.machine.loops import ForLoop, Turns, WhileLoop
from tinytorch_ls.machine.operations import FLOPS
from tinytorch_ls.machine.report import Place
from tinytorch_ls.machine.statements import Branching, Run
from tinytorch_ls.machine.storage import Storage
from tinytorch_ls.machine.trace import Site
from tinytorch_ls.machine.written import is_seen

if TYPE_CHECKING:
    from tinytorch_ls.machine.launch import Launch

ZERO, ONE = np.int64(0), np.int64(1)


class Compiler:
    """Makes one kernel ready for one launch."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.slots: dict[tuple[str, str], int] = {}
        self.accesses: list[Access] = []
        self.sites: dict[int, Access | Lost] = {}
        self.places: list[Place] = []
        self.branches: dict[Place, Branching] = {}
        self.checked = checked_reads(launch.kernel)

    def body(self, body: tuple[form.Statement, ...]) -> Run:
        """Statements in a row."""
        return statements.sequence([self.statement(each) for each in body])

    def block(self, body: tuple[form.Statement, ...]) -> Run | None:
        """The same, where there may be none."""
        return self.body(body) if body else None

    def slot(self, local: form.Local) -> int:
        """Where a variable is kept."""
        key = local.name, str(local.dtype)
        return self.slots.setdefault(key, len(self.slots))

    def branching(self, place: Place) -> Branching:
        """The counts of a branch; a device function's are one wherever it is called."""
        return self.branches.setdefault(place, Branching(place))

    def statement(self, node: form.Statement) -> Run:
        """One statement."""
        match node:
            case form.Assign(target=target, value=value):
                return statements.assign(self.slot(target), self.expression(value))
            case form.Store(place=place, element=element, value=value):
                found, address = self.access(element, races.WRITE, place)
                return access.store(found, address, self.expression(value))
            case form.Evaluate(value=value):
                return statements.evaluate(self.expression(value))
            case form.If(place=place, test=test, body=body, orelse=orelse):
                parts = self.expression(test), self.body(body), self.block(orelse)
                return statements.branch(*parts, self.branching(place), self.seen(node))
            case form.Inline(body=body):
                return statements.inline(self.body(body))
            case form.Barrier(place=place, grid=grid):
                barrier = exchanges.grid_barrier if grid else exchanges.barrier
                return barrier(place, self.launch, self.launch.fault_count)
            case form.WarpBarrier(place=place, mask=mask):
                return exchanges.warp_barrier(self.meeting(place, mask))
            case form.Fence():
                return statements.fence
            case form.Raise(place=place, error=error):
                return statements.failure(error, place)
            case form.Break():
                return statements.leave_loop
            case form.Continue():
                return statements.next_turn
            case form.Return():
                return statements.leave_function
            case form.While() | form.For():
                return self.loop(node)
            case _:
                raise TypeError(node)

    def loop(self, node: form.While | form.For) -> Run:
        """A loop."""
        branching = self.branching(node.place)
        orelse = self.block(node.orelse)
        turns = Turns(self.body(node.body), orelse, branching, self.launch, self.seen(node))
        if isinstance(node, form.While):
            step = self.block(node.step)
            return WhileLoop(self.expression(node.test), step, node.test_first, turns)
        bounds = (
            self.expression(node.start),
            self.expression(node.stop),
            self.expression(node.step),
        )
        return ForLoop(self.slot(node.target), node.target.dtype, bounds, turns)

    def seen(self, node: form.Statement) -> Launch | None:
        """Whom to tell where garbage decides on it: others see what it does, or nobody does."""
        return self.launch if is_seen(node) else None

    def expression(self, node: form.Expression) -> Compute:
        """One expression."""
        match node:
            case form.Constant(dtype=dtype, value=value):
                return expressions.constant(dtype.type(value))
            case form.Local(dtype=dtype):
                return expressions.local(self.slot(node), dtype)
            case form.Special(name=name):
                return expressions.special(name)
            case form.Extent():
                return expressions.constant(self.launch.extent(node))
            case form.Handle(array=array):
                return expressions.constant(np.int64(self.launch.storage(array).number))
            case form.Operation(name=name, operands=operands, dtype=dtype):
                found = expressions.operation(name, [self.expression(each) for each in operands])
                flops = FLOPS.get(name, 0) if dtype.kind == "f" else 0
                return expressions.counted(found, flops) if flops else found
            case form.Cast(dtype=dtype, value=value):
                return expressions.conversion(self.expression(value), dtype)
            case form.ShortCircuit(both=both, left=left, right=right):
                sides = self.expression(left), self.expression(right)
                return expressions.short_circuit(both, *sides)
            case form.Choice(test=test, first=first, second=second):
                parts = (self.expression(each) for each in (test, first, second))
                return expressions.choice(*parts)
            case form.After(body=body, value=value):
                return self.after(self.body(body), self.expression(value))
            case form.Load(element=element, place=place):
                found, address = self.access(element, races.READ, place)
                if id(node) in self.checked:
                    found.noted_as = races.CHECKED
                return access.load(found, address)
            case form.Atomic(name=name, element=element, operands=operands, wanted=wanted):
                found, address = self.access(element, races.ATOMIC, node.place)
                given = [self.expression(each) for each in operands]
                return access.atomic(found, name, address, given, wanted)
            case form.Exchange():
                return self.exchange(node)
            case form.BlockVote(name=name, value=value, place=place):
                wait = exchanges.barrier(place, self.launch, self.launch.fault_count)
                return exchanges.block_vote(name, self.expression(value), wait)
            case _:
                raise TypeError(node)

    def after(self, body: Run, value: Compute) -> Compute:
        """A value after statements."""

        def compute(batch: Batch) -> Any:
            body(batch)
            return value(batch)

        return compute

    def meeting(self, place: Place, mask: form.Expression) -> Compute:
        """The lanes of a mask."""
        return exchanges.meeting(place, self.expression(mask), self.launch.fault_count)

    def exchange(self, node: form.Exchange) -> Compute:
        """A shuffle or a vote."""
        meet = self.meeting(node.place, node.mask)
        operands = [self.expression(each) for each in node.operands]
        if not node.name.startswith("shfl"):
            return exchanges.vote(node.name, meet, operands)
        lost = Lost(self.new_site(node.place))
        self.sites[lost.number] = lost
        value, argument, *width = operands
        return exchanges.shuffle(
            node.name, lost, meet, value, argument, width[0] if width else None
        )

    def new_site(self, place: Place) -> int:
        """A number for it: from 1, since 0 says that a value is no garbage."""
        self.places.append(place)
        return len(self.places)

    def access(self, element: form.Element, kind: int, place: Place) -> tuple[Access, Compute]:
        """An access in the source, and the address that it is at."""
        name = element.memory.name if isinstance(element.memory, form.Array) else ""
        numbers = element.count * element.ratio
        site = Site(self.new_site(place), kind, place, numbers, name)
        memory: Storage | Compute
        if isinstance(element.memory, form.Array):
            memory = self.launch.storage(element.memory)
        else:
            memory = self.expression(element.memory)
        found = Access(site, self.launch, memory, element.dtype, element.ratio)
        self.sites[site.number] = found
        self.accesses.append(found)
        parts = [
            (self.expression(index), self.expression(length), self.expression(stride))
            for index, length, stride in zip(
                element.indices, element.lengths, element.strides, strict=True
            )
        ]
        offset = None if self.is_zero(element.offset) else self.expression(element.offset)

        def storage_of(batch: Batch) -> Storage:
            return next(iter(found.storages(batch)))

        return found, access.address_of(site, self.launch, offset, parts, storage_of)

    def is_zero(self, node: form.Expression) -> bool:
        """Whether an offset is nothing."""
        if isinstance(node, form.Extent):
            return self.launch.extent(node) == 0
        return isinstance(node, form.Constant) and node.value == 0
