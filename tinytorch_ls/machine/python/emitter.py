"""The statements that a translation has written so far, and the variables' present meaning."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, TypeAlias

from tinytorch_ls.machine import form
from tinytorch_ls.machine.emitter import Statements, converted
from tinytorch_ls.machine.numbers import BOOL, INT64, unified
from tinytorch_ls.machine.python.names import closure_of
from tinytorch_ls.machine.python.source import Source, source_of
from tinytorch_ls.machine.python.things import (
    Axis,
    Known,
    Several,
    Thing,
    Together,
    View,
    number,
    words,
)

Environment: TypeAlias = "dict[str, Thing | None]"  # None: no one type holds it


class MismatchError(Exception):
    """A variable that comes as things which no one type holds."""

    def __init__(self, name: str, one: Thing, two: Thing) -> None:
        super().__init__(name)
        self.name, self.one, self.two = name, one, two


@dataclass
class LoopFrame:
    """A loop that is translated: what its variables are at its head and behind it."""

    head: Environment
    assigned: Collection[str]  # the variables to which its text gives a value
    wider: Environment | None = None  # what they have to be instead
    early: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])  # read before that


@dataclass
class FunctionFrame:
    """A function that is translated where it is called."""

    function: FunctionType
    source: Source
    prefix: str
    names: dict[str, Any]
    depth: int
    result: Thing | None = None  # what its returns give, as far as known
    wider: Thing | None = None
    returns: bool = False
    loops: list[LoopFrame] = field(default_factory=list[LoopFrame])


def frame_of(function: FunctionType, prefix: str, depth: int) -> FunctionFrame:
    """A function to begin with."""
    names = {**function.__globals__, **closure_of(function)}
    return FunctionFrame(function, source_of(function), prefix, names, depth)


class Emitter(Statements):
    """Writes statements of the form, and knows what the variables stand for."""

    def __init__(self, frame: FunctionFrame) -> None:
        super().__init__()
        self.frame = frame
        self.env: Environment = {}
        self.unlike: dict[str, str] = {}  # variables that no one type holds, and why
        self.dead = False  # behind a return, a break or a continue
        self.arrays: dict[tuple[str, ast.AST], form.Array] = {}

    @property
    def source(self) -> Source:
        """The function that is read now."""
        return self.frame.source

    def local(self, name: str, dtype: form.DType) -> form.Local:
        """A variable of the function that is read now."""
        return form.Local(dtype, self.frame.prefix + name)

    def temporary(self, value: form.Expression, node: ast.stmt | ast.expr) -> form.Expression:
        """A value, computed here and now."""
        return self.computed(value, self.source.place(node), self.frame.prefix)

    def held(self, thing: Thing, node: ast.stmt | ast.expr) -> Thing:
        """A thing whose numbers are computed here and now."""
        match thing:
            case form.Expression():
                return self.temporary(thing, node)
            case Several(items=items):
                return Several(tuple(self.held(each, node) for each in items))
            case Together(parts=parts):
                return Together(tuple(self.held(each, node) for each in parts))
            case View():
                return View(
                    thing.memory
                    if isinstance(thing.memory, form.Array)
                    else self.temporary(thing.memory, node),
                    thing.dtype,
                    self.temporary(thing.offset, node),
                    tuple(
                        Axis(
                            None if a.index is None else self.temporary(a.index, node),
                            self.temporary(a.length, node),
                            self.temporary(a.stride, node),
                        )
                        for a in thing.axes
                    ),
                )
            case _:
                return thing

    def bind(self, name: str, thing: Thing, node: ast.stmt | ast.expr) -> None:
        """name = thing."""
        if isinstance(thing, form.Expression):
            target = self.local(name, thing.dtype)
            self.emit(form.Assign(self.source.place(node), target, thing))
            self.env[name] = target
        else:
            self.env[name] = self.held(thing, node)

    def settle(self, head: Environment, node: ast.stmt | ast.expr) -> Environment | None:
        """Make the variables what they are in `head`; what they have to be where that can't be."""
        wider: Environment = {}
        for name, wanted in head.items():
            have = self.env.get(name)
            if have is None or wanted is None or have == wanted:
                continue
            together = self.shared_meaning(name, wanted, have)
            if together == wanted:
                self.convert(wanted, have, node)
            else:
                wider[name] = together
        for name, have in self.env.items():
            if name not in head and have is not None:
                wider[name] = self.together(name, have, have)
        return {**head, **wider} if wider else None

    def shared_meaning(self, name: str, one: Thing, two: Thing) -> Thing | None:
        """What a variable is that may be either; None where no type holds both."""
        try:
            return self.together(name, one, two)
        except MismatchError as error:
            self.unlike[name] = f"{words(error.one)} on one path and {words(error.two)} on another"
            return None

    def together(self, name: str, one: Thing, two: Thing) -> Thing:
        """What a variable is that may be either; it is kept in variables of its own."""
        a, b = number(one), number(two)
        if a is not None and b is not None:
            if isinstance(one, Known) and isinstance(two, Known) and one is not two:
                return self.local(name, unified(a.dtype, b.dtype))
            if one == two and isinstance(one, Known):
                return one
            return self.local(name, unified(a.dtype, b.dtype))
        match one, two:
            case Several(items=left), Several(items=right) if len(left) == len(right):
                pairs = enumerate(zip(left, right, strict=True))
                return Several(tuple(self.together(f"{name}.{i}", x, y) for i, (x, y) in pairs))
            case View(), View() if one == two:
                return one
            case View(), View() if _alike(one, two):
                return self.chosen_view(name, one, two)
            case _ if one == two:
                return one
            case _:
                raise MismatchError(name, one, two)

    def chosen_view(self, name: str, one: View, two: View) -> View:
        """A variable that is now this array, now that."""
        memory = one.memory
        if memory is not two.memory:
            memory = self.local(f"{name}.memory", INT64)

        def part(suffix: str, a: form.Expression | None, b: form.Expression | None) -> Any:
            if a is None or a is b or (isinstance(a, form.Constant) and _same_constant(a, b)):
                return a
            return self.local(f"{name}.{suffix}", INT64)

        axes = tuple(
            Axis(
                part(f"index{i}", a.index, b.index),
                part(f"length{i}", a.length, b.length),
                part(f"stride{i}", a.stride, b.stride),
            )
            for i, (a, b) in enumerate(zip(one.axes, two.axes, strict=True))
        )
        return View(memory, one.dtype, part("offset", one.offset, two.offset), axes)

    def convert(self, target: Thing, thing: Thing, node: ast.stmt | ast.expr) -> None:
        """Assign a thing to the variables in which another is kept."""
        match target, thing:
            case form.Local(dtype=dtype), _:
                value = number(thing)
                assert value is not None
                if value != target:
                    place = self.source.place(node)
                    self.emit(form.Assign(place, target, converted(value, dtype)))
            case Several(items=targets), Several(items=items):
                for one, other in zip(targets, items, strict=True):
                    self.convert(one, other, node)
            case View(), View():
                self.convert_view(target, thing, node)
            case _:
                pass

    def convert_view(self, target: View, thing: View, node: ast.stmt | ast.expr) -> None:
        """The same for an array that is chosen."""
        memory = thing.memory
        if isinstance(memory, form.Array):
            memory = form.Handle(INT64, memory)
        pairs: list[tuple[Any, form.Expression | None]] = [
            (target.memory, memory),
            (target.offset, thing.offset),
        ]
        for mine, theirs in zip(target.axes, thing.axes, strict=True):
            pairs += [
                (mine.index, theirs.index),
                (mine.length, theirs.length),
                (mine.stride, theirs.stride),
            ]
        held = [
            (to, self.temporary(value, node))
            for to, value in pairs
            if isinstance(to, form.Local) and value is not None and to is not value
        ]
        for to, value in held:
            self.emit(form.Assign(self.source.place(node), to, value))

    def number_of(self, thing: Thing, node: ast.expr) -> form.Expression:
        """A thing as a number. Raises where it is none."""
        found = number(thing)
        if found is None:
            raise self.source.refused(node, f"this is {words(thing)}, where a number has to be")
        return found

    def test_of(self, thing: Thing, node: ast.expr) -> form.Expression:
        """A thing as a condition."""
        if isinstance(thing, Several):
            return form.Constant(BOOL, bool(thing.items))
        return converted(self.number_of(thing, node), BOOL)


def _alike(one: View, two: View) -> bool:
    return (
        one.dtype == two.dtype
        and len(one.axes) == len(two.axes)
        and all(
            (a.index is None) == (b.index is None) for a, b in zip(one.axes, two.axes, strict=True)
        )
    )


def _same_constant(one: form.Constant, two: Any) -> bool:
    return isinstance(two, form.Constant) and (one.dtype, one.value) == (two.dtype, two.value)
