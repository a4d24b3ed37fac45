"""The typed form of a kernel, between its languages and the machine that runs it.

Every expression has the dtype that it has on the device, and every conversion is written out, so
the machine knows nothing of Python's or C's rules. Device functions stand where they are called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from tinytorch_ls.machine.report import Place

DType: TypeAlias = "np.dtype[Any]"
Space = Literal["global", "shared", "local"]


@dataclass(frozen=True, eq=False)
class Array:
    """A memory that the kernel names: a parameter, a constant, a shared or a local array."""

    name: str
    space: Space
    dtype: DType
    ndim: int
    shape: tuple[int, ...] | None = None  # None: known when it is launched
    values: Any = None  # of memory that the file gives
    writable: bool = False  # whether threads may change these


@dataclass(frozen=True, eq=False)
class Expression:
    """What a thread computes."""

    dtype: DType


@dataclass(frozen=True)
class Constant(Expression):
    """A number."""

    value: Any


@dataclass(frozen=True)
class Local(Expression):
    """A variable of a thread; variables are told apart by name and dtype."""

    name: str


@dataclass(frozen=True, eq=False)
class Special(Expression):
    """Where a thread stands: "threadIdx.x", "grid.0", "laneid", …"""

    name: str


@dataclass(frozen=True)
class Extent(Expression):
    """A length of a parameter; or a stride, or where it begins in its memory, in elements."""

    array: Array
    what: Literal["length", "stride", "offset"]
    axis: int


@dataclass(frozen=True, eq=False)
class Operation(Expression):
    """An elementwise operation of `operations.py` on operands whose dtypes it takes."""

    name: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class Cast(Expression):
    """A number as another dtype."""

    value: Expression


@dataclass(frozen=True, eq=False)
class ShortCircuit(Expression):
    """left and right, left or right: the right one only where the left one leaves it open."""

    both: bool
    left: Expression
    right: Expression


@dataclass(frozen=True, eq=False)
class Choice(Expression):
    """first if test else second: each thread computes one of the two."""

    test: Expression
    first: Expression
    second: Expression


@dataclass(frozen=True, eq=False)
class After(Expression):
    """A value, after statements."""

    body: tuple[Statement, ...]
    value: Expression


@dataclass(frozen=True, eq=False)
class Handle(Expression):
    """Which memory an array or a pointer is of, as a number: for those that are chosen."""

    array: Array


@dataclass(frozen=True, eq=False)
class Element:
    """One element: its place in a memory, and the lengths within which its indices stay."""

    memory: Array | Expression  # an expression: a Handle that threads have chosen
    dtype: DType  # as which it is seen: the memory's, or another one
    offset: Expression
    indices: tuple[Expression, ...] = ()
    lengths: tuple[Expression, ...] = ()
    strides: tuple[Expression, ...] = ()
    count: int = 1  # numbers that one access moves: 4 of a float4, and 0 for those that it brings
    ratio: int = 1  # of the memory's numbers that lie where one of this dtype does


@dataclass(frozen=True, eq=False)
class Load(Expression):
    """A read."""

    element: Element
    place: Place


@dataclass(frozen=True, eq=False)
class Atomic(Expression):
    """Read, change and write an element with no other thread between; gives the old value."""

    name: str
    element: Element
    operands: tuple[Expression, ...]
    wanted: bool  # whether the old value is used
    place: Place


@dataclass(frozen=True, eq=False)
class Exchange(Expression):
    """A value of other lanes: a shuffle, a vote or a match, among the lanes of a mask."""

    name: str
    mask: Expression
    operands: tuple[Expression, ...]
    place: Place


@dataclass(frozen=True, eq=False)
class BlockVote(Expression):
    """A barrier that gives each thread what all found: "count", "and", "or"."""

    name: str
    value: Expression
    place: Place


@dataclass(frozen=True, eq=False)
class Statement:
    """What a thread does."""

    place: Place


@dataclass(frozen=True, eq=False)
class Assign(Statement):
    """target = value."""

    target: Local
    value: Expression


@dataclass(frozen=True, eq=False)
class Store(Statement):
    """A write."""

    element: Element
    value: Expression


@dataclass(frozen=True, eq=False)
class Evaluate(Statement):
    """An expression for what it does."""

    value: Expression


@dataclass(frozen=True, eq=False)
class If(Statement):
    """A branch; `place` is its test's."""

    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...] = ()


@dataclass(frozen=True, eq=False)
class While(Statement):
    """A loop; `step` runs after each turn, also after `continue`."""

    test: Expression
    body: tuple[Statement, ...]
    step: tuple[Statement, ...] = ()
    orelse: tuple[Statement, ...] = ()
    test_first: bool = True


@dataclass(frozen=True, eq=False)
class For(Statement):
    """for target in range(start, stop, step)."""

    target: Local
    start: Expression
    stop: Expression
    step: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...] = ()


@dataclass(frozen=True, eq=False)
class Break(Statement):
    """Leave the loop."""


@dataclass(frozen=True, eq=False)
class Continue(Statement):
    """Begin the next turn."""


@dataclass(frozen=True, eq=False)
class Return(Statement):
    """Leave the kernel or the innermost Inline; what it gives was assigned before."""


@dataclass(frozen=True, eq=False)
class Inline(Statement):
    """The body of a device function, where it is called."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, eq=False)
class Barrier(Statement):
    """Wait for the block, or for all blocks of the grid."""

    grid: bool = False


@dataclass(frozen=True, eq=False)
class WarpBarrier(Statement):
    """Wait for the lanes of a mask."""

    mask: Expression


@dataclass(frozen=True, eq=False)
class Fence(Statement):
    """Order what this thread wrote before what it writes from now on, for all that see it."""


@dataclass(frozen=True, eq=False)
class Raise(Statement):
    """Raise an exception of the host's language."""

    error: BaseException


@dataclass(frozen=True)
class Kernel:
    """A kernel in this form, for arguments of given kinds."""

    name: str
    place: Place  # its head
    parameters: tuple[Array | Local, ...]
    arrays: tuple[Array, ...]  # constants, shared and local arrays
    body: tuple[Statement, ...]
