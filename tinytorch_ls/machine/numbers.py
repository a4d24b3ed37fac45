"""numba's rules for numbers: which dtype arithmetic and variables have on the device."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from tinytorch_ls.machine.form import DType

BOOL = np.dtype(np.bool_)
INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)
UINT32, UINT64 = np.dtype(np.uint32), np.dtype(np.uint64)
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
COMPLEX64, COMPLEX128 = np.dtype(np.complex64), np.dtype(np.complex128)


def is_whole(dtype: DType) -> bool:
    """Whether a dtype has whole numbers, bool among them."""
    return dtype.kind in "iub"


def widened(*dtypes: DType) -> DType:
    """The whole-number dtype in which numba computes: 64 bits, signed if any operand is."""
    return UINT64 if all(dtype.kind == "u" for dtype in dtypes) else INT64


def arithmetic(left: DType, right: DType) -> DType:
    """In which dtype left + right is computed."""
    if is_whole(left) and is_whole(right):
        return widened(left, right)
    return np.promote_types(left, right)


def division(left: DType, right: DType) -> DType:
    """In which dtype left / right is computed."""
    return FLOAT64 if is_whole(left) and is_whole(right) else np.promote_types(left, right)


def real(*dtypes: DType) -> DType:
    """In which dtype a function of `math` computes."""
    if any(is_whole(dtype) for dtype in dtypes):
        return FLOAT64
    return _together(dtypes)


def unified(*dtypes: DType) -> DType:
    """The one dtype of a variable, or a choice, that may come as any of these."""
    if len(set(dtypes)) == 1:
        return dtypes[0]
    if all(is_whole(dtype) for dtype in dtypes) and any(d.kind == "u" for d in dtypes):
        together = _together(dtypes)
        return INT64 if together.kind == "f" else together
    return _together(dtypes)


def _together(dtypes: tuple[DType, ...]) -> DType:
    found = dtypes[0]
    for dtype in dtypes[1:]:
        found = np.promote_types(found, dtype)
    return found


def dtype_of_number(value: Any) -> DType | None:
    """Of a number that is handed to a kernel or is a constant of its file; None for others."""
    match value:
        case np.generic():
            dtype: DType = np.dtype(cast(Any, value).dtype)
            return dtype if dtype.kind in "biufc" else None
        case bool():
            return BOOL
        case int():
            return INT64 if value < 2**63 else UINT64
        case float():
            return FLOAT64
        case complex():
            return COMPLEX128
        case _:
            return None


def dtype_named(thing: Any) -> DType | None:
    """The dtype that NumPy's, numba's or Python's name of a type stands for."""
    if isinstance(thing, np.dtype):
        return cast(DType, thing)
    if isinstance(thing, type) and issubclass(thing, np.generic | int | float | complex):
        return np.dtype(cast(Any, thing))
    if type(cast(object, thing)).__module__.startswith(("numba.", "numba_cuda.")):
        try:
            return np.dtype(str(cast(object, thing)))
        except TypeError:
            return BOOL if str(cast(object, thing)) == "bool" else None
    return None
