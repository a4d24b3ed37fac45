"""What a wrong value has to do with the wanted one: each likeness is a fact about the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.compare import as_array
from tinytorch_ls.runner.inside.plain import array_of, number_of
from tinytorch_ls.runner.report import Expected, Plain

Array = Any  # a NumPy array of any shape and dtype
_MOST_ELEMENTS = 10_000
_PLAIN_FACTORS = (0.5, 2.0, 10.0, 100.0, 1000.0, 1e6, 1e9, 0.1, 0.01, 1e-3, 1e-6, 1e-9)
_ORDERS = ("reversed", "reversed-last", "column-major", "shifted", "shifted-back", "sorted")


def likenesses(value: Plain, expected: Expected, operands: tuple[Array, ...]) -> Iterator[str]:
    """The names of what is seen, such as "transposed" or "factor:3:length"; none may be seen."""
    if expected.kind == "raises":
        yield from _of_errors(value, expected.value)
    elif expected.kind == "equals":
        if value["kind"] == "none" and expected.value["kind"] != "none":
            yield "none"
        elif value["kind"] == "string" and expected.value["kind"] == "string":
            yield from _of_texts(value["value"], expected.value["value"])
        else:
            got, wanted = _numbers(value), _numbers(expected.value)
            if got is not None and wanted is not None and wanted.size <= _MOST_ELEMENTS:
                yield from _of_numbers(got, wanted, operands)


def _numbers(value: Plain) -> Array | None:
    """A value of numbers as an array of float64, bools as bools; None for others."""
    match value["kind"]:
        case "tensor" | "array":
            array = array_of(value)
        case "number" | "bool":
            array = np.asarray(number_of(value))
        case "sequence":
            array = as_array(value)
        case _:
            return None
    if array is None or array.dtype.kind not in "biuf":
        return None
    return array if array.dtype == bool else array.astype(np.float64)


def _of_errors(value: Plain, wanted: Plain) -> Iterator[str]:
    if value["kind"] == "returned":
        yield "no-error"
    elif wanted["type"] not in value["types"]:
        yield f"other-error:{value['type']}"
    else:
        yield "message"


def _of_texts(got: str, wanted: str) -> Iterator[str]:
    if got.split() == wanted.split():
        yield "spaces"
    elif got.lower() == wanted.lower():
        yield "case"
    elif "{" in got and "{" not in wanted:
        yield "braces"
    elif "".join(filter(str.isalnum, got)) == "".join(filter(str.isalnum, wanted)):
        yield "marks"
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
    if got.ndim > 1 and _close(got.T, wanted):
        yield "transposed"
    if got.size == wanted.size and _close(got.ravel(), wanted.ravel()):
        yield "shape"
        return
    if wanted.ndim and len(wanted) and _close(got, wanted[0]):
        yield "first-row"
    if got.ndim == 0 and wanted.size > 1 and _is_reduced(got, wanted):
        yield "reduced"
    both = got.ndim == wanted.ndim == 1 and got.size and wanted.size
    if both and (_close(got, wanted[: got.size]) or _close(got[: wanted.size], wanted)):
        yield "length"


def _is_reduced(got: Array, wanted: Array) -> bool:
    return any(_close(got, reduce(wanted)) for reduce in (np.sum, np.mean, np.max))


def _of_values(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    finite = np.isfinite(wanted)
    if not np.isfinite(got[finite]).all():
        yield "not-finite"
        return
    if not (finite.all() and np.isfinite(got).all()):
        if _close(got[finite], wanted[finite]):
            yield "made-finite"
        return
    for name, change in _CHANGES.items():
        with np.errstate(all="ignore"):
            if _tells(name, wanted) and _close(got, change(wanted)):
                yield name
    yield from _of_places(got, wanted, operands)
    if np.allclose(got, wanted, rtol=5e-3, atol=1e-4) and np.abs(wanted).max() > 1e-2:
        yield "rough"
        return
    yield from _of_scale(got, wanted, operands)


_CHANGES: dict[str, Callable[[Array], Array]] = {
    "negative": lambda w: -w,
    "reciprocal": lambda w: 1 / w,
    "complement": lambda w: 1 - w,
    "absolute": lambda w: np.abs(w),
    "square": lambda w: w * w,
    "root": lambda w: np.sqrt(w),
    "exponential": lambda w: np.exp(w),
    "logarithm": lambda w: np.log(w),
    "truncated": lambda w: np.trunc(w),
    "reversed": lambda w: w[::-1] if w.ndim else w,
    "reversed-last": lambda w: w[..., ::-1] if w.ndim > 1 else w,
    "transposed": lambda w: (
        w.T if w.ndim > 1 and w.shape == w.T.shape else np.full(w.shape, np.nan)
    ),
    "column-major": lambda w: w.ravel().reshape(w.shape, order="F"),
    "shifted": lambda w: np.roll(w, 1, axis=-1) if w.ndim else w,
    "shifted-back": lambda w: np.roll(w, -1, axis=-1) if w.ndim else w,
    "sorted": lambda w: np.sort(w, axis=-1) if w.ndim else w,
}


def _of_operands(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    """What the call was given, given back; a reduction over another axis."""
    for operand in operands:
        given = operand.astype(np.float64) if operand.dtype.kind in "biuf" else None
        if given is None or not got.size:
            continue
        if got.shape == given.shape and _close(got, given) and not _close(given, wanted):
            yield "input"
        elif got.ndim < given.ndim <= 4 and (found := _other_axis(got, wanted, given)):
            yield found


def _other_axis(got: Array, wanted: Array, given: Array) -> str:
    for name, reduce in _REDUCTIONS.items():
        axes = [axis for axis in range(given.ndim) if _reduced(reduce, given, axis, wanted)]
        others = [axis for axis in range(given.ndim) if _reduced(reduce, given, axis, got)]
        whole = _close(np.asarray(reduce(given)), wanted)
        if (axes or whole) and others and axes != others:
            return f"axis:{others[0]}"
        if not others and not axes:
            continue
        for other, function in _REDUCTIONS.items():
            if other != name and axes and _reduced(function, given, axes[0], got):
                return f"instead:{other}:{name}"
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


def _reduced(reduce: Callable[..., Any], given: Array, axis: int, value: Array) -> bool:
    if not given.size:
        return False
    with np.errstate(all="ignore"):
        found = np.asarray(reduce(given, axis=axis))
    return found.size > 1 and _close(found.ravel(), value.ravel())


def _of_places(got: Array, wanted: Array, operands: tuple[Array, ...]) -> Iterator[str]:
    """Right but for some places: an edge, or where the input has one sign."""
    wrong = ~_near(got, wanted)
    if wrong.all() or not wrong.any() or wanted.size < 3:
        return
    for operand in operands:
        if operand.shape == wanted.shape and operand.dtype.kind in "iuf":
            for name, mask in (
                ("at-negative", operand < 0),
                ("at-zero", operand == 0),
                ("at-positive", operand > 0),
            ):
                if mask.any() and not mask.all() and np.array_equal(wrong, mask):
                    yield name
    if edge := _edge(wrong):
        yield f"edge:{edge}"
        return
    high, low = got.max(), got.min()
    if _close(got, np.minimum(wanted, high)):
        yield f"clipped-above:{high:g}"
    elif _close(got, np.maximum(wanted, low)):
        yield f"clipped-below:{low:g}"


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
        yield "zero"
        return
    if factor := _factor(got, wanted):
        lengths = {n for operand in operands for n in (*operand.shape, operand.size) if n > 1}
        if any(abs(factor - n) < 1e-3 * n for n in lengths):
            yield f"times-length:{factor:.3g}"
        elif any(abs(factor * n - 1) < 1e-3 for n in lengths):
            yield f"over-length:{1 / factor:.3g}"
        elif wanted.size > 1 or factor in _PLAIN_FACTORS:
            yield f"factor:{factor:.3g}"
    amounts = (got - wanted).ravel()
    amount = float(amounts[0])
    whole = wanted.size > 1 or amount.is_integer()
    if whole and abs(amount) > 1e-4 and np.allclose(amounts, amount, rtol=1e-3, atol=1e-5):
        yield f"offset:{amount:.3g}"


def _factor(got: Array, wanted: Array) -> float:
    """The one number that each wanted one was multiplied by; 0 if there is none."""
    nonzero = np.abs(wanted) > 1e-6
    enough = nonzero.sum() >= 2 or (wanted.size == 1 and nonzero.any())
    if not enough or not _close(got[~nonzero], wanted[~nonzero]):
        return 0.0
    factors = (got[nonzero] / wanted[nonzero]).ravel()
    factor = float(factors[0])
    same = np.allclose(factors, factor, rtol=1e-4, atol=0)
    return factor if same and abs(factor + 1) > 1e-4 else 0.0


def _tells(likeness: str, wanted: Array) -> bool:
    """Whether there are enough different numbers for a likeness to mean something."""
    least = 3 if likeness in _ORDERS else min(2, wanted.size)
    return len(np.unique(np.rint(wanted * 1e6))) >= least


def _close(one: Array, other: Array) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and bool(_near(one, other).all())


def _near(one: Array, other: Array) -> Array:
    return np.isclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True)
