"""CUDA C's functions, statements and expressions in the machine's form."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c import builtins
from tinytorch_ls.machine.cuda_c.clang import (
    children,
    dtype_of,
    kind_of,
    marks,
    operator_of,
    parsed,
    parts_of_for,
    place_of,
    pointee,
    value_of,
)
from tinytorch_ls.machine.cuda_c.things import (
    Dimensions,
    Pointer,
    PointerVariable,
    Thing,
    Vector,
    VectorVariable,
    element_at,
    element_in,
    plus,
    pointer_to,
    times,
    whole,
)
from tinytorch_ls.machine.numbers import BOOL, INT32, INT64, UINT32
from tinytorch_ls.machine.python.emitter import converted
from tinytorch_ls.machine.refused import LocatedError, Refusal, RefusedError, UnsupportedError
from tinytorch_ls.machine.report import Place, raise_at
from tinytorch_ls.machine.values import is_array

INDICES = ("threadIdx", "blockIdx", "blockDim", "gridDim")
PASSED_THROUGH = ("UNEXPOSED_EXPR", "PAREN_EXPR", "CXX_FUNCTIONAL_CAST_EXPR")
COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")


@dataclass
class Function:
    """A function that is translated where it is called."""

    name: str
    prefix: str
    depth: int
    result: Any = None  # what its returns give
    env: dict[int, Thing] = field(default_factory=dict[int, Thing])


class Translator:
    """Translates one kernel, with all that it calls."""

    def __init__(self, name: str) -> None:
        self.function = Function(name, "", 0)
        self.out: list[form.Statement] = []
        self.arrays: dict[str, form.Array] = {}
        self.temporaries = 0

    # Writing.

    def emit(self, statement: form.Statement) -> None:
        """One more statement."""
        self.out.append(statement)

    @contextmanager
    def collected(self) -> Generator[list[form.Statement]]:
        """What is written in a `with` block, apart."""
        before, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = before

    def place(self, node: Any) -> Place:
        """Where a node is."""
        return place_of(node, self.function.name)

    def refused(self, node: Any, why: str, kind: Refusal = "unsupported") -> LocatedError:
        """What to raise where a compiler would not take it."""
        place = self.place(node)
        return LocatedError(RefusedError(why, kind, place), place)

    def unsupported(self, node: Any, what: str) -> LocatedError:
        """What to raise where the machine can't run it."""
        return LocatedError(
            UnsupportedError(f"the simulator does not run {what}"), self.place(node)
        )

    def temporary(self, value: form.Expression, node: Any) -> form.Expression:
        """A value, computed here and now."""
        if isinstance(value, form.Constant | form.Extent | form.Special):
            return value
        self.temporaries += 1
        target = form.Local(value.dtype, f"{self.function.prefix}~{self.temporaries}")
        self.emit(form.Assign(self.place(node), target, value))
        return target

    def lazily(self, visit: Callable[[], form.Expression]) -> form.Expression:
        """A part that not every thread computes: its statements go with it."""
        with self.collected() as before:
            found = visit()
        return form.After(found.dtype, tuple(before), found) if before else found

    # Statements.

    def statement(self, node: Any) -> None:
        """Any statement."""
        handler = _STATEMENTS.get(kind_of(node))
        if handler is not None:
            handler(self, node)
        elif kind_of(node).endswith("_STMT"):
            raise self.unsupported(node, f"a {kind_of(node).lower().replace('_', ' ')}")
        else:
            found = self.visit(node)
            if isinstance(found, form.Expression) and not isinstance(found, form.Local):
                self.emit(form.Evaluate(self.place(node), found))

    def compound(self, node: Any) -> None:
        """{ … }"""
        for each in children(node):
            self.statement(each)

    def nothing(self, node: Any) -> None:
        """;"""

    def declarations(self, node: Any) -> None:
        """int a = 1, b;"""
        for each in children(node):
            if kind_of(each) == "VAR_DECL":
                self.declare(each)
            elif kind_of(each) not in ("TYPEDEF_DECL", "STRUCT_DECL", "STATIC_ASSERT"):
                raise self.unsupported(each, f"the declaration of {each.spelling}")

    def declare(self, node: Any) -> None:
        """One variable."""
        env, marked = self.function.env, marks(node)
        space: Any = "shared" if "shared" in marked else "local"
        name = f"{self.function.prefix}{node.spelling}#{node.location.offset}"
        if "ARRAY" in node.type.get_canonical().kind.name or space == "shared":
            env[node.hash] = self.declared_array(node, name, space)
            self.initialise(node, env[node.hash])
            return
        given = [each for each in children(node) if is_value(each)]  # fmt: skip
        start = self.visit(given[-1]) if given else None
        if pointee(node.type) is not None:
            env[node.hash] = self.pointer_variable(node, name, start)
        elif dtype_of(node.type) is None:
            env[node.hash] = self.vector_variable(node, name, start)
        else:
            local = form.Local(dtype_of(node.type), name)
            env[node.hash] = local
            if start is not None:
                value = converted(self.number(start, node), local.dtype)
                self.emit(form.Assign(self.place(node), local, value))

    def declared_array(self, node: Any, name: str, space: Any) -> Thing:
        """A shared or local array, or one shared number."""
        shape: list[int] = []
        kind = node.type.get_canonical()
        dynamic = kind.kind.name == "INCOMPLETEARRAY"
        while "ARRAY" in kind.kind.name:
            if kind.kind.name not in ("CONSTANTARRAY", "INCOMPLETEARRAY"):
                raise self.refused(node, "the length of an array has to be a constant")
            shape.append(kind.element_count if kind.kind.name == "CONSTANTARRAY" else 0)
            kind = kind.element_type.get_canonical()
        dtype = dtype_of(kind)
        if dtype is None:
            raise self.unsupported(node, f"an array of {kind.spelling}")
        key = name
        if key not in self.arrays:
            known = None if dynamic else tuple(shape or [1])
            self.arrays[key] = form.Array(node.spelling, space, dtype, max(len(shape), 1), known)
        array = self.arrays[key]
        if dynamic:
            return Pointer(array, whole(0), dtype)
        return Dimensions(array, ()) if shape else element_in(Dimensions(array, (whole(0),)))

    def initialise(self, node: Any, array: Thing) -> None:
        """float a[4] = {…}: those that are not named are 0."""
        lists = [each for each in children(node) if kind_of(each) == "INIT_LIST_EXPR"]
        if not lists or not isinstance(array, Dimensions):
            return
        given = children(lists[0])
        for at, index in enumerate(np.ndindex(*(array.array.shape or ()))):
            value: form.Expression = form.Constant(array.array.dtype, 0)
            if at < len(given) and len(index) == 1:
                value = converted(self.number(self.visit(given[at]), node), array.array.dtype)
            element = element_in(Dimensions(array.array, tuple(whole(i) for i in index)))
            self.emit(form.Store(self.place(node), element, value))

    def pointer_variable(self, node: Any, name: str, start: Thing) -> Thing:
        """const float* p = …; a reference is the thing itself."""
        if node.type.get_canonical().kind.name == "LVALUEREFERENCE":
            return self.held(start, node)
        start = self.decayed(start)
        if not isinstance(start, Pointer):
            raise self.unsupported(node, f"`{node.spelling}`: a pointer points somewhere at once")
        offset = form.Local(INT64, name)
        self.emit(form.Assign(self.place(node), offset, start.offset))
        memory = start.memory
        if not isinstance(memory, form.Array):
            memory = self.temporary(memory, node)
        return PointerVariable(memory, offset, start.dtype, start.count)

    def vector_variable(self, node: Any, name: str, start: Thing) -> Thing:
        """float4 v = …;"""
        fields = list(node.type.get_canonical().get_fields())
        dtypes = [dtype_of(each.type) for each in fields]
        if not fields or any(dtype is None for dtype in dtypes):
            raise self.unsupported(node, f"a {node.type.spelling}")
        parts = tuple(
            form.Local(dtype, f"{name}.{each.spelling}")
            for dtype, each in zip(dtypes, fields, strict=True)
        )
        if isinstance(start, Vector | VectorVariable | form.Element):
            for part, value in zip(parts, self.vector(start, node).parts, strict=True):
                self.emit(form.Assign(self.place(node), part, value))
        return VectorVariable(parts)

    def held(self, thing: Thing, node: Any) -> Thing:
        """An lvalue whose place is worked out here and now."""
        if isinstance(thing, form.Element):
            return form.Element(
                thing.memory,
                thing.dtype,
                self.temporary(thing.offset, node),
                tuple(self.temporary(each, node) for each in thing.indices),
                thing.lengths,
                thing.strides,
                thing.count,
            )
        return thing

    def branch(self, node: Any) -> None:
        """if."""
        test, body, *orelse = children(node)
        decided = self.condition(test)
        known = value_of(test)
        if known is not None and kind_of(test) != "DECL_REF_EXPR":
            for each in [body] if known else orelse:
                self.statement(each)
            return
        with self.collected() as yes:
            self.statement(body)
        with self.collected() as no:
            for each in orelse:
                self.statement(each)
        self.emit(form.If(self.place(test), decided, tuple(yes), tuple(no)))

    def while_loop(self, node: Any) -> None:
        """while."""
        test, body = children(node)
        decided = self.lazily(lambda: self.condition(test))
        with self.collected() as found:
            self.statement(body)
        self.emit(form.While(self.place(test), decided, tuple(found)))

    def do_loop(self, node: Any) -> None:
        """do … while."""
        body, test = children(node)
        with self.collected() as found:
            self.statement(body)
        decided = self.lazily(lambda: self.condition(test))
        self.emit(form.While(self.place(test), decided, tuple(found), test_first=False))

    def for_loop(self, node: Any) -> None:
        """for."""
        start, test, step, body = parts_of_for(node)
        if start is not None:
            self.statement(start)
        decided: form.Expression = form.Constant(BOOL, True)
        if test is not None:
            decided = self.lazily(lambda: self.condition(test))
        with self.collected() as turn:
            self.statement(body)
        with self.collected() as late:
            if step is not None:
                self.statement(step)
        place = self.place(node if test is None else test)
        self.emit(form.While(place, decided, tuple(turn), tuple(late)))

    def leave(self, node: Any) -> None:
        """break and continue."""
        kind = form.Break if kind_of(node) == "BREAK_STMT" else form.Continue
        self.emit(kind(self.place(node)))

    def give(self, node: Any) -> None:
        """return."""
        parts = children(node)
        if parts:
            found = self.visit(parts[0])
            result = self.function.result
            if isinstance(result, form.Local):
                value = converted(self.number(found, node), result.dtype)
                self.emit(form.Assign(self.place(node), result, value))
            elif isinstance(result, VectorVariable) and isinstance(found, Vector | VectorVariable):
                for part, each in zip(result.parts, found.parts, strict=True):
                    self.emit(form.Assign(self.place(node), part, each))
        self.emit(form.Return(self.place(node)))

    # Expressions.

    def condition(self, node: Any) -> form.Expression:
        """An expression as true or false."""
        return converted(self.number(self.visit(node), node), BOOL)

    def number(self, thing: Thing, node: Any) -> form.Expression:
        """A thing as a number; an element is read."""
        if isinstance(thing, form.Expression):
            return thing
        if isinstance(thing, form.Element):
            return form.Load(thing.dtype, thing, self.place(node))
        raise self.unsupported(node, "this: a number has to be here")

    def decayed(self, thing: Thing) -> Thing:
        """An array as the pointer to its first element, a variable as the pointer in it."""
        if isinstance(thing, Dimensions):
            return pointer_to(thing)
        if isinstance(thing, PointerVariable):
            return Pointer(thing.memory, thing.offset, thing.dtype, thing.count)
        return thing

    def visit(self, node: Any) -> Thing:
        """Any expression: a number, a pointer, or a place that can be written."""
        handler = _EXPRESSIONS.get(kind_of(node))
        if handler is None:
            raise self.unsupported(node, f"a {kind_of(node).lower().replace('_', ' ')}")
        return handler(self, node)

    def literal(self, node: Any) -> Thing:
        """A number as it is written."""
        return form.Constant(dtype_of(node.type), value_of(node))

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
        if target is None or not isinstance(pointer, Pointer):
            return found
        fields = list(target.get_canonical().get_fields())
        inside = dtype_of(fields[0].type) if fields else dtype_of(target)
        if inside != pointer.dtype:
            raise self.unsupported(node, f"{pointer.dtype} read as {target.spelling}")
        return Pointer(pointer.memory, pointer.offset, pointer.dtype, max(len(fields), 1))

    def name(self, node: Any) -> Thing:
        """A variable or a constant."""
        declaration = node.referenced
        found = self.function.env.get(declaration.hash)
        if found is not None:
            return found
        if declaration.spelling == "warpSize":
            return form.Constant(INT32, 32)
        value = value_of(declaration)
        dtype = dtype_of(node.type)
        if value is not None and dtype is not None:
            return form.Constant(dtype, value)
        raise self.unsupported(node, f"`{node.spelling}`")

    def member(self, node: Any) -> Thing:
        """threadIdx.x, v.y."""
        (inner, *_) = children(node) or [None]
        if inner is None:
            raise self.unsupported(node, f"`{node.spelling}`")
        while kind_of(inner) in PASSED_THROUGH:
            inner = children(inner)[0]
        if inner.spelling in INDICES and kind_of(inner) == "DECL_REF_EXPR":
            return form.Cast(UINT32, form.Special(INT32, f"{inner.spelling}.{node.spelling}"))
        found = self.visit(inner)
        if isinstance(found, form.Element) and found.count > 1:
            found = self.vector_at(found, node)
        if isinstance(found, VectorVariable | Vector):
            return found.parts["xyzw".index(node.spelling)]
        raise self.unsupported(node, f"`.{node.spelling}` of this")

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
        if isinstance(found, Dimensions):
            more = Dimensions(found.array, (*found.indices, at))
            full = len(more.indices) == found.array.ndim
            return element_in(more) if full else more
        pointer = self.decayed(found)
        if not isinstance(pointer, Pointer):
            raise self.unsupported(node, "an index into this")
        offset = plus(pointer.offset, times(at, pointer.count))
        moved = Pointer(pointer.memory, offset, pointer.dtype, pointer.count)
        return self.pointed(moved, node)

    def pointed(self, pointer: Pointer, node: Any) -> Thing:
        """*p: an element, or a vector that is moved at once."""
        del node
        return element_at(pointer)

    def vector_at(self, element: form.Element, node: Any) -> Vector:
        """A float4 that is read: one access, and its parts."""
        offset = self.temporary(element.offset, node)
        parts: list[form.Expression] = []
        for part in range(element.count):
            one = form.Element(
                element.memory,
                element.dtype,
                plus(offset, whole(part)),
                count=element.count if part == 0 else 0,
            )
            parts.append(self.temporary(form.Load(element.dtype, one, self.place(node)), node))
        return Vector(tuple(parts))

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
                if not isinstance(pointer, Pointer):
                    raise self.unsupported(node, "`*` of this")
                return self.pointed(pointer, node)
            case _:
                pass
        value = self.number(self.visit(operand), operand)
        if name == "!":
            return form.Operation(BOOL, "not", (converted(value, BOOL),))
        dtype = dtype_of(node.type)
        value = converted(value, dtype)
        if name == "+":
            return value
        return form.Operation(dtype, "neg" if name == "-" else name, (value,))

    def address(self, node: Any, operand: Any) -> Thing:
        """&x."""
        found = self.visit(operand)
        if isinstance(found, form.Element):
            offset = found.offset
            for index, stride in zip(found.indices, found.strides, strict=True):
                offset = plus(offset, form.Operation(INT64, "*", (index, stride)))
            return Pointer(found.memory, offset, found.dtype)
        if isinstance(found, Dimensions):
            return pointer_to(found)
        raise self.unsupported(node, "the address of a variable")

    def stepped(self, node: Any, operand: Any, name: str) -> Thing:
        """x++ and its like."""
        target = self.held(self.visit(operand), node)
        one = form.Constant(INT64 if isinstance(target, PointerVariable) else INT32, 1)
        old = self.temporary(self.current(target, node), node) if name[0] == "x" else None
        new = self.assign(node, target, self.changed(node, target, name.strip("x")[0], one))
        if isinstance(target, PointerVariable):
            at = target.offset if old is None else old
            return Pointer(target.memory, at, target.dtype, target.count)
        return new if old is None else old

    def current(self, target: Thing, node: Any) -> form.Expression:
        """What stands in a place."""
        if isinstance(target, PointerVariable):
            return target.offset
        return self.number(target, node)

    def changed(self, node: Any, target: Thing, name: str, value: form.Expression) -> Thing:
        """What `target op= value` writes."""
        if isinstance(target, PointerVariable):
            by = times(converted(value, INT64), target.count)
            offset = form.Operation(INT64, name, (target.offset, by))
            return Pointer(target.memory, offset, target.dtype, target.count)
        old = self.current(target, node)
        dtype = usual(old.dtype, value.dtype)
        if name in ("<<", ">>"):
            dtype = promoted(old.dtype)
        left, right = converted(old, dtype), converted(value, dtype)
        return form.Operation(dtype, _in_c(name, dtype), (left, right))

    def assign(self, node: Any, target: Thing, value: Thing) -> Thing:
        """target = value; gives what is there then."""
        place = self.place(node)
        match target:
            case form.Local():
                given = converted(self.number(value, node), target.dtype)
                self.emit(form.Assign(place, target, given))
                return target
            case PointerVariable():
                pointer = self.decayed(value)
                if not isinstance(pointer, Pointer) or pointer.memory is not target.memory:
                    raise self.unsupported(node, "a pointer that moves to another array")
                self.emit(form.Assign(place, target.offset, pointer.offset))
                return target
            case VectorVariable(parts=parts):
                found = self.vector(value, node)
                for part, each in zip(parts, found.parts, strict=True):
                    self.emit(form.Assign(place, part, each))
                return target
            case form.Element() if target.count > 1:
                self.write_vector(node, target, self.vector(value, node))
                return None
            case form.Element():
                given = self.temporary(converted(self.number(value, node), target.dtype), node)
                self.emit(form.Store(place, target, given))
                return given
            case _:
                raise self.unsupported(node, "an assignment to this")

    def vector(self, thing: Thing, node: Any) -> Vector:
        """A thing as a vector."""
        if isinstance(thing, VectorVariable):
            return Vector(thing.parts)
        if isinstance(thing, form.Element) and thing.count > 1:
            return self.vector_at(thing, node)
        if not isinstance(thing, Vector):
            raise self.unsupported(node, "this: a vector has to be here")
        return thing

    def write_vector(self, node: Any, target: form.Element, value: Vector) -> None:
        """A float4 that is written: one access."""
        offset = self.temporary(target.offset, node)
        kept = [self.temporary(each, node) for each in value.parts]
        for part, each in enumerate(kept):
            one = form.Element(
                target.memory,
                target.dtype,
                plus(offset, whole(part)),
                count=target.count if part == 0 else 0,
            )
            self.emit(form.Store(self.place(node), one, each))

    def binary(self, node: Any) -> Thing:
        """left op right."""
        left_node, right_node = children(node)
        name = operator_of(node)
        if name == "=":
            value = self.visit(right_node)
            if isinstance(value, form.Expression):
                value = self.temporary(value, node) if reads(value) else value
            return self.assign(node, self.visit(left_node), value)
        if name == ",":
            self.statement(left_node)
            return self.visit(right_node)
        if name in ("&&", "||"):
            left = self.condition(left_node)
            right = self.lazily(lambda: self.condition(right_node))
            return form.ShortCircuit(BOOL, name == "&&", left, right)
        left, right = self.decayed(self.visit(left_node)), self.decayed(self.visit(right_node))
        if isinstance(left, Pointer) or isinstance(right, Pointer):
            return self.pointer_arithmetic(node, name, left, right)
        a, b = self.number(left, left_node), self.number(right, right_node)
        if name in COMPARISONS:
            dtype = usual(a.dtype, b.dtype)
            return form.Operation(BOOL, name, (converted(a, dtype), converted(b, dtype)))
        dtype = dtype_of(node.type)
        return form.Operation(dtype, _in_c(name, dtype), (converted(a, dtype), converted(b, dtype)))

    def pointer_arithmetic(self, node: Any, name: str, left: Thing, right: Thing) -> Thing:
        """p + i, p - i, p - q and comparisons."""
        if isinstance(left, Pointer) and isinstance(right, Pointer):
            if name in COMPARISONS:
                return form.Operation(BOOL, name, (left.offset, right.offset))
            return form.Operation(INT64, name, (left.offset, right.offset))
        pointer, by = (left, right) if isinstance(left, Pointer) else (right, left)
        assert isinstance(pointer, Pointer)
        far = times(converted(self.number(by, node), INT64), pointer.count)
        offset = form.Operation(INT64, name, (pointer.offset, far))
        return Pointer(pointer.memory, offset, pointer.dtype, pointer.count)

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
        """One of two pointers."""
        a, b = self.decayed(self.visit(first)), self.decayed(self.visit(second))
        if not isinstance(a, Pointer) or not isinstance(b, Pointer) or a.dtype != b.dtype:
            raise self.unsupported(node, "a choice of these")
        memory = a.memory
        if memory is not b.memory:
            handles = [
                form.Handle(INT64, each.memory)
                if isinstance(each.memory, form.Array)
                else each.memory
                for each in (a, b)
            ]
            memory = form.Choice(INT64, test, handles[0], handles[1])
        return Pointer(memory, form.Choice(INT64, test, a.offset, b.offset), a.dtype, a.count)

    def call(self, node: Any) -> Thing:
        """A call of a function of the file, or of CUDA's."""
        arguments = [each for each in node.get_arguments() if not is_default(each)]
        declaration = node.referenced
        if declaration is None:
            raise self.unsupported(node, "this call")
        if kind_of(declaration) == "CONSTRUCTOR" and len(arguments) == 1:  # a copy
            return self.visit(arguments[0])
        if declaration.spelling == "operator=":
            left, right = arguments
            value = self.vector(self.visit(right), node)
            return self.assign(node, self.visit(left), value)
        definition = declaration.get_definition()
        if definition is None or "/prelude/" in str(definition.location.file):
            return builtins.call(self, node, declaration.spelling, arguments)
        if kind_of(definition) != "FUNCTION_DECL" or definition.get_num_template_arguments() > 0:
            raise self.unsupported(node, f"the template {declaration.spelling}")
        return self.inlined(node, definition, arguments)

    def inlined(self, node: Any, definition: Any, arguments: list[Any]) -> Thing:
        """A device function, where it is called."""
        outer = self.function
        if outer.depth > 40:
            raise self.unsupported(node, "a function that calls itself")
        given = [self.visit(each) for each in arguments]
        prefix = f"{outer.prefix}{definition.spelling}@{node.location.offset}:"
        inner = Function(definition.spelling, prefix, outer.depth + 1)
        dtype = dtype_of(definition.result_type)
        if dtype is not None:
            inner.result = form.Local(dtype, f"{prefix}~result")
        elif definition.result_type.kind.name != "VOID":
            raise self.unsupported(
                node, f"a function that gives a {definition.result_type.spelling}"
            )
        for parameter, thing, at in zip(definition.get_arguments(), given, arguments, strict=False):
            self.parameter(inner, parameter, thing, at)
        with self.collected() as body:
            self.function = inner
            self.statement(next(e for e in children(definition) if kind_of(e) == "COMPOUND_STMT"))
            self.function = outer
        self.emit(form.Inline(self.place(node), tuple(body)))
        return inner.result

    def parameter(self, inner: Function, parameter: Any, thing: Thing, node: Any) -> None:
        """What a parameter of a device function is."""
        name = f"{inner.prefix}{parameter.spelling}"
        if parameter.type.get_canonical().kind.name == "LVALUEREFERENCE":
            inner.env[parameter.hash] = self.held(thing, node)
            return
        dtype = dtype_of(parameter.type)
        if dtype is not None:
            local = form.Local(dtype, name)
            self.emit(
                form.Assign(self.place(node), local, converted(self.number(thing, node), dtype))
            )
            inner.env[parameter.hash] = local
        elif pointee(parameter.type) is not None:
            inner.env[parameter.hash] = self.pointer_variable(node, name, thing)
        else:
            inner.env[parameter.hash] = self.vector_variable(
                parameter, name, self.vector(thing, node)
            )


def is_value(node: Any) -> bool:
    """Whether a part of a declaration is what it begins with."""
    return kind_of(node).endswith(("EXPR", "LITERAL", "OPERATOR"))


def is_default(argument: Any) -> bool:
    """Whether nobody wrote this argument."""
    return kind_of(argument) == "UNEXPOSED_EXPR" and not children(argument)


def reads(value: form.Expression) -> bool:
    """Whether a value is more than a number or a variable."""
    return not isinstance(value, form.Constant | form.Local | form.Special | form.Extent)


def promoted(dtype: form.DType) -> form.DType:
    """A small whole number is computed as an int."""
    return INT32 if dtype.kind in "iub" and dtype.itemsize < 4 else dtype


def usual(left: form.DType, right: form.DType) -> form.DType:
    """C's usual arithmetic conversions."""
    left, right = promoted(left), promoted(right)
    if left.kind == "f" or right.kind == "f":
        floats = [each for each in (left, right) if each.kind == "f"]
        return max(floats, key=lambda dtype: dtype.itemsize)
    if left.itemsize != right.itemsize:
        return max(left, right, key=lambda dtype: dtype.itemsize)
    return left if left.kind == "u" else right


def _in_c(name: str, dtype: form.DType) -> str:
    """The operation that an operator of C is."""
    if name in ("/", "%"):
        return {"/": "c/", "%": "c%"}[name] if dtype.kind in "iu" else name
    return name


_STATEMENTS: dict[str, Any] = {
    "COMPOUND_STMT": Translator.compound, "DECL_STMT": Translator.declarations,
    "IF_STMT": Translator.branch, "WHILE_STMT": Translator.while_loop,
    "DO_STMT": Translator.do_loop, "FOR_STMT": Translator.for_loop,
    "BREAK_STMT": Translator.leave, "CONTINUE_STMT": Translator.leave,
    "RETURN_STMT": Translator.give, "NULL_STMT": Translator.nothing,
}  # fmt: skip
_EXPRESSIONS: dict[str, Any] = {
    "INTEGER_LITERAL": Translator.literal, "FLOATING_LITERAL": Translator.literal,
    "CXX_BOOL_LITERAL_EXPR": Translator.literal, "CHARACTER_LITERAL": Translator.literal,
    "UNEXPOSED_EXPR": Translator.passed_through, "PAREN_EXPR": Translator.passed_through,
    "CSTYLE_CAST_EXPR": Translator.cast, "CXX_STATIC_CAST_EXPR": Translator.cast,
    "CXX_REINTERPRET_CAST_EXPR": Translator.cast, "CXX_FUNCTIONAL_CAST_EXPR": Translator.cast,
    "CXX_CONST_CAST_EXPR": Translator.cast, "DECL_REF_EXPR": Translator.name,
    "MEMBER_REF_EXPR": Translator.member, "ARRAY_SUBSCRIPT_EXPR": Translator.subscript,
    "UNARY_OPERATOR": Translator.unary, "BINARY_OPERATOR": Translator.binary,
    "COMPOUND_ASSIGNMENT_OPERATOR": Translator.compound_assignment,
    "CONDITIONAL_OPERATOR": Translator.choice, "CALL_EXPR": Translator.call,
}  # fmt: skip


@dataclass(frozen=True)
class SourceKernel:
    """A kernel of a `.cu` file."""

    path: Path
    name: str


def translated(kernel: SourceKernel, arguments: tuple[Any, ...]) -> form.Kernel:
    """A kernel of a `.cu` file, for these arguments. Raises RefusedError at the file's own line."""
    file = str(kernel.path)
    unit = parsed(file, kernel.path.read_text(encoding="utf-8"))
    found = [each for each in _functions(unit.cursor) if each.spelling == kernel.name]
    if not found or "global" not in marks(found[0]):
        raise LookupError(f"{kernel.path.name} has no kernel {kernel.name}")
    definition = found[0].get_definition()
    translator = Translator(kernel.name)
    wrong: LocatedError | None = None
    parameters: list[form.Array | form.Local] = []
    try:
        parameters = _parameters(translator, definition, arguments)
        translator.statement(children(definition)[-1])
    except LocatedError as error:
        wrong = error
    if wrong is not None:
        raise_at(wrong.error, wrong.place)
    arrays = tuple(translator.arrays.values())
    place = translator.place(definition)
    head = Place(place.file, place.line, place.column, place.line, place.column + 1, kernel.name)
    return form.Kernel(kernel.name, head, tuple(parameters), arrays, tuple(translator.out))


def _functions(cursor: Any) -> list[Any]:
    found: list[Any] = []
    for each in children(cursor):
        if kind_of(each) == "FUNCTION_DECL":
            found.append(each)
        elif kind_of(each) in ("LINKAGE_SPEC", "UNEXPOSED_DECL", "NAMESPACE"):
            found += _functions(each)
    return found


def _parameters(
    translator: Translator, definition: Any, arguments: tuple[Any, ...]
) -> list[form.Array | form.Local]:
    declared = list(definition.get_arguments())
    if len(declared) != len(arguments):
        names = ", ".join(each.spelling for each in declared)
        raise TypeError(
            f"{definition.spelling} takes {len(declared)} arguments ({names}), but was launched "
            f"with {len(arguments)}"
        )
    found: list[form.Array | form.Local] = []
    for each, value in zip(declared, arguments, strict=True):
        dtype, target = dtype_of(each.type), pointee(each.type)
        if target is not None:
            fields = list(target.get_canonical().get_fields())
            wanted = dtype_of(fields[0].type if fields else target)
            if not is_array(value) or value.dtype != wanted:
                given = value.dtype if is_array(value) else type(value).__name__
                raise TypeError(f"{each.spelling} is a {each.type.spelling}, but was given {given}")
            array = form.Array(each.spelling, "global", value.dtype, value.ndim)
            offset = form.Extent(INT64, array, "offset", 0)
            kept = form.Local(INT64, f"{each.spelling}#offset")
            translator.emit(form.Assign(translator.place(each), kept, offset))
            translator.function.env[each.hash] = PointerVariable(
                array, kept, value.dtype, max(len(fields), 1)
            )
            found.append(array)
        else:
            local = form.Local(dtype, each.spelling)
            translator.function.env[each.hash] = local
            found.append(local)
    return found
