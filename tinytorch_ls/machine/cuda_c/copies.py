"""`memcpy` and `memset` in the machine's form: loops over the things that lie there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c.clang import children, dtype_of, kind_of, pointee, value_of
from tinytorch_ls.machine.cuda_c.emitter import inside
from tinytorch_ls.machine.cuda_c.things import Address, Pointer, Thing, whole
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import INT64

if TYPE_CHECKING:
    from tinytorch_ls.machine.cuda_c.expressions import Expressions


def copy(translator: Expressions, node: Any, arguments: list[Any]) -> Thing:
    """memcpy(to, from, bytes): one thing of those that `from` points to after another."""
    target, source, size = arguments
    type_ = _pointed(source)
    to, start = (_as(translator, each, type_) for each in (target, source))

    def one(at: form.Expression) -> None:
        value = _at(start, at)
        if isinstance(value, form.Element):
            value = translator.temporary(translator.number(value, source), source)
        translator.assign(node, _at(to, at), value)

    _repeat(translator, node, (to, start), type_, size, one)
    return None


def fill(translator: Expressions, node: Any, arguments: list[Any]) -> Thing:
    """memset(to, byte, bytes): each byte of the numbers that `to` points to."""
    target, byte, size = arguments
    type_, known = _pointed(target), value_of(byte)
    dtype = dtype_of(type_)
    if dtype is None or known is None:
        what = "with a byte that is computed" if dtype is not None else f"of a {type_.spelling}"
        raise translator.unsupported(node, f"`memset` {what}")
    to = _as(translator, target, type_)
    number = np.frombuffer(bytes([known % 256]) * dtype.itemsize, dtype)[0].item()

    def one(at: form.Expression) -> None:
        translator.assign(node, _at(to, at), form.Constant(dtype, number))

    _repeat(translator, node, (to,), type_, size, one)
    return None


def _pointed(argument: Any) -> Any:
    """What an argument points to, before it became a pointer to anything."""
    while kind_of(argument) in ("UNEXPOSED_EXPR", "PAREN_EXPR"):
        argument = children(argument)[-1]
    found = pointee(argument.type)
    while found is not None and "ARRAY" in found.get_canonical().kind.name:
        found = pointee(found)
    return found


def _is(one: Any, other: Any) -> bool:
    return _bare(one) == _bare(other)


def _bare(type_: Any) -> str:
    """A type's name without `const`."""
    return type_.get_canonical().spelling.removeprefix("const ")


def _as(translator: Expressions, argument: Any, type_: Any) -> Pointer | Address:
    """A pointer, to things of this type; the address of a variable where it is of that type."""
    found = translator.decayed(translator.visit(argument))
    if isinstance(found, Address) and not _is(_pointed(argument), type_):
        found = translator.address_as(argument, found, type_)
    elif isinstance(found, Pointer):
        return translator.seen_as(argument, found, type_)
    if isinstance(found, Address):
        return found
    raise translator.unsupported(argument, "a copy of this")


def _at(place: Pointer | Address, at: form.Expression) -> Thing:
    return place.thing if isinstance(place, Address) else inside(place, (at,))


def _repeat(
    translator: Expressions,
    node: Any,
    places: tuple[Pointer | Address, ...],
    type_: Any,
    size: Any,
    one: Any,
) -> None:
    """Do it for each of the things of this type that so many bytes hold."""
    each, known = type_.get_size(), value_of(size)
    if known is not None and known % each:
        raise translator.unsupported(node, f"a copy of a part of a {_bare(type_)}")
    if known == each:
        one(whole(0))
        return
    if any(isinstance(place, Address) for place in places):
        raise translator.unsupported(node, "a copy that goes beyond its variable")
    counter = form.Local(INT64, f"{translator.function.prefix}copied#{node.location.offset}")
    count = converted(translator.number(translator.visit(size), size), INT64)
    times = translator.temporary(form.Operation(INT64, "c/", (count, whole(each))), node)
    with translator.collected() as turn:
        one(counter)
    translator.emit(
        form.For(translator.place(node), counter, whole(0), times, whole(1), tuple(turn))
    )
