"""Sees each operand of a test's calls before the call, and what became of it."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import BuiltinMethodType, FrameType, GeneratorType, MethodType, ModuleType
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.describe import describe, input_text, number_text
from tinytorch_ls.runner.inside.kinds import arrays_in, kind_of, kinds_in
from tinytorch_ls.runner.inside.plain import array_in, array_of, dtype_name, plain, type_of
from tinytorch_ls.runner.inside.rewrite import BEGIN, SEE, TURNS
from tinytorch_ls.runner.report import Change, Facts
from tinytorch_ls.runner.values import ArrayValue, Other, Plain, TensorValue, TypeName

_MOST_SEEN = 100  # between two expectations
_MOST_LOOKS = 1000  # between two expectations: a test may call in a loop of ten thousand turns
_MOST_KINDS = 10  # of what generators give
_MOST_PARTS = 20  # of one object
PLACES = ("tinytorch.", "step_tests", "example")  # modules whose objects are looked into
_CALLS_BACK = "numpy"  # what may call a function of a test for a student's code
_LIBRARY = "tinytorch."  # the code of a student, which may call a function of a test
_SHORT = 60
_NEVER_CHANGED = (int, float, str, bool, bytes, type(None), type, ModuleType)


@dataclass(frozen=True)
class Fields:
    """The plain public attributes of an object."""

    values: dict[str, Plain]


@dataclass(frozen=True)
class Seen:
    """An operand as it was before the calls that took it."""

    label: str  # as the last of them named it
    value: Any
    before: Plain | Fields  # the first of them
    latest: Plain | Fields  # the first of those in the last statement
    made: bool  # what an inner call gave
    statement: int  # the last one that took it
    own: bool = False  # the library made it, and handed it to a function of the test


class Witness:
    """What a test's calls were given since its last expectation, and the last arrays before that:
    a later value may still lie in their memory."""

    def __init__(self) -> None:
        self.seen: dict[int, Seen] = {}
        self.earlier = deque[tuple[str, np.ndarray]](maxlen=_MOST_SEEN)
        self.statement = 0
        self.looks = 0  # at operands, since the last expectation
        self.yielded: dict[str, None] = {}  # the kinds of what generators gave
        self.look: Callable[[], None] | None = None  # at each statement and operand

    def hooks(self) -> dict[str, Any]:
        """The names that a rewritten text uses."""
        return {SEE: self.see, BEGIN: self.begin, TURNS: self.turns}

    def begin(self) -> None:
        """Take what follows for another statement than what came; rewritten tests call this."""
        self.statement += 1
        if self.look:
            self.look()

    def rest(self) -> None:
        """Begin anew after an expectation."""
        for seen in self.seen.values():
            self.earlier.extend((seen.label, array) for array in arrays_in(seen.value))
        self._clear()

    def forget(self) -> None:
        """Begin anew before a test."""
        self.earlier.clear()
        self._clear()

    def _clear(self) -> None:
        self.seen.clear()
        self.yielded.clear()
        self.looks = 0

    def see(self, value: Any, label: str, made: bool = False) -> Any:
        """Note an operand, and give it back; rewritten tests call this."""
        kind = type_of(value)
        if kind in _NEVER_CHANGED or len(self.seen) >= _MOST_SEEN or self.is_tired:
            return value
        self.looks += 1
        own = _is_called_by_the_library(sys._getframe(1))  # pyright: ignore[reportPrivateUsage]
        if not issubclass(kind, MethodType | BuiltinMethodType):
            self._note(value, label, made, own)
        elif type(value.__self__) not in _NEVER_CHANGED:
            self._note(value.__self__, label.rpartition(".")[0] or label, made, own)
        if self.look:
            self.look()
        return value

    @property
    def is_tired(self) -> bool:
        """Whether it looks no more until the next expectation: what the last calls were given
        isn't known then, but what became of the operands that were seen is."""
        return self.looks >= _MOST_LOOKS

    def is_unsure_of(self, label: str) -> bool:
        """Whether an operand is not as it was, and it isn't known what the last call was given."""
        return self.is_tired and any(True for _ in self.changes(label))

    def turns(self, value: Any) -> Any:
        """What a test goes through; of a generator of the library's it is noted what it gives."""
        if type_of(value) is not GeneratorType or value.gi_frame is None:
            return value
        ours = str(value.gi_frame.f_globals.get("__name__")).startswith(_LIBRARY)
        return self._each(value) if ours else value

    def _each(self, turns: Any) -> Iterator[Any]:
        for item in turns:
            if len(self.yielded) < _MOST_KINDS:
                self.yielded[kind_of(item)] = None
            yield item

    def _note(self, value: Any, label: str, made: bool, own: bool) -> None:
        before = plain(value)
        if not isinstance(before, Other):
            self._keep(value, label, before, made, own)
        elif type(value).__module__.startswith(PLACES):
            for name, part in _parts(value):
                self._keep(part, f"{label}.{name}", plain(part), made, own)
            self._keep(value, label, _fields(value), made, own)

    def _keep(self, value: Any, label: str, now: Plain | Fields, made: bool, own: bool) -> None:
        known = self.seen.get(id(value))
        if known and known.statement == self.statement:
            return  # a call gave it back: what the statement began with is what counts
        if known and not known.own and known.label.isidentifier():
            label = known.label  # a helper's or a lambda's own name says less
        own = (known is None or known.own) and own
        before = known.before if known and (own or not known.own) else now
        self.seen[id(value)] = Seen(label, value, before, now, made, self.statement, own)

    def facts(self, value: Any) -> Facts:
        """What came with a value that a test is about to expect something of."""
        return Facts(
            kind_of(value),
            tuple(sorted({dtype_name(array.dtype) for array in arrays_in(value)})),
            self.shared(value),
            tuple(self.changes()),
            tuple(seen.label for seen in self.seen.values()),
            kinds_in(value),
            tuple(sorted(self.yielded)),
        )

    def inputs(self, names: set[str]) -> dict[str, str]:
        """The operands of these names as they were before the call."""
        return {
            seen.label: input_text(seen.latest)
            for seen in self.seen.values()
            if seen.label in names and not isinstance(seen.latest, Fields | TypeName)
            if not self.is_unsure_of(seen.label)
        }

    def operands(self) -> Iterator[np.ndarray]:
        """The arrays that went into the innermost calls, as they were before."""
        for seen in self.seen.values():
            if seen.made or self.is_tired or isinstance(seen.latest, Fields):
                continue
            array = array_of(seen.latest)
            if array is not None:
                yield array

    def is_operand(self, value: Any, label: str) -> bool:
        """Whether a value is the operand of this name, or the array in it."""
        array = array_in(value)
        return any(
            seen.value is value or (array is not None and array_in(seen.value) is array)
            for seen in self.seen.values()
            if seen.label == label
        )

    def shared(self, value: Any) -> tuple[str, ...]:
        """The operands whose memory a value uses."""
        return tuple(sorted(set(self._shared(value))))

    def _shared(self, value: Any) -> Iterator[str]:
        ours = list(arrays_in(value))
        if not ours:
            return
        for label, earlier in self.earlier:
            if any(np.may_share_memory(one, earlier) for one in ours):
                yield label
        for seen in self.seen.values():
            theirs = arrays_in(seen.value)
            if seen.value is value or any(
                np.may_share_memory(one, other) for other in theirs for one in ours
            ):
                yield seen.label

    def changes(self, label: str = "") -> Iterator[Change]:
        """What became of the operands, or of the one of this name."""
        for seen in self.seen.values():
            if not f"{label}.".startswith(f"{seen.label}.") and label:
                continue
            if seen.own:
                continue  # code may do with its own what it likes
            if isinstance(seen.before, Fields):
                yield from _changed_fields(seen, seen.before)
            else:
                after = plain(seen.value)
                if after != seen.before:
                    yield change_of(seen.label, seen.before, after)


def _is_called_by_the_library(test: FrameType) -> bool:
    """Whether a function of a test, or a comprehension in it, runs for code of a student."""
    frame = test.f_back
    while frame and (
        frame.f_globals is test.f_globals
        or str(frame.f_globals.get("__name__")).startswith(_CALLS_BACK)
    ):
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).startswith(_LIBRARY)


def short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def change_of(label: str, before: Plain, after: Plain) -> Change:
    """The first place at which two states of an operand differ, if they are of one shape."""
    one, other = array_of(before), array_of(after)
    if one is None or other is None or one.shape != other.shape or one.ndim == 0:
        form = one is not None and other is not None and one.shape != other.shape
        return Change(label, "", short(describe(before)), short(describe(after)), form)
    unlike = np.argwhere(~((one == other) | ((one != one) & (other != other))))
    if not len(unlike):
        return Change(label, "", f"of dtype {one.dtype}", f"of dtype {other.dtype}", form=True)
    index = tuple(int(at) for at in unlike[0])
    return Change(label, str(list(index)), number_text(one[index]), number_text(other[index]))


def _fields(value: Any) -> Fields:
    own = {name: plain(part) for name, part in _attributes(value)}
    return Fields({name: part for name, part in own.items() if not isinstance(part, Other)})


def _changed_fields(seen: Seen, fields: Fields) -> Iterator[Change]:
    after = _fields(seen.value).values
    for name, before in fields.values.items():
        arrays = isinstance(before, ArrayValue | TensorValue)
        if name in after and not arrays and after[name] != before:
            yield change_of(f"{seen.label}.{name}", before, after[name])


def _parts(value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The arrays and tensors that an object keeps in public attributes, also through others."""
    count = 0
    for name, part in _attributes(value):
        kind = type_of(part)
        if any(True for _ in arrays_in(part)):
            yield name, part
            count += 1
        elif depth < 2 and kind.__module__.startswith(PLACES):
            yield from ((f"{name}.{below}", inner) for below, inner in _parts(part, depth + 1))
        if count >= _MOST_PARTS:
            return


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    try:
        fields: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    for name, part in list(fields.items()):
        if not name.startswith("_"):
            yield name, part
