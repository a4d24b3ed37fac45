"""Whether two values of student code are alike, on plain data and without NumPy."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

from tinytorch_ls.runner.values import (
    ArrayValue,
    CompiledValue,
    MappingValue,
    Number,
    Plain,
    RaisedValue,
    ReturnedValue,
    SequenceValue,
    TensorValue,
)

_RTOL, _ATOL = 1e-5, 1e-7
_FORMATS = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "float16": "e",
    "float32": "f",
    "float64": "d",
}


def alike(one: Plain, other: Plain) -> bool:
    """Whether two values are of one kind and equal, up to rounding."""
    match one, other:
        case TensorValue(), TensorValue():
            return alike(one.array, other.array)
        case ArrayValue(), ArrayValue():
            return _arrays(one, other)
        case Number(), Number():
            return one.type == other.type and _near([one.value], [other.value])
        case SequenceValue(), SequenceValue():
            same = (one.type, one.length) == (other.type, other.length)
            return same and all(map(alike, one.items, other.items))
        case MappingValue(), MappingValue():
            return one.length == other.length and all(
                alike(key, known) and alike(item, kept)
                for (key, item), (known, kept) in zip(one.items, other.items, strict=False)
            )
        case RaisedValue(), RaisedValue():
            return (one.type, one.message) == (other.type, other.message)
        case CompiledValue(), CompiledValue():
            return one.fault == other.fault  # the words of compilers name variables
        case ReturnedValue(), ReturnedValue():
            return alike(one.value, other.value)
        case _:
            return one == other


def _arrays(one: ArrayValue, other: ArrayValue) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    letter = _FORMATS.get(one.dtype)
    if one.data == other.data or not (one.data and other.data and letter):
        return one.data == other.data
    return _near(_numbers(one.data, letter), _numbers(other.data, letter))


def _numbers(data: bytes, letter: str) -> Sequence[Any]:
    return struct.unpack(f"={len(data) // struct.calcsize('=' + letter)}{letter}", data)


def _near(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return all(
        a == b
        or (math.isnan(a) and math.isnan(b))
        or math.isclose(a, b, rel_tol=_RTOL, abs_tol=_ATOL)
        for a, b in zip(ours, theirs, strict=True)
    )
