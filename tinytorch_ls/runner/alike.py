"""Whether two values of student code are alike, on plain data and without NumPy."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Sequence
from typing import Any

from tinytorch_ls.runner.report import Plain

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
    if one["kind"] != other["kind"]:
        return False
    match one["kind"]:
        case "tensor":
            return alike(one["array"], other["array"])
        case "array":
            return _arrays(one, other)
        case "number":
            same = one["type"] == other["type"]
            return same and _near([float(one["value"])], [float(other["value"])])
        case "sequence":
            return one["type"] == other["type"] and _all(one, other)
        case "mapping":
            return one["length"] == other["length"] and all(
                alike(key, known) and alike(item, kept)
                for (key, item), (known, kept) in zip(one["items"], other["items"], strict=False)
            )
        case "raised":
            return one["type"] == other["type"] and one["message"] == other["message"]
        case "returned":
            return alike(one["value"], other["value"])
        case _:
            return one == other


def _all(one: Plain, other: Plain) -> bool:
    pairs = zip(one["items"], other["items"], strict=False)
    return one["length"] == other["length"] and all(alike(a, b) for a, b in pairs)


def _arrays(one: Plain, other: Plain) -> bool:
    if one["shape"] != other["shape"] or one["dtype"] != other["dtype"]:
        return False
    ours, theirs = one.get("bytes"), other.get("bytes")
    letter = _FORMATS.get(one["dtype"])
    if ours == theirs or not (ours and theirs and letter):
        return ours == theirs
    return _near(_numbers(ours, letter), _numbers(theirs, letter))


def _numbers(text: str, letter: str) -> Sequence[Any]:
    data = base64.b64decode(text)
    return struct.unpack(f"={len(data) // struct.calcsize('=' + letter)}{letter}", data)


def _near(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return all(
        a == b
        or (math.isnan(a) and math.isnan(b))
        or math.isclose(a, b, rel_tol=_RTOL, abs_tol=_ATOL)
        for a, b in zip(ours, theirs, strict=True)
    )
