"""The arrays that a kernel is launched with: which of them lie in one memory, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np


@dataclass(frozen=True)
class ArgumentView:
    """One argument in its memory; strides and offset count elements."""

    number: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int


@dataclass(frozen=True)
class ArgumentMemory:
    """Arguments that overlap are one memory, so that a race between them is seen."""

    name: str
    cells: Any  # flat, of the arguments' own memory
    shape: tuple[int, ...]
    origin: int
    readonly: bool
    views: tuple[ArgumentView, ...]


def global_memories(arguments: Sequence[tuple[str, Any]]) -> list[ArgumentMemory]:
    """The memories of those arguments that are arrays."""
    spans = [
        span_of(number, name, cast(Any, value))
        for number, (name, value) in enumerate(arguments)
        if isinstance(value, np.ndarray)
    ]
    return [_memory(group) for group in overlapping(spans)]


def _memory(group: list[Span]) -> ArgumentMemory:
    first = group[0]
    size = first.values.itemsize
    flat, names = whole_of(group)
    views = tuple(
        ArgumentView(
            span.number,
            span.values.shape,
            tuple(stride // size for stride in span.values.strides),
            (span.start - first.start) // size,
        )
        for span in group
    )
    readonly = not all(span.values.flags.writeable for span in group)
    origin = first.start - root_start(first.values)
    return ArgumentMemory(names, flat, first.values.shape, origin, readonly, views)


def whole_of(group: list[Span]) -> tuple[Any, str]:
    """All elements that overlapping arguments reach, flat, and their names together."""
    first = group[0]
    if any(span.values.dtype != first.values.dtype for span in group):
        names = " and ".join(span.name for span in group)
        raise ValueError(f"{names} overlap in memory with different dtypes")
    itemsize = first.values.itemsize
    count = (max(span.end for span in group) - first.start) // itemsize
    flat = np.lib.stride_tricks.as_strided(first.values, (count,), (itemsize,))
    return flat, "/".join(dict.fromkeys(span.name for span in group))


@dataclass(frozen=True)
class Span:
    """The bytes from `start` to `end` that an array reaches."""

    number: int
    name: str
    values: np.ndarray[Any, Any]
    start: int
    end: int


def span_of(number: int, name: str, values: np.ndarray[Any, Any]) -> Span:
    """Where an argument lies. Raises ValueError where a kernel could not step through it."""
    if any(stride < 0 or stride % values.itemsize for stride in values.strides):
        raise ValueError(f"{name} steps through its memory backwards or between elements")
    reach = sum((n - 1) * stride for n, stride in zip(values.shape, values.strides, strict=True))
    start = values.__array_interface__["data"][0]
    return Span(number, name, values, start, start + (reach + values.itemsize) * (values.size > 0))


def overlapping(spans: list[Span]) -> list[list[Span]]:
    """Those together that have bytes in common."""
    groups: list[list[Span]] = []
    end = -1
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if groups and span.start < end:
            groups[-1].append(span)
        else:
            groups.append([span])
        end = max(end, span.end)
    return groups


def root_start(values: np.ndarray[Any, Any]) -> int:
    """Where the buffer begins that `values` is a part of; a GPU would place it on 256 bytes."""
    root = values
    while isinstance(root.base, np.ndarray):
        root = root.base
    return root.__array_interface__["data"][0]


def check_number(kernel: str, names: Sequence[str], arguments: Sequence[object]) -> None:
    """Raises TypeError where a kernel of these parameters gets more or fewer arguments."""
    if len(names) != len(arguments):
        raise TypeError(
            f"{kernel} takes {len(names)} arguments ({', '.join(names)}), but was launched with "
            f"{len(arguments)}"
        )
