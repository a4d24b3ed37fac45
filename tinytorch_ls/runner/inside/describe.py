"""Plain data as short text that a student reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.plain import array_of, number_of, shape_of
from tinytorch_ls.runner.report import Expected, Plain

MOST_CHARACTERS = 400


def describe(value: Plain) -> str:
    """`value` as a student would write it, capped in length."""
    text = _text(value)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def wanted_text(expected: Expected) -> str:
    """What a test wanted, as a student would say it."""
    wanted = expected.value
    match expected.kind:
        case "raises":
            parts = " and ".join(repr(part) for part in wanted["mentions"])
            return wanted["type"] + (f" with a message that names {parts}" if parts else "")
        case "mentions":
            return "text with " + " and ".join(describe(part) for part in wanted["items"])
        case "between":
            low, high = (describe(item) for item in wanted["items"])
            return f"a number from {low} to {high}"
        case "equals":
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
    if array.size > 60:
        return np.array2string(array, separator=", ", threshold=30, edgeitems=2, precision=5)
    return _nested(array)


def _nested(array: np.ndarray) -> str:
    if array.ndim == 0:
        return number_text(array[()])
    return "[" + ", ".join(_nested(part) for part in array) + "]"


def _text(value: Plain) -> str:
    match value["kind"]:
        case "none":
            return "None"
        case "bool" | "number":
            return number_text(number_of(value))
        case "string":
            return repr(value["value"])
        case "type":
            return str(value["name"])
        case "sequence":
            return _sequence(value)
        case "mapping":
            pairs = ", ".join(f"{_text(k)}: {_text(v)}" for k, v in value["items"][:20])
            return "{" + pairs + "}"
        case "tensor":
            return _tensor(value)
        case "array":
            return _array(value)
        case "raised":
            return f"{value['type']}: {value['message']}" if value["message"] else value["type"]
        case "returned":
            return f"no error; it returned {_text(value['value'])}"
        case _:
            return f"an object of class {value['type']}"


def _sequence(value: Plain) -> str:
    items = [_text(item) for item in value["items"][:60]]
    if value["length"] > len(items):
        items.append("…")
    if value["type"] == "tuple":
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    return f"[{', '.join(items)}]"


def _tensor(value: Plain) -> str:
    array = array_of(value)
    if array is None and (shape := shape_of(value)) is not None:
        return f"a Tensor of shape {shape} and dtype {value['array']['dtype']}"
    if array is None:
        return f"a Tensor whose data is {_text(value['array'])}, not an array"
    return f"Tensor({array_text(array)}, dtype={array.dtype})"


def _array(value: Plain) -> str:
    array = array_of(value)
    if array is None:
        return f"a NumPy array of shape {shape_of(value)} and dtype {value['dtype']}"
    return f"numpy.array({array_text(array)}, dtype={array.dtype})"
