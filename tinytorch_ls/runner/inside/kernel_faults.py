"""What went wrong with a kernel, as data: the simulator's faults and a compiler's refusals."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass

from tinytorch_ls.compile.refusal import is_refusal, refusal, refusal_words
from tinytorch_ls.compile.result import CompileError
from tinytorch_ls.forms.form import Part
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.machine import report
from tinytorch_ls.machine.refused import RefusedError
from tinytorch_ls.runner.report import Frame
from tinytorch_ls.runner.values import Fault, Spot


@dataclass(frozen=True)
class SeenFault:
    """A fault, and where: the frames that the traceback of its error lacks."""

    fault: Fault
    message: str  # one line
    frames: tuple[Frame, ...] = ()  # outermost first
    other: Frame | None = None


def fault_of(error: BaseException, is_ours: Callable[[str], bool]) -> SeenFault | None:
    """What an error says of a kernel; None of any other error."""
    if isinstance(error, report.KernelFault):
        return _simulated(error.fault)
    if isinstance(error, RefusedError):
        at = spot_at(error.place.file, error.place.line)
        return SeenFault(Fault(f"compiler: {error.kind}", at), f"{error}.")
    if not is_refusal(error):
        return None
    if found := refusal(error, is_ours):
        return compiler_fault(found)
    return SeenFault(Fault("compiler: other", None), refusal_words(error))


def compiler_fault(errors: tuple[CompileError, ...]) -> SeenFault:
    """The complaint of a compiler at each line that it concerns, the last of them its cause."""
    last = errors[-1]
    fault = Fault(f"compiler: {last.kind or 'other'}", spot_at(last.file, last.line))
    return SeenFault(fault, last.message, tuple(map(frame_at, errors)))


def frame_at(error: CompileError) -> Frame:
    """The place of a compiler's complaint."""
    function = spot_at(error.file, error.line).function
    column = None if error.end_column is None else error.column
    return Frame(error.file, function, error.line, error.line, column, error.end_column)


def spot_at(file: str, line: int, part: Part | None = None) -> Spot:
    """The statement at a line of a source text."""
    return Spot(*form_of(file).spot("".join(linecache.getlines(file)), line, part))


def _spot_of(place: report.Place) -> Spot:
    part = place.column, place.end_line, place.end_column
    return spot_at(place.file, place.line, part)


def _simulated(fault: report.Fault) -> SeenFault:
    place, other = fault.place, fault.other
    at = _spot_of(place) if place else None
    if other is None:
        return SeenFault(Fault(fault.kind, at), fault.message)
    where = (other.line, other.end_line, other.column, other.end_column)
    frame = Frame(other.file, other.function, *where)
    return SeenFault(Fault(fault.kind, at, _spot_of(other)), fault.message, (), frame)
