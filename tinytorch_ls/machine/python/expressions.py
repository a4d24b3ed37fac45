"""Python's expressions as numba types them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import replace
from math import gcd
from types import ModuleType
from typing import Any, cast

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import (
    BOOL,
    INT64,
    UINT64,
    arithmetic,
    division,
    is_whole,
    unified,
    widened,
)
from tinytorch_ls.machine.python.emitter import Emitter
from tinytorch_ls.machine.python.names import attribute, thing_of
from tinytorch_ls.machine.python.things import (
    Axis,
    CudaName,
    Device,
    Known,
    Range,
    Several,
    Thing,
    View,
    number,
    whole,
    words,
)
from tinytorch_ls.machine.refused import LocatedError
from tinytorch_ls.machine.values import is_array

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<",
    ast.RShift: ">>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
    ast.NotEq: "!=",
}  # fmt: skip
INDICES = {"threadIdx", "blockIdx", "blockDim", "gridDim"}


class Expressions(Emitter):
    """Translates expressions; what they need beforehand is written as statements."""

    def lazily(self, visit: Callable[[], Thing], node: ast.expr) -> Thing:
        """A part that not every thread computes: its statements go with it."""
        with self.collected() as before:
            found = visit()
        if not before:
            return found
        value = number(found)
        if value is None:
            raise self.source.unsupported(
                node, "only numbers come out of a part that some threads skip"
            )
        return form.After(value.dtype, tuple(before), value)

    def visit(self, node: ast.expr) -> Thing:
        """Any expression."""
        match node:
            case ast.Constant(value=value):
                return Known(value)
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(node, op, *self.in_order(left, right))
            case ast.UnaryOp(op=op, operand=operand):
                return self.unary(node, op, self.visit(operand))
            case ast.Compare():
                return self.comparison(node)
            case ast.BoolOp(op=op, values=values):
                return self.short_circuit(isinstance(op, ast.And), values)
            case ast.IfExp():
                return self.choice(node)
            case ast.Call():
                return self.call(node)
            case ast.Tuple(elts=parts):
                return Several(tuple(self.in_order(*parts)))
            case ast.NamedExpr(target=target, value=value):
                self.bind(target.id, self.visit(value), node)
                return self.name(node, target.id)
            case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.GeneratorExp():
                raise self.source.refused(node, "a kernel can't make lists or dicts")
            case _:
                raise self.source.refused(node, "this is not for kernels")

    def in_order(self, *nodes: ast.expr) -> list[Thing]:
        """Several expressions; none is read after what a later one does."""
        found: list[Thing] = []
        for node in nodes:
            mark = len(self.out)
            thing = self.visit(node)
            if len(self.out) > mark and any(reads(each) for each in found):
                late, self.out[mark:] = self.out[mark:], []
                found = [self.held(each, node) for each in found]
                self.out.extend(late)
            found.append(thing)
        return found

    def number(self, node: ast.expr) -> form.Expression:
        """An expression that has to be a number."""
        return self.number_of(self.visit(node), node)

    def unbound(self, node: ast.expr, name: str) -> LocatedError:
        """What to raise where a variable has no value yet."""
        words = f"cannot access local variable '{name}' where it is not associated with a value"
        return LocatedError(UnboundLocalError(words), self.source.place(node))

    def name(self, node: ast.expr, name: str) -> Thing:
        """A variable, or a name of the file."""
        found = self.env.get(name)
        if found is not None:
            return found
        if name in self.unlike and name in self.env:
            raise self.source.refused(node, f"`{name}` is {self.unlike[name]}", "unlike")
        frame = self.frame
        for loop in reversed(frame.loops):
            if name in loop.assigned and name not in loop.head:
                loop.early[name] = node
                return form.Constant(BOOL, False)  # until the loop's next reading, which knows more
        if name in frame.function.__code__.co_varnames:
            raise self.unbound(node, name)
        if name in frame.names:
            return self.known(thing_of(frame.names[name]), node, name)
        builtins: Any = frame.names.get("__builtins__", {})
        found_names: Any = vars(builtins) if isinstance(builtins, ModuleType) else builtins
        if name in found_names:
            return Known(found_names[name])
        raise LocatedError(NameError(f"name '{name}' is not defined"), self.source.place(node))

    def known(self, thing: Thing, node: ast.expr, name: str) -> Thing:
        """An array of the file is a constant of the kernel."""
        if isinstance(thing, Known) and is_array(thing.value):
            return self.constant_array(thing.value, name, node)
        return thing

    def constant_array(self, values: Any, name: str, node: ast.expr) -> View:
        """An array whose values are known."""
        key = f"{self.frame.prefix}{name}", node
        if key not in self.arrays:
            array = form.Array(
                name, "global", values.dtype, values.ndim, values.shape, values.copy()
            )
            self.arrays[key] = array
        array = self.arrays[key]
        strides = [int(np.prod(values.shape[i + 1 :], dtype=int)) for i in range(values.ndim)]
        axes = (
            Axis(None, whole(n), whole(stride))
            for n, stride in zip(values.shape, strides, strict=True)
        )
        return View(array, array.dtype, whole(0), tuple(axes))

    def attribute(self, node: ast.Attribute) -> Thing:
        """thing.name."""
        base, name = self.visit(node.value), node.attr
        match base:
            case CudaName(path=path):
                return self.cuda_attribute(f"{path}.{name}".lstrip("."))
            case View() if is_one_record(base):
                return self.loaded(self.field(node, base, name), node)
            case View():
                return self.array_attribute(node, base, name)
            case Known(value=value) if number(base) is None or not hasattr(np.float64, name):
                found = attribute(value, name)
                if found is None:
                    words = f"{getattr(value, '__name__', value)} has no {name}"
                    raise LocatedError(AttributeError(words), self.source.place(node))
                return self.known(found, node, name)
            case _:
                value = self.number_of(base, node.value)
                if name in ("real", "imag") and value.dtype.kind == "c":
                    dtype = np.dtype(f"f{value.dtype.itemsize // 2}")
                    return form.Operation(dtype, name, (value,))
                raise self.source.refused(node, f"a {value.dtype} has no `{name}`", "attribute")

    def cuda_attribute(self, path: str) -> Thing:
        """cuda.something."""
        first, _, rest = path.partition(".")
        if first in INDICES and rest in ("x", "y", "z"):
            return form.Special(np.dtype(np.int32), path)
        if path == "laneid":
            return form.Special(np.dtype(np.int32), path)
        if path == "warpsize":
            return form.Constant(np.dtype(np.int32), 32)
        return CudaName(path)

    def array_attribute(self, node: ast.expr, view: View, name: str) -> Thing:
        """shape, size, ndim, dtype."""
        free = view.free
        match name:
            case "shape":
                return Several(tuple(axis.length for axis in free))
            case "strides":
                size = whole(view.dtype.itemsize)
                return Several(tuple(form.Operation(INT64, "*", (a.stride, size)) for a in free))
            case "size":
                return product([axis.length for axis in free])
            case "ndim":
                return Known(len(free))
            case "itemsize":
                return Known(view.dtype.itemsize)
            case "dtype":
                return Known(view.dtype)
            case "T":
                axes = iter(reversed(free))
                turned = tuple(next(axes) if a.index is None else a for a in view.axes)
                return View(view.memory, view.dtype, view.offset, turned)
            case _:
                raise self.source.refused(
                    node, f"in a kernel an array has no `{name}`", "attribute"
                )

    def subscript(self, node: ast.Subscript) -> Thing:
        """thing[index]."""
        base = self.visit(node.value)
        if isinstance(base, Several):
            return self.item(node, base)
        if not isinstance(base, View):
            raise self.source.refused(node, f"{words(base)} has no elements")
        view = self.part(node, base)
        return view if view.free or view.dtype.names else self.loaded(view, node)

    def is_record(self, node: ast.expr) -> bool:
        """Whether an expression is one record of an array."""
        return isinstance(node, ast.Subscript | ast.Name) and is_one_record(self.visit(node))

    def field(self, node: ast.expr, record: View, name: Any) -> View:
        """A number of a record."""
        fields: Any = cast(Any, record.dtype).fields
        if not isinstance(name, str) or name not in fields:
            has = ", ".join(record.dtype.names or ())
            raise self.source.refused(node, f"a record has the fields {has}")
        if not isinstance(record.memory, form.Array):
            raise self.source.unsupported(node, "records of arrays that are chosen")
        dtype, start = fields[name][:2]
        far = whole(start // record.memory.dtype.itemsize)
        return replace(record, dtype=dtype, offset=form.Operation(INT64, "+", (record.offset, far)))

    def item(self, node: ast.Subscript, base: Several) -> Thing:
        """One of a tuple; where the index is not known, one of numbers."""
        index = self.visit(node.slice)
        if isinstance(index, Known) and isinstance(index.value, int):
            if not -len(base.items) <= index.value < len(base.items):
                raise self.source.refused(node, f"this is {words(base)}")
            return base.items[index.value]
        at = converted(self.temporary(self.number_of(index, node.slice), node), INT64)
        numbers = [self.number_of(each, node) for each in base.items]
        dtype = unified(*(each.dtype for each in numbers))
        found = converted(numbers[-1], dtype)
        for i, each in reversed(list(enumerate(numbers[:-1]))):
            test = form.Operation(BOOL, "==", (at, whole(i)))
            found = form.Choice(dtype, test, converted(each, dtype), found)
        return found

    def loaded(self, view: View, node: ast.expr) -> form.Load:
        """The element that is left of an array."""
        return form.Load(view.dtype, element_of(view), self.source.place(node))

    def part(self, node: ast.Subscript, view: View) -> View:
        """array[index]: an element or a smaller array; of a record a field."""
        if is_one_record(view):
            name = self.visit(node.slice)
            return self.field(node, view, name.value if isinstance(name, Known) else None)
        index = node.slice
        nodes = list(index.elts) if isinstance(index, ast.Tuple) else [index]
        parts: list[Any] = []
        for each in nodes:
            if isinstance(each, ast.Slice):
                ends = (each.lower, each.upper, each.step)
                parts.append([None if e is None else self.index(e, view) for e in ends])
            else:
                found = self.visit(each)
                if isinstance(found, Several):
                    parts += [self.whole_index(item, each, view) for item in found.items]
                else:
                    parts.append(self.whole_index(found, each, view))
        free = view.free
        if len(parts) > len(free):
            raise self.source.refused(
                node,
                f"{view.name} has {len(free)} dimensions and was indexed with {len(parts)}",
                "index",
            )
        axes: list[Axis] = []
        offset = view.offset
        left = iter(parts)
        for axis in view.axes:
            given = next(left, None) if axis.index is None else None
            if given is None:
                axes.append(axis)
            elif isinstance(given, list):
                ends = cast(Any, given)
                start, length, stride = self.sliced(axis, ends, node)
                axes.append(Axis(None, length, stride))
                step = form.Operation(INT64, "*", (start, axis.stride))
                offset = form.Operation(INT64, "+", (offset, step))
            else:
                axes.append(Axis(given, axis.length, axis.stride))
        return View(view.memory, view.dtype, offset, tuple(axes))

    def index(self, node: ast.expr, view: View) -> form.Expression:
        """One index."""
        return self.whole_index(self.visit(node), node, view)

    def whole_index(self, thing: Thing, node: ast.expr, view: View) -> form.Expression:
        """An index as 64 bits. Raises where it is no whole number."""
        found = number(thing)
        if found is not None and is_whole(found.dtype):
            return converted(found, INT64)
        shown = thing.value if isinstance(thing, Known) else words(thing)
        raise self.source.refused(
            node, f"{view.name} was indexed with {shown}, not with a whole number", "index"
        )

    def sliced(
        self, axis: Axis, ends: list[form.Expression | None], node: ast.expr
    ) -> tuple[form.Expression, form.Expression, form.Expression]:
        """Where a slice begins, its length and its stride."""
        lower, upper, step = ends
        length = axis.length
        start = whole(0) if lower is None else clamped(lower, length)
        stop = length if upper is None else clamped(upper, length)
        start = self.temporary(start, node)
        extent = form.Operation(INT64, "-", (stop, start))
        if step is not None:
            if not isinstance(step, form.Constant) or step.value < 1:
                raise self.source.unsupported(
                    node, "the step of a slice has to be a positive number"
                )
            more = form.Operation(INT64, "+", (extent, whole(int(step.value) - 1)))
            extent = form.Operation(INT64, "//", (more, step))
        extent = form.Operation(INT64, "max", (extent, whole(0)))
        stride = axis.stride
        if step is not None:
            stride = form.Operation(INT64, "*", (axis.stride, step))
        return start, self.temporary(extent, node), stride

    def binary(self, node: ast.expr, op: ast.operator, left: Thing, right: Thing) -> Thing:
        """left op right."""
        folded = constant(op, left, right)
        if folded is not None:
            return folded
        name = OPERATORS.get(type(op))
        if isinstance(left, Several) and isinstance(right, Several) and name == "+":
            return Several((*left.items, *right.items))
        if name is None or isinstance(left, View) or isinstance(right, View):
            raise self.source.refused(node, "operators take numbers, not whole arrays", "operator")
        a = self.operand(node, left)
        b = self.operand(node, right)
        return self.combined(node, name, a, b)

    def operand(self, node: ast.expr, thing: Thing) -> form.Expression:
        """A number beside an operator."""
        found = number(thing)
        if found is None:
            raise self.source.refused(node, f"no operator takes {words(thing)}", "operator")
        return found

    def combined(
        self, node: ast.expr, name: str, a: form.Expression, b: form.Expression
    ) -> form.Expression:
        """An operation of two numbers."""
        bitwise = name in ("&", "|", "^", "<<", ">>")
        if bitwise and not (is_whole(a.dtype) and is_whole(b.dtype)):
            raise self.source.refused(
                node, f"`{name}` is for whole numbers, not {a.dtype} and {b.dtype}"
            )
        if name in ("&", "|", "^") and a.dtype == b.dtype == BOOL:
            dtype = BOOL
        elif name in ("<<", ">>"):
            dtype = UINT64 if a.dtype.kind == "u" else INT64
        elif name == "/":
            dtype = division(a.dtype, b.dtype)
        elif name == "**":
            return power(a, b)
        else:
            dtype = arithmetic(a.dtype, b.dtype)
        return form.Operation(dtype, name, (converted(a, dtype), converted(b, dtype)))

    def unary(self, node: ast.UnaryOp, op: ast.unaryop, thing: Thing) -> Thing:
        """-x, +x, ~x, not x."""
        if isinstance(op, ast.Not):
            if isinstance(thing, Known) and number(thing) is None:
                return Known(not thing.value)
            return form.Operation(BOOL, "not", (self.test_of(thing, node.operand),))
        if isinstance(thing, Known) and isinstance(node.operand, ast.Constant):
            value: Any = thing.value
            if isinstance(op, ast.USub) and isinstance(value, int | float | complex):
                return Known(-value)
        value = self.operand(node, thing)
        if isinstance(op, ast.UAdd):
            return value
        dtype = widened(value.dtype) if is_whole(value.dtype) else value.dtype
        if isinstance(op, ast.Invert) and not is_whole(dtype):
            raise self.source.refused(node, f"`~` is for whole numbers, not {dtype}")
        name = "~" if isinstance(op, ast.Invert) else "neg"
        own = INT64 if value.dtype == BOOL else value.dtype  # in which numba takes it, then widens
        return converted(form.Operation(own, name, (converted(value, own),)), dtype)

    def comparison(self, node: ast.Compare) -> Thing:
        """a < b < c."""
        if len(node.ops) == 1:
            left, right = self.in_order(node.left, node.comparators[0])
            return self.compared(node, node.ops[0], left, right)
        left = self.held(self.visit(node.left), node)
        found: form.Expression | None = None
        for op, each in zip(node.ops, node.comparators, strict=True):
            right = self.held(self.visit(each), node)
            one = self.test_of(self.compared(node, op, left, right), node)
            found = one if found is None else form.ShortCircuit(BOOL, True, found, one)
            left = right
        assert found is not None
        return found

    def compared(self, node: ast.Compare, op: ast.cmpop, left: Thing, right: Thing) -> Thing:
        """left op right, for one operator."""
        match op:
            case ast.Is() | ast.IsNot():
                same = left == right
                if isinstance(left, Known) and isinstance(right, Known):
                    same = left.value is right.value
                return Known(same == isinstance(op, ast.Is))
            case ast.In() | ast.NotIn() if isinstance(right, Several):
                tests = [self.compared(node, ast.Eq(), left, each) for each in right.items]
                found: form.Expression = form.Constant(BOOL, False)
                for test in tests:
                    found = form.Operation(BOOL, "|", (found, self.test_of(test, node)))
                return form.Operation(BOOL, "not", (found,)) if isinstance(op, ast.NotIn) else found
            case _:
                pass
        if isinstance(left, Several) and isinstance(right, Several):
            pairs = zip(left.items, right.items, strict=False)
            found = form.Constant(BOOL, len(left.items) == len(right.items))
            for a, b in pairs:
                same = self.test_of(self.compared(node, ast.Eq(), a, b), node)
                found = form.Operation(BOOL, "&", (found, same))
            return form.Operation(BOOL, "not", (found,)) if isinstance(op, ast.NotEq) else found
        name = OPERATORS.get(type(op))
        if name is None:
            raise self.source.refused(node, "this comparison is not for kernels")
        if number(left) is None and isinstance(left, Known) and isinstance(right, Known):
            return Known((left.value == right.value) == isinstance(op, ast.Eq))
        a, b = self.operand(node, left), self.operand(node, right)
        dtype = arithmetic(a.dtype, b.dtype)
        return form.Operation(BOOL, name, (converted(a, dtype), converted(b, dtype)))

    def short_circuit(self, both: bool, values: list[ast.expr]) -> Thing:
        """a and b, a or b: in a condition, and as Python's values."""
        first, *rest = values
        left = self.visit(first)
        if not rest:
            return left
        if isinstance(left, Known) and number(left) is None:
            return self.short_circuit(both, rest) if bool(left.value) == both else left
        right_node = rest[0] if len(rest) == 1 else ast.copy_location(
            ast.BoolOp(ast.And() if both else ast.Or(), rest), first
        )  # fmt: skip
        right = self.lazily(lambda: self.visit(right_node), right_node)
        a, b = self.number_of(left, first), self.number_of(right, right_node)
        if a.dtype == b.dtype == BOOL:
            return form.ShortCircuit(BOOL, both, a, b)
        dtype = unified(a.dtype, b.dtype)
        kept = self.temporary(a, first)
        test = converted(kept, BOOL)
        a, b = converted(kept, dtype), converted(b, dtype)
        return form.Choice(dtype, test, b, a) if both else form.Choice(dtype, test, a, b)

    def choice(self, node: ast.IfExp) -> Thing:
        """a if test else b."""
        test = self.visit(node.test)
        if isinstance(test, Known) and (number(test) is None or isinstance(test.value, bool)):
            return self.visit(node.body if test.value else node.orelse)
        decided = self.temporary(self.test_of(test, node.test), node)
        first = self.lazily(lambda: self.visit(node.body), node.body)
        second = self.lazily(lambda: self.visit(node.orelse), node.orelse)
        if isinstance(first, View) and isinstance(second, View):
            return self.chosen_of(node, decided, first, second)
        a, b = self.number_of(first, node.body), self.number_of(second, node.orelse)
        dtype = unified(a.dtype, b.dtype)
        return form.Choice(dtype, decided, converted(a, dtype), converted(b, dtype))

    def chosen_of(self, node: ast.IfExp, test: form.Expression, one: View, two: View) -> Thing:
        """One of two arrays."""
        self.temporaries += 1
        together = self.shared_meaning(f"~{self.temporaries}", one, two)
        if together is None:
            raise self.source.refused(node, f"it is {words(one)} or {words(two)}")
        with self.collected() as yes:
            self.convert(together, one, node)
        with self.collected() as no:
            self.convert(together, two, node)
        self.emit(form.If(self.source.place(node), test, tuple(yes), tuple(no)))
        return together

    def call(self, node: ast.Call) -> Thing:
        """A call; `calls.py` has what can be called."""
        raise NotImplementedError

    def spread(self, thing: Thing, node: ast.expr) -> list[Thing]:
        """The parts that are assigned to several targets."""
        if isinstance(thing, Several):
            return list(thing.items)
        raise self.source.refused(node, f"{words(thing)} can't be taken apart")


def reads(thing: Thing) -> bool:
    """Whether a thing depends on memory or variables that a later statement may change."""
    match thing:
        case form.Constant() | form.Extent() | form.Special() | Known() | CudaName() | Device():
            return False
        case form.Operation(operands=operands):
            return any(reads(each) for each in operands)
        case form.Cast(value=value):
            return reads(value)
        case Several(items=items):
            return any(reads(each) for each in items)
        case Range() | View():
            return False
        case _:
            return True


def element_of(view: View) -> form.Element:
    """The one element that a view without free dimensions is."""
    indices = tuple(axis.index for axis in view.axes if axis.index is not None)
    return form.Element(
        view.memory,
        view.dtype,
        view.offset,
        indices,
        tuple(axis.length for axis in view.axes),
        tuple(axis.stride for axis in view.axes),
        ratio=view.dtype.itemsize // view.memory.dtype.itemsize
        if isinstance(view.memory, form.Array)
        else 1,
    )


def is_one_record(thing: Thing) -> bool:
    """Whether a thing is one record of an array."""
    return isinstance(thing, View) and bool(thing.dtype.names) and not thing.free


def unit_of(dtype: form.DType) -> form.DType | None:
    """The numbers of which a memory of records consists; None where a field is no number."""
    fields: Any = cast(Any, dtype).fields
    if any(field.kind not in "iufb" for field, *_ in fields.values()):
        return None
    sizes = [n for field, start, *_ in fields.values() for n in (field.itemsize, start)]
    return np.dtype(f"u{gcd(dtype.itemsize, 8, *sizes)}")


def power(base: form.Expression, exponent: form.Expression) -> form.Expression:
    """base ** exponent: a whole exponent leaves a float what it is."""
    if is_whole(base.dtype) and is_whole(exponent.dtype):
        dtype = widened(base.dtype, exponent.dtype)
    elif is_whole(exponent.dtype) and isinstance(exponent, form.Constant):
        dtype = base.dtype
        if exponent.value == 2:
            return form.Operation(dtype, "square", (base,))
    else:
        dtype = arithmetic(base.dtype, exponent.dtype)
    return form.Operation(dtype, "**", (converted(base, dtype), converted(exponent, dtype)))


def product(lengths: list[form.Expression]) -> form.Expression:
    """The product of lengths."""
    found: form.Expression = lengths[0] if lengths else whole(1)
    for length in lengths[1:]:
        found = form.Operation(INT64, "*", (found, length))
    return found


def clamped(index: form.Expression, length: form.Expression) -> form.Expression:
    """An end of a slice, from 0 to the length; negative ones count from the end."""
    negative = form.Operation(BOOL, "<", (index, whole(0)))
    wrapped = form.Operation(INT64, "+", (index, length))
    found = form.Choice(INT64, negative, wrapped, index)
    low = form.Operation(INT64, "max", (found, whole(0)))
    return form.Operation(INT64, "min", (low, length))


def constant(op: ast.operator, left: Thing, right: Thing) -> Known | None:
    """What two whole numbers that are known when the kernel is compiled come to."""
    compute = _WHOLE.get(type(op))
    if compute is None or not (isinstance(left, Known) and isinstance(right, Known)):
        return None
    if type(left.value) is not int or type(right.value) is not int:
        return None
    try:
        value = compute(left.value, right.value)
    except (ArithmeticError, ValueError):
        return None
    return Known(value) if -(2**63) <= value < 2**63 else None


_PYTHON: Any = operator  # which leaves open what its functions give
_WHOLE: dict[type[ast.operator], Any] = {
    ast.Add: _PYTHON.add, ast.Sub: _PYTHON.sub, ast.Mult: _PYTHON.mul,
    ast.FloorDiv: _PYTHON.floordiv, ast.Mod: _PYTHON.mod, ast.BitAnd: _PYTHON.and_,
    ast.BitOr: _PYTHON.or_, ast.BitXor: _PYTHON.xor,
}  # fmt: skip
