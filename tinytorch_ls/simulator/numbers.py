"""`math` and `numpy` as a kernel sees them: no errors but inf and nan, and plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import BuiltinFunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np


def quiet_math() -> SimpleNamespace:
    """The functions of `math`; where they would raise, they give what a GPU gives."""
    names = {name: _quiet(name) for name in dir(math) if not name.startswith("_")}
    return SimpleNamespace(**names)


def plain_numpy() -> SimpleNamespace:
    """NumPy, but calling a dtype gives a Python number that is rounded to that dtype."""
    return _PlainNumPy(**{name: _rounding(getattr(np, name)) for name in _DTYPES})


_DTYPES = (
    *("float16", "float32", "float64", "int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64", "bool_"),
)


class _PlainNumPy(SimpleNamespace):
    """Whatever is not a dtype is NumPy's own."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def _rounding(scalar: Any) -> Callable[[Any], Any]:
    """What stands for a dtype: callable as one, and `numpy.dtype` understands it."""

    class Rounding:
        dtype = np.dtype(scalar)

        def __call__(self, value: Any = 0) -> Any:
            with np.errstate(all="ignore"):
                return scalar(value).item()

    return Rounding()


def _quiet(name: str) -> Any:
    function: Any = getattr(math, name)
    if not callable(function):
        return function

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except OverflowError:
            return math.inf if name != "sinh" or arguments[0] > 0 else -math.inf
        except ValueError:
            zero = bool(arguments) and arguments[0] == 0
            return -math.inf if zero and name.startswith("log") else math.nan

    return call


def stand_in(value: object) -> Any:
    """What replaces `math`, `numpy` or a function of `math` in a kernel's names, or None."""
    if isinstance(value, ModuleType):
        return {"math": MATH, "numpy": NUMPY}.get(value.__name__)
    if isinstance(value, BuiltinFunctionType) and value.__module__ == "math":
        return getattr(MATH, value.__name__)
    return None


MATH = quiet_math()
NUMPY = plain_numpy()
