"""What a kernel may call: builtins, `math`, NumPy's ufuncs, types and `cuda`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import (
    BOOL,
    COMPLEX64,
    COMPLEX128,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    UINT32,
    UINT64,
    arithmetic,
    dtype_named,
    is_whole,
    real,
    unified,
    widened,
)
from tinytorch_ls.machine.python.expressions import element_of
from tinytorch_ls.machine.python.names import operation_of
from tinytorch_ls.machine.python.things import (
    CudaName,
    Known,
    Range,
    Several,
    Thing,
    Together,
    View,
    whole,
    words,
)
from tinytorch_ls.machine.refused import LocatedError

if TYPE_CHECKING:
    from tinytorch_ls.machine.python.translate import Translator

Call: TypeAlias = "Callable[[Translator, ast.Call, list[Thing]], Thing]"
WHOLE_WARP = form.Constant(INT64, 0xFFFFFFFF)
SIGNATURES = {  # the names of parameters, for those that are given by name
    "shared.array": ("shape", "dtype"), "local.array": ("shape", "dtype"),
    "syncwarp": ("mask",), "grid": ("ndim",), "gridsize": ("ndim",),
    "shfl_sync": ("mask", "value", "src_lane"), "shfl_up_sync": ("mask", "value", "delta"),
    "shfl_down_sync": ("mask", "value", "delta"),
    "shfl_xor_sync": ("mask", "value", "lane_mask"),
}  # fmt: skip


def call_known(translator: Translator, node: ast.Call, value: Any, given: list[Thing]) -> Thing:
    """A call of something that is no part of `cuda`."""
    if isinstance(value, type) and issubclass(value, BaseException):
        return Known(value(*(each.value for each in given if isinstance(each, Known))))
    builtin = _BUILTINS.get(value) if _hashable(value) else None
    if builtin is not None:
        return builtin(translator, node, given)
    dtype = dtype_named(value)
    if dtype is not None and value not in (int, float, complex, bool):
        return _cast(translator, node, given, dtype)
    found = operation_of(value)
    if found is not None:
        return _elementwise(translator, node, given, *found)
    source = translator.source
    value = cast(Any, value)
    module: str = getattr(value, "__module__", None) or ""
    name: str = getattr(value, "__name__", str(value))
    if callable(value) and not module.startswith(("numpy", "math")):
        if type(value).__name__ == "function":
            raise source.refused(
                node, f"a kernel calls {name}: mark it @cuda.jit(device=True)", "function"
            )
        raise source.refused(node, f"{name} is not for kernels")
    raise source.refused(
        node, f"numba has no {module.split('.')[0] or ''}.{name} in kernels", "attribute"
    )


def _hashable(value: Any) -> bool:
    return getattr(builtins, getattr(value, "__name__", ""), None) is value


def call_cuda(translator: Translator, node: ast.Call, path: str, given: list[Thing]) -> Thing:
    """A call of a name in `cuda`."""
    for prefix, call in _CUDA_PREFIXES.items():
        if path.startswith(prefix):
            return call(translator, node, path.removeprefix(prefix), given)
    call = _CUDA.get(path)
    if call is None:
        missing = f"the simulator does not have cuda.{path}"
        raise LocatedError(AttributeError(missing), translator.source.place(node))
    return call(translator, node, given)


def _numbers(
    translator: Translator, node: ast.Call, given: list[Thing], count: int | None = None
) -> list[form.Expression]:
    if count is not None and len(given) != count:
        raise translator.source.refused(node, f"it takes {count} argument(s), not {len(given)}")
    nodes = [*node.args, *(keyword.value for keyword in node.keywords)]
    nodes += [node] * (len(given) - len(nodes))
    return [translator.number_of(each, at) for each, at in zip(given, nodes, strict=False)]


def _cast(translator: Translator, node: ast.Call, given: list[Thing], dtype: form.DType) -> Thing:
    if not given:
        return form.Constant(dtype, dtype.type(0))
    return converted(_numbers(translator, node, given, 1)[0], dtype)


def _elementwise(
    translator: Translator, node: ast.Call, given: list[Thing], rule: str, name: str
) -> Thing:
    for each in given:
        if isinstance(each, View):
            raise translator.source.refused(node, f"it takes numbers, and this is {words(each)}")
    operands = _numbers(translator, node, given)
    dtypes = [each.dtype for each in operands]
    match rule:
        case "real":
            dtype = real(*dtypes)
        case "test":
            return form.Operation(BOOL, name, tuple(converted(e, real(e.dtype)) for e in operands))
        case "gcd":
            dtype = widened(*dtypes)
        case "comparison":
            dtype = arithmetic(dtypes[0], dtypes[-1])
            return form.Operation(BOOL, name, tuple(converted(e, dtype) for e in operands))
        case _:
            dtype = arithmetic(dtypes[0], dtypes[-1])
    return form.Operation(dtype, name, tuple(converted(each, dtype) for each in operands))


# Builtins.


def _range(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    numbers = _numbers(translator, node, given)
    for each in numbers:
        if not is_whole(each.dtype):
            raise translator.source.refused(node, f"range takes whole numbers, not a {each.dtype}")
    dtype = unified(*(each.dtype for each in numbers))
    dtype = dtype if dtype in (INT32, INT64, UINT64) else INT64
    numbers = [converted(each, dtype) for each in numbers]
    zero, one = form.Constant(dtype, 0), form.Constant(dtype, 1)
    match numbers:
        case [stop]:
            return Range(zero, stop, one)
        case [start, stop]:
            return Range(start, stop, one)
        case [start, stop, step]:
            return Range(start, stop, step)
        case _:
            raise translator.source.refused(node, "range takes one to three numbers")


def _together(name: str) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        if name == "enumerate":
            given = [Range(whole(0), length_of(translator, node, given[0]), whole(1)), *given[:1]]
        for each in given:
            length_of(translator, node, each)
        return Together(tuple(given))

    return call


def length_of(translator: Translator, node: ast.expr, thing: Thing) -> form.Expression:
    """How many turns a loop over something takes."""
    match thing:
        case View() if thing.free:
            return thing.free[0].length
        case Several(items=items):
            return whole(len(items))
        case Range(start=start, stop=stop, step=step):
            span = form.Operation(INT64, "-", (converted(stop, INT64), converted(start, INT64)))
            if isinstance(step, form.Constant) and step.value == 1:
                return form.Operation(INT64, "max", (span, whole(0)))
            steps = form.Operation(INT64, "//", (span, converted(step, INT64)))
            return form.Operation(INT64, "max", (steps, whole(0)))
        case Together(parts=parts):
            found = length_of(translator, node, parts[0])
            for part in parts[1:]:
                found = form.Operation(INT64, "min", (found, length_of(translator, node, part)))
            return found
        case _:
            why = f"a loop goes over a range or an array, not {words(thing)}"
            raise translator.source.refused(node, why)


def _len(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    match given:
        case [Several(items=items)]:
            return Known(len(items))
        case [View() as view]:
            return view.free[0].length
        case _:
            raise translator.source.refused(node, "len takes an array or a tuple")


def _extreme(name: str) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        if len(given) == 1 and isinstance(given[0], Several):
            given = list(given[0].items)
        if len(given) < 2:
            raise translator.source.refused(node, f"{name} takes two numbers or more")
        operands = _numbers(translator, node, given)
        dtype = unified(*(each.dtype for each in operands))
        found = converted(operands[0], dtype)
        for each in operands[1:]:
            found = form.Operation(dtype, name, (found, converted(each, dtype)))
        return found

    return call


def _abs(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    (value,) = _numbers(translator, node, given, 1)
    dtype = INT64 if value.dtype == BOOL else value.dtype
    result = np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype
    return form.Operation(result, "abs", (converted(value, dtype),))


def _int(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    (value,) = _numbers(translator, node, given, 1)
    return value if value.dtype.kind in "iu" else converted(value, INT64)


def _float(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    if len(given) == 1 and isinstance(given[0], Known) and given[0].value in ("inf", "-inf", "nan"):
        return Known(float(given[0].value))
    (value,) = _numbers(translator, node, given, 1)
    return converted(value, FLOAT64) if is_whole(value.dtype) else value


def _bool(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    return converted(_numbers(translator, node, given, 1)[0], BOOL)


def _complex(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    parts = _numbers(translator, node, given)
    dtype = COMPLEX64 if all(p.dtype == FLOAT32 for p in parts) else COMPLEX128
    part = FLOAT32 if dtype == COMPLEX64 else FLOAT64
    if len(parts) == 1:
        return converted(parts[0], dtype)
    return form.Operation(dtype, "complex", tuple(converted(each, part) for each in parts))


def _round(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    if len(given) != 1:
        raise translator.source.unsupported(node, "round to digits")
    (value,) = _numbers(translator, node, given, 1)
    return converted(form.Operation(value.dtype, "rint", (value,)), INT64)


def _pow(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    a, b = _numbers(translator, node, given, 2)
    return translator.combined(node, "**", a, b)


def _divmod(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    a, b = _numbers(translator, node, given, 2)
    return Several((translator.combined(node, "//", a, b), translator.combined(node, "%", a, b)))


def _print(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:  # noqa: ARG001
    return Known(None)


def _tuple(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    if len(given) == 1 and isinstance(given[0], Several):
        return given[0]
    raise translator.source.refused(node, "a tuple is made of a tuple")


_BUILTINS: dict[Any, Call] = {
    range: _range, len: _len, min: _extreme("min"), max: _extreme("max"), abs: _abs, int: _int,
    float: _float, bool: _bool, complex: _complex, round: _round, pow: _pow, divmod: _divmod,
    print: _print, tuple: _tuple, enumerate: _together("enumerate"), zip: _together("zip"),
}  # fmt: skip


# cuda.


def _axes(kind: str) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        match given:
            case [Known(value=1)]:
                return form.Special(INT64, f"{kind}.0")
            case [Known(value=int() as ndim)] if ndim in (2, 3):
                return Several(tuple(form.Special(INT64, f"{kind}.{i}") for i in range(ndim)))
            case _:
                raise translator.source.refused(node, f"cuda.{kind} takes 1, 2 or 3")

    return call


def _syncthreads(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    if given:
        raise translator.source.refused(node, "cuda.syncthreads takes no arguments")
    translator.emit(form.Barrier(translator.source.place(node)))
    return Known(None)


def _this_grid(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    if given:
        raise translator.source.refused(node, "cuda.cg.this_grid takes no arguments")
    return CudaName("cg.grid")


def _grid_sync(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    if given:
        raise translator.source.refused(node, "sync takes no arguments")
    translator.emit(form.Barrier(translator.source.place(node), grid=True))
    return Known(None)


def _block_vote(name: str) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        (value,) = _numbers(translator, node, given, 1)
        place = translator.source.place(node)
        return translator.temporary(form.BlockVote(INT32, name, value, place), node)

    return call


def _syncwarp(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    mask = _numbers(translator, node, given)[0] if given else WHOLE_WARP
    translator.emit(form.WarpBarrier(translator.source.place(node), mask))
    return Known(None)


def _shuffle(name: str) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        mask, value, by = _numbers(translator, node, given, 3)
        place = translator.source.place(node)
        found = form.Exchange(value.dtype, name, mask, (value, converted(by, INT64)), place)
        return translator.temporary(found, node)

    return call


def _vote(name: str, dtype: form.DType) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        mask, *values = _numbers(translator, node, given)
        found = form.Exchange(dtype, name, mask, tuple(values), translator.source.place(node))
        return translator.temporary(found, node)

    return call


def _match_all(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    """The mask where all of its lanes have the same value, else 0; and whether they have."""
    mask, value = _numbers(translator, node, given, 2)
    place = translator.source.place(node)
    exchange = form.Exchange(BOOL, "match_all", mask, (value,), place)
    alike = translator.temporary(exchange, node)
    masks = (alike, converted(mask, INT32), form.Constant(INT32, 0))
    return Several((form.Operation(INT32, "select", masks), alike))


def _activemask(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:  # noqa: ARG001
    place = translator.source.place(node)
    return translator.temporary(
        form.Exchange(UINT32, "activemask", form.Constant(INT64, 0), (), place), node
    )


def _lanes_below(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:  # noqa: ARG001
    lane = form.Cast(UINT32, form.Special(INT32, "laneid"))
    bit = form.Operation(UINT32, "<<", (form.Constant(UINT32, 1), lane))
    return form.Operation(UINT32, "-", (bit, form.Constant(UINT32, 1)))


def _fence(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:  # noqa: ARG001
    translator.emit(form.Fence(translator.source.place(node)))
    return Known(None)


def _nothing(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:  # noqa: ARG001
    return Known(None)


def _bits(name: str) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        (value,) = _numbers(translator, node, given, 1)
        dtype = {"ffs": UINT32, "clz": value.dtype}.get(name, value.dtype)
        found = form.Operation(np.dtype(np.int64), name, (value,))
        return form.Cast(dtype, found)

    return call


def _fma(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    parts = _numbers(translator, node, given, 3)
    dtype = real(*(each.dtype for each in parts))
    return form.Operation(dtype, "fma", tuple(converted(each, dtype) for each in parts))


def _select(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    test, a, b = _numbers(translator, node, given, 3)
    dtype = unified(a.dtype, b.dtype)
    operands = (converted(test, BOOL), converted(a, dtype), converted(b, dtype))
    return form.Operation(dtype, "select", operands)


def _cube_root(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    return _elementwise(translator, node, given, "real", "cbrt")


def _array(space: Any) -> Call:
    def call(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
        if len(given) < 2:
            raise translator.source.refused(node, f"cuda.{space}.array takes a shape and a dtype")
        shape = _constant_shape(translator, node, given[0], space)
        dtype = None
        if isinstance(given[1], Known):
            named = given[1].value
            dtype = np.dtype(named) if isinstance(named, str) else dtype_named(named)
            dtype = None if named in (int, float, complex) else dtype
        if dtype is None:
            raise translator.source.refused(node, f"{words(given[1])} is no dtype of an array")
        return translator.declared(node, space, shape, dtype)

    return call


def _constant_shape(translator: Translator, node: ast.Call, thing: Thing, space: str) -> Any:
    parts = thing.items if isinstance(thing, Several) else (thing,)
    lengths: list[int] = []
    for each in parts:
        value: Any = each.value if isinstance(each, Known) else None
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
            raise translator.source.refused(
                node,
                f"the shape of cuda.{space}.array has to be a constant, known before the launch: "
                "a number, a name of the file, or a variable that is given one once",
                "call",
            )
        if value < (0 if space == "shared" and len(parts) == 1 else 1):
            raise translator.source.refused(
                node, f"cuda.{space}.array needs lengths of at least 1", "call"
            )
        lengths.append(int(cast(Any, value)))
    return None if lengths == [0] else tuple(lengths)


def _constant_array(translator: Translator, node: ast.Call, given: list[Thing]) -> Thing:
    if isinstance(given[0], View):
        return given[0]
    raise translator.source.refused(node, "cuda.const.array_like takes an array of the file")


_ATOMICS = {
    "add": "add", "sub": "sub", "max": "max", "min": "min", "nanmax": "nanmax",
    "nanmin": "nanmin", "and_": "and", "or_": "or", "xor": "xor", "inc": "inc", "dec": "dec",
    "exch": "exch", "cas": "cas", "compare_and_swap": "cas",
}  # fmt: skip


def _atomic(translator: Translator, node: ast.Call, name: str, given: list[Thing]) -> Thing:
    if name not in _ATOMICS:
        missing = f"the simulator does not have cuda.atomic.{name}"
        raise LocatedError(AttributeError(missing), translator.source.place(node))
    array, *rest = given
    if not isinstance(array, View):
        raise translator.source.refused(
            node, f"cuda.atomic.{name} changes an array, not {words(array)}"
        )
    if name == "compare_and_swap":
        rest = [Known(0), *rest]
    if len(rest) != (3 if _ATOMICS[name] == "cas" else 2):
        raise translator.source.refused(
            node, f"cuda.atomic.{name} takes an array, an index and a value"
        )
    view = translator.indexed(node, array, rest[0])
    if view.free:
        free = len(array.free)
        raise translator.source.refused(
            node, f"{array.name} has {free} dimensions: name one element"
        )
    operands = [translator.number_of(each, node) for each in rest[1:]]
    numbers = tuple(converted(each, view.dtype) for each in operands)
    place = translator.source.place(node)
    wanted = not translator.discarded(node)
    found = form.Atomic(view.dtype, _ATOMICS[name], element_of(view), numbers, wanted, place)
    return translator.temporary(found, node) if wanted else found


_LIBDEVICE = {
    **{name: name for name in (
        "exp", "exp2", "log", "log2", "log10", "log1p", "expm1", "sqrt", "rsqrt", "cbrt", "sin",
        "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "erfc", "floor",
        "ceil", "trunc", "rint", "round", "pow", "fmod", "atan2", "hypot", "copysign",
    )},
    "fabs": "abs", "fmax": "fmax", "fmin": "fmin", "tgamma": "gamma", "lgamma": "lgamma",
    "fma": "fma",
}  # fmt: skip


def _libdevice(translator: Translator, node: ast.Call, name: str, given: list[Thing]) -> Thing:
    bare, dtype = name.removeprefix("fast_"), FLOAT64
    if bare not in _LIBDEVICE and bare.endswith("f"):
        bare, dtype = bare.removesuffix("f"), FLOAT32
    if bare not in _LIBDEVICE:
        missing = f"the simulator does not have cuda.libdevice.{name}"
        raise LocatedError(AttributeError(missing), translator.source.place(node))
    operands = tuple(converted(each, dtype) for each in _numbers(translator, node, given))
    return form.Operation(dtype, _LIBDEVICE[bare], operands)


_HALF = {
    "hadd": "+", "hsub": "-", "hmul": "*", "hdiv": "/", "hneg": "neg", "habs": "abs",
    "hfma": "fma", "hmax": "max", "hmin": "min", "hsin": "sin", "hcos": "cos", "hsqrt": "sqrt",
    "hrsqrt": "rsqrt", "hrcp": "rcp", "hexp": "exp", "hexp2": "exp2", "hlog": "log",
    "hlog2": "log2", "hlog10": "log10", "hfloor": "floor", "hceil": "ceil", "hrint": "rint",
    "htrunc": "trunc",
}  # fmt: skip
_HALF_TESTS = {"heq": "==", "hne": "!=", "hge": ">=", "hgt": ">", "hle": "<=", "hlt": "<"}


def _half(translator: Translator, node: ast.Call, name: str, given: list[Thing]) -> Thing:
    """Arithmetic in half precision."""
    operation = _HALF.get(name) or _HALF_TESTS.get(name)
    if operation is None:
        missing = f"the simulator does not have cuda.fp16.{name}"
        raise LocatedError(AttributeError(missing), translator.source.place(node))
    half = np.dtype(np.float16)
    operands = tuple(converted(each, half) for each in _numbers(translator, node, given))
    return form.Operation(BOOL if name in _HALF_TESTS else half, operation, operands)


_CUDA_PREFIXES: dict[str, Any] = {
    "atomic.": _atomic, "libdevice.": _libdevice, "fp16.": _half,
}  # fmt: skip
_CUDA: dict[str, Call] = {
    "grid": _axes("grid"), "gridsize": _axes("gridsize"), "syncthreads": _syncthreads,
    "syncthreads_count": _block_vote("count"), "syncthreads_and": _block_vote("and"),
    "syncthreads_or": _block_vote("or"), "syncwarp": _syncwarp, "shfl_sync": _shuffle("shfl"),
    "shfl_up_sync": _shuffle("shfl_up"), "shfl_down_sync": _shuffle("shfl_down"),
    "shfl_xor_sync": _shuffle("shfl_xor"), "ballot_sync": _vote("ballot", UINT32),
    "all_sync": _vote("all", BOOL), "any_sync": _vote("any", BOOL), "eq_sync": _vote("eq", BOOL),
    "match_any_sync": _vote("match_any", INT32), "match_all_sync": _match_all,
    "activemask": _activemask, "cg.this_grid": _this_grid, "cg.grid.sync": _grid_sync,
    "lanemask_lt": _lanes_below, "threadfence": _fence, "threadfence_system": _fence,
    "threadfence_block": _nothing, "popc": _bits("popc"), "clz": _bits("clz"),
    "ffs": _bits("ffs"), "brev": _bits("brev"), "fma": _fma, "selp": _select,
    "cbrt": _cube_root, "nanosleep": _nothing, "shared.array": _array("shared"),
    "local.array": _array("local"), "const.array_like": _constant_array,
}  # fmt: skip
