"""Values of student code as plain data, made and read without calling a student's method."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import numpy as np

from tinytorch_ls.runner.inside.budget import Budget
from tinytorch_ls.runner.values import (
    ArrayValue,
    Bool,
    MappingValue,
    Nothing,
    Number,
    Other,
    Plain,
    SequenceValue,
    TensorValue,
    Text,
    TypeName,
    Wanted,
    Written,
)

Array = np.ndarray[Any, Any]
type_of: Callable[[Any], Any] = type  # for the type checker: nothing is known of such a class
_BYTES_OF_ITEM = 1024  # so many bytes of an array count as an item
_DEEPEST = 12
_LONGEST = 4000
_MOST_BYTES = 2**20
_WRITTEN = (bytes, bytearray, complex, range, slice, type(Ellipsis))


def plain(value: Any) -> Plain:
    """`value` as data that JSON can carry; what it holds beyond some thousand items is cut."""
    return _Reader().read(value)


class _Reader:
    """Reads one value."""

    def __init__(self) -> None:
        self.budget = Budget()

    def read(self, value: Any, depth: int = 0) -> Plain:
        kind = type_of(value)
        if kind is float:
            return Number("float", value)
        if kind is int:
            return Number("int", _number(value))
        if value is None:
            return Nothing()
        if kind is bool:
            return Bool(value)
        if kind is str:
            return Text(value[:_LONGEST])
        if issubclass(kind, type):
            return TypeName(name_of(value))
        if issubclass(kind, np.generic):  # not by `isinstance`, which asks the object for its class
            return self.scalar(value)
        if issubclass(kind, np.ndarray):
            return self.array(value)
        if issubclass(kind, list | tuple) and depth < _DEEPEST:
            return self.sequence(value, list if issubclass(kind, list) else tuple, depth + 1)
        if issubclass(kind, dict) and depth < _DEEPEST:
            return self.mapping(value, depth + 1)
        if _is_tensor(value) and depth < 2 * _DEEPEST:  # it might be its own `data`
            return TensorValue(self.read(data_of(value), max(depth, _DEEPEST) + 1))
        if issubclass(kind, set | frozenset) and depth < _DEEPEST:
            return self.set(value, set if issubclass(kind, set) else frozenset, depth + 1)
        if issubclass(kind, np.dtype):
            return Written("dtype", str(value))
        if kind in _WRITTEN:
            return Written(kind.__name__, _written(value))
        return Other(name_of(kind))

    def set(self, value: Any, builtin: Any, depth: int) -> Plain:
        """In an order that depends on nothing but what is in it."""
        items = self.budget.first(builtin.__iter__(value))
        read = sorted((self.read(item, depth) for item in items), key=repr)
        return SequenceValue(builtin.__name__, builtin.__len__(value), tuple(read))

    def sequence(self, value: Any, builtin: Any, depth: int) -> Plain:
        items = self.budget.first(builtin.__iter__(value))
        read = tuple(self.read(item, depth) for item in items)
        return SequenceValue(builtin.__name__, builtin.__len__(value), read)

    def mapping(self, value: Any, depth: int) -> Plain:
        builtin = cast(Any, dict)
        pairs = self.budget.first(builtin.items(value))
        read = tuple((self.read(key, depth), self.read(item, depth)) for key, item in pairs)
        return MappingValue(builtin.__len__(value), read)

    def scalar(self, value: Any) -> Plain:
        """A NumPy number, which counts as a Python one."""
        item: Any = np.generic.item(value)
        if type(item) is int or type(item) is float:
            return Number(type(item).__name__, _number(item), dtype_name(value.dtype))
        return self.read(item) if type(item) in (bool, str) else self.array(value)

    def array(self, value: Any) -> Plain:
        array = cast(Any, np.asarray(value).view(np.ndarray))  # pyright: ignore[reportUnknownMemberType]
        data = None
        if array.dtype.kind in "biufc" and array.nbytes <= _MOST_BYTES:
            data = array.tobytes()
            self.budget.left -= len(data) // _BYTES_OF_ITEM
        return ArrayValue(dtype_name(array.dtype), array.shape, data)


def _written(value: Any) -> str:
    """A value of a class of Python's own as it writes it; long bytes with what tells them apart."""
    if isinstance(value, bytes | bytearray) and len(value) > _LONGEST:
        digest = hashlib.sha256(value).hexdigest()[:16]
        return f"{bytes(value[:_LONGEST])!r}… ({len(value):,} bytes, SHA-256 {digest}…)"
    return repr(value)


def array_of(value: Wanted) -> Array | None:
    """The array of plain data that is an array or a tensor, else None."""
    found = _array_value(value)
    if found is None or found.data is None:
        return None
    flat: Any = np.frombuffer(found.data, dtype=found.dtype)
    return flat.reshape(found.shape)


def shape_of(value: Wanted) -> tuple[int, ...] | None:
    """The shape of plain data that is an array or a tensor, else None."""
    found = _array_value(value)
    return None if found is None else found.shape


def _array_value(value: Wanted) -> ArrayValue | None:
    if isinstance(value, TensorValue):
        value = value.array
    return value if isinstance(value, ArrayValue) else None


def array_in(value: Any) -> np.ndarray | None:
    """The array that a value of student code is, or has if it is a Tensor; else None.

    One of a class made from NumPy's is seen as an array; `kind_of` names its class.
    """
    if not issubclass(type(value), np.ndarray):
        value = data_of(value)
    kind = type_of(value)
    if kind is np.ndarray:
        return value
    view = cast(Any, np.ndarray).view
    return view(value, np.ndarray) if issubclass(kind, np.ndarray) else None


def data_of(value: Any) -> Any:
    """The attribute `data` of a Tensor, none of whose methods is called; None of others."""
    if not _is_tensor(value):
        return None
    try:
        return object.__getattribute__(value, "__dict__").get("data")
    except AttributeError:
        return None


@lru_cache(maxsize=256)
def dtype_name(dtype: Any) -> str:
    """What `str` says of a dtype, which NumPy puts together anew each time: "float32"."""
    return str(dtype)


def name_of(kind: Any) -> str:
    """The name of a class, whatever its metaclass says."""
    return str(type.__dict__["__name__"].__get__(kind))


def _number(value: float) -> float:
    """A number that JSON can carry."""
    if isinstance(value, int) and abs(value) >= 2**63:
        return float(value) if abs(value) < 2**1000 else math.inf if value > 0 else -math.inf
    return value


def _is_tensor(value: Any) -> bool:
    return name_of(type(value)) in ("Tensor", "Parameter")
