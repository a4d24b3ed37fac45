"""What one thread computes from numbers, for all threads at once, as a GPU does it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch_ls.machine.form import DType

Function = Callable[..., Any]
where: Any = np.where  # NumPy leaves open what it gives


def cast(value: Any, dtype: DType) -> Any:
    """A value as another dtype: whole numbers wrap, fractions are cut off, what is too large for
    a whole number becomes the greatest or the smallest, and nan becomes 0."""
    if value.dtype == dtype:
        return value
    if dtype.kind in "iu" and value.dtype.kind == "f":
        return _whole(value, dtype)
    if dtype.kind in "biuf" and value.dtype.kind == "c":
        value = value.real
    return value.astype(dtype)


def _whole(value: Any, dtype: DType) -> Any:
    wide = np.dtype(np.int64) if dtype.itemsize < 8 else dtype
    limits = np.iinfo(np.int32 if dtype.itemsize < 8 and dtype.kind == "i" else dtype)
    if dtype.itemsize < 4:  # through 32 bits, of which the lower ones are kept
        limits = np.iinfo(np.int32)
    low, high = float(limits.min), float(limits.max)
    inside = (value > low - 1) & (value < high)
    if np.all(inside):
        return value.astype(wide).astype(dtype)
    kept = where(inside, value, 0).astype(wide)
    kept = where(value >= high, np.array(limits.max, wide), kept)
    kept = where(value <= low, np.array(limits.min, wide), kept)
    return kept.astype(dtype)[()]


def _power(base: Any, exponent: Any) -> Any:
    if base.dtype.kind not in "iu":
        return np.power(base, exponent)
    negative = exponent < 0
    if not np.any(negative):
        return np.power(base, exponent)
    powers = np.power(base, where(negative, 0, exponent).astype(exponent.dtype))
    odd = exponent % 2 == 1
    inverse = where(base == 1, 1, where(base == -1, where(odd, -1, 1), 0))
    return where(negative, inverse, powers).astype(base.dtype)[()]


def _quotient(left: Any, right: Any) -> Any:
    """left / right of whole numbers, cut off as C does it."""
    down = np.floor_divide(left, right)
    return down + ((down < 0) & (down * right != left)).astype(down.dtype)


def _shifted(shift: Function) -> Function:
    def shifted(value: Any, by: Any) -> Any:
        bits = value.dtype.itemsize * 8
        gone = by.astype(np.int64) >= bits if by.dtype.kind == "i" else by >= bits
        if not np.any(gone) and not (by.dtype.kind == "i" and np.any(by < 0)):
            return shift(value, by)
        inside = where(gone, 0, by).astype(by.dtype)
        rest = where(value < 0, -1, 0).astype(value.dtype) if shift is np.right_shift else 0
        return where(gone, rest, shift(value, np.abs(inside))).astype(value.dtype)[()]

    return shifted


def _one_by_one(function: Callable[[float], float]) -> Function:
    """A function of `math` that NumPy has not, computed in double precision."""

    def guarded(number: float) -> float:
        try:
            return function(number)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    every: Any = np.frompyfunc(guarded, 1, 1)

    def call(value: Any) -> Any:
        return np.asarray(every(value.astype(np.float64))).astype(value.dtype)[()]

    return call


def _count_bits(value: Any) -> Any:
    unsigned = value.astype(f"u{value.dtype.itemsize}")
    return np.bitwise_count(unsigned) if hasattr(np, "bitwise_count") else _bits(unsigned)


def _bits(value: Any) -> Any:
    count: Any = np.zeros_like(value)
    for bit in range(value.dtype.itemsize * 8):
        count = count + (value >> value.dtype.type(bit) & value.dtype.type(1))
    return count


def _leading_zeros(value: Any) -> Any:
    bits = value.dtype.itemsize * 8
    unsigned = value.astype(f"u{value.dtype.itemsize}")
    found: Any = bits + where(unsigned > 0, 0, 0)
    for bit in range(bits):
        found = where(unsigned >> unsigned.dtype.type(bit) & 1, bits - 1 - bit, found)
    return found[()]


def _first_bit(value: Any) -> Any:
    """One more than the place of the lowest bit; 0 for none."""
    lowest = value & -value
    bits = value.dtype.itemsize * 8
    return where(value == 0, 0, bits - _leading_zeros(lowest))[()]


def _reversed_bits(value: Any) -> Any:
    unsigned = value.astype(f"u{value.dtype.itemsize}")
    bits, one = value.dtype.itemsize * 8, unsigned.dtype.type(1)
    turned: Any = np.zeros_like(unsigned)
    for bit in range(bits):
        place = unsigned.dtype.type(bit)
        turned = turned | (unsigned >> place & one) << unsigned.dtype.type(bits - 1 - bit)
    return turned


def _rounded_away(value: Any) -> Any:
    return np.trunc(value + np.copysign(value.dtype.type(0.5), value))


def _least(a: Any, b: Any) -> Any:
    return where(b < a, b, a)[()]


def _greatest(a: Any, b: Any) -> Any:
    return where(b > a, b, a)[()]


def _multiply_add(a: Any, b: Any, c: Any) -> Any:
    return (a.astype(np.float64) * b + c).astype(a.dtype)


def _selected(test: Any, a: Any, b: Any) -> Any:
    return where(test, a, b)[()]


def _ten_to(value: Any) -> Any:
    return np.power(value.dtype.type(10), value)


def _of_half_turns(function: Function) -> Function:
    """sinpi, cospi: of an angle in half turns."""

    def call(value: Any) -> Any:
        return function(value.astype(np.float64) * np.pi).astype(value.dtype)

    return call


def _excess(a: Any, b: Any) -> Any:
    return where(a > b, a - b, where((a != a) | (b != b), a + b, 0)).astype(a.dtype)[()]


def _saturated(value: Any) -> Any:
    return np.fmin(np.fmax(value, value.dtype.type(0)), value.dtype.type(1))


def _high_half(a: Any, b: Any) -> Any:
    """The upper half of a product of whole numbers."""
    bits = a.dtype.itemsize * 8
    if bits == 32:
        wide = np.int64 if a.dtype.kind == "i" else np.uint64
        return (a.astype(wide) * b.astype(wide) >> wide(32)).astype(a.dtype)
    both = np.frompyfunc(lambda x, y: int(x) * int(y) >> bits, 2, 1)(a, b)
    return np.asarray(both).astype(a.dtype)[()]


def _of_24_bits(a: Any, b: Any) -> Any:
    """mul24: the product of the lower 24 bits, of a signed number with its sign."""
    eight = a.dtype.type(8)
    return (a << eight >> eight) * (b << eight >> eight)


def _inverse_root(value: Any) -> Any:
    return value.dtype.type(1) / np.sqrt(value)


def _inverse(value: Any) -> Any:
    return value.dtype.type(1) / value


def _bits_as(code: str) -> Function:
    """The same bits, read as another dtype of their size."""

    def same_bits(value: Any) -> Any:
        return value.view(code)

    return same_bits


def _complex(real: Any, imaginary: Any) -> Any:
    return real + imaginary * np.result_type(real, np.complex64).type(1j)


def _exchanged(_old: Any, new: Any) -> Any:
    return new


def _up_to(old: Any, limit: Any) -> Any:
    return where(old >= limit, 0, old + 1).astype(old.dtype)[()]


def _down_from(old: Any, limit: Any) -> Any:
    return where((old == 0) | (old > limit), limit, old - 1).astype(old.dtype)[()]


def _swapped(old: Any, wanted: Any, new: Any) -> Any:
    return where(old == wanted, new, old).astype(old.dtype)[()]


ELEMENTWISE: dict[str, Function] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide, "//": np.floor_divide,
    "%": np.remainder, "**": _power, "&": np.bitwise_and, "|": np.bitwise_or,
    "^": np.bitwise_xor, "<<": _shifted(np.left_shift), ">>": _shifted(np.right_shift),
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    "==": np.equal, "!=": np.not_equal, "neg": np.negative, "~": np.invert,
    "not": np.logical_not, "c/": _quotient, "c%": np.fmod, "abs": np.abs,
    "min": _least, "max": _greatest, "fma": _multiply_add, "select": _selected,
    "popc": _count_bits, "clz": _leading_zeros, "ffs": _first_bit, "brev": _reversed_bits,
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2,
    "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt, "cbrt": np.cbrt,
    "rsqrt": _inverse_root, "rcp": _inverse,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "atan2": np.arctan2, "hypot": np.hypot,
    "pow": np.power, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint,
    "round": _rounded_away, "copysign": np.copysign, "fmod": np.fmod, "fmin": np.fmin,
    "fmax": np.fmax, "maximum": np.maximum, "minimum": np.minimum, "square": np.square,
    "sign": np.sign, "radians": np.radians, "degrees": np.degrees, "gcd": np.gcd,
    "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "signbit": np.signbit,
    "nextafter": np.nextafter, "remainder": np.remainder, "xor?": np.logical_xor,
    "exp10": _ten_to, "sinpi": _of_half_turns(np.sin), "cospi": _of_half_turns(np.cos),
    "fdim": _excess, "ldexp": np.ldexp, "saturate": _saturated, "mulhi": _high_half,
    "mul24": _of_24_bits,
    "erf": _one_by_one(math.erf), "erfc": _one_by_one(math.erfc),
    "gamma": _one_by_one(math.gamma), "lgamma": _one_by_one(math.lgamma),
    "real": np.real, "imag": np.imag, "conjugate": np.conjugate,
    "complex": _complex,
    **{f"as {kind}{size}": _bits_as(f"{kind}{size}") for kind in "iuf" for size in (2, 4, 8)},
}  # fmt: skip

FLOPS = {
    **dict.fromkeys(("+", "-", "*", "/", "**", "rcp", "square", "hypot", "atan2", "pow"), 1),
    **dict.fromkeys(("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt"), 1),
    **dict.fromkeys(("exp10", "sinpi", "cospi", "asinh", "acosh", "atanh"), 1),
    **dict.fromkeys(("cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh"), 1),
    **dict.fromkeys(("tanh", "erf", "erfc", "gamma", "lgamma"), 1),
    "fma": 2,
}
"""How many floating-point operations count for one of these on floats; the others count none."""

ATOMIC: dict[str, Function] = {
    "add": np.add, "sub": np.subtract, "max": np.maximum, "min": np.minimum,
    "nanmax": np.fmax, "nanmin": np.fmin, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "exch": _exchanged, "inc": _up_to, "dec": _down_from, "cas": _swapped,
}  # fmt: skip
