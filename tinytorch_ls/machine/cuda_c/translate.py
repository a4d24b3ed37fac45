"""CUDA C's declarations and statements, and whole kernels, in the machine's form."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.arguments import check_number
from tinytorch_ls.machine.cuda_c import records
from tinytorch_ls.machine.cuda_c.clang import (
    children,
    dtype_of,
    is_value,
    kind_of,
    marks,
    parsed,
    parts_of_for,
    pointee,
    value_of,
)
from tinytorch_ls.machine.cuda_c.emitter import (
    AgainError,
    Function,
    Notes,
    inside,
    lengths_of,
)
from tinytorch_ls.machine.cuda_c.expressions import Expressions, definition_of, is_implicit
from tinytorch_ls.machine.cuda_c.layouts import Layout, is_builtin, is_union, layout_of
from tinytorch_ls.machine.cuda_c.switches import switch
from tinytorch_ls.machine.cuda_c.templates import forget
from tinytorch_ls.machine.cuda_c.things import (
    Address,
    Closure,
    Dimensions,
    Null,
    Pointer,
    PointerArray,
    PointerAt,
    PointerVariable,
    Record,
    Thing,
    Vector,
    VectorVariable,
    element_in,
    entry,
    whole,
)
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import BOOL, INT64
from tinytorch_ls.machine.refused import LocatedError
from tinytorch_ls.machine.report import Place, raise_at
from tinytorch_ls.machine.storage import WIDEST
from tinytorch_ls.machine.values import is_array

if TYPE_CHECKING:
    from tinytorch.kernels.source import SourceKernel


class Translator(Expressions):
    """Translates one kernel, with all that it calls."""

    def __init__(self, name: str, notes: Notes) -> None:
        super().__init__(name, notes)
        self.calls = 0
        self.turns: list[form.Local | None] = []  # loops; of a switch, what says to `continue`
        self.continued: set[form.Local] = set()  # those of `turns` that are ever set

    @contextmanager
    def turn(self, again: form.Local | None = None) -> Generator[list[form.Statement]]:
        """What is written in a `with` block as the body of a loop, or of a switch."""
        self.turns.append(again)
        with self.collected() as found:
            yield found
        self.turns.pop()

    def go_on(self, place: Place) -> None:
        """`continue`: of the loop around a switch, where it stands in one."""
        again = self.turns[-1]
        if again is None:
            self.emit(form.Continue(place))
            return
        self.continued.add(again)
        self.emit(form.Assign(place, again, form.Constant(BOOL, True)))
        self.emit(form.Break(place))

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

    def attributed(self, node: Any) -> None:
        """A statement behind `#pragma unroll`."""
        self.statement(children(node)[-1])

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
        owner = self.function.usr if space == "shared" else self.function.prefix
        name = f"{owner}{node.spelling}#{node.location.offset}"
        single = records.is_record(node.type)
        in_memory = space == "shared" and (not single or layout_of(node.type) is not None)
        in_memory |= is_array_type(node.type) or is_union(node.type)
        if in_memory or name in self.notes.in_memory:
            env[node.hash] = self.declared_array(node, name, space)
            if space == "local":
                self.initialise(node, env[node.hash])
            return
        if single and space == "shared":
            env[node.hash] = records.variable(self, node, node.type, name, space)
            return
        given = [each for each in children(node) if is_value(each)]
        start = self.visit(given[-1]) if given else None
        if isinstance(start, Closure):
            env[node.hash] = start
        elif single:
            env[node.hash] = self.object_variable(node, node.type, name, start)
        elif pointee(node.type) is not None:
            env[node.hash] = self.pointer_variable(node, name, start)
        elif dtype_of(node.type) is None:
            env[node.hash] = self.vector_variable(node, name, start)
        else:
            local = form.Local(dtype_of(node.type), name)
            env[node.hash] = local
            if start is None:
                value = self.unwritten(node, node, name, local)
            else:
                value = converted(self.number(start, node), local.dtype)
            self.emit(form.Assign(self.place(node), local, value))

    def unwritten(self, node: Any, what: Any, name: str, local: form.Local) -> form.Expression:
        """What a variable, or a member, holds that is declared without a value: anything."""
        if name not in self.arrays:
            self.arrays[name] = form.Array(what.spelling, "local", local.dtype, 0, ())
        array = self.arrays[name]
        return form.Load(local.dtype, form.Element(array, local.dtype, whole(0)), self.place(node))

    def declared_array(self, node: Any, name: str, space: Any, type_: Any = None) -> Thing:
        """A shared or local array, or one thing that lies in memory."""
        shape: list[int] = []
        kind = (type_ or node.type).get_canonical()
        dynamic = kind.kind.name == "INCOMPLETEARRAY"
        while "ARRAY" in kind.kind.name:
            if kind.kind.name not in ("CONSTANTARRAY", "INCOMPLETEARRAY"):
                raise self.refused(node, "the length of an array has to be a constant")
            shape.append(kind.element_count if kind.kind.name == "CONSTANTARRAY" else 0)
            kind = kind.element_type.get_canonical()
        if pointee(kind) is not None and space == "local":
            return self.pointer_array(node, name, tuple(shape))
        layout = layout_of(kind, self.notes.units.get(name, WIDEST))
        if layout is None:
            where = " in shared memory" if space == "shared" else ""
            raise self.unsupported(node, f"an array of {kind.spelling}{where}")
        parts = () if layout.is_plain else (layout.span,)
        if name not in self.arrays:
            whole_shape = (*(shape or ([1] if layout.is_plain else [])), *parts)
            known = None if dynamic else whole_shape
            array = form.Array(node.spelling, space, layout.unit, len(whole_shape), known)
            self.arrays[name] = array
            self.keys[id(array)] = name
        array = self.arrays[name]
        if dynamic:
            return Pointer(array, whole(0), layout)
        start = (whole(0),) if layout.is_plain and not shape else ()
        found = Dimensions(array, start, None if layout.is_plain else layout)
        return found if shape else entry(found)

    def pointer_array(self, node: Any, name: str, shape: tuple[int, ...]) -> PointerAt:
        """const float* rows[4];"""

        def array(name: str) -> form.Array:
            if name not in self.arrays:
                self.arrays[name] = form.Array(node.spelling, "local", INT64, len(shape), shape)
                self.keys[id(self.arrays[name])] = name
            return self.arrays[name]

        memories = array(f"{name}.memory") if name in self.notes.moving else None
        return PointerAt(PointerArray(array(name), memories), (), self.place(node))

    def initialise(self, node: Any, target: Thing) -> None:
        """float a[4] = {…}: those that are not named are 0."""
        given = [each for each in children(node) if is_value(each)]
        if is_array_type(node.type):  # whose lengths stand there as well
            given = [each for each in given if kind_of(each) == "INIT_LIST_EXPR"]
        if given:
            self.fill(node, target, given[-1])

    def fill(self, node: Any, target: Thing, given: Any) -> None:
        """Give a thing what is written down for it; 0 where that is None."""
        parts = children(given) if given is not None and kind_of(given) == "INIT_LIST_EXPR" else []
        within: list[Thing] = []
        if isinstance(target, Record):
            within = list(target.members.values())
        elif isinstance(target, Dimensions | Pointer | PointerAt) and lengths_of(target):
            within = [inside(target, (whole(at),)) for at in range(lengths_of(target)[0])]
        if given is not None and not (parts and within) and kind_of(given) != "INIT_LIST_EXPR":
            if within and not isinstance(target, Record):
                raise self.unsupported(node, "an array that is written down without its braces")
            value = self.visit(given)
            if value is not None:  # else a `float4 v;` that is given nothing
                self.assign(node, target, value)
        elif within:
            for at, each in enumerate(within):
                self.fill(node, each, parts[at] if at < len(parts) else None)
        elif given is not None and parts:
            self.assign(node, target, self.listed(given))
        elif isinstance(target, form.Element) and target.count > 1:
            zeros = (form.Constant(target.dtype, 0),) * target.count
            self.assign(node, target, Vector(zeros))
        elif isinstance(target, form.Element):
            self.assign(node, target, form.Constant(target.dtype, 0))
        elif isinstance(target, PointerAt):
            self.assign(node, target, Null())

    def pointer_variable(self, node: Any, name: str, start: Thing) -> Thing:
        """const float* p = …; a reference is the thing itself."""
        if node.type.get_canonical().kind.name == "LVALUEREFERENCE":
            return self.held(start, node)
        start = self.decayed(start)
        if isinstance(start, Address):
            return start
        offset = form.Local(INT64, name)
        found = PointerVariable(None, offset, None)
        if start is not None:
            self.point(node, found, start)
        return found

    def object_variable(self, node: Any, type_: Any, name: str, start: Thing) -> Record:
        """An object of a struct."""
        found = records.variable(self, node, type_, name, "local")
        if isinstance(start, Record):
            self.assign(node, found, start)
        return found

    def vector_variable(self, node: Any, name: str, start: Thing) -> Thing:
        """float4 v = …;"""
        fields = list(node.type.get_canonical().get_fields())
        if not is_builtin(node.type):
            raise self.unsupported(node, f"a {node.type.spelling}")
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

    def branch(self, node: Any) -> None:
        """if."""
        test, body, *orelse = self.without_start(children(node))
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

    def without_start(self, parts: list[Any]) -> list[Any]:
        """The parts of `if (int k = n; k > 3)`, or `if (int k = n)`, behind its start."""
        if kind_of(parts[0]) == "DECL_STMT":
            self.statement(parts[0])
            return self.without_start(parts[1:])
        if kind_of(parts[0]) == "VAR_DECL":  # behind which libclang has the test itself
            self.declare(parts[0])
            return parts[1:]
        return parts

    def while_loop(self, node: Any) -> None:
        """while."""
        *start, test, body = children(node)  # while (int k = next()): declared in each turn

        def tested() -> form.Expression:
            for each in start:
                self.declare(each)
            return self.condition(test)

        decided = self.lazily(tested)
        with self.turn() as found:
            self.statement(body)
        self.emit(form.While(self.place(test), decided, tuple(found)))

    def do_loop(self, node: Any) -> None:
        """do … while."""
        body, test = children(node)
        with self.turn() as found:
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
        with self.turn() as turn:
            self.statement(body)
        with self.collected() as late:
            if step is not None:
                self.statement(step)
        place = self.place(node if test is None else test)
        self.emit(form.While(place, decided, tuple(turn), tuple(late)))

    def range_loop(self, node: Any) -> None:
        """for (float& each : values)"""
        variable, over, body = children(node)
        found = self.visit(over)
        shape = found.array.shape if isinstance(found, Dimensions) else None
        if not isinstance(found, Dimensions) or shape is None:
            raise self.unsupported(over, "a loop over this")
        name = f"{self.function.prefix}{variable.spelling}#{node.location.offset}"
        counter = form.Local(INT64, f"{name}~turn")
        element = element_in(Dimensions(found.array, (*found.indices, counter)))
        with self.turn() as turn:
            if variable.type.get_canonical().kind.name == "LVALUEREFERENCE":
                self.function.env[variable.hash] = element
            else:
                local = form.Local(element.dtype, name)
                self.emit(form.Assign(self.place(over), local, self.number(element, over)))
                self.function.env[variable.hash] = local
            self.statement(body)
        bounds = whole(0), whole(shape[len(found.indices)]), whole(1)
        self.emit(form.For(self.place(over), counter, *bounds, tuple(turn)))

    def leave(self, node: Any) -> None:
        """break and continue."""
        if kind_of(node) == "BREAK_STMT":
            self.emit(form.Break(self.place(node)))
        else:
            self.go_on(self.place(node))

    def give(self, node: Any) -> None:
        """return."""
        parts = children(node)
        if parts:
            found = self.visit(parts[0])
            result = self.function.result
            if isinstance(result, form.Local):
                value = converted(self.number(found, node), result.dtype)
                self.emit(form.Assign(self.place(node), result, value))
            elif result is not None:
                self.assign(node, result, found)
        self.emit(form.Return(self.place(node)))

    def inlined(
        self,
        node: Any,
        definition: Any,
        arguments: list[Any],
        *,
        this: Record | None = None,
        env: Mapping[int, Thing] | None = None,
    ) -> Thing:
        """A device function, where it is called; of a lambda with the names around it."""
        outer = self.function
        if outer.depth > 40:
            raise self.unsupported(node, "a function that calls itself")
        given = [self.visit(each) for each in arguments]
        name = definition.spelling or "lambda"
        self.calls += 1  # not the place: a macro's calls are all at one
        prefix = f"{outer.prefix}{name}@{self.calls}:"
        declared = node.referenced if env is None else definition
        inner = Function(name, prefix, outer.depth + 1, declared.get_usr(), this=this)
        inner.env.update(env or {})
        if kind_of(definition) != "CONSTRUCTOR":
            inner.result = self.result(node, node.type, f"{prefix}~result")
        parameters = [each for each in children(definition) if kind_of(each) == "PARM_DECL"]
        for parameter, thing, at in zip(parameters, given, arguments, strict=False):
            self.parameter(inner, parameter, thing, at)
        with self.collected() as body:
            self.function = inner
            self.start_members(definition)
            self.statement(next(e for e in children(definition) if kind_of(e) == "COMPOUND_STMT"))
            self.function = outer
        self.emit(form.Inline(self.place(node), tuple(body)))
        return inner.result

    def result(self, node: Any, type_: Any, name: str) -> Thing:
        """What the returns of a function that is called give their value to."""
        dtype = dtype_of(type_)
        if dtype is not None:
            return form.Local(dtype, name)
        if records.is_record(type_):
            return records.variable(self, node, type_, name, "local")
        if type_.get_canonical().kind.name == "RECORD":
            return self.vector_variable(node, name, None)
        if type_.get_canonical().kind.name != "VOID":
            raise self.unsupported(node, f"a function that gives a {type_.spelling}")
        return None

    def constructed(self, node: Any, declaration: Any, arguments: list[Any]) -> Thing:
        """An object that is made: a copy, as its struct says, or by a constructor."""
        if declaration.is_copy_constructor() or declaration.is_move_constructor():
            return self.visit(arguments[0])
        if not records.is_record(node.type):
            return None
        name = f"{self.function.prefix}{declaration.spelling}@{node.location.offset}"
        found = records.variable(self, node, node.type, name, "local")
        records.begin(self, node, found, node.type)
        if not is_implicit(declaration):
            definition = definition_of(declaration)
            if definition is None:
                raise self.unsupported(node, f"`{declaration.spelling}`")
            self.inlined(node, definition, arguments, this=found)
        return found

    def start_members(self, definition: Any) -> None:
        """Of a constructor: what stands behind its colon."""
        parts = children(definition)
        for member, value in pairwise(parts):
            if kind_of(member) == "MEMBER_REF" and self.function.this is not None:
                target = self.function.this.members[member.spelling]
                self.assign(value, target, self.visit(value))

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
        elif records.is_record(parameter.type):
            found = self.object_variable(node, parameter.type, name, thing)
            inner.env[parameter.hash] = found
        else:
            inner.env[parameter.hash] = self.vector_variable(
                parameter, name, self.vector(thing, node)
            )


_STATEMENTS: dict[str, Any] = {
    "COMPOUND_STMT": Translator.compound, "DECL_STMT": Translator.declarations,
    "IF_STMT": Translator.branch, "WHILE_STMT": Translator.while_loop,
    "DO_STMT": Translator.do_loop, "FOR_STMT": Translator.for_loop,
    "CXX_FOR_RANGE_STMT": Translator.range_loop, "UNEXPOSED_STMT": Translator.attributed,
    "BREAK_STMT": Translator.leave, "CONTINUE_STMT": Translator.leave,
    "SWITCH_STMT": switch, "RETURN_STMT": Translator.give, "NULL_STMT": Translator.nothing,
}  # fmt: skip


def is_array_type(type_: Any) -> bool:
    """Whether it is a type of arrays."""
    return "ARRAY" in type_.get_canonical().kind.name


def translated(kernel: SourceKernel, arguments: tuple[Any, ...]) -> form.Kernel:
    """A kernel of a `.cu` file, for these arguments. Raises RefusedError at the file's own line."""
    file = str(kernel.path)
    forget()
    unit = parsed(file, kernel.text)
    found = [each for each in _functions(unit.cursor) if each.spelling == kernel.name]
    if not found or "global" not in marks(found[0]):
        raise LookupError(f"{kernel.path.name} has no kernel {kernel.name}")
    definition = found[0].get_definition()
    notes = Notes()
    while True:
        with suppress(AgainError):  # then with what `notes` have by now
            return _translated(kernel.name, definition, arguments, notes)


def _translated(
    name: str, definition: Any, arguments: tuple[Any, ...], notes: Notes
) -> form.Kernel:
    translator = Translator(name, notes)
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
    head = Place(place.file, place.line, place.column, place.line, place.column + 1, name)
    return form.Kernel(name, head, tuple(parameters), arrays, tuple(translator.out))


def _functions(cursor: Any) -> list[Any]:
    found: list[Any] = []
    for each in children(cursor):
        if kind_of(each) == "FUNCTION_DECL":
            found.append(each)
        elif kind_of(each) in ("LINKAGE_SPEC", "UNEXPOSED_DECL", "NAMESPACE"):
            found += _functions(each)
    return found


def _fits(dtype: Any, target: Any, layout: Layout) -> bool:
    """Whether an array of this dtype is what a pointer to this type points to."""
    whole_one = layout_of(target)
    assert whole_one is not None
    if dtype.kind == "V":  # of records
        return dtype.itemsize == target.get_size()
    return dtype in (layout.number, whole_one.unit) or (bool(layout.members) and dtype == np.uint8)


def _parameters(
    translator: Translator, definition: Any, arguments: tuple[Any, ...]
) -> list[form.Array | form.Local]:
    declared = list(definition.get_arguments())
    check_number(definition.spelling, [each.spelling for each in declared], arguments)
    found: list[form.Array | form.Local] = []
    for each, value in zip(declared, arguments, strict=True):
        dtype, target = dtype_of(each.type), pointee(each.type)
        if target is not None:
            layout = layout_of(target, translator.notes.units.get(each.spelling, WIDEST))
            if layout is None:
                raise translator.unsupported(each, f"`{each.spelling}`: a {each.type.spelling}")
            if not is_array(value) or not _fits(value.dtype, target, layout):
                given = value.dtype if is_array(value) else type(value).__name__
                raise TypeError(f"{each.spelling} is a {each.type.spelling}, but was given {given}")
            array = form.Array(each.spelling, "global", layout.unit, value.ndim)
            translator.keys[id(array)] = each.spelling
            offset = form.Extent(INT64, array, "offset", 0)
            kept = form.Local(INT64, f"{each.spelling}#offset")
            variable = PointerVariable(None, kept, None)
            translator.function.env[each.hash] = variable
            translator.point(each, variable, Pointer(array, offset, layout))
            found.append(array)
        else:
            local = form.Local(dtype, each.spelling)
            translator.function.env[each.hash] = local
            found.append(local)
    return found
