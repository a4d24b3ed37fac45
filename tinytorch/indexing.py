"""An index as NumPy takes it, so that it picks what PyTorch's would. Given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch.checks import described


def array_index(index: Any, shape: tuple[int, ...]) -> Any:
    """`index` for an array of `shape`: every tensor and list in it is an array. Given.

    Where whole numbers stand beside arrays, PyTorch takes the whole numbers first. A `...` that
    stands for no dimension does nothing; in NumPy it parts the arrays around it.
    """
    if not isinstance(index, tuple):
        return _part(index)
    parts = tuple([_part(part) for part in index])
    if not any(map(_is_advanced, parts)):
        return parts
    if sum(map(_dimensions, parts)) == len(shape):
        parts = tuple(part for part in parts if part is not ...)
    return _in_pytorchs_order(parts, shape) if int in map(type, parts) else parts


def _part(part: Any) -> Any:
    """One part of an index: a tensor or a list as its array, a whole number as an int. Given."""
    if type(part) in (int, slice):
        return part
    if hasattr(part, "_requires_grad"):
        part = part.data
    if isinstance(part, list | tuple):
        part = np.asarray(part) if len(part) else np.zeros(0, np.int64)
    if getattr(part, "shape", None) == () and part.dtype.kind in "iu":
        return int(part)
    kind = part.dtype.kind if hasattr(part, "dtype") else ""
    known = part is None or part is ... or isinstance(part, int | slice)
    if not known and kind not in ("b", "i", "u"):
        raise IndexError(
            "an index is a whole number, a slice, ..., None, or a list or tensor of bools or whole "
            f"numbers, not {described(part)}"
        )
    return part


def _is_advanced(part: Any) -> bool:
    """Whether a part of an index is an array. Given."""
    return getattr(part, "ndim", 0) > 0


def _dimensions(part: Any) -> int:
    """How many dimensions of what is indexed a part speaks of. Given."""
    if part is None or part is ... or isinstance(part, bool):
        return 0
    return part.ndim if getattr(part, "dtype", None) == np.bool_ else 1


def _in_pytorchs_order(parts: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Arrays alone that pick what the whole numbers and slices pick, and then the rest. Given.

    NumPy takes them all at once and puts the dimension of a list in front of that of a slice.
    """
    first: list[Any] = []
    for part in parts:
        first += [slice(None)] * _dimensions(part) if _is_advanced(part) else [part]
    then = tuple(
        part if part is ... or _is_advanced(part) else slice(None)
        for part in parts
        if type(part) is not int
    )
    places = np.arange(math.prod(shape)).reshape(shape)
    return np.unravel_index(places[tuple(first)][then], shape)
