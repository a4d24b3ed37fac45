"""What an expression of CUDA C may stand for while it is translated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeAlias

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c.layouts import Layout, Member, plain
from tinytorch_ls.machine.numbers import INT64
from tinytorch_ls.machine.report import Place


@dataclass(frozen=True)
class Pointer:
    """A pointer: a place in a memory, counted in its numbers, and what it points to.

    `lengths` say that an array stands there.
    """

    memory: form.Array | form.Expression
    offset: form.Expression
    layout: Layout
    lengths: tuple[int, ...] = ()

    @property
    def step(self) -> int:
        """From one element to the next."""
        return self.layout.span * prod(self.lengths[1:])


@dataclass
class PointerVariable:
    """A variable that holds a pointer into one memory: the first that it is given."""

    memory: form.Array | form.Expression | None
    offset: form.Local
    layout: Layout | None


@dataclass
class PointerArray:
    """An array of pointers: where each points to, in one memory unless `memories` say in which."""

    offsets: form.Array
    memories: form.Array | None
    memory: form.Array | form.Expression | None = None
    layout: Layout | None = None


@dataclass(frozen=True)
class PointerAt:
    """A pointer in an array of pointers, or a row of them: the indices so far."""

    pointers: PointerArray
    indices: tuple[form.Expression, ...]
    place: Place

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths of the row; () of one pointer."""
        return (self.pointers.offsets.shape or ())[len(self.indices) :]


@dataclass(frozen=True)
class Null:
    """nullptr."""


@dataclass(frozen=True)
class Address:
    """The address of a variable, which lies in no memory."""

    thing: Thing


@dataclass(frozen=True)
class Dimensions:
    """An array of the kernel's, or a row of it: the indices so far."""

    array: form.Array
    indices: tuple[form.Expression, ...]
    layout: Layout | None = None  # of what is no number of the memory: its parts are the last


@dataclass(frozen=True)
class Record:
    """An object of a struct: its members, by name."""

    members: Mapping[str, Thing]


@dataclass(frozen=True)
class Closure:
    """A lambda: the expression that makes it, and what its names stood for there."""

    node: Any
    env: Mapping[int, Thing]


@dataclass(frozen=True)
class Vector:
    """A float4 or the like, as its parts."""

    parts: tuple[form.Expression, ...]


@dataclass(frozen=True)
class VectorVariable:
    """A variable that holds a vector."""

    parts: tuple[form.Local, ...]


Thing: TypeAlias = (
    form.Expression
    | form.Element
    | Pointer
    | PointerVariable
    | PointerAt
    | Null
    | Address
    | Dimensions
    | Record
    | Closure
    | Vector
    | VectorVariable
    | None
)


NOWHERE = form.Constant(INT64, -(1 << 40))
"""Where a null pointer points to: before every memory."""


def whole(value: int) -> form.Constant:
    """A whole number of 64 bits."""
    return form.Constant(INT64, value)


def plus(left: form.Expression, right: form.Expression) -> form.Expression:
    """The sum of two numbers of 64 bits."""
    if isinstance(left, form.Constant) and left.value == 0:
        return right
    if isinstance(right, form.Constant) and right.value == 0:
        return left
    return form.Operation(INT64, "+", (left, right))


def times(value: form.Expression, count: int) -> form.Expression:
    """A number of 64 bits, so many times."""
    return value if count == 1 else form.Operation(INT64, "*", (value, whole(count)))


def handle(memory: form.Array | form.Expression) -> form.Expression:
    """Which memory it is, as a number."""
    return form.Handle(INT64, memory) if isinstance(memory, form.Array) else memory


def at_pointer(pointer: Pointer) -> Thing:
    """What a pointer points to."""
    if pointer.lengths:
        return pointer

    def element(at: int, layout: Layout) -> form.Element:
        assert layout.number is not None
        offset = plus(pointer.offset, whole(at))
        count, ratio = layout.count, layout.ratio
        return form.Element(pointer.memory, layout.number, offset, count=count, ratio=ratio)

    def array(at: int, member: Member) -> Pointer:
        offset = plus(pointer.offset, whole(at))
        return Pointer(pointer.memory, offset, member.layout, member.lengths)

    return _thing(pointer.layout, 0, element, array)


def entry(found: Dimensions) -> Thing:
    """What stands in an array at indices that may not be all."""
    if found.layout is None:
        full = len(found.indices) == found.array.ndim
        return element_in(found) if full else found
    if len(found.indices) < found.array.ndim - 1:
        return found

    def element(at: int, layout: Layout) -> form.Element:
        inside = Dimensions(found.array, (*found.indices, whole(at)))
        return replace(element_in(inside, layout.number), count=layout.count, ratio=layout.ratio)

    def array(at: int, member: Member) -> Pointer:
        start = pointer_to(Dimensions(found.array, (*found.indices, whole(at))))
        return Pointer(found.array, start.offset, member.layout, member.lengths)

    return _thing(found.layout, 0, element, array)


def _thing(
    layout: Layout,
    at: int,
    element: Callable[[int, Layout], form.Element],
    array: Callable[[int, Member], Pointer],
) -> Thing:
    """A thing of this layout, so far behind where it is looked for."""
    if layout.number is not None:
        return element(at, layout)
    return Record(
        {
            member.name: array(at + member.at, member)
            if member.lengths
            else _thing(member.layout, at + member.at, element, array)
            for member in layout.members
        }
    )


def element_in(found: Dimensions, dtype: form.DType | None = None) -> form.Element:
    """One number of an array, seen as of this dtype."""
    shape = found.array.shape or ()
    strides: list[form.Expression] = []
    for axis in range(len(shape)):
        step = 1
        for length in shape[axis + 1 :]:
            step *= length
        strides.append(whole(step))
    return form.Element(
        found.array,
        dtype or found.array.dtype,
        whole(0),
        found.indices,
        tuple(whole(length) for length in shape),
        tuple(strides),
    )


def pointer_to(found: Dimensions) -> Pointer:
    """The first element of an array, or of a row of it."""
    shape = found.array.shape or ()
    offset: form.Expression = whole(0)
    for axis, index in enumerate(found.indices):
        step = 1
        for length in shape[axis + 1 :]:
            step *= length
        offset = plus(offset, times(index, step))
    return Pointer(found.array, offset, found.layout or plain(found.array.dtype))


def pointer_in(found: PointerAt) -> Pointer | None:
    """A pointer as it stands in its array; None where none of them has been given one."""
    pointers = found.pointers
    if pointers.memory is None or pointers.layout is None:
        return None
    memory, at = pointers.memory, found.indices
    if pointers.memories is not None:
        memory = _kept(Dimensions(pointers.memories, at), found.place)
    return Pointer(memory, _kept(Dimensions(pointers.offsets, at), found.place), pointers.layout)


def _kept(found: Dimensions, place: Place) -> form.Load:
    return form.Load(INT64, element_in(found), place)
