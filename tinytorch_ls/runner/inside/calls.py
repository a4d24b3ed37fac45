"""What came of each call that a test makes of a step's functions, and which line of them writes."""

from __future__ import annotations

import dis
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from tinytorch_ls.runner.inside.effects import Effects, Patience
from tinytorch_ls.runner.inside.kinds import arrays_in
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.inside.witness import Witness
from tinytorch_ls.runner.report import Call, Frame, Writing

_ENDS = frozenset(dis.opmap[n] for n in dis.opmap if n.startswith(("RETURN_", "YIELD_")))
_MOST_CALLS = 50  # between two expectations
_MOST_BYTES = 2**16  # of one value


@dataclass
class Calls:
    """The calls since the last expectation; of those that the functions make of each other only who
    calls whom, since right code may do without them."""

    witness: Witness
    open: dict[FrameType, str] = field(default_factory=dict[FrameType, str])
    before: tuple[str, ...] = ()  # what was changed when the outermost call began
    done: list[Call] = field(default_factory=list[Call])
    nested: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    told: bool = False  # what was called was asked for: a next value may still come of it
    effects: Effects | None = None  # of the outermost call
    patience: Patience = field(default_factory=Patience)

    def since(self) -> tuple[Call, ...]:
        """What was called since this was asked last."""
        found = tuple(self.done)
        self.done.clear()
        self.told = True
        self.patience = Patience()
        return found

    def enter(self, frame: FrameType, name: str) -> None:
        """Note that a call of one of the functions begins."""
        if self.told:
            self.nested.clear()
            self.told = False
        if not self.open and len(self.done) < _MOST_CALLS:
            self.before = self._changed()
            self.effects = Effects.of(frame, self.patience)
        self.nested.update(((outer, name), None) for outer in self.open.values())
        self.open[frame] = name

    def look(self, where: Frame | None) -> None:
        """See what the line that ran last did to what the outermost call was given."""
        if self.effects:
            self.effects.look(where)

    def leave(
        self,
        frame: FrameType,
        name: str,
        value: Any,
        returned_from: Frame | None = None,
        trail: tuple[int, ...] = (),
    ) -> None:
        """Note what the call gave, if it is one of the test's own."""
        if frame not in self.open:
            return
        while self.open.popitem()[0] is not frame:
            pass
        if not self.open and len(self.done) < _MOST_CALLS:
            changes = tuple(label for label in self._changed() if label not in self.before)
            shares = self.witness.shared(value)
            left = value is None and not _returns(frame)
            given = None if left else _small(value)
            effects = self.effects.found() if self.effects else ()
            call = Call(name, given, shares, changes, returned_from, trail, left, effects)
            self.done.append(call)
            self.effects = None

    def _changed(self) -> tuple[str, ...]:
        return tuple(change.label for change in self.witness.changes())


def _returns(frame: FrameType) -> bool:
    """Whether a frame that ends comes to a `return` or a `yield`, and no error leaves it."""
    return frame.f_code.co_code[frame.f_lasti] in _ENDS


def _small(value: Any) -> Any:
    if sum(array.nbytes for array in arrays_in(value)) > _MOST_BYTES:
        return None
    return plain(value)


@dataclass
class Writer:
    """Looks after each line whether an operand is still what it was."""

    witness: Witness
    label: str  # of the operand
    wrote: Writing | None = None
    changed: bool = False

    def look(self, where: Frame | None, parameter: str = "") -> None:
        """Note the place, the code that ran last, if the operand was changed since the last look.

        None is a place outside of the step's functions.
        """
        changes = self.witness.changes(self.label)
        now = any(change.label == self.label for change in changes)
        if now and not self.changed:
            self.wrote = Writing(where, parameter) if where else None
        self.changed = now

    def parameter(self, frame: FrameType) -> str:
        """The parameter that is the operand, in a call that begins."""
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        local = frame.f_locals
        found = (n for n in names if n in local and self.witness.is_operand(local[n], self.label))
        return next(found, "")
