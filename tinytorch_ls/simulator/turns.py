"""Runs functions for the CPU without a compiler, and sees where cores get in each other's way.

numba looks at no index and at no race: a wrong one reads or writes whatever lies there. As the
plain Python that it is, the function has its errors on its own lines.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from tinytorch.kernels.jit import Compiled, prange, running
from tinytorch_ls.machine.report import Fault, Place, raise_fault


@contextmanager
def interpreted() -> Generator[None]:
    """Run what `njit` marked as plain Python in a `with` block, the turns of `prange` backwards.

    Cores take them in any order. Where two turns change one element it is told as a race, a
    `KernelFault` at the loop.
    """
    with running(_run):
        yield


def _run(compiled: Compiled, arguments: tuple[Any, ...]) -> Any:
    function = compiled.function
    parameters = zip(function.__code__.co_varnames, arguments, strict=False)
    memories = [_Memory(n, a) for n, a in parameters if isinstance(a, np.ndarray)]
    names = {
        name: _turns_over(memories) if value is prange and name == "prange" else value
        for name, value in function.__globals__.items()
    }
    again = FunctionType(
        function.__code__, names, compiled.__name__, function.__defaults__, function.__closure__
    )
    return again(*map(_as_numba_reads, arguments))


class _Whole(np.ndarray):
    """Whole numbers of few bits, which numba computes with in 64: NumPy's own would wrap round."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return int(found) if isinstance(found, np.integer) else found


def _as_numba_reads(argument: Any) -> Any:
    if type(argument) is np.ndarray and argument.dtype.kind in "iu":
        return argument.view(_Whole)
    return argument


@dataclass(frozen=True)
class _Memory:
    """An array that was handed over."""

    name: str
    array: Any  # NumPy's


def _turns_over(memories: list[_Memory]) -> Callable[..., Iterator[int]]:
    """A `prange` that looks after each turn what it has changed."""

    def turns(*bounds: int) -> Iterator[int]:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        owners = [np.full(memory.array.shape, -1) for memory in memories]
        for turn in reversed(range(*bounds)):
            before = [memory.array.copy() for memory in memories]
            yield turn
            for memory, old, owner in zip(memories, before, owners, strict=True):
                changed = _differs(memory.array, old)
                twice = np.argwhere(changed & (owner >= 0))
                if len(twice):
                    _raise_race(memory, tuple(twice[0].tolist()), owner, turn, frame)
                owner[changed] = turn

    return turns


def _differs(new: Any, old: Any) -> Any:
    return (new != old) & ~((new != new) & (old != old))  # a nan differs from itself


def _raise_race(
    memory: _Memory, index: tuple[int, ...], owner: Any, turn: int, frame: FrameType
) -> None:
    where = f"{memory.name}[{', '.join(map(str, index))}]"
    message = f"turns {turn} and {owner[index]} of `prange` both change {where}"
    raise_fault(Fault("race between turns", message, _place_of(frame)))


def _place_of(frame: FrameType) -> Place:
    """The line at which a loop of a function stands."""
    file, line, function = frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name
    text = linecache.getline(file, line).rstrip()
    return Place(file, line, len(text) - len(text.lstrip()), line, len(text), function)
