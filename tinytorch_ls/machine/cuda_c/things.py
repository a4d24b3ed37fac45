"""What an expression of CUDA C may stand for while it is translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tinytorch_ls.machine import form
from tinytorch_ls.machine.numbers import INT64


@dataclass(frozen=True)
class Layout:
    """How a struct of numbers lies in memory: one of the memory's numbers a member."""

    dtype: form.DType  # of the memory: the members' own, else a whole number of their size
    names: tuple[str, ...]
    dtypes: tuple[form.DType, ...]


@dataclass(frozen=True)
class Pointer:
    """A pointer: a place in a memory, counted in its numbers, and what it points to."""

    memory: form.Array | form.Expression
    offset: form.Expression
    dtype: form.DType  # of the numbers that it points to
    count: int = 1  # so many of them: 4 for a float4
    layout: Layout | None = None  # of a struct


@dataclass
class PointerVariable:
    """A variable that holds a pointer into one memory: the first that it is given."""

    memory: form.Array | form.Expression | None
    offset: form.Local
    dtype: form.DType
    count: int = 1
    layout: Layout | None = None


@dataclass(frozen=True)
class Address:
    """The address of a variable, which lies in no memory."""

    thing: Thing


@dataclass(frozen=True)
class Dimensions:
    """An array of the kernel's, or a row of it: the indices so far."""

    array: form.Array
    indices: tuple[form.Expression, ...]
    layout: Layout | None = None  # of structs, whose members are the last dimension


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
    | Address
    | Dimensions
    | Record
    | Closure
    | Vector
    | VectorVariable
    | None
)


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


def element_at(pointer: Pointer) -> form.Element:
    """The number or the vector that a pointer points to."""
    return form.Element(pointer.memory, pointer.dtype, pointer.offset, count=pointer.count)


def pointed(pointer: Pointer) -> Thing:
    """What a pointer points to."""
    if pointer.layout is None:
        return element_at(pointer)
    members = enumerate(zip(pointer.layout.names, pointer.layout.dtypes, strict=True))
    return Record(
        {
            name: form.Element(pointer.memory, dtype, plus(pointer.offset, whole(at)))
            for at, (name, dtype) in members
        }
    )


def entry(found: Dimensions) -> Thing:
    """What stands in an array at indices that may not be all."""
    if found.layout is None:
        full = len(found.indices) == found.array.ndim
        return element_in(found) if full else found
    if len(found.indices) < found.array.ndim - 1:
        return found
    members = enumerate(zip(found.layout.names, found.layout.dtypes, strict=True))
    return Record(
        {
            name: element_in(Dimensions(found.array, (*found.indices, whole(at))), dtype)
            for at, (name, dtype) in members
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
    count = len(found.layout.names) if found.layout else 1
    return Pointer(found.array, offset, found.array.dtype, count, found.layout)
