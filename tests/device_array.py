"""A stand-in for CuPy's array where there is no GPU: as strict as it is, computed by NumPy.

It dispatches NumPy's functions to itself, returns its own kind, arrays of no dimensions where NumPy
gives scalars, and refuses to become a NumPy array or to be mixed with one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class DeviceArray(NDArrayOperatorsMixin):
    """An array that can not be read but by `tolist`, `item` and `get`, as one on a GPU."""

    def __init__(self, host: np.ndarray) -> None:
        self.host = host

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            return NotImplemented  # as CuPy
        out = kwargs.pop("out", None)
        if out is not None:
            kwargs["out"] = tuple(off(array) for array in out)
        result = ufunc(*(off(x) for x in inputs), **kwargs)
        if out is not None:
            return out[0]
        return DeviceArray(np.asarray(result))

    def __array_function__(self, function: Any, _: Any, args: Any, kwargs: Any) -> Any:
        return DeviceArray(np.asarray(function(*off(args), **off(kwargs))))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # above all __array_interface__
        value = getattr(object.__getattribute__(self, "host"), name)
        if isinstance(value, np.ndarray):
            return DeviceArray(value)
        if name in ("tolist", "item") or not callable(value):
            return value
        return lambda *args, **kwargs: DeviceArray(np.asarray(value(*off(args), **off(kwargs))))

    def __getitem__(self, index: Any) -> DeviceArray:
        return DeviceArray(np.asarray(self.host[index_off(index)]))

    def __setitem__(self, index: Any, value: Any) -> None:
        self.host[index_off(index)] = off(value)

    def __len__(self) -> int:
        return len(self.host)

    def __bool__(self) -> bool:
        return bool(self.host)

    def __int__(self) -> int:
        return int(self.host)

    def __float__(self) -> float:
        return float(self.host)

    def get(self) -> np.ndarray:
        return self.host


def off(value: Any) -> Any:
    """What NumPy works on. Raises TypeError for a NumPy array among those of the device."""
    if isinstance(value, DeviceArray):
        return value.host
    if isinstance(value, np.ndarray):
        raise TypeError("a NumPy array among arrays of the device")
    if isinstance(value, tuple | list):
        return type(value)(off(part) for part in value)
    if isinstance(value, dict):
        return {name: off(part) for name, part in value.items()}
    return value


def index_off(index: Any) -> Any:
    """An index for NumPy; one on the host is allowed, as CuPy allows it."""
    if isinstance(index, tuple):
        return tuple(index_off(part) for part in index)
    return index.host if isinstance(index, DeviceArray) else index
