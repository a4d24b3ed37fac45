"""What a wrong value has to do with the wanted one: each likeness is a fact about the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.compare import as_array, same
from tinytorch_ls.runner.inside.describe import describe
from tinytorch_ls.runner.inside.plain import array_of
from tinytorch_ls.runner.report import Expected
from tinytorch_ls.runner.values import (
    ArrayValue,
    Bool,
    Bounds,
    MappingValue,
    Nothing,
    Number,
    Parts,
    Plain,
    RaisedValue,
    SequenceValue,
    TensorValue,
    Text,
    WantedCode,
    WantedError,
)

Array = Any  # a NumPy array of any shape and dtype
_MOST_ELEMENTS = 10_000
_LONGEST = 60  # of an item that is named
_PLAIN_FACTORS = (0.5, 2.0, 10.0, 100.0, 1000.0, 1e6, 1e9, 0.1, 0.01, 1e-3, 1e-6, 1e-9)
_PLAIN_SIZE = 1e4
_ORDERS = ("reversed", "reversed-last", "column-major", "shifted", "shifted-back", "sorted")


def likenesses(value: Plain, expected: Expected, operands: tuple[Array, ...]) -> Iterator[str]:
    """What is seen, such as "transposed" or "factor:3"; none may be. A "~" says: by few numbers,
    and "near" that the two differ by less than is looked at here, so that nothing can be seen."""
    match expected.value:
        case WantedError() as error:
            yield from _of_errors(value, error)
        case Bounds() | Parts() | WantedCode():
            return
        case wanted:
            yield from _of_equals(value, wanted, operands)


def _of_equals(value: Plain, wanted: Plain, operands: tuple[Array, ...]) -> Iterator[str]:
    parts = _is_of_parts(value) and _is_of_parts(wanted)
    got, want = (None, None) if parts else (_numbers(value), _numbers(wanted))
    if got is not None and want is not None:
        if _close(got, want):
            yield "near"
        elif want.size <= _MOST_ELEMENTS:
            yield from _of_numbers(got, want, operands)
        return
    match value, wanted:
        case Nothing(), Nothing():
            return
        case Nothing(), _:
            yield "none"
        case Text(), Text():
            yield from _of_texts(value.value, wanted.value)
        case SequenceValue(), SequenceValue():
            yield from _of_items(value.items, wanted.items, operands)
        case MappingValue(), MappingValue():
            keys = ([describe(key) for key, _ in each.items] for each in (value, wanted))
            yield from _of_rows(*keys)
        case _:
            return


def _is_of_parts(value: Plain) -> bool:
    """Whether a value is a tuple of several results, each of which is something by itself."""
    if not isinstance(value, SequenceValue) or value.type != "tuple":
        return False
    return any(not isinstance(item, Number | Bool) for item in value.items)


def _of_items(
    got: tuple[Plain, ...], wanted: tuple[Plain, ...], operands: tuple[Array, ...]
) -> Iterator[str]:
    """What is between two lists or tuples that are not numbers alone."""
    pairs = list(zip(got, wanted, strict=False))
    unlike = [pair for pair in pairs if not same(*pair)]
    texts = all(isinstance(item, Text) for item in wanted)
    if len(got) == len(wanted) and unlike and not texts:
        yield from _of_equals(*unlike[0], operands)
        return
    yield from _of_rows([describe(item) for item in got], [describe(item) for item in wanted])


def _of_rows(got: list[str], wanted: list[str]) -> Iterator[str]:
    """Items or lines: too few, too many, or in another order."""
    missing, extra = list(wanted), list(got)
    for row in got:
        if row in missing:
            missing.remove(row)
            extra.remove(row)
    if not got or (missing and extra):
        return
    if missing and len(missing) < len(wanted):
        yield f"missing:{_short(missing[0])}"
    elif extra:
        yield f"extra:{_short(extra[0])}"
    elif not missing and got != wanted:
        yield "order"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _numbers(value: Plain) -> Array | None:
    """A value of numbers as an array of float64, bools as bools; None for others."""
    match value:
        case TensorValue() | ArrayValue():
            array = array_of(value)
        case Number(value=number) | Bool(value=number):
            array = np.asarray(number)
        case SequenceValue():
            array = as_array(value)
        case _:
            return None
    if array is None or array.dtype.kind not in "biuf":
        return None
    return array if array.dtype == bool else array.astype(np.float64)


def _of_errors(value: Plain, wanted: WantedError) -> Iterator[str]:
    if not isinstance(value, RaisedValue):
        yield "no-error"
    elif not value.by_hand:
        yield f"left-alone:{value.type}"
    elif wanted.type not in value.types:
        yield f"other-error:{value.type}"
    else:
        yield "message"


def _of_texts(got: str, wanted: str) -> Iterator[str]:
    letters, right = ("".join(filter(str.isalnum, text)) for text in (got, wanted))
    if "".join(got.split()) == "".join(wanted.split()):
        yield "spaces"
    elif got.lower() == wanted.lower():
        yield "case"
    elif "{" in got and "{" not in wanted:
        yield "braces"
    elif letters == right and len(got.split()) == len(wanted.split()):
        yield "marks"
    elif "\n" in got + wanted:
        yield from _of_rows(*([repr(line) for line in text.splitlines()] for text in (got, wanted)))
    elif part := _inserted(got, wanted):
        yield f"missing:{part!r}"
    elif part := _inserted(wanted, got):
        yield f"extra:{part!r}"


def _inserted(short: str, long: str) -> str:
    """What stands in one place of the long text and makes it of the short one."""
    unlike = (at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b)
    start = next(unlike, len(short))
    fits = len(short) < len(long) and long.endswith(short[start:])
    return long[start : len(long) - (len(short) - start)] if fits else ""


def _of_numbers(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    yield from _of_operands(got, wanted, operands)
    if got.shape != wanted.shape:
        yield from _of_shapes(got, wanted)
    elif wanted.dtype == bool or got.dtype == bool:
        if wanted.size and wanted.dtype == got.dtype and np.array_equal(got, ~wanted):
            yield "opposite"
    elif wanted.size:
        yield from _of_values(got, wanted, operands)


def _of_shapes(got: Array, wanted: Array) -> Iterator[str]:
    """Values of another shape."""
    if got.ndim > 1 and _close(got.T, wanted):  # of one row or column it may be a reshape
        yield "transposed" if min(wanted.shape) > 1 else "~transposed"
    if got.size == wanted.size and _close(got.ravel(), wanted.ravel()):
        yield "shape"
        return
    if wanted.ndim and len(wanted) > 1 and _close(got, wanted[0]):
        yield "first-row" if wanted.ndim > 1 else "~first-item"
    if got.ndim == 0 and wanted.size > 1 and _is_reduced(got, wanted):
        yield "reduced"
    both = got.ndim == wanted.ndim == 1 and got.size and wanted.size
    if both and (_close(got, wanted[: got.size]) or _close(got[: wanted.size], wanted)):
        yield "length"


def _is_reduced(got: Array, wanted: Array) -> bool:
    return any(_close(got, reduce(wanted)) for reduce in (np.sum, np.mean, np.max, np.min))


def _of_values(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    finite = np.isfinite(wanted)
    if not np.isfinite(got[finite]).all():
        yield "not-finite"
        return
    if not finite.all():
        yield from _of_infinities(got, wanted, finite)
        return
    for name, change in _CHANGES.items():
        with np.errstate(all="ignore"):
            changed = change(wanted)
        if changed is not None and _close(got, changed):
            yield f"{_doubt(name, wanted, changed)}{name}"
    yield from _of_places(got, wanted, operands)
    if np.allclose(got, wanted, rtol=1e-3, atol=1e-4) and np.abs(wanted).max() > 1e-2:
        yield "rough"
        return
    yield from _of_scale(got, wanted, operands)


def _of_infinities(got: Array, wanted: Array, finite: Array) -> Iterator[str]:
    """Right but where inf or nan is wanted."""
    if not _close(got[finite], wanted[finite]):
        return
    wrong = ~_near(got, wanted)
    if np.isfinite(got[wrong]).all():
        yield "made-finite"
    elif np.isnan(got[wrong]).all():
        yield "nan-for-inf"


_CHANGES: dict[str, Callable[[Array], Array | None]] = {
    "negative": lambda w: -w,
    "absolute": lambda w: np.abs(w),
    "truncated": lambda w: np.trunc(w),
    "reciprocal": lambda w: 1 / w,
    "complement": lambda w: None if np.isin(w, (0, 1)).all() else 1 - w,  # places, counts
    "square": lambda w: w * w,
    "root": lambda w: np.sqrt(w),
    "exponential": lambda w: np.exp(w),
    "logarithm": lambda w: np.log(w),
    "reversed": lambda w: w[::-1] if w.ndim else None,
    "reversed-last": lambda w: w[..., ::-1] if w.ndim > 1 else None,
    "transposed": lambda w: w.T if w.ndim > 1 and w.shape == w.T.shape else None,
    "column-major": lambda w: w.ravel().reshape(w.shape, order="F") if w.ndim > 1 else None,
    "shifted": lambda w: np.roll(w, 1, axis=-1) if w.ndim else None,
    "shifted-back": lambda w: np.roll(w, -1, axis=-1) if w.ndim else None,
    "sorted": lambda w: np.sort(w, axis=-1) if w.ndim else None,
}
_PLAIN = ("negative", "absolute")  # one number shows them


def _doubt(name: str, wanted: Array, changed: Array) -> str:
    """ "~" where the numbers that a change moves are so few that chance may have done it."""
    if name in _PLAIN:
        return ""
    if name in _ORDERS:
        return "" if _distinct(wanted) > 3 else "~"
    return "" if _distinct(wanted[~_near(wanted, changed)]) > 1 else "~"


def _distinct(numbers: Array) -> int:
    return len(np.unique(np.rint(numbers * 1e6)))


def _of_operands(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    """What the call was given, given back; a reduction over another axis, or another one."""
    for operand in operands:
        given = operand.astype(np.float64) if operand.dtype.kind in "biuf" else None
        if given is None or not got.size or given.ndim > 4:
            continue
        if got.shape == given.shape and _close(got, given):
            yield f"{'' if _distinct(given) > 1 else '~'}input"
        elif got.ndim < given.ndim and (found := _other_reduction(got, wanted, given)):
            yield found


def _other_reduction(got: Array, wanted: Array, given: Array) -> str:
    """Along another axis, or another reduction along the same one."""
    for name, reduce in _REDUCTIONS.items():
        for axis in (None, *range(given.ndim)):
            if not _reduces(reduce, given, axis, wanted):
                continue
            for other in range(given.ndim):
                if other != axis and _reduces(reduce, given, other, got):
                    return f"{'~' if name in _PICKS else ''}axis:{other}"
            for other, function in _REDUCTIONS.items():
                if other != name and _reduces(function, given, axis, got):
                    firm = got.size > 1 and name not in _PICKS
                    return f"{'' if firm else '~'}instead:{_SPOKEN.get(other, other)}"
    return ""


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "std": np.std,
    "var": np.var,
}


_PICKS = ("max", "min")  # a row or a column that is sorted shows them by chance
_SPOKEN = {
    "max": "greatest",
    "min": "least",
    "prod": "product",
    "std": "standard deviation",
    "var": "variance",
}


def _reduces(reduce: Callable[..., Any], given: Array, axis: int | None, value: Array) -> bool:
    """Whether a reduction of what was given is this value, kept dimensions or not."""
    if not given.size:
        return False
    with np.errstate(all="ignore"):
        found = np.asarray(reduce(given, axis=axis))
    return found.size == value.size and _close(found.ravel(), value.ravel())


def _of_places(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    """Right but for some places: an edge, or where the input has one sign."""
    wrong = ~_near(got, wanted)
    if wrong.all() or not wrong.any():
        return
    for operand in operands:
        if operand.shape == wanted.shape and operand.dtype.kind in "iuf":
            for name, mask in (
                ("at-negative", operand < 0),
                ("at-zero", operand == 0),
                ("at-positive", operand > 0),
            ):
                if np.array_equal(wrong, mask):
                    yield f"{'' if wrong.size > 2 else '~'}{name}"
    if edge := _edge(wrong):
        yield f"{'' if wrong.sum() > 1 else '~'}edge:{edge}"
    high, low = got.max(), got.min()
    doubt = "" if wrong.sum() > 1 else "~"
    if _close(got, np.minimum(wanted, high)):
        yield f"{doubt}clipped-above:{high:g}"
    elif _close(got, np.maximum(wanted, low)):
        yield f"{doubt}clipped-below:{low:g}"


def _edge(wrong: Array) -> str:
    """The end of an axis at which alone values are wrong."""
    for axis in range(wrong.ndim):
        places = np.unique(np.nonzero(wrong)[axis])
        last = wrong.shape[axis] - 1
        if last > 1 and len(places) == 1 and places[0] in (0, last):
            return "first" if places[0] == 0 else "last"
    return ""


def _of_scale(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    """Off by one factor, or by one amount, everywhere."""
    if not got.any():
        yield f"{'' if np.count_nonzero(wanted) > 1 else '~'}zero"
        return
    doubt = "" if wanted.size > 2 and _distinct(wanted[wanted != 0]) > 1 else "~"
    if factor := _factor(got, wanted):
        reduced = [operand for operand in operands if operand.size > wanted.size]
        lengths = {n for operand in reduced for n in _counts(operand.shape) if n > 1}
        if any(abs(factor - n) < 1e-3 * n for n in lengths):
            yield f"{'' if factor > 2.5 else doubt}times-length:{factor:.4g}"
        elif any(abs(factor * n - 1) < 1e-3 for n in lengths):
            yield f"{'' if factor < 0.4 else doubt}over-length:{1 / factor:.3g}"
        elif factor > 0 and not (doubt and factor not in _PLAIN_FACTORS):
            yield f"{doubt}factor:{factor:.4g}"
    plain = np.abs(wanted) < _PLAIN_SIZE  # beside larger ones an amount is not to be seen
    amounts = (got - wanted)[plain].ravel()
    amount = float(amounts[0]) if amounts.size else 0.0
    alike = np.allclose(amounts, amount, rtol=1e-3, atol=1e-5)
    if abs(amount) > 1e-4 and alike and _close(got[~plain], wanted[~plain]):
        yield f"{doubt}offset:{amount:.3g}"


def _counts(shape: tuple[int, ...]) -> set[int]:
    """How many numbers come together where some dimensions are reduced."""
    found = {1}
    for length in shape:
        found |= {length * count for count in found}
    return found


def _factor(got: Array, wanted: Array) -> float:
    """The one number that each wanted one was multiplied by; 0 if there is none."""
    nonzero = np.abs(wanted) > 1e-6
    if not nonzero.any() or not _close(got[~nonzero], wanted[~nonzero]):
        return 0.0
    factors = (got[nonzero] / wanted[nonzero]).ravel()
    factor = float(factors[0])
    same = np.allclose(factors, factor, rtol=1e-4, atol=0)
    return factor if same and abs(factor + 1) > 1e-4 else 0.0


def _close(one: Array, other: Array) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and bool(_near(one, other).all())


def _near(one: Array, other: Array) -> Array:
    """Where two are alike, as `np.isclose` has it: five times as fast, and a failure asks often."""
    with np.errstate(all="ignore"):
        apart = np.abs(np.subtract(one, other, dtype=np.float64))
        close = (apart <= 1e-6 + 1e-4 * np.abs(other)) & np.isfinite(other)
    return close | (one == other) | ((one != one) & (other != other))
