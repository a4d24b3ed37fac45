"""Runs a launch thread by thread: for a debugger, and as the oracle of the machine's tests."""

from __future__ import annotations

from dataclasses import asdict
from itertools import product
from types import FunctionType
from typing import Any, Literal, NoReturn, TypeAlias

from tinytorch.kernels import device
from tinytorch_ls.machine.limits import extent3, refused_extents
from tinytorch_ls.machine.report import Extent3, Fault, FaultKind, Moved, Report, Thread, Traffic
from tinytorch_ls.simulator.analysis import (
    Accesses,
    Conflict,
    Shadow,
    conflicts_within,
    gathered,
    moved,
)
from tinytorch_ls.simulator.block import Block, BlockWait, DivergenceError, Wait, WarpWait
from tinytorch_ls.simulator.cuda import SimulatedCuda, TooMuchSharedError
from tinytorch_ls.simulator.memory import AccessKind, Book, Memory, Moment, global_views
from tinytorch_ls.simulator.program import Program, parameters_of, python_function

MAX_FAULTS = 10
TURNS = 10_000_000


def simulate_threads(
    kernel: Any, grid: device.Extent, block: device.Extent, *arguments: Any, turns: int = TURNS
) -> Report:
    """Run every thread of `kernel[grid, block](*arguments)`, always in the same order.

    Arrays are changed as the kernel changes them. `turns` is how many turns all loops of one
    block may take before it counts as endless. An exception that is no fault of the kind that the
    report knows, such as NameError, comes through as it is.
    """
    return _Launch(kernel, extent3(grid), extent3(block), turns).run(arguments)


class _StoppedError(Exception):
    """Ends a launch: after this fault nothing that follows would mean anything."""


_Key: TypeAlias = tuple[int, str, Literal["global", "shared"], AccessKind]  # site, array, …


class _Launch:
    """One launch under way."""

    def __init__(self, kernel: Any, grid: Extent3, block: Extent3, turns: int) -> None:
        self.function = python_function(kernel)
        self.grid = grid
        self.block = block
        self.turns = turns
        self.faults: list[Fault] = []
        self.moved: dict[_Key, Moved] = {}
        self.thread = 0
        self.block_number = 0
        self.left = 0
        self.memories: list[Memory] = []
        self.shadows: dict[int, Shadow] = {}
        self.book: Book = []
        self.cuda = SimulatedCuda(grid, block, self.blame, self.target_of, self.book)
        self.program = Program(self.cuda, self.blame, self.tick)
        self.sites = self.program.sites  # the first is the kernel's own head

    def run(self, arguments: tuple[Any, ...]) -> Report:
        try:
            body = self.program.translated(self.function)
            self.check_extents()
            names = parameters_of(self.function, arguments)
            found = global_views(list(zip(names, arguments, strict=True)), self.book)
            values = [value for value, _ in found]
            self.memories = list({id(m): m for _, m in found if m is not None}.values())
            self.shadows = {id(memory): Shadow(memory.size) for memory in self.memories}
            for number, index in enumerate(product(*(range(n) for n in reversed(self.grid)))):
                self.run_block(number, (index[2], index[1], index[0]), body, values)
        except _StoppedError:
            pass
        return Report(
            self.function.__name__, self.grid, self.block, tuple(self.faults), self.traffic()
        )

    def run_block(self, number: int, index: Extent3, body: FunctionType, values: list[Any]) -> None:
        self.block_number = number
        self.left = self.turns
        count = self.block[0] * self.block[1] * self.block[2]
        block = Block(lambda: body(*values), count, self.enter, self.leave, self.lost_lane)
        self.cuda.begin(block, index)
        try:
            block.run()
        except DivergenceError as divergence:
            self.diverged(divergence)
        except TooMuchSharedError as error:
            self.fault("launch", f"{self.function.__name__} cannot be launched: {error}", 0)
            raise _StoppedError from None
        except (_StoppedError, NotImplementedError):
            raise
        except Exception as error:
            if hasattr(error, "add_note"):
                error.add_note(f"in {self.name(self.thread)}")  # pyright: ignore
            raise
        finally:
            self.analyse(block)

    def target_of(self, site: int) -> str:
        """The variable that the result of a CUDA call is assigned to."""
        return self.sites[site].target

    def enter(self, thread: int) -> None:
        self.thread = thread
        self.cuda.enter(thread)

    def leave(self, thread: int, moment: Moment) -> None:
        for log in self.book:
            log.close_piece(thread, moment)

    def tick(self, site: int) -> None:
        """A turn of a loop."""
        self.left -= 1
        if self.left < 0:
            self.blame("endless loop", f"is in a loop that took {self.turns:,} turns", site)

    def blame(self, kind: Any, what: str, site: int) -> None:
        """The thread that runs now did something wrong; only "uninitialised" lets it go on."""
        self.fault(kind, f"{self.name(self.thread)} {what}", site, (self.thread,))
        if kind != "uninitialised":
            raise _StoppedError

    def lost_lane(self, thread: int, lane: int, site: int) -> float:
        """A shuffle from a lane that does not take part gives anything."""
        self.fault(
            "uninitialised",
            f"{self.name(thread)} takes the value of lane {lane}, which does not take part",
            site,
            (thread,),
        )
        return float("nan")

    def diverged(self, divergence: DivergenceError) -> NoReturn:
        """Not all threads reach the same barrier."""
        waiting, absent = self.name(divergence.waiting), self.name(divergence.absent)
        line = self.sites[divergence.site].place.line
        end, other = self.stands(divergence.where, divergence.site)
        self.fault(
            "divergent barrier",
            f"{waiting} waits at the barrier of line {line}, but {absent} {end}",
            divergence.site,
            (divergence.waiting, divergence.absent),
            other,
        )
        raise _StoppedError

    def stands(self, wait: Wait, barrier: int) -> tuple[str, int | None]:
        """Where the absent thread is, in words and as a site."""
        match wait:
            case WarpWait(site=site) if site == barrier:
                return "is not in the mask with which it waits there", site
            case BlockWait(site=site) | WarpWait(site=site):
                return f"waits at that of line {self.sites[site].place.line}", site
            case _:
                return "has come to its end without it", None

    def fault(
        self,
        kind: FaultKind,
        message: str,
        site: int,
        threads: tuple[int, ...] = (),
        other: int | None = None,
        blocks: tuple[int, ...] | None = None,
    ) -> None:
        place = self.sites[site].place
        other_place = None if other is None else self.sites[other].place
        for fault in self.faults:
            if (fault.kind, fault.place, fault.other) == (kind, place, other_place):
                return
        if len(self.faults) < MAX_FAULTS:
            numbers = blocks or (self.block_number,) * len(threads)
            who = tuple(self.who(t, b) for t, b in zip(threads, numbers, strict=True))
            self.faults.append(Fault(kind, message, place, who, other_place))

    def who(self, thread: int, block: int) -> Thread:
        x, rest = block % self.grid[0], block // self.grid[0]
        where = (x, rest % self.grid[1], rest // self.grid[1])
        return Thread(where, self.cuda.thread_index(thread))

    def name(self, thread: int) -> str:
        return str(self.who(thread, self.block_number))

    def analyse(self, block: Block) -> None:
        """Look for races in what the block did, and count what it moved."""
        for memory in [*self.memories, *self.cuda.shared_memories]:
            found = gathered(memory)
            if found is not None:
                for conflict in conflicts_within(self.block_number, found, block.synced_warps):
                    self.race(memory, conflict)
                if memory.kind == "global" and self.grid != (1, 1, 1):
                    self.analyse_blocks(memory, found)
                self.count(memory)
            memory.forget()
        self.book.clear()

    def count(self, memory: Memory) -> None:
        for kind, logs in memory.logs:
            for site, log in logs.items():
                if log.ends:
                    where = "shared" if memory.kind == "shared" else "global"
                    key: _Key = (site, memory.name, where, kind)
                    self.moved[key] = self.moved.get(key, Moved()) + moved(log, memory)

    def analyse_blocks(self, memory: Memory, found: Accesses) -> None:
        shadow = self.shadows[id(memory)]
        for conflict in shadow.conflicts(self.block_number, found):
            self.race(memory, conflict)
        shadow.remember(self.block_number, found)

    def race(self, memory: Memory, conflict: Conflict) -> None:
        """Two threads, one address; the fault stands at the later line of the two."""
        both = list(
            zip(conflict.threads, conflict.blocks, conflict.sites, conflict.kinds, strict=True)
        )
        both.sort(key=lambda each: (self.sites[each[2]].place, each[1], each[0]))
        (t1, b1, s1, k1), (t2, b2, s2, k2) = both
        line1, line2 = self.sites[s1].place.line, self.sites[s2].place.line
        why = "no barrier stands between" if b1 == b2 else "nothing orders blocks"
        self.fault(
            "race",
            f"{self.who(t1, b1)} {_VERBS[k1]} {memory.element(conflict.at)} in line {line1} and "
            f"{self.who(t2, b2)} {_VERBS[k2]} it in line {line2}: {why}",
            s2,
            (t1, t2),
            s1,
            (b1, b2),
        )

    def traffic(self) -> tuple[Traffic, ...]:
        found = [
            Traffic(
                **asdict(moved), place=self.sites[site].place, array=array, memory=memory, kind=kind
            )
            for (site, array, memory, kind), moved in self.moved.items()
        ]
        return tuple(sorted(found, key=lambda t: (t.place, t.array, t.kind)))

    def check_extents(self) -> None:
        reason = refused_extents(self.grid, self.block)
        if reason:
            self.fault("launch", f"{self.function.__name__} cannot be launched: {reason}", 0)
            raise _StoppedError


_VERBS = {"read": "reads", "write": "writes", "atomic": "changes"}
