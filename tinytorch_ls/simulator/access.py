"""Reads and writes of a kernel: each is checked, noted down, then done."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tinytorch_ls.simulator.memory import VECTOR, OutOfBoundsError, View, shown, stored

Blame = Callable[[str, str, int], None]
"""Called as `blame(kind, what_happened, site)`; an access out of bounds does not return."""


def reader(blame: Blame) -> Callable[[Any, Any, int], Any]:
    """`read(array, index, site)`: what `array[index]` becomes in an instrumented kernel."""

    def read(array: Any, index: Any, site: int) -> Any:
        # The two short ways are `at` of a matrix and a vector, spelt out: this line of the
        # simulator runs more often than all others together.
        if array.__class__ is not View:
            return array[index]
        if index.__class__ is tuple and len(index) == 2 and array.columns >= 0:
            i, j = index
            whole = i.__class__ is int and j.__class__ is int
            if whole and 0 <= i < array.rows and 0 <= j < array.columns:
                at = array.offset + i * array.row_stride + j * array.stride
            else:
                at = place(array, index, site)
        elif array.columns == VECTOR and index.__class__ is int and 0 <= index < array.rows:
            at = array.offset + index * array.stride
        else:
            at = place(array, index, site)
        if at.__class__ is View:
            return at
        array.reads[site](at)
        written = array.written
        if written is not None and not written[at]:
            element = array.memory.element(at)
            blame("uninitialised", f"reads {element}, which nothing has written yet", site)
            return math.nan if array.memory.dtype.kind == "f" else -1
        return array.cells[at]

    def place(array: View, index: Any, site: int) -> Any:
        try:
            return array.at(index)
        except OutOfBoundsError:
            blame("out of bounds", outside("reads", array, index), site)

    return read


def writer(blame: Blame) -> Callable[[Any, Any, Any, int], None]:
    """`write(value, array, index, site)`: what `array[index] = value` becomes."""

    def write(value: Any, array: Any, index: Any, site: int) -> None:
        if array.__class__ is not View:
            array[index] = value
            return
        try:
            at = array.at(index)
        except OutOfBoundsError:
            blame("out of bounds", outside("writes", array, index), site)
            return
        if isinstance(at, View):
            raise TypeError(f"a thread writes one element, not {array.name} with shape {at.shape}")
        array.writes[site](at)
        put(array, at, value)

    return write


def put(array: View, at: int, value: Any) -> None:
    """Store a value at an address, as the array's dtype holds it."""
    try:
        array.cells[at] = value
    except (TypeError, ValueError, OverflowError):
        if array.cells.readonly:
            raise TypeError(f"{array.name} is read-only") from None
        array.cells[at] = stored(value, array.memory)
    if array.written is not None:
        array.written[at] = 1


def outside(verb: str, array: View, index: Any) -> str:
    """What an access out of bounds did, in words."""
    has = f"{array.shape[0]} elements" if len(array.shape) == 1 else f"shape {array.shape}"
    return f"{verb} {array.name}[{shown(index)}], but {array.name} has {has}"


def divide(left: Any, right: Any) -> Any:
    """left / right as a GPU divides: by zero it gives inf or nan."""
    try:
        return left / right
    except ZeroDivisionError:
        if left == 0 or math.isnan(left):
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
