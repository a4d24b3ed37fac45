"""What went wrong with a kernel, as data: the simulator's faults and a compiler's refusals."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tinytorch_ls.course.lines import line_number, plain_line
from tinytorch_ls.runner.report import Frame
from tinytorch_ls.runner.values import Fault, Spot

_SIMULATOR = "tinytorch_ls.simulator.report"
_COMPILERS = ("numba", "numba_cuda")


@dataclass(frozen=True)
class SeenFault:
    """A fault, and where: the frames that the traceback of its error lacks."""

    fault: Fault
    message: str  # one line
    frames: tuple[Frame, ...] = ()  # outermost first
    other: Frame | None = None


def fault_of(error: BaseException, is_ours: Callable[[str], bool]) -> SeenFault | None:
    """What an error says of a kernel; None of any other error."""
    simulator: Any = sys.modules.get(_SIMULATOR)  # no error of what was not imported
    if simulator and isinstance(error, simulator.KernelFault):
        return _simulated(error.fault)
    if type(error).__module__.partition(".")[0] not in _COMPILERS:
        return None
    from tinytorch_ls.compile.refusal import is_refusal, refusal, refusal_words

    if not is_refusal(error):
        return None
    if found := refusal(error, is_ours):
        return compiler_fault(found)
    return SeenFault(Fault("compiler: other", None), refusal_words(error))


def compiler_fault(errors: tuple[Any, ...]) -> SeenFault:
    """The complaint of a compiler at each line that it concerns, the last of them its cause."""
    last = errors[-1]
    fault = Fault(f"compiler: {last.kind or 'other'}", spot_at(last.file, last.line))
    return SeenFault(fault, last.message, tuple(map(frame_at, errors)))


def frame_at(error: Any) -> Frame:
    """The place of a compiler's complaint."""
    function = spot_at(error.file, error.line).function
    columns = (error.column, error.end_column)
    if error.end_column is None:
        columns = (None, None)
    return Frame(error.file, function, error.line, error.line, *columns)


def spot_at(file: str, line: int) -> Spot:
    """The statement at a line of a source text."""
    source = "".join(linecache.getlines(file))
    return Spot(*line_number(source, line), plain_line(source, line))


def _simulated(fault: Any) -> SeenFault:
    place, other = fault.place, fault.other
    at = spot_at(place.file, place.line) if place else None
    if other is None:
        return SeenFault(Fault(fault.kind, at), fault.message)
    columns = (other.column, other.end_column)
    frame = Frame(other.file, other.function, other.line, other.end_line, *columns)
    spot = spot_at(other.file, other.line)
    return SeenFault(Fault(fault.kind, at, spot), fault.message, (), frame)
