"""The functions of CUDA C: barriers, shuffles, atomics and mathematics."""

from __future__ import annotations

import linecache
import re
from typing import TYPE_CHECKING, Any

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c import copies
from tinytorch_ls.machine.cuda_c.clang import dtype_of
from tinytorch_ls.machine.cuda_c.things import Pointer, Thing, Vector, at_pointer
from tinytorch_ls.machine.emitter import bits_as, converted
from tinytorch_ls.machine.numbers import BOOL, INT32, INT64, UINT32
from tinytorch_ls.machine.report import Place

if TYPE_CHECKING:
    from tinytorch_ls.machine.cuda_c.expressions import Expressions

_MATH = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "cbrt", "sin",
    "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "erfc", "floor", "ceil",
    "trunc", "rint", "round", "pow", "atan2", "fmod", "hypot", "copysign", "fmax", "fmin",
    "nextafter", "lgamma", "max", "min", "abs", "isnan", "isinf", "isfinite", "signbit", "fma",
    "asinh", "acosh", "atanh", "exp10", "sinpi", "cospi", "fdim", "ldexp", "saturate", "mulhi",
}  # fmt: skip
_OTHER = {
    "fabs": "abs", "labs": "abs", "llabs": "abs", "tgamma": "gamma", "nearbyint": "rint",
    "scalbn": "ldexp", "umulhi": "mulhi", "mul64hi": "mulhi", "umul64hi": "mulhi",
    "mul24": "mul24", "umul24": "mul24", "fdividef": "/", "__fdividef": "/", "__frcp_rn": "rcp",
    "__fadd_rn": "+", "__fsub_rn": "-", "__fmul_rn": "*", "__fdiv_rn": "/", "__fmaf_rn": "fma",
    "__fsqrt_rn": "sqrt", "__frsqrt_rn": "rsqrt", "__dadd_rn": "+", "__dmul_rn": "*",
    "__ddiv_rn": "/", "__fma_rn": "fma",
}  # fmt: skip
_ATOMIC = {
    "atomicAdd": "add", "atomicSub": "sub", "atomicMax": "max", "atomicMin": "min",
    "atomicExch": "exch", "atomicAnd": "and", "atomicOr": "or", "atomicXor": "xor",
    "atomicInc": "inc", "atomicDec": "dec", "atomicCAS": "cas",
}  # fmt: skip
_SHUFFLES = {
    "__shfl_sync": "shfl", "__shfl_up_sync": "shfl_up", "__shfl_down_sync": "shfl_down",
    "__shfl_xor_sync": "shfl_xor",
}  # fmt: skip
_VOTES = {
    "__ballot_sync": ("ballot", UINT32), "__all_sync": ("all", BOOL), "__any_sync": ("any", BOOL),
    "__match_any_sync": ("match_any", INT32),
}  # fmt: skip
_REDUCTIONS = {
    f"__reduce_{name}_sync": f"reduce_{name}" for name in ("add", "min", "max", "and", "or", "xor")
}
_BLOCK = {"__syncthreads_count": "count", "__syncthreads_and": "and", "__syncthreads_or": "or"}
_BITS = {
    "__popc": "popc", "__popcll": "popc", "__clz": "clz", "__clzll": "clz", "__ffs": "ffs",
    "__ffsll": "ffs", "__brev": "brev", "__brevll": "brev",
}  # fmt: skip
_SAME_BITS = {
    "__float_as_int", "__float_as_uint", "__int_as_float", "__uint_as_float",
    "__double_as_longlong", "__longlong_as_double",
}  # fmt: skip
_NEAREST = {"lrint": "rint", "llrint": "rint", "lround": "round", "llround": "round"}
_ROUNDED = {"_rn": "rint", "_rz": "trunc", "_ru": "ceil", "_rd": "floor"}
_TO_WHOLE = re.compile(r"__(?:float|double)2u?(?:int|ll)(_r[nzud])")
_TO_REAL = re.compile(r"__(?:u?int|ll|double)2(?:float|double)_rn")  # as C converts
_SINE_AND_COSINE = {"sincosf": "", "__sincosf": "", "sincos": "", "sincospif": "pi"}
_SCOPES = ("_block", "_system")  # of an atomic: the machine has one
_OF_NUMBERS = {*_SHUFFLES, *_VOTES, *_REDUCTIONS, *_BLOCK, *_BITS, *_SAME_BITS}
_LOADS = {"__ldg", "__ldcg", "__ldca", "__ldcs", "__ldcv", "__ldlu"}
_STORES = {"__stwb", "__stcg", "__stcs", "__stwt"}
_TRAP = re.compile(r"__trap\(\);\s*(?://|/\*)\s*(.+?)\s*(?:\*/|$)")
WHOLE_WARP = form.Constant(INT64, 0xFFFFFFFF)


def call(translator: Expressions, node: Any, name: str, arguments: list[Any]) -> Thing:
    """A call of one of CUDA's functions."""
    place = translator.place(node)
    match name:
        case "__syncthreads":
            translator.emit(form.Barrier(place))
            return None
        case "memcpy" | "memmove":
            return copies.copy(translator, node, arguments)
        case "memset":
            return copies.fill(translator, node, arguments)
        case "assert":
            return _assert(translator, node, arguments[0])
        case "__trap":
            translator.emit(form.Raise(place, NotImplementedError(_said_at(place))))
            return None
        case "__threadfence" | "__threadfence_system":
            translator.emit(form.Fence(place))
            return None
        case "__threadfence_block" | "printf" | "__nanosleep":
            return None
        case "__syncwarp":
            mask = _mask(translator, arguments)
            translator.emit(form.WarpBarrier(place, mask))
            return None
        case "__activemask":
            found = form.Exchange(UINT32, "activemask", form.Constant(INT64, 0), (), place)
            return translator.temporary(found, node)
        case _:
            pass
    for scope in _SCOPES:
        name = name.removesuffix(scope)
    if name in _ATOMIC:
        return _atomic(translator, node, _ATOMIC[name], arguments)
    if name in _SINE_AND_COSINE:
        return _sine_and_cosine(translator, node, _SINE_AND_COSINE[name], arguments)
    if name in _LOADS:
        return at_pointer(_pointer(translator, node, arguments[0]))
    if name in _STORES:
        value = translator.visit(arguments[1])
        target = at_pointer(_pointer(translator, node, arguments[0]))
        translator.assign(node, target, value)
        return None
    if name == "__match_all_sync":
        return _match_all(translator, node, arguments)
    if not _is_of_numbers(name):
        raise translator.unsupported(node, f"`{name}`")
    given = [translator.visit(each) for each in arguments]
    numbers = [translator.number(e, n) for e, n in zip(given, arguments, strict=True)]
    return _of_numbers(translator, node, name, numbers)


def _assert(translator: Expressions, node: Any, condition: Any) -> Thing:
    """A thread for which it does not hold stops the kernel."""
    wrong = form.Operation(BOOL, "not", (translator.condition(condition),))
    place = translator.place(node)
    error = AssertionError("what `assert` says does not hold")
    translator.emit(form.If(place, wrong, (form.Raise(place, error),)))
    return None


def _sine_and_cosine(
    translator: Expressions, node: Any, suffix: str, arguments: list[Any]
) -> Thing:
    """Both at once, by pointers."""
    given = translator.number(translator.visit(arguments[0]), arguments[0])
    angle = translator.temporary(converted(given, dtype_of(arguments[0].type)), node)
    for name, target in zip(("sin", "cos"), arguments[1:], strict=True):
        value = form.Operation(angle.dtype, f"{name}{suffix}", (angle,))
        translator.assign(node, translator.object(target), value)
    return None


def _is_of_numbers(name: str) -> bool:
    converts = _TO_WHOLE.fullmatch(name) or _TO_REAL.fullmatch(name)
    others = name.startswith("make_") or name.removesuffix("f") in _NEAREST
    return bool(name in _OF_NUMBERS or others or converts or _operation(name))


def _pointer(translator: Expressions, node: Any, argument: Any) -> Pointer:
    found = translator.decayed(translator.visit(argument))
    if not isinstance(found, Pointer):
        raise translator.unsupported(node, "a pointer to this")
    return found


def _match_all(translator: Expressions, node: Any, arguments: list[Any]) -> Thing:
    """The mask where all lanes have the same value, else 0; whether they have, by a pointer."""
    mask, value = (translator.number(translator.visit(each), each) for each in arguments[:2])
    every, place = converted(mask, INT64), translator.place(node)
    exchange = form.Exchange(BOOL, "match_all", every, (value,), place)
    alike = translator.temporary(exchange, node)
    translator.assign(node, translator.object(arguments[2]), alike)
    nothing = form.Constant(UINT32, 0)
    return form.Operation(UINT32, "select", (alike, converted(every, UINT32), nothing))


def _said_at(place: Place) -> str:
    """The comment behind a `__trap()`: what is said of a kernel that stops itself there."""
    found = _TRAP.search(linecache.getline(place.file, place.line))
    return found[1] if found else "the kernel stops itself with `__trap()`"


def _mask(translator: Expressions, arguments: list[Any]) -> form.Expression:
    if not arguments or not list(arguments[0].get_tokens()):
        return WHOLE_WARP
    return converted(translator.number(translator.visit(arguments[0]), arguments[0]), INT64)


def _of_numbers(
    translator: Expressions, node: Any, name: str, given: list[form.Expression]
) -> Thing:
    place, dtype = translator.place(node), dtype_of(node.type)
    if name in _SHUFFLES:
        mask, value, by, *width = given
        operands = (value, *(converted(each, INT64) for each in (by, *width)))
        found = form.Exchange(value.dtype, _SHUFFLES[name], converted(mask, INT64), operands, place)
        return translator.temporary(found, node)
    if name in _VOTES:
        kind, gives = _VOTES[name]
        mask, value = given
        found = form.Exchange(gives, kind, converted(mask, INT64), (value,), place)
        return converted(translator.temporary(found, node), dtype)
    if name in _REDUCTIONS:
        mask, value = given
        found = form.Exchange(dtype, _REDUCTIONS[name], converted(mask, INT64), (value,), place)
        return translator.temporary(found, node)
    if name in _SAME_BITS:
        return bits_as(given[0], dtype)
    if name.removesuffix("f") in _NEAREST:
        nearest = _NEAREST[name.removesuffix("f")]
        return converted(form.Operation(given[0].dtype, nearest, (given[0],)), dtype)
    if rounded := _TO_WHOLE.fullmatch(name):
        whole = form.Operation(given[0].dtype, _ROUNDED[rounded[1]], (given[0],))
        return converted(whole, dtype)
    if _TO_REAL.fullmatch(name):
        return converted(given[0], dtype)
    if name in _BLOCK:
        return translator.temporary(form.BlockVote(INT32, _BLOCK[name], given[0], place), node)
    if name in _BITS:
        return form.Cast(dtype, form.Operation(INT64, _BITS[name], tuple(given)))
    if name.startswith("make_"):
        return Vector(tuple(translator.temporary(each, node) for each in given))
    operation = _operation(name)
    assert operation
    if operation in ("isnan", "isinf", "isfinite", "signbit"):
        return form.Operation(BOOL, operation, tuple(given))
    if operation == "ldexp":
        value, exponent = given
        return form.Operation(dtype, operation, (converted(value, dtype), exponent))
    return form.Operation(dtype, operation, tuple(converted(each, dtype) for each in given))


def _operation(name: str) -> str | None:
    bare = name.removeprefix("__")
    for each in (name, bare, bare.removesuffix("f")):
        if each in _MATH:
            return each
        if each in _OTHER:
            return _OTHER[each]
    return None


def _atomic(translator: Expressions, node: Any, name: str, arguments: list[Any]) -> Thing:
    target, *rest = arguments
    pointer = _pointer(translator, node, target)
    given = [translator.number(translator.visit(each), each) for each in rest]
    element = at_pointer(pointer)
    if not isinstance(element, form.Element) or element.count != 1:
        raise translator.unsupported(node, "an atomic on what is no number")
    operands = tuple(converted(each, element.dtype) for each in given)
    place = translator.place(node)
    found = form.Atomic(element.dtype, name, element, operands, True, place)
    return translator.temporary(found, node)
