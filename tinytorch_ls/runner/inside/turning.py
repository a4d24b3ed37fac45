"""Finds the condition because of which a test failed: with another one in its place it passes.

They are tried in a fork, and one counts only where all other tests of the function pass too. What
stands in the branch is innocent then, though it is what gave or wrote the wrong value.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType

from tinytorch_ls.forms.form import Mutant
from tinytorch_ls.forms.python.conditions import other_conditions
from tinytorch_ls.forms.python.symbols import FunctionNode
from tinytorch_ls.runner.inside.variants import replaced, told_by_fork
from tinytorch_ls.runner.job import Replacement
from tinytorch_ls.runner.report import Frame

_MOST_TRIED = 8  # of one function
_LEAST_SECONDS = 0.1  # of processor time: a condition that is turned may make a loop endless
_TIMES = 4  # what all tests of the step took, besides
_WAITED = 1.0  # seconds of the wall clock, besides


@dataclass
class Ran:
    """A function that ran in a test, and which of its lines."""

    code: CodeType
    lines: set[int] = field(default_factory=set[int])


@dataclass(frozen=True)
class Turning:
    """Tries other conditions in the place of a function's own."""

    fork: Callable[[], int]
    seconds: float  # of processor time, that all tests of the step took

    def turned(self, file: str, name: str, ran: Ran, passes: Callable[[], bool]) -> Frame | None:
        """The condition, of those that ran, with another one in whose place the tests pass."""
        others = [other for other in _others(ran.code) if other.line in ran.lines][:_MOST_TRIED]

        def first() -> bytes:
            self._begin()
            for at, other in enumerate(others):
                with replaced(Replacement(file, name, other.code)) as is_there:
                    if is_there and passes():
                        return bytes([at])
            return b""

        found = told_by_fork(self.fork, first, b"") if others else b""
        lines = [others[at].line for at in found]
        code = ran.code
        return next((Frame(code.co_filename, code.co_name, at, at) for at in lines), None)

    def _begin(self) -> None:
        """In the fork: it is silent, and the system ends it where it takes long."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        allowed = _LEAST_SECONDS + _TIMES * self.seconds
        if sys.platform != "win32":
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, allowed)
            signal.setitimer(signal.ITIMER_REAL, allowed + _WAITED)


def _others(code: CodeType) -> Iterator[Mutant]:
    """A function that ran, with other conditions; their lines are those of its file."""
    first = code.co_firstlineno
    lines = linecache.getlines(code.co_filename)[first - 1 :]
    try:
        (function,) = ast.parse(textwrap.dedent("".join(inspect.getblock(lines)))).body
    except (SyntaxError, ValueError):
        return
    if isinstance(function, FunctionNode):
        ast.increment_lineno(function, first - 1)
        yield from other_conditions(function)
