"""What the names of a kernel stand for: numba's, NumPy's, `math`'s and its own file's.

This is loaded before it is known which `tinytorch` a run has, so that is looked up late.
"""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from tinytorch_ls.machine.python.things import CudaName, Device, Known, Several, Thing

CUDA_MODULES = ("numba.cuda", "numba_cuda.numba.cuda")

# Operations by the names of `math`: those that give a real number of its operands' precision.
MATH = {
    **{name: name for name in (
        "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "asin",
        "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "atan2", "hypot",
        "pow", "floor", "ceil", "trunc", "copysign", "fmod", "erf", "erfc", "gamma", "lgamma",
        "radians", "degrees", "remainder",
    )},
    "fabs": "abs",
}  # fmt: skip
TESTS = ("isnan", "isinf", "isfinite")
BINARY = ("atan2", "hypot", "pow", "copysign", "fmod", "remainder")

# NumPy's functions that numba-cuda has in kernels: ufuncs, of numbers.
NUMPY_REAL = {
    "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos",
    "arctan": "atan", "arctan2": "atan2", "hypot": "hypot", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "log": "log",
    "log2": "log2", "log10": "log10", "radians": "radians", "degrees": "degrees",
    "deg2rad": "radians", "rad2deg": "degrees",
}  # fmt: skip
NUMPY_ARITHMETIC = {
    "add": "+", "subtract": "-", "multiply": "*", "maximum": "maximum", "minimum": "minimum",
    "fmax": "fmax", "fmin": "fmin", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^",
    "left_shift": "<<", "right_shift": ">>",
}  # fmt: skip
NUMPY_COMPARISON = {
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==",
    "not_equal": "!=",
}  # fmt: skip

_NAMED = (
    "threadIdx", "blockIdx", "blockDim", "gridDim", "laneid", "warpsize", "grid", "gridsize",
    "syncthreads", "syncthreads_count", "syncthreads_and", "syncthreads_or", "syncwarp",
    "shfl_sync", "shfl_up_sync", "shfl_down_sync", "shfl_xor_sync", "all_sync", "any_sync",
    "eq_sync", "ballot_sync", "match_any_sync", "match_all_sync", "activemask", "lanemask_lt",
    "threadfence", "threadfence_block", "threadfence_system", "popc", "brev", "clz", "ffs", "fma",
    "cbrt", "selp", "nanosleep", "shared", "local", "const", "atomic", "libdevice", "cg", "fp16",
)  # fmt: skip


def thing_of(value: Any) -> Thing:
    """What an object that a kernel names stands for."""
    from tinytorch.kernels import device

    if isinstance(value, ModuleType):
        return CudaName("") if value.__name__ in CUDA_MODULES else _module(value)
    if isinstance(value, device.Cuda):
        return CudaName("")
    if isinstance(value, device.Kernel):
        return Device(value.function)
    if isinstance(getattr(value, "py_func", None), FunctionType):
        return Device(value.py_func)
    if isinstance(value, tuple):
        return Several(tuple(thing_of(each) for each in value))  # pyright: ignore
    named = _cuda_names().get(id(value))
    return Known(value) if named is None else CudaName(named)


def _module(module: ModuleType) -> Thing:
    for name in CUDA_MODULES:
        if module.__name__ == f"{name}.libdevice":
            return CudaName("libdevice")
    return Known(module)


def _cuda_names() -> dict[int, str]:
    """The objects that `from numba.cuda import grid` gives, and the course's own, by identity."""
    from tinytorch.kernels import device

    found: dict[int, str] = {}
    for module in (*(sys.modules.get(name) for name in CUDA_MODULES), device.cuda):
        for name in _NAMED:
            value = None if module is None else getattr(module, name, None)
            if value is not None and not isinstance(value, int):
                found[id(value)] = name
    return found


def attribute(value: Any, name: str) -> Thing | None:
    """An attribute of something known; None where it has none."""
    if not hasattr(value, name):
        return None
    return thing_of(getattr(value, name))


def operation_of(function: Any) -> tuple[str, str] | None:
    """How a function of `math` or NumPy is computed: which rule, and which operation."""
    name = getattr(function, "__name__", "")
    if isinstance(function, BuiltinFunctionType) and getattr(math, name, None) is function:
        if name in MATH:
            return "real", MATH[name]
        return ("test", name) if name in TESTS else ("gcd", "gcd") if name == "gcd" else None
    if isinstance(function, np.ufunc):
        for rule, names in (
            ("real", NUMPY_REAL),
            ("arithmetic", NUMPY_ARITHMETIC),
            ("comparison", NUMPY_COMPARISON),
        ):
            if name in names:
                return rule, names[name]
        return ("test", name) if name in TESTS else None
    return None


def closure_of(function: FunctionType) -> dict[str, Any]:
    """The variables of the enclosing functions."""
    cells = function.__closure__ or ()
    found: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        with suppress(ValueError):  # not assigned yet
            found[name] = cell.cell_contents
    return found
