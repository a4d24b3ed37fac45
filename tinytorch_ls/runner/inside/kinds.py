"""What kind of thing a value of student code is, in words; none of its methods is called."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, GeneratorType
from typing import Any, cast

import numpy as np

from tinytorch_ls.runner.inside.budget import Budget
from tinytorch_ls.runner.inside.plain import array_in, data_of, name_of, type_of

_DEEPEST = 4
_SHORT = 8
_SCALARS = ((np.bool_, "bool"), (np.integer, "int"), (np.floating, "float"), (np.str_, "str"))
_CONTAINERS: tuple[Any, ...] = (list, tuple, set, frozenset)
_BARE = (float, int, bool, str, type(None))  # what a list may have a thousand of; it holds nothing


def kind_of(value: Any) -> str:
    """ "Tensor", "list of float", "int": NumPy's and Python's numbers are one kind."""
    return _kind(value, 0, Budget())


def _kind(value: Any, depth: int, budget: Budget) -> str:
    if value is None:
        return "None"
    kind = type_of(value)
    if issubclass(kind, np.ndarray):  # a masked array or a matrix computes otherwise
        return "array" if kind is np.ndarray else name_of(kind)
    for scalar, name in _SCALARS:
        if isinstance(value, scalar):
            return name
    for container in _CONTAINERS:
        if issubclass(kind, container):
            return _of(container.__name__, [container.__iter__(value)], depth, budget)
    if issubclass(kind, dict):
        builtin = cast(Any, dict)
        return _of("dict", [builtin.keys(value), builtin.values(value)], depth, budget)
    if issubclass(kind, type):
        return "class"
    if issubclass(kind, FunctionType | GeneratorType):
        return "function" if kind is FunctionType else "generator"
    held = type_of(data_of(value))
    odd = issubclass(held, np.ndarray) and held is not np.ndarray
    return f"{name_of(kind)} of {name_of(held)}" if odd else name_of(kind)


def kinds_in(value: Any) -> tuple[str, ...]:
    """The kinds of the items of a short tuple, in their order; of others none."""
    if type(value) is not tuple or len(cast(Any, value)) > _SHORT:
        return ()
    return tuple(_kind(item, 1, Budget()) for item in cast(Any, value))


def _of(name: str, contents: list[Any], depth: int, budget: Budget) -> str:
    """The container with the kinds of what is in it, each once."""
    if depth >= _DEEPEST:
        return name
    kinds = [_together(content, depth, budget) for content in contents]
    return f"{name} of {' to '.join(kinds)}" if all(kinds) else name


def _together(content: Any, depth: int, budget: Budget) -> str:
    """The kinds of items. An empty one beside others like it says nothing of what it could hold."""
    kinds = {_kind(item, depth + 1, budget) for item in budget.first(content)}
    empty = {kind for kind in kinds if any(other.startswith(f"{kind} of ") for other in kinds)}
    return " or ".join(sorted(kinds - empty))


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    """The arrays that a value is or holds, in a Tensor, a list, a tuple or a dict."""
    return _arrays(value, 0, Budget())


def _arrays(value: Any, depth: int, budget: Budget) -> Iterator[np.ndarray]:
    array = array_in(value)
    if array is not None:
        yield array
    elif depth < _DEEPEST:
        for item in budget.first(_items(value)):
            if type(item) not in _BARE:
                yield from _arrays(item, depth + 1, budget)


def _items(value: Any) -> Any:
    kind = type_of(value)
    for container in _CONTAINERS[:2]:
        if issubclass(kind, container):
            return container.__iter__(value)
    return cast(Any, dict).values(value) if issubclass(kind, dict) else ()
