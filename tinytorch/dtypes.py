"""Which dtype numbers get, and which one two operands make together: PyTorch's rules. Given."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from tinytorch.checks import described

KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}
"""How high a kind of numbers is: bools, whole numbers (with a sign or without), floats. Given."""

PYTHONS = {"b": np.dtype(np.bool_), "i": np.dtype(np.int64), "f": np.dtype(np.float32)}
"""What Python's own numbers become, by their kind. Given."""


def default_dtype(data: Any) -> Any:
    """The dtype of an array; of Python's data bool, int64 for whole numbers, else float32. Given.

    Of lists that hold tensors, arrays or NumPy's numbers too, all that they hold decides together.
    Raises TypeError for what is no number and no bool, ValueError for rows of different lengths and
    for whole numbers beyond 64 bits.
    """
    array = data if isinstance(getattr(data, "dtype", None), np.dtype) else _from_python(data)
    if array.dtype.kind not in KINDS or isinstance(data, type):
        raise TypeError(f"Tensor holds numbers and bools, not {described(data)}")
    return reduce(_joined, held) if (held := _held(data)) else PYTHONS[array.dtype.kind]


def result_type(left: Any, right: Any) -> Any:
    """The dtype that two operands make together, as `torch.result_type`. Given.

    Floats win over whole numbers, and those over bools. Between two of a kind, a tensor with
    dimensions wins over one without, and that over a Python number; between equals, the wider.
    """
    a, b = _dtype(left), _dtype(right)
    if KINDS[a.kind] == KINDS[b.kind] and _rank(left) != _rank(right):
        return a if _rank(left) > _rank(right) else b
    return _joined(a, b)


def cast(array: Any, dtype: Any) -> Any:
    """`array` in `dtype`, without a warning where numbers become inf. Given."""
    if array.dtype.itemsize <= dtype.itemsize:
        return array.astype(dtype, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(dtype, copy=False)


def named_dtype(name: Any) -> Any:
    """A dtype by its name, for `Tensor.to`. Raises ValueError or TypeError for none. Given."""
    try:
        dtype = np.dtype(name)
    except TypeError:
        dtype = None
    if name is None or dtype is None or dtype.kind not in KINDS:
        error = ValueError if isinstance(name, str) else TypeError
        raise error(f'to takes "cpu", "cuda" or a dtype such as np.float32, not {name!r}')
    return dtype


def check_fits(into: Any, dtype: Any, name: str) -> None:
    """Raises TypeError for fractions into whole numbers, or those into bools. Given."""
    if KINDS[dtype.kind] > KINDS[into.kind]:
        raise TypeError(f"{name} would put {dtype} into {into}: take .float() of it first")


def check_room(into: Any, array: Any, name: str) -> None:
    """Raises ValueError for a whole number that `into` has no room for; it would run over. Given.

    Tensors run over, as in PyTorch: this is for numbers that stand in the code.
    """
    if into.kind in "iu" and array.dtype != into and (lost := array != array.astype(into)).any():
        raise ValueError(f"{name}: {array[lost].flat[0]} has no room in {into}")


def check_whole(left: Any, right: Any, name: str) -> None:
    """Raises for what arrays of bools or whole numbers can't do, with the way out. Given.

    `right` is the right operand before both became one dtype, that of `left`.
    """
    if left.dtype.kind == "b" and name in ("sub", "pow", "remainder", "floor_divide"):
        raise TypeError(f"{name} of bools: ^ tells where they differ, .long() makes them 0 and 1")
    if name == "pow" and right.dtype.kind == "i" and (right < 0).any():
        raise ValueError("pow: whole numbers to a negative power are fractions: take .float()")
    if name == "pow":
        check_room(left.dtype, right, "pow: the exponent")
    if name in ("remainder", "floor_divide") and not right.astype(left.dtype).all():
        raise ZeroDivisionError(f"{name} of whole numbers by 0: take .float() for nan or inf")


def _joined(a: Any, b: Any) -> Any:
    """The dtype of the higher kind; of two of a kind, one with room for both. Given."""
    higher = KINDS[a.kind] - KINDS[b.kind]
    if higher:
        return a if higher > 0 else b
    return np.promote_types(a, b)


def _held(data: Any) -> set[Any]:
    """The dtypes of what nested lists hold, Python's numbers as what they become. Given."""
    if hasattr(data, "dtype"):  # another library's array has a kind of dtype of its own
        own = isinstance(data.dtype, np.dtype)
        return {data.dtype if own else np.asarray(data).dtype}
    if isinstance(data, list | tuple):
        one_each = dict(zip(map(type, data), data, strict=True))
        plain = one_each.keys() <= {bool, int, float}  # a list of a million such takes no time
        return set().union(*map(_held, one_each.values() if plain else data))
    return {_dtype(data)} if isinstance(data, int | float) else set()


def _dtype(value: Any) -> Any:
    """The dtype of a tensor, or the one that a Python number becomes. Given."""
    if hasattr(value, "dtype"):
        return value.dtype
    return PYTHONS["b" if isinstance(value, bool) else "i" if isinstance(value, int) else "f"]


def _rank(value: Any) -> int:
    """2 for a tensor with dimensions, 1 for one without, 0 for a Python number. Given."""
    if not hasattr(value, "dtype") or getattr(value, "is_python_number", False):
        return 0
    return 2 if value.shape else 1


def _from_python(data: Any) -> np.ndarray:
    """Python's data as an array. Raises for ragged rows and for too large whole numbers. Given."""
    try:
        array = np.asarray(data)
    except ValueError:
        raise ValueError(f"Tensor needs rows of equal length, not {described(data)}") from None
    wide = array.dtype in (np.uint64, np.object_) and np.dtype(np.uint64) not in _held(data)
    if wide and all(isinstance(value, int) for value in array.ravel().tolist()):
        limit = 2**63 - 1
        raise ValueError(f"Tensor keeps whole numbers up to {limit}, not {described(data)}")
    return array
