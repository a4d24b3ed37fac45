"""The fixture `expect`: records each value beside what the test wanted of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import FrameType
from typing import Any, cast, get_args

import numpy as np

from tinytorch_ls.compile.assembler import Program, run_program
from tinytorch_ls.forms.unwritten import step_of_error
from tinytorch_ls.runner.facts import deviation, yields_deviation
from tinytorch_ls.runner.inside.compare import first_difference
from tinytorch_ls.runner.inside.compiling import Asked, compiled_value
from tinytorch_ls.runner.inside.describe import describe, input_text, wanted_text
from tinytorch_ls.runner.inside.likeness import likenesses
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.inside.traces import is_raised_by_hand, missing
from tinytorch_ls.runner.inside.traces import raised as raised_of
from tinytorch_ls.runner.inside.witness import Witness
from tinytorch_ls.runner.report import Call, Deviation, Expected, Fact, Facts, Frame, Observation
from tinytorch_ls.runner.values import (
    Bounds,
    Other,
    Parts,
    Plain,
    RaisedValue,
    ReturnedValue,
    TypeName,
    WantedCode,
    WantedError,
)

_MOST_INPUTS = 6


class Unmet(BaseException):
    """Ends a test at its first expectation that is not met."""


@dataclass(frozen=True)
class Value:
    """What was handed to `expect`, or what a call that should raise an error did."""

    plain: Plain
    facts: Facts
    frames: tuple[Frame, ...] = ()  # of an error


@dataclass
class Expect:
    """Called with a value as `expect(value)`, it returns what can be wanted of it."""

    calls: Mapping[int, str]  # the source of what is handed to `expect` in each line of the test
    witness: Witness = field(default_factory=Witness)
    reference: Mapping[str, Facts] | None = None  # by the place of an expectation: "12:0"
    observations: list[Observation] = field(default_factory=list[Observation])
    called: Callable[[], tuple[str, ...]] = tuple  # since the last call of it, in a survey
    calls_made: Callable[[], tuple[Call, ...]] = tuple  # likewise, and where a test is watched
    line: tuple[str, Mapping[str, Any]] | None = None  # of an example, with its variables
    program: Program = run_program  # runs what a compiler is made of
    again: bool = False  # the test was run before, and what can be said of its values is known

    def __call__(self, value: Any) -> Wanted:
        """Record `value`; say what is wanted of it with the method that follows."""
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        return Wanted(self, Value(plain(value), self.witness.facts(value)), frame)

    def raises(
        self,
        error: type[BaseException],
        function: Callable[..., Any],
        *args: Any,
        mentions: tuple[str, ...] = (),
        because: str,
        free: tuple[Fact, ...] = (),
        **kwargs: Any,
    ) -> None:
        """Want `function(*args, **kwargs)` to raise `error`, its message naming `mentions`."""
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        frames: tuple[Frame, ...] = ()
        try:
            value: Plain = ReturnedValue(plain(function(*args, **kwargs)))
        except Exception as raised:
            if step_of_error(raised) or (missing(raised) and not isinstance(raised, error)):
                raise
            value, frames = _raised_value(raised), raised_of(raised).frames
        found = Value(value, self.witness.facts(None), frames)
        expected = Expected(WantedError(error.__name__, mentions), free=(*free, "kind"))
        self.record(frame.f_lineno, frame.f_locals, found, expected, because)

    def compiles(
        self, kernel: Any, *types: Any, without: tuple[str, ...] = (), because: str
    ) -> None:
        """Want the real compiler to make code for a GPU of a kernel; none has to be here.

        `types` are arguments like those of a launch, arrays and numbers, or numba's names of them:
        "float32[:, :]", "int32", or one signature, "(float32[:], int32)". A path of a `.cu` file
        takes none. `without` is what the code must not have: "float64", "spills" of registers,
        "warnings". Where the compiler is not installed the step is not run.
        """
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        asked = Asked(kernel, types, tuple(without))
        value, frames = compiled_value(asked, self.program)
        found = Value(value, Facts(""), frames)
        expected = Expected(WantedCode(tuple(without)), free=get_args(Fact))
        self.record(frame.f_lineno, frame.f_locals, found, expected, because)

    def record(
        self,
        line: int,
        local: Mapping[str, Any],
        value: Value,
        expected: Expected,
        because: str,
        call: str | None = None,
    ) -> None:
        """Note an observation, and end the test if it is not what was wanted."""
        call = self.calls.get(line, "") if call is None else call
        inputs = self.inputs(call, local)
        difference = first_difference(value.plain, expected)
        strays = self._deviation(line, value.facts, expected)
        if strays and (_says_more(strays, expected) or _is_of_dtype(difference)):
            difference = None
        elif difference:
            strays = None
        elif not strays:
            strays = self._yields(line, value.facts, expected)
        passed = difference is None and strays is None
        if not passed and self.again:
            raise Unmet
        operands = () if passed else tuple(self.witness.operands())
        self.observations.append(
            Observation(
                call,
                line,
                value.plain,
                expected,
                because,
                passed,
                inputs,
                value.facts,
                strays,
                "" if passed else describe(value.plain),
                "" if passed else wanted_text(expected),
                difference or "",
                () if passed else tuple(likenesses(value.plain, expected, operands)),
                () if passed else value.frames,
                self.called(),
                self.calls_made(),
            )
        )
        self.witness.rest()
        if not passed:
            raise Unmet

    def unreached(self) -> int | None:
        """The first line with an expectation that was met with the reference, and not here."""
        lines = {int(place.partition(":")[0]) for place in self.reference or ()}
        return min(lines - {seen.line for seen in self.observations}, default=None)

    def place(self, line: int) -> str:
        """The place of the next expectation in this line of the test."""
        return f"{line}:{sum(seen.line == line for seen in self.observations)}"

    def _deviation(self, line: int, facts: Facts, expected: Expected) -> Deviation | None:
        wanted = (self.reference or {}).get(self.place(line))
        return deviation(facts, wanted, expected.free) if wanted else None

    def _yields(self, line: int, facts: Facts, expected: Expected) -> Deviation | None:
        wanted = (self.reference or {}).get(self.place(line))
        return yields_deviation(facts, wanted, expected.free) if wanted else None

    def inputs(self, call: str, local: Mapping[str, Any]) -> dict[str, str]:
        """The names in the call, with what they stood for before it."""
        names = _names(call)
        found = self.witness.inputs(set(names))
        for name in names:
            unknown = name not in found and not self.witness.is_unsure_of(name)
            if unknown and name in local and name != "expect":
                value = plain(local[name])
                if not isinstance(value, Other | TypeName):
                    found[name] = input_text(value)
        return {name: found[name] for name in names if name in found and name != call}


class Wanted:
    """What a test wants of one value."""

    def __init__(self, expect: Expect, value: Value, frame: FrameType) -> None:
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
        free: tuple[Fact, ...] = (),
    ) -> None:
        """Want this number, string, bytes, None, type, nested list, tuple, set, array or Tensor.

        Numbers may differ by atol + rtol * |wanted|. A list is met by a Tensor too, an array by a
        Tensor or an array. In its kind, its dtype, in the memory that it shares with what the call
        was given and in what the call changed, the value has to be as the reference's; `free`
        names those of "kind", "dtype", "memory" and "changes" that may be otherwise.
        """
        name = None if dtype is None else dtype.__name__ if dtype in (int, float) else _dtype(dtype)
        value = plain(wanted)
        if isinstance(value, Other):
            raise TypeError(f"expect can't tell objects of class {value.type} apart: compare parts")
        self._want(Expected(value, rtol, atol, name, free), because)

    def mentions(self, *parts: str, because: str, free: tuple[Fact, ...] = ()) -> None:
        """Want a string that has each of `parts` in it."""
        self._want(Expected(Parts(parts), free=free), because)

    def between(
        self, low: float, high: float, *, because: str, free: tuple[Fact, ...] = ()
    ) -> None:
        """Want a number from `low` to `high`, both included."""
        self._want(Expected(Bounds(_python(low), _python(high)), free=free), because)

    def _want(self, expected: Expected, because: str) -> None:
        facts = get_args(Fact)
        if not set(expected.free) <= set(facts):
            raise ValueError(f"free names some of {', '.join(facts)}, not {expected.free!r}")
        line = self._frame.f_lineno
        self._expect.record(line, self._frame.f_locals, self._value, expected, because)


def _says_more(strays: Deviation, expected: Expected) -> bool:
    """Whether a fact says more than a wrong value: another kind, or an input that was changed."""
    changed = (
        strays.fact == "changes" and strays.got and not isinstance(expected.value, WantedError)
    )
    return bool(changed) or (strays.fact == "kind" and not _is_mixture(strays))


def _is_mixture(strays: Deviation) -> bool:
    """Whether a container holds several kinds of things: which one of them is wrong says more."""
    mixed = " or " in strays.got or " or " in strays.wanted
    return mixed and strays.got.split(" ", 1)[0] == strays.wanted.split(" ", 1)[0]


def _python(bound: Any) -> float:
    """A bound, which a test may have computed by NumPy, as a number that JSON can carry."""
    kind = cast(Any, type(bound))
    return bound.item() if issubclass(kind, np.generic) else bound


def _is_of_dtype(difference: str | None) -> bool:
    return difference is not None and difference.startswith(("dtype: ", "type: "))


def unmet_text(unmet: Observation) -> str:
    """An expectation that was not met in one line, for pytest and for a debugger's console."""
    strays = unmet.deviation
    told = f"{strays.fact}: {strays.got or strays.wanted}" if strays else unmet.difference
    both = f"gave {unmet.got}, expected {unmet.wanted}"
    return f"{unmet.call} {both}: {told} ({unmet.because})"


def _raised_value(raised: Exception) -> Plain:
    types = tuple(kind.__name__ for kind in type(raised).__mro__)
    # NumPy's own words, as in AxisError; a student's __str__ is not called
    given = type(raised).__module__.startswith("numpy")
    message = str(raised) if given else " ".join(str(arg) for arg in raised.args)
    by_hand = is_raised_by_hand(raised)
    return RaisedValue(types[0], types, message[:1000], by_hand)


def _dtype(dtype: Any) -> str:
    return dtype if isinstance(dtype, str) else str(np.dtype(dtype))


@lru_cache(maxsize=1024)
def _names(call: str) -> tuple[str, ...]:
    """The names that a call reads, in the order in which they are found; not its own loops'."""
    try:
        tree = ast.parse(call, mode="eval")
    except SyntaxError:
        return ()
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    own = {node.id for node in found if isinstance(node.ctx, ast.Store)}
    names = dict.fromkeys(node.id for node in found if node.id not in own)
    return tuple(names)[:_MOST_INPUTS]
