"""Values of student code as plain data, made and read without calling a student's method."""

from __future__ import annotations

import base64
from typing import Any, cast

import numpy as np

from tinytorch_ls.runner.report import Plain

Array = np.ndarray[Any, Any]
_MOST_ITEMS = 1000
_DEEPEST = 12
_LONGEST = 4000
_MOST_BYTES = 2**20


def plain(value: Any, depth: int = 0) -> Plain:
    """`value` as data that JSON can carry: {"kind": ..., ...}."""
    if value is None:
        return {"kind": "none"}
    kind = cast(Any, type(value))
    if kind is bool:
        return {"kind": "bool", "value": value}
    if kind is int or kind is float:
        return {"kind": "number", "type": kind.__name__, "value": _number(value)}
    if kind is str:
        return {"kind": "string", "value": value[:_LONGEST]}
    if issubclass(kind, type):
        return {"kind": "type", "name": type.__dict__["__name__"].__get__(value)}
    if issubclass(kind, np.generic):  # not by `isinstance`, which asks the object for its class
        return _scalar(value)
    if issubclass(kind, np.ndarray):
        return _array(value)
    if issubclass(kind, list | tuple) and depth < _DEEPEST:
        builtin = cast(Any, list if issubclass(kind, list) else tuple)
        items = [plain(item, depth + 1) for item in builtin.__iter__(value)][:_MOST_ITEMS]
        length = builtin.__len__(value)
        return {"kind": "sequence", "type": builtin.__name__, "length": length, "items": items}
    if issubclass(kind, dict) and depth < _DEEPEST:
        builtin = cast(Any, dict)
        pairs = list(builtin.items(value))[:_MOST_ITEMS]
        items = [[plain(k, depth + 1), plain(v, depth + 1)] for k, v in pairs]
        return {"kind": "mapping", "length": builtin.__len__(value), "items": items}
    return _tensor(value) or {"kind": "other", "type": kind.__name__}


def array_of(value: Plain) -> Array | None:
    """The array of plain data that is an array or a tensor, else None."""
    if value["kind"] == "tensor":
        value = value["array"]
    if value["kind"] != "array" or "bytes" not in value:
        return None
    flat: Any = np.frombuffer(base64.b64decode(value["bytes"]), dtype=value["dtype"])
    return flat.reshape(value["shape"])


def array_in(value: Any) -> np.ndarray | None:
    """The array that a value of student code is, or has if it is a Tensor; else None."""
    if type(value) is not np.ndarray and _is_tensor(value):
        value = _data(value)
    return value if type(value) is np.ndarray else None


def shape_of(value: Plain) -> tuple[int, ...] | None:
    """The shape of plain data that is an array or a tensor, else None."""
    if value["kind"] == "tensor":
        value = value["array"]
    return tuple(value["shape"]) if value["kind"] == "array" else None


def number_of(value: Plain) -> float | int | bool:
    """The number of plain data of the kind "number" or "bool"."""
    raw = value["value"]
    return float(raw) if isinstance(raw, str) else raw


def _number(value: float) -> float | str:
    if isinstance(value, int):
        if abs(value) < 2**63:
            return value
        return float(value) if abs(value) < 2**1000 else "inf" if value > 0 else "-inf"
    return value if np.isfinite(value) else str(value)


def _scalar(value: Any) -> Plain:
    """A NumPy number, which counts as a Python one; `scalar` remembers its dtype."""
    item: Any = np.generic.item(value)
    if type(item) not in (bool, int, float, str):
        return _array(value)
    found = plain(item)
    return {**found, "scalar": str(value.dtype)} if found["kind"] == "number" else found


def _array(value: Any) -> Plain:
    array = cast(Any, np.asarray(value).view(np.ndarray))  # pyright: ignore[reportUnknownMemberType]
    found: Plain = {"kind": "array", "dtype": str(array.dtype), "shape": list(array.shape)}
    if array.dtype.kind in "biufc" and array.nbytes <= _MOST_BYTES:
        found["bytes"] = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return found


def _is_tensor(value: Any) -> bool:
    return type.__dict__["__name__"].__get__(type(value)) in ("Tensor", "Parameter")


def _tensor(value: Any) -> Plain | None:
    """A Tensor, known by its class's name, through its `data` alone."""
    if not _is_tensor(value):
        return None
    return {"kind": "tensor", "array": plain(_data(value), _DEEPEST)}


def _data(value: Any) -> Any:
    """The attribute `data` of a Tensor, none of whose methods is called."""
    try:
        return object.__getattribute__(value, "__dict__").get("data")
    except AttributeError:
        return None
