"""Objects of structs: how they are declared, in registers and in memory, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c.clang import children, dtype_of, is_value, kind_of, pointee
from tinytorch_ls.machine.cuda_c.layouts import fields_of, is_builtin, is_union
from tinytorch_ls.machine.cuda_c.things import (
    Dimensions,
    PointerAt,
    PointerVariable,
    Record,
    Thing,
    VectorVariable,
)
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import INT64

if TYPE_CHECKING:
    from tinytorch_ls.machine.cuda_c.expressions import Expressions
    from tinytorch_ls.machine.cuda_c.translate import Translator


def is_record(type_: Any) -> bool:
    """Whether a type is a struct of the file's own."""
    declared = kind_of(type_.get_canonical().get_declaration())
    return declared in ("STRUCT_DECL", "CLASS_DECL", "UNION_DECL") and not is_builtin(type_)


def variable(translator: Translator, node: Any, type_: Any, name: str, space: Any) -> Record:
    """An object that is declared: each of its members is a variable of its own, but a union's."""
    if is_union(type_):
        made = translator.declared_array(node, name, space, type_)
        assert isinstance(made, Record)
        return made
    found: dict[str, Thing] = {}
    for member in fields_of(type_):
        found[member.spelling] = _member(
            translator, node, member, f"{name}.{member.spelling}", space
        )
    return Record(found)


def _member(translator: Translator, node: Any, member: Any, name: str, space: Any) -> Thing:
    type_, dtype = member.type, dtype_of(member.type)
    if member.is_bitfield():
        raise translator.unsupported(node, f"`{member.spelling}`: a bit field")
    if "ARRAY" in type_.get_canonical().kind.name or (space == "shared" and dtype is not None):
        return translator.declared_array(member, name, space)
    if is_record(type_):
        return variable(translator, node, type_, name, space)
    if space == "shared":
        raise translator.unsupported(node, f"shared memory with a {type_.spelling} in a struct")
    if dtype is not None:
        local = form.Local(dtype, name)
        value = translator.unwritten(node, member, name, local)
        translator.emit(form.Assign(translator.place(node), local, value))
        return local
    if pointee(type_) is not None:
        return PointerVariable(None, form.Local(INT64, name), None)
    return translator.vector_variable(member, name, None)


def begin(translator: Translator, node: Any, record: Record, type_: Any) -> None:
    """Give members what the struct says that they begin with."""
    for member in fields_of(type_):
        target = record.members[member.spelling]
        given = [each for each in children(member) if is_value(each)]
        if given and "ARRAY" not in member.type.get_canonical().kind.name:
            translator.assign(node, target, translator.visit(given[-1]))
        elif isinstance(target, Record):
            begin(translator, node, target, member.type)


def listed(translator: Expressions, node: Any, type_: Any) -> Record:
    """{a, b}: the members in their order; those that are not named have what they begin with."""
    given = children(node)
    found: dict[str, Thing] = {}
    for at, member in enumerate(fields_of(type_)):
        if at < len(given):
            found[member.spelling] = _listed(translator, given[at], member.type)
        else:
            starts = [each for each in children(member) if is_value(each)]
            dtype = dtype_of(member.type)
            if starts:
                found[member.spelling] = _listed(translator, starts[-1], member.type)
            elif dtype is not None:
                found[member.spelling] = form.Constant(dtype, 0)
    return Record(found)


def _listed(translator: Expressions, node: Any, type_: Any) -> Thing:
    dtype = dtype_of(type_)
    if dtype is not None:
        value = converted(translator.number(translator.visit(node), node), dtype)
        return translator.temporary(value, node)
    if kind_of(node) == "INIT_LIST_EXPR" and "ARRAY" in type_.get_canonical().kind.name:
        raise translator.unsupported(node, "a struct whose array is written down with it")
    return translator.visit(node)


def chosen(
    translator: Expressions, node: Any, test: form.Expression, first: Record, second: Record
) -> Record:
    """test ? first : second."""
    found: dict[str, Thing] = {}
    for name, one in first.members.items():
        other = second.members[name]
        if isinstance(one, Record) and isinstance(other, Record):
            found[name] = chosen(translator, node, test, one, other)
        elif isinstance(one, VectorVariable | Dimensions | PointerVariable | PointerAt):
            raise translator.unsupported(node, f"a choice of structs with `{name}` in them")
        else:
            a, b = translator.number(one, node), translator.number(other, node)
            found[name] = translator.temporary(form.Choice(a.dtype, test, a, b), node)
    return Record(found)
