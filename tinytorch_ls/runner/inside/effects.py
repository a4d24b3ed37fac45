"""What a call of a step's function does to what it was given, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, cast

import numpy as np

from tinytorch_ls.runner.inside.plain import array_in, data_of, name_of, plain, type_of
from tinytorch_ls.runner.inside.witness import PLACES
from tinytorch_ls.runner.report import KIND, Effect, Frame
from tinytorch_ls.runner.values import Plain

_DEEPEST = 6
_MOST_LEAVES = 200  # of one call
_MOST_BYTES = 2**14  # of an array that is told whole
_SAMPLE = 64  # numbers of a larger one
_MOST_WRITES = 20  # of one place
_PATIENCE = 20_000  # leaves that are looked at in one test; an array counts by its size too
_BYTES_OF_LEAF = 256
_BYTES_OF_GIST = 4096
_PLAIN = (int, float, bool, str, type(None))
_ABSENT = object()


@dataclass
class Patience:
    """How much may still be looked at: a function with many lines may hold much."""

    left: int = _PATIENCE


@dataclass
class Origins:
    """What could be reached when a call began: what is there now may be that, or lie in it."""

    objects: dict[int, tuple[str, Any]] = field(default_factory=dict[int, tuple[str, Any]])

    def of(self, value: Any, array: np.ndarray | None) -> str:
        """The path at which a value, or the memory of its array, was found then; "" if new."""
        if id(value) in self.objects:
            return self.objects[id(value)][0]
        if array is None:
            return ""
        held = ((path, array_in(other)) for path, other in self.objects.values())
        found = (p for p, o in held if o is not None and np.may_share_memory(array, o))
        return f"within {path}" if (path := next(found, "")) else ""


@dataclass
class Effects:
    """Follows what one call can reach through its arguments: attributes, items, arrays."""

    arguments: list[tuple[str, Any]]
    patience: Patience
    latest: dict[str, Any] = field(default_factory=dict[str, Any])
    before: frozenset[str] = frozenset()  # the places that were there
    origins: Origins = field(default_factory=Origins)
    writes: dict[str, list[tuple[Plain, Frame | None]]] = field(
        default_factory=dict[str, "list[tuple[Plain, Frame | None]]"]
    )

    @staticmethod
    def of(frame: FrameType, patience: Patience) -> Effects:
        """Those of a call that begins. Its arguments go by their places: names may be others."""
        code, local = frame.f_code, frame.f_locals
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        given = [(str(at), local[name]) for at, name in enumerate(names) if name in local]
        found = Effects(given, patience)
        walk = _Walk(patience, found.origins, begins=True)
        found.latest = {path: print_of(leaf) for path, leaf in found.leaves(walk)}
        found.before = frozenset(found.latest)
        return found

    def look(self, where: Frame | None) -> None:
        """Note what is otherwise than at the last look; `where` is the code that ran since."""
        if self.patience.left <= 0:
            return
        for path, leaf in self.leaves():
            now = print_of(leaf)
            if self.latest.get(path, _ABSENT) != now:
                self.latest[path] = now
                self.writes.setdefault(path, []).append((plain(leaf), where))

    def found(self) -> tuple[Effect, ...]:
        """What was written; nothing where that was too much to be followed to the end."""
        if self.patience.left <= 0:
            return ()
        return tuple(self._effect(path, writes) for path, writes in self.writes.items())

    def _effect(self, path: str, writes: list[tuple[Plain, Frame | None]]) -> Effect:
        """Of a place that is written time after time what counts is what it comes to."""
        kept = writes if len(writes) <= _MOST_WRITES else writes[-1:]
        values = tuple(value for value, _ in kept)
        wheres = tuple(where for _, where in kept if where)
        return Effect(path, values, wheres, path not in self.before)

    def leaves(self, walk: _Walk | None = None) -> Iterator[tuple[str, Any]]:
        """The numbers, texts and arrays within reach, by their paths; kinds at theirs."""
        walk = walk or _Walk(self.patience, self.origins)
        for path, value in self.arguments:
            yield from walk.below(path, value, 0)


@dataclass
class _Walk:
    """One look at all that a call can reach; what is reached twice is looked at once."""

    patience: Patience
    origins: Origins
    begins: bool = False  # the call does, and what is met is where it was then
    met: set[int] = field(default_factory=set[int])
    leaves: int = 0

    def below(self, path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
        if self.leaves >= _MOST_LEAVES:
            return
        if type(value) in _PLAIN or issubclass(type_of(value), np.generic):
            yield self.leaf(path, value)
            return
        if id(value) in self.met:
            return
        self.met.add(id(value))
        array = array_in(value)
        if array is not None:
            large = array.nbytes > _MOST_BYTES
            self.patience.left -= array.nbytes // (_BYTES_OF_GIST if large else _BYTES_OF_LEAF)
            yield self.leaf(path, _gist(array) if large else array)
        if self.begins:
            self.origins.objects[id(value)] = path, value
        if not issubclass(type_of(value), list | tuple | dict):  # one may stand for another
            yield self.leaf(
                f"{path}{KIND}", f"{name_of(type(value))} {self.origins.of(value, array)}"
            )
        if depth < _DEEPEST:
            for name, part in _parts(value):
                yield from self.below(f"{path}{name}", part, depth + 1)

    def leaf(self, path: str, value: Any) -> tuple[str, Any]:
        self.leaves += 1
        self.patience.left -= 1
        return path, value


def _gist(array: np.ndarray) -> np.ndarray:
    """What is hardly the same in two arrays that differ: two means, and numbers from everywhere."""
    if array.dtype.kind not in "biuf":
        return np.array(array.shape)
    means = array.mean(dtype=np.float64), np.abs(array).mean(dtype=np.float64)
    sample: np.ndarray = cast(Any, array).flat[:: array.size // _SAMPLE]
    return np.array([*array.shape, *means, *sample.tolist()], np.float64)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """The items of a container, the attributes of an object of the course's."""
    kind = type_of(value)
    if issubclass(kind, dict):
        for at, (key, item) in enumerate(list(cast(Any, dict).items(value))):
            yield f"[{key!r}]" if type(key) in (str, int) else f"[#{at}]", item
    elif issubclass(kind, list | tuple):
        builtin = cast(Any, list if issubclass(kind, list) else tuple)
        for at, item in enumerate(builtin.__iter__(value)):
            yield f"[{at}]", item
    elif kind.__module__.startswith(PLACES):
        held = data_of(value)
        for name, part in _attributes(value):
            if part is not held:
                yield f".{name}", part


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    try:
        fields: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    yield from list(fields.items())


def print_of(leaf: Any) -> Any:
    """What is another as soon as a leaf is."""
    if issubclass(type(leaf), np.ndarray | np.generic):
        return str(leaf.dtype), leaf.shape, leaf.tobytes()
    return type(leaf), repr(leaf)  # nan is not equal to itself
