"""The functions of CUDA C: barriers, shuffles, atomics and mathematics."""

from __future__ import annotations

import linecache
import re
from typing import TYPE_CHECKING, Any

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c.clang import dtype_of
from tinytorch_ls.machine.cuda_c.things import Pointer, Thing, Vector, element_at
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import BOOL, INT32, INT64, UINT32
from tinytorch_ls.machine.report import Place

if TYPE_CHECKING:
    from tinytorch_ls.machine.cuda_c.expressions import Expressions

_MATH = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "cbrt", "sin",
    "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "erfc", "floor", "ceil",
    "trunc", "rint", "round", "pow", "atan2", "fmod", "hypot", "copysign", "fmax", "fmin",
    "nextafter", "lgamma", "max", "min", "abs", "isnan", "isinf", "isfinite", "fma",
}  # fmt: skip
_OTHER = {
    "fabs": "abs", "tgamma": "gamma", "__fdividef": "/", "__frcp_rn": "rcp", "__fadd_rn": "+",
    "__fsub_rn": "-", "__fmul_rn": "*", "__fdiv_rn": "/", "__fmaf_rn": "fma", "__fsqrt_rn": "sqrt",
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
_BLOCK = {"__syncthreads_count": "count", "__syncthreads_and": "and", "__syncthreads_or": "or"}
_BITS = {"__popc": "popc", "__popcll": "popc", "__clz": "clz", "__ffs": "ffs", "__brev": "brev"}
_OF_LANES = {*_SHUFFLES, *_VOTES, *_BLOCK, *_BITS}
_TRAP = re.compile(r"__trap\(\);\s*(?://|/\*)\s*(.+?)\s*(?:\*/|$)")
WHOLE_WARP = form.Constant(INT64, 0xFFFFFFFF)


def call(translator: Expressions, node: Any, name: str, arguments: list[Any]) -> Thing:
    """A call of one of CUDA's functions."""
    place = translator.place(node)
    match name:
        case "__syncthreads":
            translator.emit(form.Barrier(place))
            return None
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
    if name in _ATOMIC:
        return _atomic(translator, node, _ATOMIC[name], arguments)
    if name == "__ldg":
        pointer = translator.decayed(translator.visit(arguments[0]))
        assert isinstance(pointer, Pointer)
        return element_at(pointer)
    if name not in _OF_LANES and not name.startswith("make_") and not _operation(name):
        raise translator.unsupported(node, f"`{name}`")
    given = [translator.visit(each) for each in arguments]
    numbers = [translator.number(e, n) for e, n in zip(given, arguments, strict=True)]
    return _of_numbers(translator, node, name, numbers)


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
    if name in _BLOCK:
        return translator.temporary(form.BlockVote(INT32, _BLOCK[name], given[0], place), node)
    if name in _BITS:
        return form.Cast(dtype, form.Operation(INT64, _BITS[name], tuple(given)))
    if name.startswith("make_"):
        return Vector(tuple(translator.temporary(each, node) for each in given))
    operation = _operation(name)
    assert operation
    if operation in ("isnan", "isinf", "isfinite"):
        return form.Operation(BOOL, operation, tuple(given))
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
    pointer = translator.decayed(translator.visit(target))
    if not isinstance(pointer, Pointer):
        raise translator.unsupported(node, "an atomic operation on this")
    given = [translator.number(translator.visit(each), each) for each in rest]
    operands = tuple(converted(each, pointer.dtype) for each in given)
    place = translator.place(node)
    found = form.Atomic(pointer.dtype, name, element_at(pointer), operands, True, place)
    return translator.temporary(found, node)
