"""A stand-in for CuPy's arrays: as strict as they are, computed by NumPy.

Like CuPy's, it takes part in NumPy's functions and ufuncs (of their methods only in `at`, since
CuPy 12.1), gives arrays of no dimensions where NumPy gives scalars, and neither becomes a NumPy
array by itself nor mixes with one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class ForeignArray(NDArrayOperatorsMixin):
    """An array that lives elsewhere; `get()` brings it here."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def get(self) -> np.ndarray:
        return self._values.copy()

    def item(self) -> Any:
        return self._values.item()

    def tolist(self) -> Any:
        return self._values.tolist()

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("implicit conversion to a NumPy array is not allowed; use get()")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._values, name)
        if not callable(found) or name == "dtype":
            return _abroad(found) if isinstance(found, np.ndarray) else found
        return lambda *args, **kwargs: _abroad(found(*_home(args), **_home(kwargs)))

    def __getitem__(self, index: Any) -> Any:
        return _abroad(self._values[_home(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._values[_home(index)] = _home(value)

    def __len__(self) -> int:
        return len(self._values)

    def __bool__(self) -> bool:
        return bool(self._values)

    def __int__(self) -> int:
        return int(self._values)

    def __float__(self) -> float:
        return float(self._values)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if method not in ("__call__", "at"):
            return NotImplemented
        result = getattr(ufunc, method)(*_home(args), **_home(kwargs))
        return kwargs["out"][0] if "out" in kwargs else _abroad(result)

    def __array_function__(self, function: Any, _: Any, args: Any, kwargs: Any) -> Any:
        return _abroad(function(*_home(args), **_home(kwargs)))


def _home(value: Any) -> Any:
    """Every foreign array inside `value` as a NumPy array; one of NumPy's own is refused."""
    match value:
        case ForeignArray():
            return value._values
        case np.ndarray():
            raise TypeError("a NumPy array does not mix with one that lives elsewhere")
        case tuple() | list():
            return type(value)(_home(each) for each in value)
        case dict():
            return {name: _home(each) for name, each in value.items()}
        case _:
            return value


def _abroad(value: Any) -> Any:
    """Every array or scalar of NumPy inside `value` as a foreign array."""
    match value:
        case np.ndarray() | np.generic():
            return ForeignArray(np.asarray(value))
        case tuple() | list():
            return type(value)(_abroad(each) for each in value)
        case _:
            return value
