"""What an expression of CUDA C may stand for while it is translated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tinytorch_ls.machine import form
from tinytorch_ls.machine.numbers import INT64


@dataclass(frozen=True)
class Pointer:
    """A pointer: a place in a memory, counted in its numbers, and what it points to."""

    memory: form.Array | form.Expression
    offset: form.Expression
    dtype: form.DType  # of the memory's numbers
    count: int = 1  # numbers of what it points to: 4 for a float4


@dataclass(frozen=True)
class PointerVariable:
    """A variable that holds a pointer into one memory."""

    memory: form.Array | form.Expression
    offset: form.Local
    dtype: form.DType
    count: int = 1


@dataclass(frozen=True)
class Dimensions:
    """An array of the kernel's, or a row of it: the indices so far."""

    array: form.Array
    indices: tuple[form.Expression, ...]


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
    | Dimensions
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
    """What a pointer points to."""
    return form.Element(pointer.memory, pointer.dtype, pointer.offset, count=pointer.count)


def element_in(found: Dimensions) -> form.Element:
    """One element of an array."""
    shape = found.array.shape or ()
    strides: list[form.Expression] = []
    for axis in range(len(shape)):
        step = 1
        for length in shape[axis + 1 :]:
            step *= length
        strides.append(whole(step))
    return form.Element(
        found.array,
        found.array.dtype,
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
    return Pointer(found.array, offset, found.array.dtype)
