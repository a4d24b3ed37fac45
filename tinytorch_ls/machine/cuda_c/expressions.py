"""CUDA C's expressions: numbers, pointers, and places that can be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c import builtins, records
from tinytorch_ls.machine.cuda_c.clang import (
    children,
    dtype_of,
    is_value,
    kind_of,
    marks,
    operator_of,
    pointee,
    value_of,
)
from tinytorch_ls.machine.cuda_c.emitter import (
    AgainError,
    Emitter,
    in_c,
    inside,
    part_of,
    usual,
)
from tinytorch_ls.machine.cuda_c.layouts import fields_of, is_builtin, layout_of
from tinytorch_ls.machine.cuda_c.templates import is_template, method_written_out, written_out
from tinytorch_ls.machine.cuda_c.things import (
    NOWHERE,
    Address,
    Closure,
    Dimensions,
    Null,
    Pointer,
    PointerAt,
    PointerVariable,
    Record,
    Thing,
    Vector,
    VectorVariable,
    at_pointer,
    entry,
    handle,
    plus,
    pointer_to,
    times,
)
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import BOOL, INT32, INT64, UINT32, UINT64

INDICES = ("threadIdx", "blockIdx", "blockDim", "gridDim")
PASSED_THROUGH = ("UNEXPOSED_EXPR", "PAREN_EXPR", "CXX_FUNCTIONAL_CAST_EXPR")
COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")


class Expressions(Emitter):
    """Translates expressions; what they do on the way is written as statements."""

    def condition(self, node: Any) -> form.Expression:
        """An expression as true or false."""
        return converted(self.number(self.visit(node), node), BOOL)

    def visit(self, node: Any) -> Thing:
        """Any expression: a number, a pointer, or a place that can be written."""
        handler = _EXPRESSIONS.get(kind_of(node))
        if handler is None:
            raise self.unsupported(node, f"a {kind_of(node).lower().replace('_', ' ')}")
        return handler(self, node)

    def literal(self, node: Any) -> Thing:
        """A number as it is written."""
        return constant(dtype_of(node.type), value_of(node))

    def passed_through(self, node: Any) -> Thing:
        """Parentheses and implicit conversions."""
        inner = [each for each in children(node) if not kind_of(each).endswith("_REF")]
        found = self.visit(inner[-1])
        dtype = dtype_of(node.type)
        if dtype is None:
            return found if pointee(node.type) is None else self.decayed(found)
        if kind_of(node) == "PAREN_EXPR" or not isinstance(found, form.Expression | form.Element):
            return found
        return converted(self.number(found, node), dtype)

    def cast(self, node: Any) -> Thing:
        """(int)x, static_cast<int>(x), reinterpret_cast<float4*>(p)."""
        inner = [each for each in children(node) if not kind_of(each).endswith("_REF")]
        found = self.visit(inner[-1])
        dtype = dtype_of(node.type)
        if dtype is not None:
            return converted(self.number(found, node), dtype)
        target = pointee(node.type)
        pointer = self.decayed(found)
        if isinstance(pointer, Address) and target is not None:
            return self.address_as(node, pointer, target)
        if target is None or not isinstance(pointer, Pointer):
            return found
        return self.seen_as(node, pointer, target)

    def seen_as(self, node: Any, pointer: Pointer, target: Any) -> Pointer:
        """A pointer, to something else."""
        unit = pointer.layout.unit.itemsize
        layout = None if pointee(target) else layout_of(target, unit)
        if layout is None:
            raise self.unsupported(node, f"memory read as {target.spelling}")
        if layout.unit.itemsize < unit:
            self.finer(node, pointer.memory, layout.unit.itemsize)
        return replace(pointer, layout=layout, lengths=())

    def address_as(self, node: Any, address: Address, target: Any) -> Thing:
        """The address of a variable, which lies in memory where it is read as another type."""
        match address.thing:
            case form.Local(dtype=dtype, name=name):
                if dtype_of(target) == dtype:
                    return address
            case VectorVariable(parts=parts):
                name = parts[0].name.rpartition(".")[0]
            case _:
                raise self.unsupported(node, f"an object read as {target.spelling}")
        if name in self.notes.in_memory:
            raise self.unsupported(node, f"a parameter read as {target.spelling}")
        self.notes.in_memory.add(name)
        raise AgainError

    def name(self, node: Any) -> Thing:
        """A variable or a constant."""
        declaration = node.referenced
        found = self.function.env.get(declaration.hash)
        if found is not None:
            return found
        if declaration.spelling == "warpSize":
            return form.Constant(INT32, 32)
        if "shared" in marks(declaration):  # of the file, of the size that the launch gives
            return self.declared_array(declaration, declaration.get_usr(), "shared")
        if "device" in marks(declaration) and kind_of(declaration) == "VAR_DECL":
            return self.device_variable(node, declaration)
        if "ARRAY" in declaration.type.get_canonical().kind.name:
            return self.constant_array(node, declaration)
        if kind_of(declaration) == "ENUM_CONSTANT_DECL":
            return form.Constant(INT32, declaration.enum_value)
        value = value_of(declaration)
        dtype = dtype_of(node.type)
        if value is not None and dtype is not None:
            return constant(dtype, value)
        raise self.unsupported(node, f"`{node.spelling}`")

    def constant_array(self, node: Any, declaration: Any) -> Thing:
        """An array of the file whose numbers stand there."""
        if not any(kind_of(each) == "INIT_LIST_EXPR" for each in children(declaration)):
            raise self.unsupported(node, f"`{node.spelling}`: its numbers do not stand in the file")
        return Dimensions(self.array_of_file(node, declaration, writable=False), ())

    def device_variable(self, node: Any, declaration: Any) -> Thing:
        """A `__device__` variable: as the file gives it when the launch begins, else 0."""
        return entry(Dimensions(self.array_of_file(node, declaration, writable=True), ()))

    def array_of_file(self, node: Any, declaration: Any, *, writable: bool) -> form.Array:
        """Memory of the file's own: an array, or one number."""
        shape: list[int] = []
        kind = declaration.type.get_canonical()
        while kind.kind.name == "CONSTANTARRAY":
            shape.append(kind.element_count)
            kind = kind.element_type.get_canonical()
        dtype = dtype_of(kind)
        if dtype is None:
            raise self.unsupported(node, f"`{node.spelling}`: memory of {kind.spelling}")
        key = f"{declaration.spelling}#{declaration.location.offset}"
        if key not in self.arrays:
            values: Any = np.zeros(int(np.prod(shape)), dtype)
            given = [each for each in children(declaration) if is_value(each)][len(shape) :]
            numbers = numbers_of(given[-1]) if given else []
            values[: len(numbers)] = numbers
            self.arrays[key] = form.Array(
                node.spelling,
                "global",
                dtype,
                len(shape),
                tuple(shape),
                values.reshape(shape),
                writable,
            )
        return self.arrays[key]

    def member(self, node: Any) -> Thing:
        """threadIdx.x, v.y."""
        (inner, *_) = children(node) or [None]
        if inner is None:  # of the object whose method this is
            if self.function.this is None:
                raise self.unsupported(node, f"`{node.spelling}`")
            return self.function.this.members[node.spelling]
        while kind_of(inner) in PASSED_THROUGH:
            inner = children(inner)[0]
        if inner.spelling in INDICES and kind_of(inner) == "DECL_REF_EXPR":
            return form.Cast(UINT32, form.Special(INT32, f"{inner.spelling}.{node.spelling}"))
        found = self.object(inner)
        if isinstance(found, Record):
            return found.members[node.spelling]
        if isinstance(found, form.Element) and found.count > 1:
            return part_of(found, "xyzw".index(node.spelling))
        if isinstance(found, VectorVariable | Vector):
            return found.parts["xyzw".index(node.spelling)]
        raise self.unsupported(node, f"`.{node.spelling}` of this")

    def object(self, node: Any) -> Thing:
        """What stands before `.` or `->`, or where a pointer points to."""
        found = self.decayed(self.visit(node))
        if isinstance(found, Address):
            return found.thing
        return at_pointer(found) if isinstance(found, Pointer) else found

    def this(self, node: Any) -> Thing:
        """this."""
        if self.function.this is None:
            raise self.unsupported(node, "`this` here")
        return Address(self.function.this)

    def listed(self, node: Any) -> Thing:
        """{a, b}: an object that is written down."""
        if is_builtin(node.type):
            return self.listed_vector(node)
        if not records.is_record(node.type):
            (only, *rest) = children(node) or [None]
            if only is None or rest:
                raise self.unsupported(node, "a list here")
            return self.visit(only)
        return records.listed(self, node, node.type)

    def listed_vector(self, node: Any) -> Vector:
        """A float4 that is written down; parts that are not named are 0."""
        given = children(node)
        dtypes = [dtype_of(each.type) for each in fields_of(node.type)]
        pairs = zip(given, dtypes, strict=False)
        values = [converted(self.number(self.visit(e), e), dtype) for e, dtype in pairs]
        rest = [form.Constant(dtype, 0) for dtype in dtypes[len(given) :]]
        return Vector(tuple(self.temporary(each, node) for each in [*values, *rest]))

    def closure(self, node: Any) -> Thing:
        """A lambda, with what it catches: by reference, or as it is now."""
        tokens = [each.spelling for each in node.get_tokens()]
        caught = tokens[: tokens.index("]")] if "]" in tokens else []
        env = self.function.env
        if "&" not in caught:
            env = {
                name: self.temporary(each, node) if isinstance(each, form.Local) else each
                for name, each in env.items()
            }
        return Closure(node, env)

    def subscript(self, node: Any) -> Thing:
        """a[i]."""
        base, index = children(node)
        at = converted(self.number(self.visit(index), index), INT64)
        while kind_of(base) in PASSED_THROUGH and "ARRAY" not in base.type.kind.name:
            inner = children(base)[-1]
            if "ARRAY" not in inner.type.get_canonical().kind.name:
                break
            base = inner
        found = self.visit(base)
        if isinstance(found, Dimensions) or (isinstance(found, Pointer) and found.lengths):
            return inside(found, (at,))
        if isinstance(found, PointerAt) and found.lengths:
            return inside(replace(found, place=self.place(node)), (at,))
        pointer = self.decayed(found)
        if not isinstance(pointer, Pointer):
            raise self.unsupported(node, "an index into this")
        return inside(pointer, (at,))

    def unary(self, node: Any) -> Thing:
        """-x, !x, *p, &x, ++x, x--."""
        (operand,) = children(node)
        name = operator_of(node)
        match name:
            case "x++" | "x--" | "++x" | "--x":
                return self.stepped(node, operand, name)
            case "&":
                return self.address(node, operand)
            case "*":
                pointer = self.decayed(self.visit(operand))
                if isinstance(pointer, Address):
                    return pointer.thing
                if not isinstance(pointer, Pointer):
                    raise self.unsupported(node, "`*` of this")
                return at_pointer(pointer)
            case _:
                pass
        value = self.number(self.visit(operand), operand)
        if name == "!":
            return form.Operation(BOOL, "not", (converted(value, BOOL),))
        dtype = dtype_of(node.type)
        value = converted(value, dtype)
        if name == "+":
            return value
        return self.folded(node, dtype, "neg" if name == "-" else name, value)

    def folded(
        self, node: Any, dtype: form.DType, name: str, *operands: form.Expression
    ) -> form.Expression:
        """An operation; of constants, what it comes to, as a compiler computes it beforehand."""
        if all(isinstance(each, form.Constant) for each in operands):
            value = value_of(node)
            if value is not None:
                return constant(dtype, value)
        return form.Operation(dtype, name, operands)

    def address(self, node: Any, operand: Any) -> Thing:
        """&x."""
        found = self.visit(operand)
        start = start_of(found)
        if start is not None:
            memory, offset, unit = start
            layout = layout_of(operand.type, unit)
            if layout is None:
                raise self.unsupported(node, "the address of this")
            return Pointer(memory, offset, layout)
        if isinstance(found, Record):
            return Address(found)
        if isinstance(found, Pointer):  # an array
            return replace(found, lengths=())
        if isinstance(found, Dimensions):
            return pointer_to(found)
        if isinstance(found, form.Local | VectorVariable):
            return Address(found)
        raise self.unsupported(node, "the address of this")

    def stepped(self, node: Any, operand: Any, name: str) -> Thing:
        """x++ and its like."""
        target = self.held(self.visit(operand), node)
        points = isinstance(target, PointerVariable | PointerAt)
        one = form.Constant(INT64 if points else INT32, 1)
        old = self.temporary(self.current(target, node), node) if name[0] == "x" else None
        new = self.assign(node, target, self.changed(node, target, name.strip("x")[0], one))
        if points:
            pointer = self.decayed(target)
            if isinstance(pointer, Pointer) and old is not None:
                return replace(pointer, offset=old)
            return pointer
        return new if old is None else old

    def binary(self, node: Any) -> Thing:
        """left op right."""
        left_node, right_node = children(node)
        name = operator_of(node)
        if name == "=":
            value = self.visit(right_node)
            if isinstance(value, form.Expression):
                value = self.temporary(value, node) if reads(value) else value
            return self.assign(left_node, self.visit(left_node), value)
        if name == ",":
            self.statement(left_node)
            return self.visit(right_node)
        if name in ("&&", "||"):
            left = self.condition(left_node)
            right = self.lazily(lambda: self.condition(right_node))
            return form.ShortCircuit(BOOL, name == "&&", left, right)
        left, right = self.decayed(self.visit(left_node)), self.decayed(self.visit(right_node))
        if isinstance(left, Pointer | Null) or isinstance(right, Pointer | Null):
            return self.pointer_arithmetic(node, name, left, right)
        a, b = self.number(left, left_node), self.number(right, right_node)
        if name in COMPARISONS:
            dtype = usual(a.dtype, b.dtype)
            return form.Operation(BOOL, name, (converted(a, dtype), converted(b, dtype)))
        dtype = dtype_of(node.type)
        both = converted(a, dtype), converted(b, dtype)
        return self.folded(node, dtype, in_c(name, dtype), *both)

    def pointer_arithmetic(self, node: Any, name: str, left: Thing, right: Thing) -> Thing:
        """p + i, p - i, p - q and comparisons."""
        if isinstance(left, Null | Pointer) and isinstance(right, Null | Pointer):
            if name in COMPARISONS:
                return self.compared(name, left, right)
            if isinstance(left, Null) or isinstance(right, Null) or left.layout.span != 1:
                raise self.unsupported(node, "the difference of these pointers")
            return form.Operation(INT64, name, (left.offset, right.offset))
        pointer, by = (left, right) if isinstance(left, Pointer) else (right, left)
        assert isinstance(pointer, Pointer)
        far = times(converted(self.number(by, node), INT64), pointer.layout.span)
        return replace(pointer, offset=form.Operation(INT64, name, (pointer.offset, far)))

    def compared(self, name: str, left: Pointer | Null, right: Pointer | Null) -> form.Expression:
        """Two pointers: into one memory, or which are the same."""
        a, b = (NOWHERE if isinstance(each, Null) else each.offset for each in (left, right))
        found = form.Operation(BOOL, name, (a, b))
        if isinstance(left, Null) or isinstance(right, Null) or left.memory is right.memory:
            return found
        apart = form.Operation(BOOL, "!=", (handle(left.memory), handle(right.memory)))
        return form.Operation(BOOL, "select", (apart, form.Constant(BOOL, name == "!="), found))

    def null(self, node: Any) -> Thing:  # noqa: ARG002
        """nullptr."""
        return Null()

    def compound_assignment(self, node: Any) -> Thing:
        """target op= value."""
        left, right = children(node)
        value = self.temporary(self.number(self.visit(right), right), node)
        target = self.held(self.visit(left), node)
        changed = self.changed(left, target, operator_of(node)[:-1], value)
        return self.assign(left, target, changed)

    def choice(self, node: Any) -> Thing:
        """test ? a : b."""
        test, first, second = children(node)
        known = value_of(test)
        if known is not None:
            return self.visit(first if known else second)
        decided = self.temporary(self.condition(test), node)
        dtype = dtype_of(node.type)
        if dtype is None:
            return self.chosen_pointer(node, decided, first, second)
        a = self.lazily(lambda: converted(self.number(self.visit(first), first), dtype))
        b = self.lazily(lambda: converted(self.number(self.visit(second), second), dtype))
        return form.Choice(dtype, decided, a, b)

    def chosen_pointer(self, node: Any, test: form.Expression, first: Any, second: Any) -> Thing:
        """One of two pointers, or of two objects."""
        a, b = self.decayed(self.visit(first)), self.decayed(self.visit(second))
        if isinstance(a, Record) and isinstance(b, Record):
            return records.chosen(self, node, test, a, b)
        if not isinstance(a, Pointer) or not isinstance(b, Pointer) or a.layout != b.layout:
            raise self.unsupported(node, "a choice of these")
        memory = a.memory
        if memory is not b.memory:
            memory = form.Choice(INT64, test, handle(a.memory), handle(b.memory))
        return replace(a, memory=memory, offset=form.Choice(INT64, test, a.offset, b.offset))

    def call(self, node: Any) -> Thing:
        """A call of a function of the file, or of CUDA's."""
        arguments = [each for each in node.get_arguments() if not is_default(each)]
        declaration = node.referenced
        if declaration is None:
            raise self.unsupported(node, "this call")
        if kind_of(declaration) == "CONSTRUCTOR":
            return self.constructed(node, declaration, arguments)
        if declaration.spelling == "operator=" and is_implicit(declaration):
            left, right = arguments
            value = self.visit(right)
            value = value if isinstance(value, Record) else self.vector(value, node)
            return self.assign(node, self.visit(left), value)
        if declaration.spelling == "operator()":
            callee = self.visit(arguments[0])
            if isinstance(callee, Closure):
                return self.inlined(node, callee.node, arguments[1:], env=callee.env)
        if "/prelude/" in str(declaration.location.file):
            return builtins.call(self, node, declaration.spelling, arguments)
        definition = definition_of(declaration)
        if definition is None or kind_of(definition) not in ("FUNCTION_DECL", "CXX_METHOD"):
            raise self.unsupported(node, f"`{declaration.spelling}`")
        if kind_of(definition) == "CXX_METHOD" and not definition.is_static_method():
            return self.method(node, definition, arguments)
        return self.inlined(node, definition, arguments)

    def method(self, node: Any, definition: Any, arguments: list[Any]) -> Thing:
        """A method of an object, or an operator that its struct defines."""
        callee = children(node)[0]
        if kind_of(callee) != "MEMBER_REF_EXPR":  # an operator
            mine, *arguments = arguments
            this = self.object(mine)
        else:
            inner = children(callee)
            this = self.object(inner[0]) if inner else self.function.this
        if not isinstance(this, Record):
            raise self.unsupported(node, f"`{definition.spelling}` of this")
        return self.inlined(node, definition, arguments, this=this)

    def finer(self, node: Any, memory: Any, unit: int) -> NoReturn:
        """Translate anew, with a memory of smaller units."""
        key = self.keys.get(id(memory))
        if key is None:
            raise self.unsupported(node, "memory that is chosen, read as a smaller type")
        self.notes.units[key] = unit
        raise AgainError

    def statement(self, node: Any) -> None:
        """A statement: see translate.py."""
        raise NotImplementedError

    def inlined(
        self,
        node: Any,
        definition: Any,
        arguments: list[Any],
        *,
        this: Record | None = None,
        env: Mapping[int, Thing] | None = None,
    ) -> Thing:
        """A device function, where it is called: see translate.py."""
        raise NotImplementedError

    def declared_array(self, node: Any, name: str, space: Any, type_: Any = None) -> Thing:
        """A shared or local array: see translate.py."""
        raise NotImplementedError

    def constructed(self, node: Any, declaration: Any, arguments: list[Any]) -> Thing:
        """An object that is made: see translate.py."""
        raise NotImplementedError


def constant(dtype: form.DType, value: Any) -> form.Constant:
    """A number that is known; of 64 bits without a sign libclang gives one with it."""
    return form.Constant(dtype, value % 2**64 if dtype == UINT64 else value)


def definition_of(declaration: Any) -> Any:
    """The body of a function or a method that is called, a template's with its parameters."""
    if is_template(declaration):
        return written_out(declaration)
    parent = declaration.semantic_parent
    if kind_of(parent) in ("STRUCT_DECL", "CLASS_DECL") and is_template(parent):
        return method_written_out(declaration)
    return declaration.get_definition()


def start_of(thing: Thing) -> tuple[form.Array | form.Expression, form.Expression, int] | None:
    """The memory in which a thing lies, where it begins there, and the size of its units."""
    match thing:
        case form.Element():
            offset = thing.offset
            for index, stride in zip(thing.indices, thing.strides, strict=True):
                offset = plus(offset, form.Operation(INT64, "*", (index, stride)))
            return thing.memory, offset, thing.dtype.itemsize // thing.ratio
        case Pointer(lengths=lengths) if lengths:
            return thing.memory, thing.offset, thing.layout.unit.itemsize
        case Record(members=members) if members:
            return start_of(next(iter(members.values())))
        case _:
            return None


def numbers_of(node: Any) -> list[Any]:
    """The numbers of an initialiser, in order."""
    if kind_of(node) == "INIT_LIST_EXPR":
        return [each for part in children(node) for each in numbers_of(part)]
    return [value_of(node)]


def is_implicit(method: Any) -> bool:
    """Whether nobody wrote this method of a struct: it stands where the struct does."""
    return method.location.offset == method.semantic_parent.location.offset


def is_default(argument: Any) -> bool:
    """Whether nobody wrote this argument."""
    return kind_of(argument) == "UNEXPOSED_EXPR" and not children(argument)


def reads(value: form.Expression) -> bool:
    """Whether a value is more than a number or a variable."""
    return not isinstance(value, form.Constant | form.Local | form.Special | form.Extent)


_EXPRESSIONS: dict[str, Any] = {
    "INTEGER_LITERAL": Expressions.literal, "FLOATING_LITERAL": Expressions.literal,
    "CXX_UNARY_EXPR": Expressions.literal,
    "CXX_BOOL_LITERAL_EXPR": Expressions.literal, "CHARACTER_LITERAL": Expressions.literal,
    "UNEXPOSED_EXPR": Expressions.passed_through, "PAREN_EXPR": Expressions.passed_through,
    "CSTYLE_CAST_EXPR": Expressions.cast, "CXX_STATIC_CAST_EXPR": Expressions.cast,
    "CXX_REINTERPRET_CAST_EXPR": Expressions.cast, "CXX_FUNCTIONAL_CAST_EXPR": Expressions.cast,
    "CXX_CONST_CAST_EXPR": Expressions.cast, "DECL_REF_EXPR": Expressions.name,
    "MEMBER_REF_EXPR": Expressions.member, "ARRAY_SUBSCRIPT_EXPR": Expressions.subscript,
    "UNARY_OPERATOR": Expressions.unary, "BINARY_OPERATOR": Expressions.binary,
    "COMPOUND_ASSIGNMENT_OPERATOR": Expressions.compound_assignment,
    "CONDITIONAL_OPERATOR": Expressions.choice, "CALL_EXPR": Expressions.call,
    "CXX_THIS_EXPR": Expressions.this, "INIT_LIST_EXPR": Expressions.listed,
    "LAMBDA_EXPR": Expressions.closure, "CXX_NULL_PTR_LITERAL_EXPR": Expressions.null,
}  # fmt: skip
