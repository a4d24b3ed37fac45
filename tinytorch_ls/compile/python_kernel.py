"""Compiles kernels written in Python to PTX, by numba-cuda; no GPU is needed."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from traceback import walk_tb
from types import FunctionType, SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import numpy as np

from tinytorch.kernels.device import Kernel, numba_cuda
from tinytorch_ls.compile.result import Compiled, CompileError, CompileResult, Failed, NotRun

COMPUTE_CAPABILITY = (9, 0)  # Hopper: H100, H200


def compile_kernel(
    kernel: Any, *arguments: Any, capability: tuple[int, int] = COMPUTE_CAPABILITY
) -> CompileResult:
    """Compile a kernel for arguments like these: arrays of NumPy and numbers.

    `kernel` is one that `cuda.jit` marked, be it the library's or numba's.
    """
    try:
        cuda = numba_cuda()
    except ImportError as error:
        return NotRun(str(error))
    try:
        function = _for_numba(kernel)
        types = tuple(_numba_type(argument) for argument in arguments)
        with _device_of(capability):
            ptx, _ = cuda.compile_ptx(function, types, cc=capability)
    except Exception as error:
        return Failed(tuple(_errors(error, _python_function(kernel))))
    return Compiled(ptx)


def _device_of(capability: tuple[int, int]) -> AbstractContextManager[Any]:
    """numba asks the driver what to compile device functions for; here the answer is known."""
    device = SimpleNamespace(compute_capability=capability)
    return patch("numba.cuda.dispatcher.get_current_device", lambda: device)


def _python_function(kernel: Any) -> FunctionType:
    return kernel.function if isinstance(kernel, Kernel) else getattr(kernel, "py_func", kernel)


def _for_numba(kernel: Any) -> FunctionType:
    return kernel.for_numba() if isinstance(kernel, Kernel) else _python_function(kernel)


def _numba_type(argument: Any) -> Any:
    import numba

    typeof: Callable[[Any], Any] = cast(Any, numba).typeof
    if isinstance(argument, np.ndarray):
        argument = np.ascontiguousarray(cast("np.ndarray[Any, Any]", argument))
    return typeof(argument)


def _errors(error: Exception, function: FunctionType) -> Iterator[CompileError]:
    """What numba says, without the colours, the advice and the stack of its own passes."""
    text = _COLOUR.sub("", str(error))
    file = function.__code__.co_filename
    line = _line(error, text, function)
    source = linecache.getline(file, line)
    column = len(source) - len(source.lstrip())
    yield CompileError(file, line, column, _fact(text) or type(error).__name__)


def _line(error: Exception, text: str, function: FunctionType) -> int:
    """The line that the error is about: as numba says, or else as its own stack knows.

    numba leaves the place out of many errors, but what it was looking at knows its own.
    """
    file = function.__code__.co_filename
    said = [int(m["line"]) for m in _PLACE.finditer(text) if file.endswith(Path(m["file"]).name)]
    if said:
        return said[-1]
    for value in [error, *_values_in_reach(error)]:
        with suppress(Exception):  # these are numba's own objects, of any kind
            place = cast(Any, value).loc
            if place.filename == file:
                return int(place.line)
    return function.__code__.co_firstlineno


def _values_in_reach(error: Exception) -> Iterator[object]:
    """The local variables of the stack that an error came through, innermost first."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        yield from frame.f_locals.values()


def _fact(text: str) -> str:
    """The line of numba's message that says what is wrong."""
    if call := _NO_CALL.search(text):
        return f"numba has no {' '.join(call['call'].split())}"
    facts = [line.strip() for line in text.splitlines() if line.strip()]
    wanted = [line for line in facts if not _NOISE.match(line)]
    fact = (wanted or facts or [""])[0][:300]
    if fact.startswith("Untyped global name") and "'function'" in fact:
        fact += "; a function that a kernel calls is marked @cuda.jit(device=True)"
    return fact


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_NO_CALL = re.compile(r"^No implementation of function.*?>>> (?P<call>.+?)$", re.M | re.S)
_NOISE = re.compile(r"Failed in |File \"|During: |<source|\^|>>> |def ")
