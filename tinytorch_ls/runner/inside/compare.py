"""Whether a value is what a test wanted, on plain data only; a grader runs the same code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.describe import describe, number_text
from tinytorch_ls.runner.inside.plain import array_of, dtype_name, plain, shape_of
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

_MOST = 40  # characters of a text


def meets(value: Plain, expected: Expected) -> bool:
    """Whether `value` is what was wanted."""
    return first_difference(value, expected) is None


def first_difference(value: Plain, expected: Expected) -> str | None:
    """The first thing in which `value` is not what was wanted, or None."""
    match expected.value:
        case Bounds() as bounds:
            return _not_between(value, bounds)
        case Parts() as parts:
            return _not_mentioned(value, parts)
        case WantedError() as error:
            return _not_raised(value, error)
        case WantedCode():
            return _not_compiled(value)
        case wanted:
            return next(_differences(value, wanted, expected), None)


def same(one: Plain, other: Plain) -> bool:
    """Whether two values of student code are alike, up to rounding."""
    match one, other:
        case RaisedValue(), RaisedValue():
            return one.type == other.type
        case ReturnedValue(), ReturnedValue():
            return same(one.value, other.value)
        case _:
            alike = type(one) is type(other)
            return alike and meets(one, Expected(other, 1e-6, 1e-9, _dtype(other)))


def _dtype(value: Plain) -> str | None:
    array = array_of(value)
    return None if array is None else dtype_name(array.dtype)


def _differences(value: Plain, wanted: Plain, expected: Expected) -> Iterator[str]:
    """What differs, the first thing first."""
    match wanted, value:
        case ((TensorValue() | ArrayValue()), _):
            yield from _array_differences(value, array_of(wanted), expected)
        case ((Number() | Bool() | SequenceValue()), TensorValue()):
            yield from _array_differences(value, as_array(wanted), expected)
        case Number(), _:
            yield from _number_differences(value, wanted, expected)
        case Text(), Text():
            yield from _string_differences(value.value, wanted.value)
        case SequenceValue(), SequenceValue():
            yield from _sequence_differences(value, wanted, expected)
        case MappingValue(), MappingValue():
            yield from _mapping_differences(value, wanted, expected)
        case _ if type(value) is not type(wanted):
            yield f"{_article(value)} came, {_kind_wanted(wanted)} was wanted"
        case _ if value != wanted:
            yield f"{describe(value)} is not {describe(wanted)}"
        case _:
            pass


def _array_differences(
    value: Plain, wanted: np.ndarray | None, expected: Expected
) -> Iterator[str]:
    got = array_of(value)
    shape = shape_of(value)
    if wanted is not None and shape not in (None, wanted.shape):
        yield f"shape: got {shape}, expected {wanted.shape}"
        return
    if got is None and isinstance(value, TensorValue):
        yield f"{describe(value)}"
        return
    if got is None or wanted is None:
        yield f"{_article(value)} came, a Tensor was wanted"
        return
    if expected.dtype and dtype_name(got.dtype) != expected.dtype:
        yield f"dtype: got {got.dtype}, expected {expected.dtype}"
    close = np.isclose(got, wanted, rtol=expected.rtol, atol=expected.atol, equal_nan=True)
    if not close.all():
        index = tuple(int(i) for i in np.argwhere(~close)[0])
        if close.size == 1:
            yield _by_how_much(got[index].item(), wanted[index].item())
            return
        both = f"got {number_text(got[index])}, expected {number_text(wanted[index])}"
        yield f"at {list(index)}: {both} ({int((~close).sum())} of {close.size} differ)"


def _number_differences(value: Plain, wanted: Number, expected: Expected) -> Iterator[str]:
    if not isinstance(value, Number):
        yield f"{_article(value)} came, a number was wanted"
        return
    got, want = value.value, wanted.value
    if not np.isclose(got, want, rtol=expected.rtol, atol=expected.atol, equal_nan=True):
        yield _by_how_much(got, want)
    if expected.dtype and expected.dtype not in (value.type, value.dtype):
        yield f"type: got {value.dtype or value.type}, expected {expected.dtype}"


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
    match wanted:
        case SequenceValue(type="list", length=length) if length and as_array(wanted) is not None:
            return "a Tensor or a list"
        case _:
            return _article(wanted)


def _sequence_differences(
    value: SequenceValue, wanted: SequenceValue, expected: Expected
) -> Iterator[str]:
    if value.type != wanted.type:
        yield f"a {value.type} came, a {wanted.type} was wanted"
    elif value.length != wanted.length:
        yield f"length: got {value.length}, expected {wanted.length}"
    elif value.type in ("set", "frozenset") and value != wanted:  # nothing in it has a place
        yield f"{describe(value)} is not {describe(wanted)}"
    for index, (one, other) in enumerate(zip(value.items, wanted.items, strict=False)):
        for difference in _inner_differences(one, other, expected):
            yield f"at [{index}]: {difference}".replace("]: at [", "][")


def _inner_differences(value: Plain, wanted: Plain, expected: Expected) -> Iterator[str]:
    """What differs in one item of many; of numbers both are shown, since they stand far apart."""
    numbers = isinstance(value, Number) and isinstance(wanted, Number)
    for difference in _differences(value, wanted, expected):
        far = numbers and difference.startswith("too ")
        yield f"got {describe(value)}, expected {describe(wanted)}" if far else difference


def _mapping_differences(
    value: MappingValue, wanted: MappingValue, expected: Expected
) -> Iterator[str]:
    got = {describe(key): item for key, item in value.items}
    want = {describe(key): item for key, item in wanted.items}
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
    match wanted:
        case SequenceValue(items=items):
            return [_nested(item) for item in items]
        case Number(value=number) | Bool(value=number):
            return number
        case _:
            return None


def _not_between(value: Plain, bounds: Bounds) -> str | None:
    array = array_of(value)
    if array is not None and array.size == 1:
        value = plain(array.item())
    if not isinstance(value, Number):
        return f"{_article(value)} came, a number was wanted"
    number = value.value
    if bounds.low <= number <= bounds.high:
        return None
    return _by_how_much(number, bounds.low if number < bounds.low else bounds.high)


def _not_mentioned(value: Plain, parts: Parts) -> str | None:
    if not isinstance(value, Text):
        return f"{_article(value)} came, a string was wanted"
    missing = next((part for part in parts.texts if part not in value.value), None)
    return None if missing is None else f"{missing!r} is not in it"


def _not_raised(value: Plain, wanted: WantedError) -> str | None:
    if not isinstance(value, RaisedValue):
        return f"no error was raised, {wanted.type} was wanted"
    if wanted.type not in value.types:
        return f"{value.type} was raised, {wanted.type} was wanted"
    missing = next((part for part in wanted.mentions if part not in value.message), None)
    return None if missing is None else f"the message does not name {missing!r}"


def _not_compiled(value: Plain) -> str | None:
    if not isinstance(value, CompiledValue):
        return f"{_article(value)} came, compiled code was wanted"
    return value.message if value.fault else None


def _article(value: Plain) -> str:
    match value:
        case Nothing():
            return "None"
        case Bool():
            return "a bool"
        case Text():
            return "a string"
        case TypeName():
            return "a class"
        case MappingValue():
            return "a dict"
        case TensorValue():
            return "a Tensor"
        case ArrayValue():
            return "a NumPy array"
        case Number(type=kind):
            return f"an {kind}" if kind == "int" else f"a {kind}"
        case SequenceValue(type=kind):
            return f"a {kind}"
        case Written(type=kind):
            return f"a {kind}"
        case Other(type=kind):
            return f"an object of class {kind}"
        case RaisedValue(type=kind):
            return f"an error of class {kind}"
        case ReturnedValue(value=inner):
            return _article(inner)
        case CompiledValue():
            return "what a compiler said"
