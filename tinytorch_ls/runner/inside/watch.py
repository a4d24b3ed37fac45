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

from tinytorch_ls.forms.python.symbols import Function, definitions
from tinytorch_ls.runner.inside.calls import Calls, Writer
from tinytorch_ls.runner.inside.plain import array_in, dtype_name
from tinytorch_ls.runner.inside.traces import frame_of
from tinytorch_ls.runner.inside.turning import Ran
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
    calls: Calls
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

        def called(frame: FrameType, event: str, _value: Any) -> Trace | None:
            name = names.of(frame) if event == "call" else None
            if name is None:
                return None
            self.called[name] = self.lately[name] = None
            self.calls.look(None)
            self.calls.enter(frame, name)
            return inside

        def inside(frame: FrameType, event: str, value: Any) -> Trace | None:
            if event in ("line", "return"):
                self.calls.look(None)
            if event == "return" and (name := names.of(frame)):
                self.calls.leave(frame, name, value)
            return inside

        sys.settrace(called)
        try:
            yield
        finally:
            sys.settrace(None)


class Names:
    """Tells the functions of a step by their code."""

    def __init__(self, root: str, symbols: Iterable[tuple[str, str]]) -> None:
        self.wanted = {(os.path.join(root, file), name): name for file, name in symbols}  # noqa: PTH118
        self.short = {(file, name.rpartition(".")[2]) for file, name in self.wanted}
        self.files = {file for file, _ in self.wanted}

    def of(self, frame: FrameType) -> str | None:
        """The symbol whose code a frame runs."""
        if frame.f_globals.get("__file__") not in self.files:
            return None  # so most are; to ask for their code costs an audit event
        return self.named(frame.f_code)

    def named(self, code: CodeType) -> str | None:
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


def _begins(definition: Function) -> int:
    node = definition.node
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _last(name: str) -> str:
    return name.rpartition(".")[2]


@dataclass
class Watch:
    """What the functions of a step did last."""

    root: str  # the student's folder, with a separator at its end
    symbols: Iterable[tuple[str, str]]  # (file, qualified name)
    calls: Calls | None = None  # of a test that failed
    writer: Writer | None = None  # of one that failed because an operand was changed
    returned_from: Frame | None = None
    trail: tuple[int, ...] = ()  # the last lines of that call
    bindings: dict[tuple[str, int, str], Binding] = field(
        default_factory=dict[tuple[str, int, str], Binding]
    )
    lines: int = 0
    ran: dict[str, Ran] = field(default_factory=dict[str, Ran])  # by the symbol
    inside: list[tuple[FrameType, str]] = field(default_factory=list[tuple[FrameType, str]])
    """The calls that are under way, and as what they know the operand."""

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch what is called meanwhile; ordinary code around it is hardly slowed."""
        names = Names(self.root, self.symbols)

        def called(frame: FrameType, event: str, _value: Any) -> Trace | None:
            name = names.of(frame) if event == "call" else None
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
        ran = self.ran.setdefault(name, Ran(code)).lines
        self._enter(frame, name)
        self._note(frame, code, name, line, seen)

        def step(frame: FrameType, event: str, value: Any) -> Trace | None:
            nonlocal line
            if event == "line":
                trail.append(frame.f_lineno)
                ran.add(frame.f_lineno)
            elif event == "return":
                self.returned_from = frame_of(frame, self.root)
                self.trail = tuple(trail)
            if event in ("line", "return") and self.lines < _MOST_LINES:
                self.lines += 1
                self._note(frame, code, name, line, seen)
                self._look(line)
                line = frame.f_lineno
            if event == "return":
                self._leave(frame, name, value)
            frame.f_trace_lines = self.lines < _MOST_LINES
            return step

        return step

    def _enter(self, frame: FrameType, name: str) -> None:
        self._look(self.inside[-1][0].f_lineno if self.inside else 0)
        parameter = self.writer.parameter(frame) if self.writer else ""
        self.inside.append((frame, parameter))
        if self.calls:
            self.calls.enter(frame, name)

    def _leave(self, frame: FrameType, name: str, value: Any) -> None:
        if self.calls:
            self.calls.leave(frame, name, value, self.returned_from, self.trail)
        self.inside = [each for each in self.inside if each[0] is not frame]

    def _look(self, line: int) -> None:
        """See what the innermost call has changed, in the line that ran last."""
        where, parameter = None, ""
        if self.inside:
            frame, parameter = self.inside[-1]
            code = frame.f_code
            where = Frame(code.co_filename, code.co_name, line, line)
        if self.writer:
            self.writer.look(where, parameter)
        if self.calls:
            self.calls.look(where)

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
                self.bindings[key] = Binding(*key, tuple(array.shape), dtype_name(array.dtype))
