"""Watches a step's own functions while a test runs: which are called, return, bind what."""

from __future__ import annotations

import linecache
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

from tinytorch_ls.course.symbols import Definition, definitions
from tinytorch_ls.runner.inside.plain import array_in
from tinytorch_ls.runner.inside.traces import frame_of
from tinytorch_ls.runner.report import Binding, Frame

_MOST_LINES = 5000  # of student code; a loop that runs longer is watched no further
_MOST_BINDINGS = 200
_TRAIL = 10

Trace = Callable[[FrameType, str, Any], Any]


@dataclass
class Survey:
    """Which functions of a step a test calls."""

    root: str
    symbols: Iterable[tuple[str, str]]
    called: dict[str, None] = field(default_factory=dict[str, None])
    lately: dict[str, None] = field(default_factory=dict[str, None])

    def since(self) -> tuple[str, ...]:
        """What was called since this was asked last."""
        names = tuple(self.lately)
        self.lately.clear()
        return names

    @contextmanager
    def surveying(self) -> Generator[None]:
        """Note what is called meanwhile."""
        names = Names(self.root, self.symbols)

        def call(frame: FrameType, event: str, _value: Any) -> None:
            if event == "call" and (name := names.of(frame.f_code)):
                self.called[name] = self.lately[name] = None

        sys.setprofile(call)
        try:
            yield
        finally:
            sys.setprofile(None)


class Names:
    """Tells the functions of a step by their code."""

    def __init__(self, root: str, symbols: Iterable[tuple[str, str]]) -> None:
        self.wanted = {(os.path.join(root, file), name): name for file, name in symbols}  # noqa: PTH118
        self.short = {(file, name.rpartition(".")[2]) for file, name in self.wanted}

    def of(self, code: CodeType) -> str | None:
        """The symbol whose code this is."""
        short = (code.co_filename, code.co_name)
        if short not in self.short:
            return None
        qualified = getattr(code, "co_qualname", "") or _qualified(code)  # Python 3.10 has none
        return self.wanted.get((code.co_filename, qualified))


@lru_cache(maxsize=1024)
def _qualified(code: CodeType) -> str:
    """The name of a function with that of its class, by the line on which it begins."""
    try:
        found = definitions("".join(linecache.getlines(code.co_filename)))
    except SyntaxError:
        return code.co_name
    first = code.co_firstlineno
    names = (n for n, each in found.items() if _begins(each) == first and _last(n) == code.co_name)
    return next(names, code.co_name)


def _begins(definition: Definition) -> int:
    node = definition.node
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _last(name: str) -> str:
    return name.rpartition(".")[2]


@dataclass
class Watch:
    """What the functions of a step did last."""

    root: str  # the student's folder, with a separator at its end
    symbols: Iterable[tuple[str, str]]  # (file, qualified name)
    returned_from: Frame | None = None
    trail: tuple[int, ...] = ()  # the last lines of that call
    bindings: dict[tuple[str, int, str], Binding] = field(
        default_factory=dict[tuple[str, int, str], Binding]
    )
    lines: int = 0

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch what is called meanwhile; ordinary code around it is hardly slowed."""
        names = Names(self.root, self.symbols)

        def called(frame: FrameType, event: str, _value: Any) -> Trace | None:
            name = names.of(frame.f_code) if event == "call" else None
            return self._inside(frame, name) if name else None

        sys.settrace(called)
        try:
            yield
        finally:
            sys.settrace(None)

    def _inside(self, frame: FrameType, name: str) -> Trace:
        """Follows one call line by line: what a line bound is there when the next one begins."""
        code = frame.f_code
        seen: dict[str, int] = {}
        line = code.co_firstlineno
        trail: deque[int] = deque(maxlen=_TRAIL)
        self._note(frame, code, name, line, seen)

        def step(frame: FrameType, event: str, _value: Any) -> Trace | None:
            nonlocal line
            if event == "line":
                trail.append(frame.f_lineno)
            elif event == "return":
                self.returned_from = frame_of(frame, self.root)
                self.trail = tuple(trail)
            if event in ("line", "return") and self.lines < _MOST_LINES:
                self.lines += 1
                self._note(frame, code, name, line, seen)
                line = frame.f_lineno
            frame.f_trace_lines = self.lines < _MOST_LINES
            return step

        return step

    def _note(
        self, frame: FrameType, code: CodeType, name: str, line: int, seen: dict[str, int]
    ) -> None:
        for variable, value in frame.f_locals.items():
            if seen.get(variable) == id(value):
                continue
            seen[variable] = id(value)
            key = (name, line - code.co_firstlineno, variable)
            array = array_in(value)
            if array is None:
                self.bindings.pop(key, None)
            elif len(self.bindings) < _MOST_BINDINGS:
                self.bindings[key] = Binding(*key, tuple(array.shape), str(array.dtype))
