"""Expressions of the form as functions that compute them for all lanes of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.batch import Batch
from tinytorch_ls.machine.operations import ELEMENTWISE, cast, where
from tinytorch_ls.machine.values import Tainted, chosen, is_array, plain, source_of, spread

Compute: TypeAlias = Callable[[Batch], Any]


def constant(value: Any) -> Compute:
    """The same for all."""
    return lambda _: value


def special(name: str) -> Compute:
    """Where the lanes stand."""
    return lambda batch: batch.special(name)


def local(slot: int, dtype: form.DType) -> Compute:
    """A variable."""
    nothing = dtype.type(0)

    def compute(batch: Batch) -> Any:
        value = batch.values[slot]
        return nothing if value is None else value

    return compute


def operation(name: str, operands: list[Compute]) -> Compute:
    """An elementwise operation."""
    function = ELEMENTWISE[name]
    match operands:
        case [only]:

            def one(batch: Batch) -> Any:
                value = only(batch)
                return spread(function, value) if value.__class__ is Tainted else function(value)

            return one
        case [left, right]:

            def two(batch: Batch) -> Any:
                a, b = left(batch), right(batch)
                if a.__class__ is Tainted or b.__class__ is Tainted:
                    return spread(function, a, b)
                return function(a, b)

            return two
        case _:

            def several(batch: Batch) -> Any:
                values = [operand(batch) for operand in operands]
                if any(value.__class__ is Tainted for value in values):
                    return spread(function, *values)
                return function(*values)

            return several


def counted(compute: Compute, flops: int) -> Compute:
    """The same; each lane that takes part does so many floating-point operations by it."""

    def run(batch: Batch) -> Any:
        batch.flops += flops * batch.mask.count
        return compute(batch)

    return run


def conversion(value: Compute, dtype: form.DType) -> Compute:
    """Another dtype."""

    def compute(batch: Batch) -> Any:
        found = value(batch)
        if found.__class__ is Tainted:
            return Tainted(cast(found.value, dtype), found.source)
        return cast(found, dtype)

    return compute


def short_circuit(both: bool, left: Compute, right: Compute) -> Compute:
    """`and`, `or`: the right one is computed only where it decides."""
    combine = np.logical_and if both else np.logical_or

    def compute(batch: Batch) -> Any:
        first = left(batch)
        test, outer = plain(first), batch.mask
        if not is_array(test):
            return right(batch) if bool(test) == both else first
        open_ones = outer.only(test if both else ~test)
        if not open_ones.count:
            return first
        batch.mask = open_ones
        second = right(batch)
        batch.leave(outer, open_ones)
        if first.__class__ is Tainted or second.__class__ is Tainted:
            source = where(open_ones.bits, source_of(second), 0)
            return Tainted(combine(test, plain(second)), np.maximum(source_of(first), source))
        return combine(test, second)

    return compute


def choice(test: Compute, first: Compute, second: Compute) -> Compute:
    """first if test else second."""

    def compute(batch: Batch) -> Any:
        decided = test(batch)
        bits, outer = plain(decided), batch.mask
        if not is_array(bits):
            return first(batch) if bits else second(batch)
        yes, no = outer.only(bits), outer.only(~bits)
        if yes.count and no.count:
            batch.mask = yes
            a = first(batch)
            batch.leave(outer, yes)
            rest = batch.mask
            batch.mask = no = rest.only(~bits)
            b = second(batch)
            batch.leave(rest, no)
            found = chosen(bits, a, b)
        else:
            found = (first if yes.count else second)(batch)
        if decided.__class__ is Tainted:
            return Tainted(plain(found), np.maximum(source_of(found), decided.source))
        return found

    return compute
