"""Tracebacks and frames of student code as plain data."""

from __future__ import annotations

import dis
import linecache
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType, TracebackType
from typing import Any

from tinytorch_ls.forms.unwritten import step_of_error
from tinytorch_ls.runner.inside.kernel_faults import fault_of
from tinytorch_ls.runner.inside.nones import Stop, nones
from tinytorch_ls.runner.report import MODULE, Frame, NoneRead, Raised

_RAISE = dis.opmap["RAISE_VARARGS"]
_LONGEST_CHAIN = 9  # of errors: by hand it can be made a ring
_INSTALLED = re.compile(r"[\\/](?:site|dist)-packages[\\/](\w+)")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120 - strings
_OURS = tuple(
    os.path.join(_PACKAGE, *folder, "")  # noqa: PTH118 - compared with strings often
    for folder in (("runner", "inside"), ("simulator",), ("machine",), ("compile",))
)


def raised(error: BaseException) -> Raised:
    """An exception with the frames that are neither ours nor Python's."""
    frames = tuple(_frames(error.__traceback__))
    broken = _broken(error)
    if seen := fault_of(error, _worth_showing):
        return Raised(
            type(error).__name__,
            seen.message,
            (*frames, *(f for f in seen.frames if f not in frames)),
            fault=seen.fault,
            other=seen.other,
        )
    syntax = False
    if isinstance(error, SyntaxError) and _is_of_a_file(error):
        syntax = True
        frames += (_syntax_frame(error),)
    return Raised(
        type=type(error).__name__,
        message=_message(error),
        frames=frames,
        unwritten=step_of_error(error),
        syntax_error=syntax,
        by_hand=is_raised_by_hand(error),
        nones=_nones(error),
        missing=(names := missing(error)),
        package=_package(error) if names or broken else "",
        broken=broken,
    )


def _package(error: BaseException) -> str:
    """The package that shown code used last, if an import in it failed; else ""."""
    inside = filter(None, map(_packages_inside, _behind(error)))
    return next((packages[0].name for packages in inside), "")


def _broken(error: BaseException) -> str:
    """The package that was there and whose own code failed as it was imported; else ""."""
    found = ""
    for cause in _behind(error):
        if isinstance(cause, (MemoryError, RecursionError)) or not isinstance(cause, Exception):
            return ""  # what the code had left to it was too little
        importing = (package.name for package in _packages_inside(cause) if package.imported)
        found = next(reversed([*importing]), found)
    return found


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An error, and what the failure of an import says that it comes from."""
    cause: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if cause is None:
            return
        yield cause
        if not isinstance(cause, ImportError):
            return
        cause = cause.__cause__ or cause.__context__


@dataclass(frozen=True)
class _Inside:
    """Code of an installed package that an error came through."""

    name: str  # of the package
    imported: bool  # whether it was the import of one of its files


def _packages_inside(error: BaseException) -> list[_Inside]:
    """The packages that an error came from, below the last shown code; the innermost last."""
    found: list[_Inside] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if _worth_showing(code.co_filename):
            found.clear()
        elif installed := _INSTALLED.search(code.co_filename):
            found.append(_Inside(installed[1], code.co_name == MODULE))
        trace = trace.tb_next
    if installed := _INSTALLED.search(_unloaded(error)):
        found.append(_Inside(installed[1], imported=True))
    return found


def _unloaded(error: BaseException) -> str:
    """The file of a module that Python could not read, or the system not load; else ""."""
    if isinstance(error, SyntaxError):
        return str(error.filename) if _is_of_a_file(error) else ""
    if isinstance(error, ImportError) and error.name not in sys.modules:
        return error.path if type(error.path) is str else ""
    return ""


def missing(error: BaseException) -> tuple[str, ...]:
    """The modules that were not found, where an error says that an import failed."""
    found: list[str] = []
    cause: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if not isinstance(cause, ImportError):
            break
        if isinstance(cause, ModuleNotFoundError) and type(cause.name) is str:
            found.append(cause.name)
        cause = cause.__cause__ or cause.__context__
    return tuple(found)


def _nones(error: BaseException) -> tuple[NoneRead, ...]:
    """What was None, where the error was met in a file that is shown."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    stops = list(_stops(error.__traceback__))
    inside = last is not None and bool(stops) and stops[-1].frame is last.tb_frame
    return tuple(nones(error, stops)) if inside else ()


@dataclass(frozen=True)
class Place:
    """Where a function stood when an error left it, and its variables."""

    frame: Frame
    local: dict[str, Any]


def frame_in(error: BaseException, file: str, function: str) -> Place | None:
    """The frame of one function that an error came through."""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == file and code.co_name == function:
            frame = _frame(code, trace.tb_lineno, trace.tb_lasti)
            return Place(frame, dict(trace.tb_frame.f_locals))
        trace = trace.tb_next
    return None


def place_in(frame: FrameType | None, file: str, function: str) -> Place | None:
    """Where one function stands that is running right now."""
    found: FrameType | None = None
    while frame is not None:
        if frame.f_code.co_filename == file and frame.f_code.co_name == function:
            found = frame
        frame = frame.f_back
    if found is None:
        return None
    line = found.f_lineno or found.f_code.co_firstlineno
    return Place(_frame(found.f_code, line, found.f_lasti), dict(found.f_locals))


def frame_of(frame: FrameType | None, root: str) -> Frame | None:
    """The innermost frame of a file below `root`, where student code is running right now."""
    return next(_frames_below(frame, root), None)


def frames_around(frame: FrameType | None, root: str) -> tuple[Frame, ...]:
    """All such frames, outermost first; of calls that repeat themselves the innermost."""
    return tuple(dict.fromkeys(_frames_below(frame, root)))[::-1]


def _frames_below(frame: FrameType | None, root: str) -> Iterator[Frame]:
    while frame is not None:
        if frame.f_code.co_filename.startswith(root):
            code = frame.f_code
            line = frame.f_lineno or code.co_firstlineno
            yield Frame(code.co_filename, code.co_name, line, line)
        frame = frame.f_back


def is_raised_by_hand(error: BaseException) -> bool:
    """Whether a `raise` statement made an error, in a file that is not Python's or a package's."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None or not _worth_showing(trace.tb_frame.f_code.co_filename):
        return False
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def _is_of_a_file(error: SyntaxError) -> bool:
    """Whether a file could not be read; code may raise such an error of any text, or by hand."""
    return type(error.filename) is str and os.path.isfile(error.filename)  # noqa: PTH113


def _message(error: BaseException) -> str:
    try:
        words: Any = error.msg if isinstance(error, SyntaxError) else error
        text = "" if words is None else str(words)
        if isinstance(error, ImportError) and error.path:  # which the module's name says already
            text = text.removesuffix(f" ({error.path})")
        return text[:2000]
    except BaseException:  # its `__str__` is a student's
        return ""


def _frames(trace: TracebackType | None) -> Iterator[Frame]:
    return (stop.shown for stop in _stops(trace))


def _stops(trace: TracebackType | None) -> Iterator[Stop]:
    while trace is not None:
        frame, code = trace.tb_frame, trace.tb_frame.f_code
        if _worth_showing(code.co_filename):
            yield Stop(frame, _frame(code, trace.tb_lineno, trace.tb_lasti))
        trace = trace.tb_next


def _worth_showing(file: str) -> bool:
    if file.startswith((*_OURS, "<")):
        return False
    return f"{os.sep}lib{os.sep}python" not in file and "site-packages" not in file


def _frame(code: CodeType, line: int, instruction: int) -> Frame:
    position: tuple[Any, ...] = (line, line, None, None)
    if sys.version_info >= (3, 11):
        positions = list(code.co_positions())
        position = positions[instruction // 2]
    start, end, column, end_column = position
    start, end = start or line, end or start or line
    file = code.co_filename
    return Frame(
        file,
        code.co_name,
        start,
        end,
        _characters(file, start, column),
        _characters(file, end, end_column),
    )


def _characters(file: str, line: int, byte_column: int | None) -> int | None:
    """A column counted in bytes of UTF-8 as one counted in characters."""
    if byte_column is None:
        return None
    text = linecache.getline(file, line)
    return len(text.encode("utf-8", "replace")[:byte_column].decode("utf-8", "replace"))


def _syntax_frame(error: SyntaxError) -> Frame:
    line = error.lineno or 1
    column = max((error.offset or 1) - 1, 0)
    end_column = max((error.end_offset or 0) - 1, column + 1)
    return Frame(str(error.filename), MODULE, line, line, column, end_column)
