"""What a translation of CUDA C has written so far, and how places are read and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, TypeAlias

from tinytorch_ls.machine import form
from tinytorch_ls.machine.cuda_c.clang import place_of
from tinytorch_ls.machine.cuda_c.things import (
    NOWHERE,
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
    at_pointer,
    element_in,
    entry,
    handle,
    plus,
    pointer_in,
    pointer_to,
    times,
    whole,
)
from tinytorch_ls.machine.emitter import Statements, converted
from tinytorch_ls.machine.numbers import INT32, INT64
from tinytorch_ls.machine.refused import LocatedError, Refusal, RefusedError, UnsupportedError
from tinytorch_ls.machine.report import Place

Row: TypeAlias = Dimensions | Pointer | PointerAt
"""An array, or a row of it, of which something stands at an index."""


@dataclass
class Notes:
    """What a translation has to know from its beginning, found by those before it."""

    units: dict[str, int] = field(default_factory=dict[str, int])  # of memories, in bytes
    in_memory: set[str] = field(default_factory=set[str])  # variables that are read as other types
    moving: set[str] = field(default_factory=set[str])  # pointers that move from memory to memory


class AgainError(Exception):
    """A note was made: translate anew."""


@dataclass
class Function:
    """A function that is translated where it is called."""

    name: str
    prefix: str
    depth: int
    usr: str = ""  # which function: its shared memory is one, wherever it is called
    result: Any = None  # what its returns give
    this: Record | None = None  # of a method
    env: dict[int, Any] = field(default_factory=dict[int, Any])  # things, by declaration


class Emitter(Statements):
    """Writes statements of the form, for the function that is read now."""

    def __init__(self, name: str, notes: Notes) -> None:
        super().__init__()
        self.notes = notes
        self.keys: dict[int, str] = {}  # of memories, in `notes`
        self.function: Function = Function(name, "", 0)
        self.arrays: dict[str, form.Array] = {}

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
        return self.computed(value, self.place(node), self.function.prefix)

    def lazily(self, visit: Callable[[], form.Expression]) -> form.Expression:
        """A part that not every thread computes: its statements go with it."""
        with self.collected() as before:
            found = visit()
        return form.After(found.dtype, tuple(before), found) if before else found

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
                thing.ratio,
            )
        if isinstance(thing, Record):
            return Record({name: self.held(each, node) for name, each in thing.members.items()})
        if isinstance(thing, PointerAt):
            indices = tuple(self.temporary(each, node) for each in thing.indices)
            return replace(thing, indices=indices)
        return thing

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
        if isinstance(thing, PointerVariable) and thing.memory is not None:
            assert thing.layout is not None
            return Pointer(thing.memory, thing.offset, thing.layout)
        if isinstance(thing, PointerAt) and not thing.lengths:
            return pointer_in(thing) or thing
        return replace(thing, lengths=()) if isinstance(thing, Pointer) else thing

    def vector(self, thing: Thing, node: Any) -> Vector:
        """A thing as a vector."""
        if isinstance(thing, VectorVariable):
            return Vector(thing.parts)
        if isinstance(thing, form.Element) and thing.count > 1:
            return self.vector_at(thing, node)
        if not isinstance(thing, Vector):
            raise self.unsupported(node, "this: a vector has to be here")
        return thing

    def vector_at(self, element: form.Element, node: Any) -> Vector:
        """A float4 that is read: one access, and its parts."""
        held = self.held(element, node)
        assert isinstance(held, form.Element)
        parts: list[form.Expression] = []
        for part in range(element.count):
            one = part_of(held, part, moved_with(part, element.count))
            parts.append(self.temporary(form.Load(element.dtype, one, self.place(node)), node))
        return Vector(tuple(parts))

    def current(self, target: Thing, node: Any) -> form.Expression:
        """What stands in a place."""
        if isinstance(target, PointerVariable | PointerAt):
            pointer = self.decayed(target)
            if isinstance(pointer, Pointer):
                return pointer.offset
        return self.number(target, node)

    def changed(self, node: Any, target: Thing, name: str, value: form.Expression) -> Thing:
        """What `target op= value` writes."""
        pointer = self.decayed(target) if isinstance(target, PointerVariable | PointerAt) else None
        if isinstance(pointer, Pointer):
            by = times(converted(value, INT64), pointer.layout.span)
            return replace(pointer, offset=form.Operation(INT64, name, (pointer.offset, by)))
        old = self.current(target, node)
        dtype = usual(old.dtype, value.dtype)
        if name in ("<<", ">>"):
            dtype = promoted(old.dtype)
        left, right = converted(old, dtype), converted(value, dtype)
        return form.Operation(dtype, in_c(name, dtype), (left, right))

    def assign(self, node: Any, target: Thing, value: Thing) -> Thing:
        """target = value; gives what is there then."""
        place = self.place(node)
        match target:
            case form.Local():
                given = converted(self.number(value, node), target.dtype)
                self.emit(form.Assign(place, target, given))
                return target
            case PointerVariable():
                self.point(node, target, self.decayed(value))
                return target
            case PointerAt(lengths=()):
                self.point_at(node, target, self.decayed(value))
                return target
            case VectorVariable(parts=parts):
                found = self.vector(value, node)
                for part, each in zip(parts, found.parts, strict=True):
                    self.emit(form.Assign(place, part, each))
                return target
            case Record(members=members) if isinstance(value, Record):
                for name, each in value.members.items():
                    self.assign(node, members[name], each)
                return target
            case PointerAt() if isinstance(value, PointerAt):
                self.copy_array(node, target, value)
                return target
            case Dimensions() | Pointer() if isinstance(value, Dimensions | Pointer):
                self.copy_array(node, target, value)
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

    def point(self, node: Any, target: PointerVariable, pointer: Thing) -> None:
        """Give a variable a pointer."""
        place = self.place(node)
        if isinstance(pointer, PointerVariable):  # it points nowhere yet
            return
        if isinstance(pointer, Null):
            self.emit(form.Assign(place, target.offset, NOWHERE))
            return
        if not isinstance(pointer, Pointer):
            raise self.unsupported(node, "a pointer to this")
        if target.memory is None:
            target.memory, target.layout = pointer.memory, pointer.layout
            if target.offset.name in self.notes.moving or not isinstance(target.memory, form.Array):
                target.memory = form.Local(INT64, f"{target.offset.name}.memory")
        if pointer.layout != target.layout:
            raise self.unsupported(node, "a pointer that moves to memory of another kind")
        offset = self.temporary(pointer.offset, node)
        if isinstance(target.memory, form.Local):
            self.emit(form.Assign(place, target.memory, handle(pointer.memory)))
        elif pointer.memory is not target.memory:
            self.notes.moving.add(target.offset.name)
            raise AgainError
        self.emit(form.Assign(place, target.offset, offset))

    def point_at(self, node: Any, target: PointerAt, pointer: Thing) -> None:
        """Give one of an array of pointers a pointer."""
        pointers, place = target.pointers, self.place(node)
        offset = element_in(Dimensions(pointers.offsets, target.indices))
        if isinstance(pointer, PointerAt):  # it points nowhere yet
            return
        if isinstance(pointer, Null):
            self.emit(form.Store(place, offset, NOWHERE))
            return
        if not isinstance(pointer, Pointer):
            raise self.unsupported(node, "a pointer to this")
        self.settle(node, pointers, pointer)
        far = self.temporary(pointer.offset, node)
        if pointers.memories is not None:
            memory = element_in(Dimensions(pointers.memories, target.indices))
            self.emit(form.Store(place, memory, self.temporary(handle(pointer.memory), node)))
        self.emit(form.Store(place, offset, far))

    def settle(self, node: Any, pointers: PointerArray, pointer: Pointer) -> None:
        """What an array of pointers points into: what the first one does, or one memory each."""
        if pointers.memory is None:
            pointers.memory, pointers.layout = pointer.memory, pointer.layout
        if pointer.layout != pointers.layout:
            raise self.unsupported(node, "a pointer that moves to memory of another kind")
        known = isinstance(pointer.memory, form.Array) and pointer.memory is pointers.memory
        if pointers.memories is None and not known:
            self.notes.moving.add(self.keys[id(pointers.offsets)])
            raise AgainError

    def copy_array(self, node: Any, target: Row, source: Row) -> None:
        """An array in an object that is copied, element by element."""
        lengths = lengths_of(target)
        for index in product(*(range(length) for length in lengths)):
            at = tuple(whole(each) for each in index)
            self.assign(node, inside(target, at), inside(source, at))

    def write_vector(self, node: Any, target: form.Element, value: Vector) -> None:
        """A float4 that is written: one access."""
        held = self.held(target, node)
        assert isinstance(held, form.Element)
        kept = [self.temporary(converted(each, target.dtype), node) for each in value.parts]
        for part, each in enumerate(kept):
            one = part_of(held, part, moved_with(part, target.count))
            self.emit(form.Store(self.place(node), one, each))


def lengths_of(array: Row) -> tuple[int, ...]:
    """The lengths of an array, or of a row of it."""
    if isinstance(array, Pointer | PointerAt):
        return array.lengths
    shape = array.array.shape or ()
    return shape[len(array.indices) : -1 if array.layout else None]


def inside(array: Row, at: Sequence[form.Expression]) -> Thing:
    """What stands in an array at these indices."""
    if isinstance(array, PointerAt):
        return replace(array, indices=(*array.indices, *at))
    if isinstance(array, Dimensions):
        return entry(Dimensions(array.array, (*array.indices, *at), array.layout))
    for each in at:
        offset = plus(array.offset, times(each, array.step))
        array = replace(array, offset=offset, lengths=array.lengths[1:])
    return at_pointer(array)


def part_of(element: form.Element, part: int, count: int = 1) -> form.Element:
    """One number of a vector."""
    far = whole(part * element.ratio)
    if element.indices:
        *indices, last = element.indices
        return replace(element, indices=(*indices, plus(last, far)), count=count)
    return replace(element, offset=plus(element.offset, far), count=count)


def moved_with(part: int, count: int) -> int:
    """How many numbers move with one part of a vector: all with the first, but a float3's alone."""
    if count == 3:
        return 1
    return count if part == 0 else 0


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


def in_c(name: str, dtype: form.DType) -> str:
    """The operation that an operator of C is."""
    if name in ("/", "%"):
        return {"/": "c/", "%": "c%"}[name] if dtype.kind in "iu" else name
    return name
