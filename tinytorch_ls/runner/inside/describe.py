"""Plain data as short text that a student reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.plain import array_of
from tinytorch_ls.runner.report import Expected
from tinytorch_ls.runner.values import (
    ArrayValue,
    Bool,
    Bounds,
    CompiledValue,
    MappingValue,
    Nothing,
    Number,
    Other,
    Parts,
    Plain,
    RaisedValue,
    ReturnedValue,
    SequenceValue,
    TensorValue,
    Text,
    TypeName,
    WantedCode,
    WantedError,
    Written,
)

MOST_CHARACTERS = 400
_MOST_ITEMS = 60
_MOST_NUMBERS = 60
_MOST_PAIRS = 20


def describe(value: Plain) -> str:
    """`value` as a student would write it, capped in length."""
    text = _text(value)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def input_text(value: Plain) -> str:
    """`value` as what went into a call: an array of many numbers by its shape.

    Some numbers out of many lines of them say little, and push what is said of the call out of
    a hover.
    """
    match value:
        case TensorValue(array=ArrayValue() as array) if _is_long(array):
            return f"a Tensor of shape {array.shape} and dtype {array.dtype}"
        case ArrayValue() if _is_long(value):
            return f"a NumPy array of shape {value.shape} and dtype {value.dtype}"
        case _:
            return describe(value)


def wanted_text(expected: Expected) -> str:
    """What a test wanted, as a student would say it."""
    match expected.value:
        case WantedError(type=error, mentions=mentions):
            parts = " and ".join(repr(part) for part in mentions)
            return error + (f" with a message that names {parts}" if parts else "")
        case WantedCode(without=without):
            return "code for a GPU" + (f" without {' and '.join(without)}" if without else "")
        case Parts(texts=texts):
            return "text with " + " and ".join(describe(Text(text)) for text in texts)
        case Bounds(low=low, high=high):
            return f"a number from {number_text(low)} to {number_text(high)}"
        case wanted:
            return describe(wanted)


def number_text(value: Any) -> str:
    """A number with up to seven digits; a float never looks like an int."""
    number: Any = value.item() if hasattr(value, "item") else value
    if isinstance(number, bool | int | complex):
        return str(number)
    text = f"{float(number):.7g}"
    return text if any(mark in text for mark in ".einf") else text + ".0"


def array_text(array: np.ndarray) -> str:
    """An array as nested lists; long ones with an ellipsis."""
    if array.size > _MOST_NUMBERS:
        return np.array2string(array, separator=", ", threshold=30, edgeitems=2, precision=5)
    return _nested(array)


def _is_long(array: ArrayValue) -> bool:
    return math.prod(array.shape) > _MOST_NUMBERS


def _nested(array: np.ndarray) -> str:
    if array.ndim == 0:
        return number_text(array[()])
    return "[" + ", ".join(_nested(part) for part in array) + "]"


def _text(value: Plain) -> str:
    match value:
        case Nothing():
            return "None"
        case Bool(value=number) | Number(value=number):
            return number_text(number)
        case Text(value=text):
            return repr(text)
        case TypeName(name=name):
            return name
        case SequenceValue():
            return _sequence(value)
        case MappingValue():
            return _mapping(value)
        case TensorValue():
            return _tensor(value)
        case ArrayValue():
            return _array(value)
        case RaisedValue(type=kind, message=message):
            return f"{kind}: {message}" if message else kind
        case ReturnedValue(value=inner):
            return f"no error; it returned {_text(inner)}"
        case CompiledValue(fault=fault, message=message):
            return message if fault else "code for a GPU"
        case Written(text=text):
            return text
        case Other(type=kind):
            return f"an object of class {kind}"


def _sequence(value: SequenceValue) -> str:
    items = [_text(item) for item in value.items[:_MOST_ITEMS]]
    if value.length > len(items):
        items.append("…")
    if value.type in ("set", "frozenset") and items:
        return f"{{{', '.join(items)}}}"
    if value.type == "tuple":
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    return f"[{', '.join(items)}]"


def _mapping(value: MappingValue) -> str:
    pairs = [f"{_text(key)}: {_text(item)}" for key, item in value.items[:_MOST_PAIRS]]
    if value.length > len(pairs):
        pairs.append("…")
    return "{" + ", ".join(pairs) + "}"


def _tensor(value: TensorValue) -> str:
    array = array_of(value)
    if array is not None:
        return f"Tensor({array_text(array)}, dtype={array.dtype})"
    if isinstance(value.array, ArrayValue):
        return f"a Tensor of shape {value.array.shape} and dtype {value.array.dtype}"
    return f"a Tensor whose data is {_text(value.array)}, not an array"


def _array(value: ArrayValue) -> str:
    array = array_of(value)
    if array is None:
        return f"a NumPy array of shape {value.shape} and dtype {value.dtype}"
    return f"numpy.array({array_text(array)}, dtype={array.dtype})"
