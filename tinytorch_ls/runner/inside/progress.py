"""Whether student code that runs for long gets on: what looks at its stack, now and then, show."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, Literal

from tinytorch_ls.runner.inside.givers import (
    Giver,
    generators_of,
    gets_nearer,
    giver_of,
    goes_on,
    length_of,
)
from tinytorch_ls.runner.inside.loops import Loop, loops_around
from tinytorch_ls.runner.inside.sizes import remaining
from tinytorch_ls.runner.report import MODULE, Frame, Walked

_MOST_GIVERS = 50
_ALWAYS = ("True", "1")


@dataclass(frozen=True)
class Pace:
    """How student code got on, and where."""

    kind: Literal["endless", "slow", "stuck"]
    where: Frame | None
    walked: Walked | None = None  # of a `for` without an end, why it has none


@dataclass
class _Visit:
    """A loop that a call is in, since it entered it last."""

    since: float
    bound: tuple[Any, ...]  # what the targets of a `for` were bound to when it was last seen
    turns: bool = False  # whether these were seen to change
    remaining: tuple[float, ...] = ()  # until the condition of a `while` is another, at first
    length: int | None = None  # of a list that a `for` goes through, when it was last seen
    grows: bool = False  # whether it is longer each time


@dataclass
class _Stay:
    """One call that has not returned since it was first seen."""

    frame: FrameType
    since: float
    line: int
    line_since: float
    visits: dict[Loop, _Visit] = field(default_factory=dict[Loop, _Visit])

    def see(self, now: float) -> None:
        """Note where it is now."""
        line = self.frame.f_lineno or self.line  # the jump back of a loop may have none
        if line != self.line:
            self.line, self.line_since = line, now
        loops = _loops(self.frame.f_code, line)
        self.visits = {loop: self.visits[loop] for loop in loops if loop in self.visits}
        anew = False  # an outer loop has turned, so the inner ones were left and entered again
        for loop in loops:
            bound = _bound(self.frame, loop)
            visit = self.visits.get(loop)
            if visit is None or anew:
                self.visits[loop] = _visit(self.frame, loop, now, bound)
                continue
            _note_length(visit, self.frame, loop)
            if any(a is not b for a, b in zip(visit.bound, bound, strict=True)):
                visit.bound, visit.turns, anew = bound, True, True


class Progress:
    """What was seen of the calls of student code that are under way."""

    def __init__(self, root: str) -> None:
        self.root = root  # the student's folder, with a separator at its end
        self.stays: list[_Stay] = []
        self.givers: dict[Any, Giver] = {}

    def see(self, frame: FrameType | None, now: float) -> None:
        """Look at the stack; `now` is the processor time used."""
        frames = list(self._student_frames(frame))[::-1]
        same = 0
        for stay, found in zip(self.stays, frames, strict=False):
            if stay.frame is not found:
                break
            same += 1
        self.stays = [*self.stays[:same], *(_stay(found, now) for found in frames[same:])]
        for stay in self.stays:
            stay.see(now)
        for found in frames:
            self._note_giver(found, now)

    def _note_giver(self, frame: FrameType, now: float) -> None:
        found = giver_of(frame, now, _loops_of)
        if found is None:
            return
        key, giver = found
        if known := self.givers.get(key):
            known.frame, known.last = frame, now
        elif len(self.givers) < _MOST_GIVERS:
            self.givers[key] = giver

    def here(self) -> Frame | None:
        """The line of student code that is under way."""
        return _frame(self.stays[-1]) if self.stays else None

    def pace(self, since: float) -> Pace:
        """How student code got on since that time, and the lines that say so."""
        long = [stay for stay in self.stays if stay.since <= since]
        stay = long[-1] if long else None  # what it calls comes and goes
        loops = (
            [loop for loop, visit in stay.visits.items() if visit.since <= since] if stay else []
        )
        if stay and loops and loops[-1].kind == "while":
            return self._of_while(stay, loops)
        if stay and loops and (endless := self._of_for(stay, loops[-1])):
            return endless
        for giver in self.givers.values():
            if max(giver.since, since) < giver.last and giver.is_endless(_loops_of):
                return Pace("endless", _where(giver), giver.kind)
        if stay and loops and stay.visits[loops[-1]].turns:
            return Pace("slow", _frame(stay, loops[-1]))
        if stay and stay is self.stays[-1] and stay.line_since <= since:
            return Pace("stuck", _frame(stay))
        return Pace("slow", self.here())

    def _of_while(self, stay: _Stay, loops: list[Loop]) -> Pace:
        """By the innermost loop; where one around it comes nearer to its end, it was left since."""
        nearer = any(
            gets_nearer(stay.visits[loop].remaining, remaining(loop.head, stay.frame))
            for loop in loops
            if loop.kind == "while"
        )
        return Pace("slow" if nearer else "endless", _frame(stay, loops[-1]))

    def _of_for(self, stay: _Stay, loop: Loop) -> Pace | None:
        """A `for` that has no end, where that can be told."""
        if walked := goes_on(loop, stay.frame):
            return Pace("endless", _frame(stay, loop), walked)
        if stay.visits[loop].grows:
            return Pace("endless", _frame(stay, loop), "growing")
        for frame in generators_of(loop, stay.frame):
            outer = next((each for each in _loops_of(frame) if each.kind == "while"), None)
            if outer and not outer.leaves and outer.head in _ALWAYS:
                return Pace("endless", _lines(frame, outer), "generator")
        return None

    def _student_frames(self, frame: FrameType | None) -> Iterator[FrameType]:
        """From the innermost."""
        while frame is not None:
            if frame.f_code.co_filename.startswith(self.root):
                yield frame
            frame = frame.f_back


def _stay(frame: FrameType, now: float) -> _Stay:
    return _Stay(frame, now, frame.f_lineno or frame.f_code.co_firstlineno, now)


def _visit(frame: FrameType, loop: Loop, now: float, bound: tuple[Any, ...]) -> _Visit:
    visit = _Visit(now, bound)
    if loop.kind == "while":
        visit.remaining = remaining(loop.head, frame)
    else:
        visit.length = length_of(loop, frame)
    return visit


def _note_length(visit: _Visit, frame: FrameType, loop: Loop) -> None:
    if visit.length is not None:
        length = length_of(loop, frame)
        visit.grows = length is not None and length > visit.length
        visit.length = length


def _loops_of(frame: FrameType) -> tuple[Loop, ...]:
    return _loops(frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno)


def _where(giver: Giver) -> Frame:
    """The loop of a generator; of a method its head."""
    frame = giver.frame
    loops = _loops_of(frame) if giver.kind == "generator" else ()
    if loops:
        return _lines(frame, loops[0])
    line = frame.f_code.co_firstlineno
    return Frame(frame.f_code.co_filename, frame.f_code.co_name, line, line)


def _lines(frame: FrameType, loop: Loop) -> Frame:
    return Frame(frame.f_code.co_filename, frame.f_code.co_name, loop.line, loop.end_line)


def _loops(code: CodeType, line: int) -> tuple[Loop, ...]:
    if code.co_name.startswith("<") and code.co_name != MODULE:
        return ()  # a comprehension or a lambda stands in the loops of another frame
    return loops_around("".join(linecache.getlines(code.co_filename)), line)


def _bound(frame: FrameType, loop: Loop) -> tuple[Any, ...]:
    local = frame.f_locals
    return tuple(local.get(name) for name in loop.targets)


def _frame(stay: _Stay, loop: Loop | None = None) -> Frame:
    code = stay.frame.f_code
    lines = (loop.line, loop.end_line) if loop else (stay.line, stay.line)
    return Frame(code.co_filename, code.co_name, *lines)
