"""Compiles kernels written in Python to PTX, by numba-cuda; no GPU is needed."""

from __future__ import annotations

import linecache
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import numpy as np

from tinytorch.kernels.device import Kernel, numba_cuda
from tinytorch_ls.compile.assembler import Program, assembled
from tinytorch_ls.compile.double import double_lines
from tinytorch_ls.compile.refusal import is_refusal_class, refusal, refusal_words
from tinytorch_ls.compile.result import Compiled, CompileError, CompileResult, Failed, NotRun
from tinytorch_ls.compile.type_words import types_in

COMPUTE_CAPABILITY = (9, 0)  # Hopper: H100, H200


def compile_kernel(
    kernel: Any,
    *arguments: Any,
    capability: tuple[int, int] = COMPUTE_CAPABILITY,
    lines: bool = False,
    program: Program | None = None,
) -> CompileResult:
    """Compile a kernel for arguments like these: arrays of NumPy, numbers, or numba's types as
    text, such as "float32[:, :]".

    `kernel` is one that `cuda.jit` marked, be it the library's or numba's. With `lines` it is told
    which of them compute in double precision; with a `program` what the assembler says, run by it.
    """
    try:
        cuda = numba_cuda()
    except ImportError as error:
        return NotRun(str(error))
    types = tuple(_numba_type(argument) for argument in arguments)
    try:
        function = _for_numba(kernel)
        with _device_of(capability), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            ptx, _ = cuda.compile_ptx(function, types, cc=capability, lineinfo=lines)
    except Exception as error:
        return Failed(tuple(_errors(error, python_function(kernel))))
    file, head = head_of(kernel)
    doubles = double_lines(ptx, file) if lines else ()
    told = tuple(_warnings(warned, file, head))
    if program is None:
        return Compiled(ptx, told, {}, doubles)
    taken = assembled(ptx, "sm_{}{}".format(*capability), program)
    return taken if isinstance(taken, NotRun) else Compiled(ptx, told, taken, doubles)


def arguments_of(types: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a kernel, which may stand in a tuple or in "(float32[:], int32)"."""
    match types:
        case [str() as signature] if "(" in signature:
            return tuple(types_in(signature.partition("(")[2].rpartition(")")[0]))
        case [tuple()]:
            return cast("tuple[Any, ...]", types[0])
        case _:
            return tuple(types)


def head_of(kernel: Any) -> tuple[str, int]:
    """The file of a kernel, and the line of its name there."""
    code = python_function(kernel).__code__
    file, first = code.co_filename, code.co_firstlineno
    lines = linecache.getlines(file)
    heads = (n for n in range(first, len(lines) + 1) if lines[n - 1].lstrip().startswith("def "))
    return file, next(heads, first)


def _warnings(
    warned: Sequence[warnings.WarningMessage], file: str, line: int
) -> Iterator[CompileError]:
    """What numba warns of, in one line, at the head of the kernel."""
    for each in warned:
        if is_refusal_class(each.category):
            said = " ".join(str(each.message).split())[:_MOST]
            yield CompileError(file, line, 0, f"numba warns: {said}", "warning")


def _device_of(capability: tuple[int, int]) -> AbstractContextManager[Any]:
    """numba asks the driver what to compile device functions for; here the answer is known."""
    device = SimpleNamespace(compute_capability=capability)
    return patch("numba.cuda.dispatcher.get_current_device", lambda: device)


def python_function(kernel: Any) -> FunctionType:
    """The function behind a kernel."""
    return kernel.function if isinstance(kernel, Kernel) else getattr(kernel, "py_func", kernel)


def functions_of(kernel: Any) -> list[FunctionType]:
    """The function behind a kernel, and those that it calls on the device."""
    found = [python_function(kernel)]
    for function in found:
        inner = (getattr(value, "function", None) or getattr(value, "py_func", None)
                 for value in globals_of(function).values())  # fmt: skip
        found += [each for each in inner if isinstance(each, FunctionType) and each not in found]
    return found


def globals_of(function: FunctionType) -> dict[str, Any]:
    """The values that a function reads from its module, and from the modules that it knows."""
    names, known = function.__code__.co_names, function.__globals__
    found = {name: known[name] for name in names if name in known}
    for module in [value for value in found.values() if isinstance(value, ModuleType)]:
        found |= {name: vars(module)[name] for name in names if name in vars(module)}
    return found


def _for_numba(kernel: Any) -> FunctionType:
    return kernel.for_numba() if isinstance(kernel, Kernel) else python_function(kernel)


def _numba_type(argument: Any) -> Any:
    import numba

    if isinstance(argument, str):
        return _named_type(argument)
    typeof: Callable[[Any], Any] = cast(Any, numba).typeof
    if isinstance(argument, np.ndarray):
        argument = np.ascontiguousarray(cast("np.ndarray[Any, Any]", argument))
    return typeof(argument)


def _named_type(text: str) -> Any:
    """A type by its name in numba. Raises ValueError for none of them."""
    from numba import types

    found = _TYPE.fullmatch("".join(text.split()))
    scalar = getattr(types, found["dtype"], None) if found else None
    if not found or not isinstance(scalar, types.Number):
        raise ValueError(f"numba has no type {text!r}; write one as float32 or float32[:, :]")
    dims = found["dims"]
    return types.Array(scalar, dims.count(",") + 1, "C") if dims else scalar


_TYPE = re.compile(r"(?P<dtype>[a-z]+\d*)(?P<dims>(\[:(,:)*(:1)?\])?)")
_MOST = 200  # of numba's own words


def _errors(error: Exception, function: FunctionType) -> Iterator[CompileError]:
    """What numba refuses, at its line; at the function's own, where it says none."""
    file, first = function.__code__.co_filename, function.__code__.co_firstlineno
    found = refusal(error, lambda name: name == file)
    yield found[-1] if found else CompileError(file, first, 0, refusal_words(error))
