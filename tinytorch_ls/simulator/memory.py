"""Simulated memory: arrays that check each access and note it down."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal, TypeAlias, cast

import numpy as np

from tinytorch_ls.machine.arguments import Span, overlapping, root_start, span_of, whole_of

FORMATS = frozenset("?bBhHiIlLqQfd")
VECTOR, OTHER = -1, -2  # in place of the number of columns, for what is no matrix


@dataclass(frozen=True)
class Moment:
    """When a piece of a thread ran, as far as the order of threads is concerned."""

    interval: int  # block barriers passed
    epoch: int  # warp barriers that its warp has passed
    segment: int  # waits of any kind passed by anyone in the block


@dataclass
class Log:
    """The accesses of one kind at one site to one memory: where, by whom, when.

    What a thread accesses between two waits stands together: a piece.
    """

    at: array[int] = field(default_factory=lambda: array("q"))
    threads: list[int] = field(default_factory=list[int])  # of each piece
    moments: list[Moment] = field(default_factory=list[Moment])
    ends: list[int] = field(default_factory=list[int])

    end: int = 0  # of the last piece

    def close_piece(self, thread: int, moment: Moment) -> None:
        """The accesses since the last piece were this thread's."""
        length = len(self.at)
        if length > self.end:
            self.threads.append(thread)
            self.moments.append(moment)
            self.ends.append(length)
            self.end = length


Book: TypeAlias = list[Log]
"""Every log of the block that runs."""


class Logs(dict[int, Callable[[int], None]]):
    """By site, the function that notes an access there; made at the first access."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book = book
        self.of: dict[int, Log] = {}

    def __missing__(self, site: int) -> Callable[[int], None]:
        log = self.of[site] = Log()
        self.book.append(log)
        self[site] = log.at.append
        return self[site]

    def forget(self) -> None:
        """Begin anew."""
        self.clear()
        self.of.clear()


class Unlogged(Logs):
    """The logs of memory that one thread alone has."""

    def __missing__(self, site: int) -> Callable[[int], None]:
        self[site] = ignore
        return ignore


def ignore(_at: int) -> None:
    """Note nothing."""


MemoryKind = Literal["global", "shared", "local"]
AccessKind = Literal["read", "write", "atomic"]


class Memory:
    """One stretch of memory in which elements have addresses 0, 1, 2, …"""

    def __init__(
        self,
        name: str,
        kind: MemoryKind,
        values: np.ndarray[Any, Any],
        shape: Sequence[int],
        book: Book,
        origin: int = 0,
        written: bytearray | None = None,
    ) -> None:
        if values.dtype.char not in FORMATS:
            raise TypeError(f"{name} has dtype {values.dtype}, which the simulator does not know")
        self.name = name
        self.kind = kind
        self.cells: memoryview[Any] = memoryview(cast(Any, values))
        self.dtype = values.dtype
        self.size = values.size
        self.shape = tuple(shape)  # of what lies in it, for words
        self.origin = origin  # the byte address of element 0, counted from a 256-byte boundary
        self.written = written  # of shared and local memory: which elements have a value
        make = Unlogged if kind == "local" else Logs
        self.reads, self.writes, self.atomics = make(book), make(book), make(book)

    @property
    def logs(self) -> tuple[tuple[AccessKind, dict[int, Log]], ...]:
        """The three kinds of logs, by site."""
        return ("read", self.reads.of), ("write", self.writes.of), ("atomic", self.atomics.of)

    def forget(self) -> None:
        """Begin the logs anew."""
        for logs in (self.reads, self.writes, self.atomics):
            logs.forget()

    def element(self, at: int) -> str:
        """The element at an address in words: "tile[3, 1]"."""
        if prod(self.shape) != self.size:
            return f"{self.name} at element {at} of its memory"
        index = np.unravel_index(at, self.shape)
        return f"{self.name}[{', '.join(str(int(part)) for part in index)}]"


class View:
    """What a kernel sees as an array: a shape laid over a memory."""

    __slots__ = ("cells", "columns", "memory", "name", "offset", "reads", "row_stride", "rows",
                 "shape", "stride", "strides", "writes", "written")  # fmt: skip

    def __init__(
        self, memory: Memory, name: str, shape: Sequence[int], strides: Sequence[int], offset: int
    ) -> None:
        self.memory = memory
        self.cells = memory.cells
        self.written = memory.written
        self.reads = memory.reads
        self.writes = memory.writes
        self.name = name
        self.shape = tuple(shape)
        self.strides = tuple(strides)
        self.offset = offset
        # Matrices and vectors have short ways, since nearly all accesses are theirs.
        self.rows = self.shape[0] if self.shape else 0
        self.columns = {1: VECTOR, 2: self.shape[-1]}.get(len(self.shape), OTHER)
        self.row_stride = self.strides[0] if self.strides else 0
        self.stride = self.strides[-1] if self.strides else 0

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        """An element as a debugger looks at it; a kernel's own reads are `access.reader`'s."""
        at = self.at(index)
        return at if isinstance(at, View) else self.cells[at]

    def __repr__(self) -> str:
        return f"{self.name}, {self.memory.kind} memory of shape {self.shape}, {self.memory.dtype}"

    def at(self, index: Any) -> int | View:
        """The address of an element, or a smaller view. Raises OutOfBoundsError."""
        parts = parts_of(index)
        if len(parts) > self.ndim:
            raise IndexError(
                f"{self.name} has {self.ndim} dimensions and was indexed with {len(parts)}"
            )
        offset = self.offset
        shape: list[int] = []
        strides: list[int] = []
        for axis, part in enumerate(parts):
            length, stride = self.shape[axis], self.strides[axis]
            if isinstance(part, slice):
                start, stop, step = part.indices(length)
                offset += start * stride
                shape.append(len(range(start, stop, step)))
                strides.append(stride * step)
            else:
                if isinstance(part, float | np.floating):
                    raise TypeError(f"{self.name} was indexed with {part}, not with a whole number")
                if not 0 <= part < length:
                    raise OutOfBoundsError(self, index)
                offset += int(part) * stride
        rest = len(parts)
        shape += self.shape[rest:]
        strides += self.strides[rest:]
        return View(self.memory, self.name, shape, strides, offset) if shape else offset


def parts_of(index: Any) -> tuple[Any, ...]:
    """An index as a tuple, one part a dimension."""
    return cast("tuple[Any, ...]", index) if isinstance(index, tuple) else (index,)


def shown(index: Any) -> str:
    """An index as it is written between brackets."""
    return ", ".join(str(part) for part in parts_of(index))


class OutOfBoundsError(IndexError):
    """An index that an array does not have."""

    def __init__(self, view: View, index: Any) -> None:
        super().__init__(f"{view.name}[{shown(index)}]")
        self.view = view


def stored(value: Any, memory: Memory) -> Any:
    """A value as the memory's dtype holds it: rounded, cut off, wrapped around."""
    dtype = memory.dtype
    with np.errstate(all="ignore"):
        if isinstance(value, int) and dtype.kind in "iu":
            bits = 8 * dtype.itemsize
            wrapped = value % (1 << bits)
            signed = dtype.kind == "i" and wrapped >= 1 << (bits - 1)
            return wrapped - (1 << bits) if signed else wrapped
        return np.asarray(value).astype(dtype).item()


def global_views(
    arguments: Sequence[tuple[str, Any]], book: Book
) -> list[tuple[Any, Memory | None]]:
    """What a kernel gets for its arguments: a view for an array, else the number itself.

    Arrays that overlap share one memory, so that a race between them is seen.
    """
    spans: list[Span] = []
    for number, (name, value) in enumerate(arguments):
        if isinstance(value, np.ndarray):
            spans.append(span_of(number, name, cast(Any, value)))
    views: dict[int, tuple[Any, Memory | None]] = {}
    for group in overlapping(spans):
        for number, view in _views_of(group, book):
            views[number] = view, view.memory
    return [
        views.get(number, (_number(value), None)) for number, (_, value) in enumerate(arguments)
    ]


def _views_of(group: list[Span], book: Book) -> list[tuple[int, View]]:
    first = group[0]
    itemsize = first.values.itemsize
    flat, names = whole_of(group)
    origin = first.start - root_start(first.values)
    memory = Memory(names, "global", flat, first.values.shape, book, origin)
    return [
        (
            span.number,
            View(
                memory,
                span.name,
                span.values.shape,
                [stride // itemsize for stride in span.values.strides],
                (span.start - first.start) // itemsize,
            ),
        )
        for span in group
    ]


def _number(value: Any) -> Any:
    return cast(Any, value).item() if isinstance(value, np.generic) else value
