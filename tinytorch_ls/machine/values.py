"""Values of all lanes: one number for all, or an array; and those that are garbage in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch_ls.machine.operations import where


class Tainted:
    """A value that rests on memory that nothing has written.

    `source` says for each lane which read that was, by the number of its site, or 0 for none.
    """

    __slots__ = ("source", "value")

    def __init__(self, value: Any, source: Any) -> None:
        self.value = value
        self.source = source


def is_array(value: Any) -> bool:
    """Whether a value has an entry a lane; else it is one number for all."""
    return value.__class__ is np.ndarray


def plain(value: Any) -> Any:
    """The value without the mark."""
    return value.value if value.__class__ is Tainted else value


def source_of(value: Any) -> Any:
    """Where its garbage came from; 0 for none."""
    return value.source if value.__class__ is Tainted else 0


def is_clean(source: Any) -> bool:
    """Whether a source is that of a value without any garbage."""
    return source.__class__ is int


def spread(function: Callable[..., Any], *operands: Any) -> Any:
    """A function of operands of which some may be garbage: then so is what comes of them."""
    result = function(*(plain(each) for each in operands))
    source: Any = 0
    for each in operands:
        source = np.maximum(source, source_of(each))
    return Tainted(result, source)


def chosen(bits: Any, new: Any, old: Any) -> Any:
    """`new` where `bits` are set, else `old`."""
    if new.__class__ is Tainted or old.__class__ is Tainted:
        value = where(bits, plain(new), plain(old))
        return Tainted(value, where(bits, source_of(new), source_of(old)))
    return where(bits, new, old)


def each_lane(value: Any, lanes: int) -> Any:
    """The value as an array with an entry a lane."""
    return value if is_array(value) else np.full(lanes, value)
