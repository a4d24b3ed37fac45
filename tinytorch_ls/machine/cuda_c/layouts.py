"""How C++ lays things out in memory: sizes, offsets and alignment, as libclang knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from math import gcd
from typing import Any

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c.clang import dtype_of, kind_of


@dataclass(frozen=True)
class Layout:
    """One thing in memory: a number, a vector of `count` numbers, or an object with members."""

    unit: form.DType  # of the memory
    span: int  # of those that it takes
    number: form.DType | None = None
    count: int = 1
    members: tuple[Member, ...] = ()

    @property
    def ratio(self) -> int:
        """The units of one number."""
        return self.number.itemsize // self.unit.itemsize if self.number else 1

    @property
    def is_plain(self) -> bool:
        """Whether it is a single number of the memory's size."""
        return self.number is not None and self.span == 1


@dataclass(frozen=True)
class Member:
    """A member of an object: so many units behind its beginning; `lengths` of an array."""

    name: str
    at: int
    layout: Layout
    lengths: tuple[int, ...] = ()


def plain(dtype: form.DType) -> Layout:
    """A number in a memory of its like."""
    return Layout(dtype, 1, dtype)


def layout_of(type_: Any, finest: int = 16) -> Layout | None:
    """How a type lies in memory whose units have at most `finest` bytes; None of what can't."""
    parts = list(_numbers(type_))
    if not parts or None in parts:
        return None
    every = [each for each in parts if each is not None]
    size = reduce(
        gcd, [finest, type_.get_size(), *(n for d, at in every for n in (d.itemsize, at))]
    )
    dtypes = {dtype for dtype, _ in every}
    unit = dtypes.pop() if len(dtypes) == 1 else np.dtype(f"u{size}")
    return _laid_out(type_, unit if unit.itemsize == size else np.dtype(f"u{size}"))


def fields_of(type_: Any) -> list[Any]:
    """The declarations of a struct's members."""
    return list(type_.get_canonical().get_fields())


def is_builtin(type_: Any) -> bool:
    """Whether a type is CUDA's own: a float4 or the like."""
    return "/prelude/" in str(type_.get_canonical().get_declaration().location.file)


def is_union(type_: Any) -> bool:
    """Whether a type is a union, or has one in it: its members lie on the same bytes."""
    _, kind = array_of(type_)
    if kind_of(kind.get_declaration()) == "UNION_DECL":
        return True
    return kind.kind.name == "RECORD" and any(is_union(each.type) for each in fields_of(kind))


def array_of(type_: Any) -> tuple[tuple[int, ...], Any]:
    """The lengths of an array, and what it consists of; () of anything else."""
    lengths: list[int] = []
    kind = type_.get_canonical()
    while kind.kind.name == "CONSTANTARRAY":
        lengths.append(kind.element_count)
        kind = kind.element_type.get_canonical()
    return tuple(lengths), kind


def _numbers(type_: Any, at: int = 0) -> Iterator[tuple[form.DType, int] | None]:
    """The numbers of a type, with the bytes before each; None for what is none."""
    _, kind = array_of(type_)
    dtype = dtype_of(kind)
    if dtype is not None:
        yield dtype, at
    elif kind.kind.name != "RECORD":
        yield None
    else:
        for each in fields_of(kind):
            if each.is_bitfield() or not each.spelling:
                yield None
            else:
                yield from _numbers(each.type, at + kind.get_offset(each.spelling) // 8)


def _laid_out(type_: Any, unit: form.DType) -> Layout:
    dtype, span = dtype_of(type_), type_.get_size() // unit.itemsize
    if dtype is not None:
        return Layout(unit, span, dtype)
    fields = fields_of(type_)
    if is_builtin(type_):
        return Layout(unit, span, dtype_of(fields[0].type), len(fields))
    return Layout(unit, span, members=tuple(_member(type_, each, unit) for each in fields))


def _member(type_: Any, field: Any, unit: form.DType) -> Member:
    lengths, kind = array_of(field.type)
    at = type_.get_canonical().get_offset(field.spelling) // 8 // unit.itemsize
    return Member(field.spelling, at, _laid_out(kind, unit), lengths)
