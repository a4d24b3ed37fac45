"""What a simulated launch tells: its faults and what it moved, as plain data."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, field
from typing import Literal, NoReturn

FaultKind = Literal[
    "out of bounds",
    "race",
    "race between turns",  # of a loop on a CPU
    "divergent barrier",
    "uninitialised",
    "launch",
    "endless loop",
    "misaligned",
]
Extent3 = tuple[int, int, int]  # x, y, z
SECTOR = 32  # bytes of a transaction with global memory


@dataclass(frozen=True, order=True)
class Place:
    """Where in a source file; lines count from 1, columns from 0 and in characters."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str


@dataclass(frozen=True, order=True)
class Thread:
    """One thread of a launch."""

    block: Extent3
    thread: Extent3

    def __str__(self) -> str:
        return f"thread {_short(self.thread)} of block {_short(self.block)}"


@dataclass(frozen=True)
class Fault:
    """Something that a correct kernel never does."""

    kind: FaultKind
    message: str  # one sentence that names the threads and what they touched
    place: Place | None  # None only where no line of the kernel is to blame
    threads: tuple[Thread, ...] = ()
    other: Place | None = None  # where the second thread was


@dataclass(frozen=True)
class Moved:
    """What warps moved. A request is one access by one warp: the threads that make it together."""

    accesses: int = 0  # by threads
    requests: int = 0  # by warps
    sectors: int = 0  # transactions of 32 bytes; none for shared memory
    lines: int = 0  # of 128 bytes; none for shared memory
    conflicts: int = 0  # extra turns that shared memory's 32 banks needed
    # The machine alone counts this: two reports that move the same are the same.
    ideal_sectors: int = field(default=0, compare=False)  # as many bytes side by side

    @property
    def lanes(self) -> float:
        """The share of the warps' lanes that took part: 1.0 where all did."""
        return self.accesses / (32 * self.requests) if self.requests else 0.0

    def __add__(self, other: Moved) -> Moved:
        return Moved(
            self.accesses + other.accesses,
            self.requests + other.requests,
            self.sectors + other.sectors,
            self.lines + other.lines,
            self.conflicts + other.conflicts,
            self.ideal_sectors + other.ideal_sectors,
        )


@dataclass(frozen=True)
class Traffic(Moved):
    """What one access in the source moved in a whole launch, on one array."""

    place: Place = field(kw_only=True)
    array: str = field(kw_only=True)
    memory: Literal["global", "shared"] = field(kw_only=True)
    kind: Literal["read", "write", "atomic"] = field(kw_only=True)


@dataclass(frozen=True)
class Branch:
    """A branch or loop: how often warps came to it, and how often their lanes parted there."""

    place: Place
    warps: int
    divergent: int


@dataclass(frozen=True)
class Turn:
    """One access by the threads of the first block, all at once, in the order of the launch."""

    place: Place
    array: str
    memory: Literal["global", "shared"]
    kind: Literal["read", "write", "atomic"]
    shape: tuple[int, ...]  # of what lies in that memory, () where its elements have no index
    itemsize: int  # bytes of an element
    width: int  # bytes that a thread moves at once
    origin: int  # the byte at which element 0 lies, from a boundary of 256
    threads: tuple[int, ...]  # that took part, counted in the block, x fastest
    elements: tuple[int, ...]  # of the memory, one for each of them


@dataclass(frozen=True)
class Report:
    """A launch that was simulated."""

    kernel: str
    grid: Extent3
    block: Extent3
    faults: tuple[Fault, ...]
    traffic: tuple[Traffic, ...]  # in the order of the source
    branches: tuple[Branch, ...] = field(default=(), compare=False)  # the machine's, likewise
    flops: int = field(default=0, compare=False)  # of all threads; a function such as exp is one
    turns: tuple[Turn, ...] = field(default=(), compare=False)  # where they were asked for
    # The statements whose arithmetic is in double precision, as the compiler would type it.
    doubles: tuple[Place, ...] = field(default=(), compare=False)

    @property
    def precision(self) -> Literal["single", "double"]:
        """Of its arithmetic: "double" where one operation is."""
        return "double" if self.doubles else "single"

    def total(self, memory: Literal["global", "shared"]) -> Moved:
        """All that the launch moved, in one kind of memory."""
        return sum((each for each in self.traffic if each.memory == memory), Moved())

    def by_line(self, memory: Literal["global", "shared"]) -> dict[int, Moved]:
        """The same for each line of the source that touches that memory."""
        found: dict[int, Moved] = {}
        for each in self.traffic:
            if each.memory == memory:
                line = each.place.line
                found[line] = found.get(line, Moved()) + each
        return found

    @property
    def sectors(self) -> int:
        """The global memory transactions of 32 bytes, of all warps."""
        return self.total("global").sectors

    @property
    def moved_bytes(self) -> int:
        """The bytes of these transactions."""
        return self.sectors * SECTOR

    @property
    def conflicts(self) -> int:
        """The extra turns of shared memory, because of bank conflicts."""
        return self.total("shared").conflicts

    def on(self, array: str, kind: str | None = None) -> tuple[Traffic, ...]:
        """The traffic of one array, by its name in the kernel."""
        return tuple(t for t in self.traffic if t.array == array and kind in (None, t.kind))

    def check(self) -> None:
        """Raise the first fault, if there is any, as `KernelFault`."""
        if self.faults:
            raise_fault(self.faults[0])


class KernelFault(Exception):  # noqa: N818 - what CUDA calls it
    """A fault as an exception; its traceback ends on the kernel's own line."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def raise_fault(fault: Fault) -> NoReturn:
    """Raise a fault so that its traceback ends where the fault is, as if the line had raised it."""
    raise_at(KernelFault(fault), fault.place)


def raise_at(error: BaseException, place: Place | None) -> NoReturn:
    """Raise an error so that its traceback ends at a place of a kernel."""
    if place is None:
        raise error
    where = {
        "lineno": place.line,
        "col_offset": _byte(place.file, place.line, place.column),
        "end_lineno": place.end_line,
        "end_col_offset": _byte(place.file, place.end_line, place.end_column),
    }
    statement = ast.Raise(ast.Name("error", ast.Load(), **where), None, **where)
    code = compile(ast.Module([statement], []), place.file, "exec", dont_inherit=True)
    exec(code.replace(co_name=place.function), {"error": error})
    raise AssertionError("unreachable")


def _byte(file: str, line: int, column: int) -> int:
    """A column in characters as Python's trees count it: in bytes of UTF-8."""
    return len(linecache.getline(file, line)[:column].encode("utf-8", "replace"))


def _short(index: Extent3) -> str:
    """(5, 0, 0) as 5, (5, 1, 0) as (5, 1): as the student wrote the launch."""
    x, y, z = index
    if z:
        return f"({x}, {y}, {z})"
    return f"({x}, {y})" if y else f"{x}"
