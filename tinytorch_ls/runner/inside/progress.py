"""Whether student code that runs for long gets on: what looks at its stack, now and then, show."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, Literal

from tinytorch_ls.runner.inside.loops import Loop, loops_around
from tinytorch_ls.runner.report import MODULE, Frame

Pace = Literal["endless", "slow", "stuck"]


@dataclass
class _Visit:
    """A loop that a call is in, since it entered it last."""

    since: float
    bound: tuple[Any, ...]  # what the targets of a `for` were bound to when it was last seen
    turns: bool = False  # whether these were seen to change


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
                self.visits[loop] = _Visit(now, bound)
            elif any(a is not b for a, b in zip(visit.bound, bound, strict=True)):
                visit.bound, visit.turns, anew = bound, True, True


class Progress:
    """What was seen of the calls of student code that are under way."""

    def __init__(self, root: str) -> None:
        self.root = root  # the student's folder, with a separator at its end
        self.stays: list[_Stay] = []

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

    def here(self) -> Frame | None:
        """The line of student code that is under way."""
        return _frame(self.stays[-1]) if self.stays else None

    def pace(self, since: float) -> tuple[Pace, Frame | None]:
        """How student code got on since that time, and the lines that say so."""
        long = [stay for stay in self.stays if stay.since <= since]
        here = self.stays[-1] if self.stays else None
        if not long or here is None:
            return "slow", self.here()
        stay = long[-1]  # what it calls comes and goes
        loops = [loop for loop, visit in stay.visits.items() if visit.since <= since]
        if loops and (loops[-1].kind == "while"):
            return "endless", _frame(stay, loops[-1])
        if loops and stay.visits[loops[-1]].turns:
            return "slow", _frame(stay, loops[-1])
        if stay is here and stay.line_since <= since:
            return "stuck", _frame(stay)
        return "slow", self.here()

    def _student_frames(self, frame: FrameType | None) -> Iterator[FrameType]:
        """From the innermost."""
        while frame is not None:
            if frame.f_code.co_filename.startswith(self.root):
                yield frame
            frame = frame.f_back


def _stay(frame: FrameType, now: float) -> _Stay:
    return _Stay(frame, now, frame.f_lineno or frame.f_code.co_firstlineno, now)


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
