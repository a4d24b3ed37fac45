"""CUDA C's `switch` in the machine's form: a loop of one turn, so that a `break` leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c.clang import children, kind_of, value_of
from tinytorch_ls.machine.cuda_c.emitter import promoted
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import BOOL

if TYPE_CHECKING:
    from tinytorch_ls.machine.cuda_c.translate import Translator

_LABELS = ("CASE_STMT", "DEFAULT_STMT")


@dataclass
class _Part:
    """What stands between two labels, with those before it."""

    label: Any
    cases: list[int] = field(default_factory=list[int])
    default: bool = False  # whether all the rest is meant too
    body: list[Any] = field(default_factory=list[Any])


def switch(translator: Translator, node: Any) -> None:
    """Each part for the threads that have reached it: at its label, or from the part above."""
    *start, on, body = children(node)
    for each in start:
        translator.statement(each)
    parts = _parts(children(body))
    value = translator.number(translator.visit(on), on)
    value = translator.temporary(converted(value, promoted(value.dtype)), on)
    place = translator.place(node)
    name = f"{translator.function.prefix}switch#{node.location.offset}"
    reached, again = form.Local(BOOL, f"{name}~reached"), form.Local(BOOL, f"{name}~again")
    for each in (reached, again):
        translator.emit(form.Assign(place, each, form.Constant(BOOL, False)))
    other = form.Operation(BOOL, "not", (_is_any(value, [c for p in parts for c in p.cases]),))
    with translator.turn(again) as turn:
        for part in parts:
            at = translator.place(part.label)
            meant = other if part.default else _is_any(value, part.cases)
            translator.emit(form.Assign(at, reached, _either(reached, meant)))
            with translator.collected() as found:
                for each in part.body:
                    translator.statement(each)
            translator.emit(form.If(at, reached, tuple(found)))
        translator.emit(form.Break(place))
    translator.emit(form.While(place, form.Constant(BOOL, True), tuple(turn)))
    if again in translator.continued:
        with translator.collected() as found:
            translator.go_on(place)
        translator.emit(form.If(place, again, tuple(found)))


def _parts(statements: Sequence[Any]) -> list[_Part]:
    """A switch's parts; what stands before the first label is never reached."""
    parts: list[_Part] = []
    for each in statements:
        inner = each
        if kind_of(each) in _LABELS:
            parts.append(_Part(each))
        while kind_of(inner) in _LABELS:
            *constant, inner = children(inner)
            parts[-1].cases += map(value_of, constant)
            parts[-1].default |= not constant
        if parts:
            parts[-1].body.append(inner)
    return parts


def _is_any(value: form.Expression, cases: Sequence[int]) -> form.Expression:
    tests = [
        form.Operation(BOOL, "==", (value, form.Constant(value.dtype, case))) for case in cases
    ]
    return reduce(_either, tests, form.Constant(BOOL, False))


def _either(one: form.Expression, other: form.Expression) -> form.Expression:
    return form.ShortCircuit(BOOL, False, one, other)
