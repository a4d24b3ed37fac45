"""What kind of thing a value of student code is, in words; none of its methods is called."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, GeneratorType
from typing import Any, cast

import numpy as np

from tinytorch_ls.runner.inside.plain import array_in

_DEEPEST = 4
_MOST_ITEMS = 1000
_SHORT = 8
_SCALARS = ((np.bool_, "bool"), (np.integer, "int"), (np.floating, "float"), (np.str_, "str"))
_CONTAINERS: tuple[Any, ...] = (list, tuple, set, frozenset)


def kind_of(value: Any, depth: int = 0) -> str:
    """ "Tensor", "list of float", "int": NumPy's and Python's numbers are one kind."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return "array"
    for scalar, name in _SCALARS:
        if isinstance(value, scalar):
            return name
    kind = cast(Any, type(value))
    for container in _CONTAINERS:
        if issubclass(kind, container):
            return _of(container.__name__, [container.__iter__(value)], depth)
    if issubclass(kind, dict):
        return _of("dict", [cast(Any, dict).keys(value), cast(Any, dict).values(value)], depth)
    if issubclass(kind, type):
        return "class"
    if issubclass(kind, FunctionType | GeneratorType):
        return "function" if kind is FunctionType else "generator"
    return str(type.__dict__["__name__"].__get__(kind))


def kinds_in(value: Any) -> tuple[str, ...]:
    """The kinds of the items of a short tuple, in their order; of others none."""
    if type(value) is not tuple or len(cast(Any, value)) > _SHORT:
        return ()
    return tuple(kind_of(item, 1) for item in cast(Any, value))


def _of(name: str, contents: list[Any], depth: int) -> str:
    """The container with the kinds of what is in it, each once."""
    if depth >= _DEEPEST:
        return name
    kinds = [_together(content, depth) for content in contents]
    return f"{name} of {' to '.join(kinds)}" if all(kinds) else name


def _together(content: Any, depth: int) -> str:
    found: dict[str, None] = {}
    for _, item in zip(range(_MOST_ITEMS), content, strict=False):
        found[kind_of(item, depth + 1)] = None
    return " or ".join(sorted(found))


def arrays_in(value: Any, depth: int = 0) -> Iterator[np.ndarray]:
    """The arrays that a value is or holds, in a Tensor, a list, a tuple or a dict."""
    array = array_in(value)
    if array is not None:
        yield array
    elif depth < _DEEPEST:
        kind = cast(Any, type(value))
        items: Any = ()
        for container in _CONTAINERS[:2]:
            if issubclass(kind, container):
                items = container.__iter__(value)
        if issubclass(kind, dict):
            items = cast(Any, dict).values(value)
        for _, item in zip(range(_MOST_ITEMS), items, strict=False):
            yield from arrays_in(item, depth + 1)
