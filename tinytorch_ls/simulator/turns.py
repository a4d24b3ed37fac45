"""Runs functions for the CPU without a compiler, and sees where cores get in each other's way.

numba looks at no index and at no race: a wrong one reads or writes whatever lies there. As the
plain Python that it is, the function has its errors on its own lines.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from tinytorch.kernels.jit import Compiled, prange, running
from tinytorch_ls.machine.report import Fault, Place, raise_fault
from tinytorch_ls.machine.values import is_array
from tinytorch_ls.simulator.carried import carried, gathered
from tinytorch_ls.simulator.wholes import element, typed_beside


@contextmanager
def interpreted() -> Generator[list[str]]:
    """Run what `njit` marked as plain Python in a `with` block, the turns of `prange` backwards.

    Cores take them in any order. Where one turn writes an element that another reads or writes, or
    reads a variable that another has changed, it is told as a race, a `KernelFault` at the loop.
    The list gets the name of each function that shares out its turns.
    """
    shared: list[str] = []
    with running(partial(_run, shared)):
        yield shared


def _run(shared: list[str], compiled: Compiled, arguments: tuple[Any, ...]) -> Any:
    function = compiled.function
    seen = tuple(_seen(compiled, each) for each in arguments)
    parameters = zip(function.__code__.co_varnames, seen, strict=False)
    memories = [(name, each) for name, each in parameters if isinstance(each, _Seen)]
    names = {
        name: _turns_over(memories, shared) if value is prange and name == "prange" else value
        for name, value in function.__globals__.items()
    }
    again = FunctionType(
        function.__code__, names, compiled.__name__, function.__defaults__, function.__closure__
    )
    return again(*seen)


_TAKEN: Any = (np.ndarray, np.generic, int, float, complex, tuple)


class _Seen(np.ndarray):
    """An array that notes which elements are read and written, also through rows and slices.

    Arithmetic with it has the types that it has in numba.
    """

    written: Any = None  # for each element whether it was
    read: Any = None

    def __getitem__(self, index: Any) -> Any:
        found: Any = super().__getitem__(index)
        if self.written is not None:
            if isinstance(found, _Seen):
                found.written, found.read = self.written[index], self.read[index]
            else:
                self.read[index] = True
        return element(found)

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.written is not None:
            self.written[index] = True
        super().__setitem__(index, value)

    def __array_ufunc__(
        self, ufunc: Any, method: str, *given: Any, out: Any = None, **options: Any
    ) -> Any:
        arrays: list[Any] = [each for each in given if isinstance(each, np.ndarray)]
        for each in arrays:
            if isinstance(each, _Seen) and each.read is not None:
                each.read[...] = True
        if out is None:
            given = tuple(typed_beside(arrays, each) for each in given)
        else:
            options["out"] = tuple(map(_plain, out))
        found: Any = getattr(ufunc, method)(*map(_plain, given), **options)
        for each in out or ():
            if isinstance(each, _Seen) and each.written is not None:
                each.written[...] = True
        if out is not None:
            return out[0] if len(out) == 1 else out
        return found.view(_Seen) if is_array(found) else found


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if value.__class__ is _Seen else value


def _seen(compiled: Compiled, argument: Any) -> Any:
    plain: Any = argument
    if not isinstance(argument, _TAKEN):
        kind = type(argument).__name__
        raise TypeError(f"{compiled.__name__} takes arrays and numbers as numba does, not {kind}")
    if type(argument) is not np.ndarray:
        return plain
    seen = plain.view(_Seen)
    seen.written, seen.read = np.zeros((2, *seen.shape), bool)
    return seen


def _turns_over(
    memories: list[tuple[str, _Seen]], shared: list[str]
) -> Callable[..., Iterator[int]]:
    """A `prange` that looks after each turn what it has written, in these memories and in arrays
    that the function itself has made before the loop."""

    def turns(*bounds: int) -> Iterator[int]:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        shared.append(frame.f_code.co_name)
        _refuse_carried(frame)
        together = gathered(_text_of(frame), frame.f_lineno)
        own = {
            name: each
            for name, each in frame.f_locals.items()
            if _is_own(each) and name not in together
        }
        owners = {name: np.full(each.shape, -1) for name, each in [*memories, *own.items()]}
        readers = {name: np.full(array.shape, -1) for name, array in memories}
        for turn in reversed(range(*bounds)):
            for _, array in memories:
                array.written[...] = array.read[...] = False
            before = {name: array.copy() for name, array in own.items()}
            yield turn
            wrote = {name: array.written for name, array in memories}
            wrote |= {name: _unlike(before[name], array) for name, array in own.items()}
            for name, written in wrote.items():
                _refuse_shared(name, written, owners[name], turn, "writes", frame)
            for name, array in memories:
                _refuse_shared(name, array.read, owners[name], turn, "reads", frame)
                _refuse_shared(name, array.written, readers[name], turn, "is read", frame)
                readers[name][array.read] = turn
            for name, written in wrote.items():
                owners[name][written] = turn

    return turns


def _refuse_shared(
    name: str, now: Any, others: Any, turn: int, what: str, frame: FrameType
) -> None:
    """Tell of an element that a turn has reached now, and another one before."""
    both = np.argwhere(now & (others >= 0))
    if len(both):
        index = tuple(both[0].tolist())
        where, other = f"{name}[{', '.join(map(str, index))}]", int(others[index])
        reader, writer = (turn, other) if what == "reads" else (other, turn)
        message = f"turn {reader} of `prange` reads {where}, which turn {writer} writes"
        if what == "writes":
            message = f"turns {turn} and {other} of `prange` both write {where}"
        raise_fault(Fault("race between turns", message, _place_of(frame)))


def _refuse_carried(frame: FrameType) -> None:
    """Tell of a variable that a turn reads as the turn before it has left it."""
    for name in carried(_text_of(frame), frame.f_lineno):
        if name in frame.f_locals:
            message = f"a turn of `prange` reads `{name}` as another turn has left it"
            raise_fault(Fault("race between turns", message, _place_of(frame)))


def _text_of(frame: FrameType) -> str:
    return "".join(linecache.getlines(frame.f_code.co_filename))


def _is_own(value: Any) -> bool:
    """Whether it is an array that the function itself has made, if only like a given one."""
    array: Any = value
    return isinstance(value, np.ndarray) and getattr(array, "written", None) is None


def _unlike(before: Any, after: Any) -> Any:
    """For each element whether it is another number; nan is nan."""
    return (before != after) & ((before == before) | (after == after))


def _place_of(frame: FrameType) -> Place:
    """The line at which a loop of a function stands."""
    file, line, function = frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name
    text = linecache.getline(file, line).rstrip()
    return Place(file, line, len(text) - len(text.lstrip()), line, len(text), function)
