"""Whether a value is what a test wanted, on plain data only; a grader runs the same code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.describe import describe, number_text
from tinytorch_ls.runner.inside.plain import array_of, number_of, plain, shape_of
from tinytorch_ls.runner.report import Expected, Plain

_MOST = 40  # characters of a text


def meets(value: Plain, expected: Expected) -> bool:
    """Whether `value` is what was wanted."""
    return first_difference(value, expected) is None


def first_difference(value: Plain, expected: Expected) -> str | None:
    """The first thing in which `value` is not what was wanted, or None."""
    match expected.kind:
        case "equals":
            return next(_differences(value, expected.value, expected), None)
        case "between":
            return _not_between(value, expected.value)
        case "mentions":
            return _not_mentioned(value, expected.value)
        case "raises":
            return _not_raised(value, expected.value)


def same(one: Plain, other: Plain) -> bool:
    """Whether two values of student code are alike, up to rounding."""
    if one["kind"] != other["kind"]:
        return False
    match one["kind"]:
        case "tensor" | "array":
            return meets(one, Expected("equals", other, 1e-6, 1e-9, _dtype(other)))
        case "raised":
            return one["type"] == other["type"]
        case "returned":
            return same(one["value"], other["value"])
        case _:
            return meets(one, Expected("equals", other, 1e-6, 1e-9))


def _dtype(value: Plain) -> str | None:
    array = array_of(value)
    return None if array is None else str(array.dtype)


def _differences(value: Plain, wanted: Plain, expected: Expected) -> Iterator[str]:
    """What differs, the first thing first."""
    got = value["kind"]
    if wanted["kind"] in ("tensor", "array"):
        yield from _array_differences(value, array_of(wanted), expected)
    elif got == "tensor" and wanted["kind"] in ("number", "bool", "sequence"):
        yield from _array_differences(value, as_array(wanted), expected)
    elif wanted["kind"] == "number":
        yield from _number_differences(value, wanted, expected)
    elif got != wanted["kind"]:
        yield f"{_article(value)} came, {_kind_wanted(wanted)} was wanted"
    elif got == "string":
        yield from _string_differences(value["value"], wanted["value"])
    elif got == "sequence":
        yield from _sequence_differences(value, wanted, expected)
    elif got == "mapping":
        yield from _mapping_differences(value, wanted, expected)
    elif value != wanted:
        yield f"{describe(value)} is not {describe(wanted)}"


def _array_differences(
    value: Plain, wanted: np.ndarray | None, expected: Expected
) -> Iterator[str]:
    got = array_of(value)
    shape = shape_of(value)
    if wanted is not None and shape not in (None, wanted.shape):
        yield f"shape: got {shape}, expected {wanted.shape}"
        return
    if got is None and value["kind"] == "tensor":
        yield f"{describe(value)}"
        return
    if got is None or wanted is None:
        yield f"{_article(value)} came, a Tensor was wanted"
        return
    if expected.dtype and str(got.dtype) != expected.dtype:
        yield f"dtype: got {got.dtype}, expected {expected.dtype}"
    close = np.isclose(got, wanted, rtol=expected.rtol, atol=expected.atol, equal_nan=True)
    if not close.all():
        index = tuple(int(i) for i in np.argwhere(~close)[0])
        if close.size == 1:
            yield _by_how_much(got[index].item(), wanted[index].item())
            return
        both = f"got {number_text(got[index])}, expected {number_text(wanted[index])}"
        yield f"at {list(index)}: {both} ({int((~close).sum())} of {close.size} differ)"


def _number_differences(value: Plain, wanted: Plain, expected: Expected) -> Iterator[str]:
    if value["kind"] != "number":
        yield f"{_article(value)} came, a number was wanted"
        return
    got, want = number_of(value), number_of(wanted)
    if not np.isclose(got, want, rtol=expected.rtol, atol=expected.atol, equal_nan=True):
        yield _by_how_much(got, want)
    if expected.dtype and expected.dtype not in (value["type"], value.get("scalar")):
        yield f"type: got {value.get('scalar', value['type'])}, expected {expected.dtype}"


def _by_how_much(got: Any, wanted: Any) -> str:
    """How far a number is from the wanted one; both of them stand beside this."""
    if isinstance(got, complex) or isinstance(wanted, complex) or not np.isfinite(got - wanted):
        return f"got {number_text(got)}, expected {number_text(wanted)}"
    far = got - wanted
    return f"too {'large' if far > 0 else 'small'} by {number_text(abs(far))}"


def _string_differences(got: str, wanted: str) -> Iterator[str]:
    """The first stretch that differs, without what is the same before and behind it."""
    if got == wanted:
        return
    start = _alike(got, wanted)
    one, other = got[start:], wanted[start:]
    same = _alike(one[::-1], other[::-1])
    one, other = (_capped(text[: len(text) - same]) for text in (one, other))
    if not one:
        yield f"{'the end ' if not same else ''}{other} is missing{_where(start, same)}"
    elif not other:
        yield f"{'the end ' if not same else ''}{one} is too much{_where(start, same)}"
    else:
        yield f"character {start + 1}: {one} stands in place of {other}"


def _alike(one: str, other: str) -> int:
    """How many characters two texts have in common, from their beginning."""
    unlike = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(unlike, min(len(one), len(other)))


def _where(start: int, same: int) -> str:
    return f" at character {start + 1}" if same else ""


def _capped(text: str) -> str:
    """A text in quotes, its end left out where it is long; "" of nothing."""
    return "" if not text else repr(text[:_MOST]) + ("…" if len(text) > _MOST else "")


def _kind_wanted(wanted: Plain) -> str:
    """A test writes the numbers of a tensor as a list, so either would do."""
    listed = wanted["kind"] == "sequence" and wanted["type"] == "list" and wanted["length"]
    return "a Tensor or a list" if listed and as_array(wanted) is not None else _article(wanted)


def _sequence_differences(value: Plain, wanted: Plain, expected: Expected) -> Iterator[str]:
    if value["type"] != wanted["type"]:
        yield f"a {value['type']} came, a {wanted['type']} was wanted"
    elif value["length"] != wanted["length"]:
        yield f"length: got {value['length']}, expected {wanted['length']}"
    for index, (one, other) in enumerate(zip(value["items"], wanted["items"], strict=False)):
        for difference in _inner_differences(one, other, expected):
            yield f"at [{index}]: {difference}".replace("]: at [", "][")


def _inner_differences(value: Plain, wanted: Plain, expected: Expected) -> Iterator[str]:
    """What differs in one item of many; of numbers both are shown, since they stand far apart."""
    numbers = value["kind"] == wanted["kind"] == "number"
    for difference in _differences(value, wanted, expected):
        far = numbers and difference.startswith("too ")
        yield f"got {describe(value)}, expected {describe(wanted)}" if far else difference


def _mapping_differences(value: Plain, wanted: Plain, expected: Expected) -> Iterator[str]:
    got = {describe(key): item for key, item in value["items"]}
    want = {describe(key): item for key, item in wanted["items"]}
    for key in want:
        if key not in got:
            yield f"the key {key} is missing"
        else:
            for difference in _inner_differences(got[key], want[key], expected):
                yield f"at key {key}: {difference}"
    for key in got.keys() - want.keys():
        yield f"the key {key} is not wanted"


def as_array(wanted: Plain) -> np.ndarray | None:
    """A number or nested lists as an array; None where the rows differ in length."""
    try:
        array = np.array(_nested(wanted))
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def _nested(wanted: Plain) -> Any:
    match wanted["kind"]:
        case "sequence":
            return [_nested(item) for item in wanted["items"]]
        case "number" | "bool":
            return number_of(wanted)
        case _:
            return None


def _not_between(value: Plain, bounds: Plain) -> str | None:
    low, high = (number_of(item) for item in bounds["items"])
    array = array_of(value)
    if array is not None and array.size == 1:
        value = plain(array.item())
    if value["kind"] != "number":
        return f"{_article(value)} came, a number was wanted"
    number = number_of(value)
    if low <= number <= high:
        return None
    return _by_how_much(number, low if number < low else high)


def _not_mentioned(value: Plain, parts: Plain) -> str | None:
    if value["kind"] != "string":
        return f"{_article(value)} came, a string was wanted"
    for part in parts["items"]:
        if part["value"] not in value["value"]:
            return f"{part['value']!r} is not in it"
    return None


def _not_raised(value: Plain, wanted: Plain) -> str | None:
    if value["kind"] != "raised":
        return f"no error was raised, {wanted['type']} was wanted"
    if wanted["type"] not in value["types"]:
        return f"{value['type']} was raised, {wanted['type']} was wanted"
    missing = next((part for part in wanted["mentions"] if part not in value["message"]), None)
    return None if missing is None else f"the message does not name {missing!r}"


_ARTICLES = {
    "none": "None",
    "bool": "a bool",
    "string": "a string",
    "type": "a class",
    "mapping": "a dict",
    "tensor": "a Tensor",
}


def _article(value: Plain) -> str:
    match value["kind"]:
        case "number":
            return f"an {value['type']}" if value["type"] == "int" else f"a {value['type']}"
        case "sequence":
            return f"a {value['type']}"
        case "array":
            return "a NumPy array"
        case "other":
            return f"an object of class {value['type']}"
        case kind:
            return _ARTICLES.get(kind, str(kind))
