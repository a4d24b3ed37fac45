"""The fixture `expect`: records each value beside what the test wanted of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import numpy as np

from tinytorch_ls.course.unwritten import step_of_error
from tinytorch_ls.runner.inside.compare import meets
from tinytorch_ls.runner.inside.describe import describe
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.report import Expected, Observation

_MOST_INPUTS = 6


class Unmet(BaseException):
    """Ends a test at its first expectation that is not met."""


class Expect:
    """Called with a value as `expect(value)`, it returns what can be wanted of it."""

    def __init__(self, calls: Mapping[int, str]) -> None:
        self.calls = calls  # the source of what is handed to `expect` in each line of the test
        self.observations: list[Observation] = []

    def __call__(self, value: Any) -> Wanted:
        """Record `value`; say what is wanted of it with the method that follows."""
        return Wanted(self, plain(value), sys._getframe(1))  # pyright: ignore[reportPrivateUsage]

    def raises(
        self,
        error: type[BaseException],
        function: Callable[..., Any],
        *args: Any,
        mentions: tuple[str, ...] = (),
        because: str,
        **kwargs: Any,
    ) -> None:
        """Want `function(*args, **kwargs)` to raise `error`, its message naming `mentions`."""
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        try:
            value = {"kind": "returned", "value": plain(function(*args, **kwargs))}
        except Exception as raised:
            if step_of_error(raised):
                raise
            types = [kind.__name__ for kind in type(raised).__mro__]
            # NumPy's own words, as in AxisError; a student's __str__ is not called
            given = type(raised).__module__.startswith("numpy")
            message = str(raised) if given else " ".join(str(arg) for arg in raised.args)
            value = {"kind": "raised", "type": types[0], "types": types, "message": message[:1000]}
        wanted = {"kind": "raised", "type": error.__name__, "message": "", "mentions": mentions}
        self.record(frame, value, Expected("raises", wanted), because)

    def record(self, frame: FrameType, value: Any, expected: Expected, because: str) -> None:
        passed = meets(value, expected)
        line = frame.f_lineno
        call = self.calls.get(line, "")
        self.observations.append(
            Observation(call, line, value, expected, because, passed, _inputs(call, frame))
        )
        if not passed:
            raise Unmet


class Wanted:
    """What a test wants of one value."""

    def __init__(self, expect: Expect, value: Any, frame: FrameType) -> None:
        self._expect = expect
        self._value = value
        self._frame = frame

    def equals(
        self,
        wanted: Any,
        *,
        because: str,
        rtol: float = 1e-5,
        atol: float = 1e-7,
        dtype: Any = None,
    ) -> None:
        """Want this number, string, None, type, nested list, tuple, array or Tensor.

        Numbers may differ by atol + rtol * |wanted|. A Python number or list is met by a Tensor
        too, an array by a Tensor or an array.
        """
        name = None if dtype is None else dtype.__name__ if dtype in (int, float) else _dtype(dtype)
        expected = Expected("equals", plain(wanted), rtol, atol, name)
        self._expect.record(self._frame, self._value, expected, because)

    def mentions(self, *parts: str, because: str) -> None:
        """Want a string that has each of `parts` in it."""
        expected = Expected("mentions", plain(list(parts)))
        self._expect.record(self._frame, self._value, expected, because)

    def between(self, low: float, high: float, *, because: str) -> None:
        """Want a number from `low` to `high`, both included."""
        expected = Expected("between", plain([low, high]))
        self._expect.record(self._frame, self._value, expected, because)


def calls_by_line(source: str) -> dict[int, str]:
    """The source of what each `expect(...)` and `expect.raises(...)` of a test is handed.

    Every line of the statement has it, since Python versions differ in which of them a call is.
    """
    calls: dict[int, str] = {}
    lines = source.encode("utf-8").splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and (text := _expected_call(lines, node)):
            numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            calls.update(dict.fromkeys(numbers, text))
    return calls


def _expected_call(lines: list[bytes], statement: ast.Expr) -> str | None:
    """What a statement of a test hands to `expect`; None where it hands it nothing."""
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Name(id="expect"), args=[argument]):
                return _segment(lines, argument)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="expect"), attr="raises")):
                return _call_text(lines, node)
            case _:
                pass
    return None


def _call_text(lines: list[bytes], node: ast.Call) -> str:
    """`expect.raises(ValueError, a.add, b, because=...)` as "a.add(b)"."""
    function, *args = (_segment(lines, arg) for arg in node.args[1:])
    keywords = [
        f"{keyword.arg}={_segment(lines, keyword.value)}"
        for keyword in node.keywords
        if keyword.arg not in ("because", "mentions")
    ]
    return f"{function}({', '.join([*args, *keywords])})"


def _segment(lines: list[bytes], node: ast.expr) -> str:
    """The source of an expression in one line; columns count bytes of UTF-8."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    found = lines[first : last + 1]
    found[-1] = found[-1][: node.end_col_offset]
    found[0] = found[0][node.col_offset :]
    return " ".join(line.decode("utf-8").strip() for line in found)


def _dtype(dtype: Any) -> str:
    return dtype if isinstance(dtype, str) else str(np.dtype(dtype))


def _inputs(call: str, frame: FrameType) -> dict[str, str]:
    """The values of the test's own variables that stand in the call."""
    try:
        names = [n.id for n in ast.walk(ast.parse(call, mode="eval")) if isinstance(n, ast.Name)]
    except SyntaxError:
        return {}
    local = frame.f_locals
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        if name in local and name != "expect" and len(found) < _MOST_INPUTS:
            value = plain(local[name])
            if value["kind"] not in ("other", "type"):
                found[name] = describe(value)
    return found
