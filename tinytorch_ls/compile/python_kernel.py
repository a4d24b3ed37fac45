"""Compiles kernels written in Python to PTX, by numba-cuda; no GPU is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import FunctionType, SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import numpy as np

from tinytorch.kernels.device import Kernel, numba_cuda
from tinytorch_ls.compile.refusal import refusal, refusal_words
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
    """What numba refuses, at its line; at the function's own, where it says none."""
    file, first = function.__code__.co_filename, function.__code__.co_firstlineno
    found = refusal(error, lambda name: name == file)
    yield found[-1] if found else CompileError(file, first, 0, refusal_words(error))
