"""Whole numbers as numba computes with them: in 64 bits, whatever the array has.

NumPy's wrap round in the array's own dtype, and a number of Python's takes on that dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_SCALAR: Any = np.generic
_COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
_SHIFTS = (np.left_shift, np.right_shift)
_OPERATORS: dict[str, Any] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
    "truediv": np.true_divide,
}  # fmt: skip
_ONE_SIDED: dict[str, Any] = {"neg": np.negative, "invert": np.invert, "pos": np.positive}


def element(found: Any) -> Any:
    """What is read from an array: a whole number in 64 bits, signed or not as the array is."""
    kind = found.dtype.kind if isinstance(found, _SCALAR) else ""
    if kind == "u":
        whole = Unsigned(found)
        whole.bits = found.itemsize * 8
        return whole
    return np.int64(found) if kind == "i" else found


class Unsigned(np.uint64):
    """A whole number without a sign: with its like it wraps round, with a signed one it is one."""

    bits = 64  # of what it was read from, in which numba takes - and ~ of it

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **options: Any) -> Any:
        plain = [np.uint64(each) if isinstance(each, Unsigned) else each for each in given]
        if method != "__call__" or any(isinstance(each, np.ndarray) for each in given):
            return getattr(ufunc, method)(*(_typed(each) for each in plain), **options)
        return _computed(ufunc, plain)


def _computed(ufunc: Any, given: list[Any]) -> Any:
    """An operation on single numbers."""
    whole: Any = (int, np.integer, np.bool_)
    if ufunc in _COMPARISONS or not all(isinstance(each, whole) for each in given):
        return ufunc(*given)
    signed = any(isinstance(each, int | np.signedinteger) for each in given)
    if ufunc in _SHIFTS:
        signed = isinstance(given[0], int | np.signedinteger)
    with np.errstate(all="ignore"):
        dtype: Any = np.int64 if signed else np.uint64
        found = ufunc(*(np.asarray(each).astype(dtype)[()] for each in given))
    return element(found)


def _operator(ufunc: Any, turned: bool = False) -> Callable[[Any, Any], Any]:
    def compute(self: Any, other: Any) -> Any:
        return ufunc(other, self) if turned else ufunc(self, other)

    return compute


def _sign(ufunc: Any) -> Callable[[Any], Any]:
    def compute(self: Unsigned) -> Any:
        return element(np.uint64(int(ufunc(np.uint64(self))) % 2**self.bits))

    return compute


for _name, _ufunc in _OPERATORS.items():
    setattr(Unsigned, f"__{_name}__", _operator(_ufunc))
    setattr(Unsigned, f"__r{_name}__", _operator(_ufunc, turned=True))
for _name, _ufunc in _ONE_SIDED.items():
    setattr(Unsigned, f"__{_name}__", _sign(_ufunc))


def _typed(value: Any) -> Any:
    """A number of Python's with the type that numba gives it."""
    return np.int64(value) if type(value) is int else value


def typed_beside(arrays: list[Any], value: Any) -> Any:
    """The same beside arrays: with those of floats a whole number becomes one of theirs."""
    if type(value) is float:
        return np.float64(value)
    return _typed(value) if all(each.dtype.kind in "iub" for each in arrays) else value
