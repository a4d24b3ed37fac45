"""Refuses arguments that are not what their annotations say, in words that help. Given."""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
Kinds = tuple[type, ...]
Place = tuple[int, str, Any, Kinds]  # where, under which name, what is written, what is taken

_WIDER: dict[Any, Kinds] = {
    float: (float, int, np.floating, np.integer),
    int: (int, np.integer),
    tuple: (tuple, list),
    bool: (bool, np.bool_),
}
_WORDS: dict[Any, str] = {
    float: "a number",
    int: "a whole number",
    bool: "True or False",
    str: "text",
    collections.abc.Callable: "a function",
    collections.abc.Sequence: "a list",
    collections.abc.Mapping: "a dict",
    types.NoneType: "None",
}


class ArgumentCheck:
    """What the annotations of a function say of its arguments; they are read at the first call.

    Classes and unions of classes are checked, and Any, Iterable and what else there is is not. A
    bool is no number.
    """

    def __init__(self, function: Callable[..., Any], only: Any = None) -> None:
        self.function, self.only = function, only  # of what is checked, the only annotation, if any
        self.places: list[Place] | None = None  # of what is checked; none before the first call

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Raises TypeError that names the first wrong argument, what came and what is wanted."""
        if self.places is None:
            places = _checked_places(self.function)
            self.places = [place for place in places if self.only in (None, place[2])]
        count = len(args)
        for place, name, hint, kinds in self.places:
            if place < count:
                value = args[place]
            elif name in kwargs:
                value = kwargs[name]
            else:
                continue
            if not isinstance(value, kinds) or (value.__class__ is bool and bool not in kinds):
                raise self.error(name, hint, value)

    def error(self, name: str, hint: Any, value: Any) -> TypeError:
        """The error for a wrong value."""
        where = self.function.__qualname__.removesuffix(".__init__").removesuffix(".forward")
        wanted = " or ".join(_WORDS.get(kind) or article(kind.__name__) for kind in _members(hint))
        return TypeError(f"{where}: {name} is {wanted}, not {described(value)}")


def argument_check(function: Callable[..., Any]) -> ArgumentCheck | None:
    """The check of a function's arguments; None where no annotation says anything, to save time."""
    hints = {name: hint for name, hint in function.__annotations__.items() if name != "return"}
    return ArgumentCheck(function) if set(hints.values()) - {"Any", Any} else None


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments by the annotations before `function` runs: a decorator."""
    return _after(ArgumentCheck(function), function)


def checked_flags(function: Callable[P, R]) -> Callable[P, R]:
    """Check only those that are True or False, where the function itself sees to the others."""
    return _after(ArgumentCheck(function, bool), function)


def check_flag(name: str, value: Any) -> None:
    """Raises TypeError unless `value` is True or False."""
    if not isinstance(value, _WIDER[bool]):
        raise TypeError(f"{name} is True or False, not {described(value)}")


def described(value: Any) -> str:
    """A value of any kind, in a few words of an error: "a list, [1, 2]"."""
    kind = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and not isinstance(value, type):
        return f"{article(kind)} of shape {shape} and dtype {getattr(value, 'dtype', None)}"
    if value is None or isinstance(value, type):
        return repr(value)
    text = " ".join(repr(value).split())
    return f"{article(kind)}, {text if len(text) <= 40 else text[:37] + '...'}"


def article(kind: str) -> str:
    """A word with its article: "a list", "an ndarray"."""
    return f"{'an' if kind[0] in 'aeioAEIO' or kind.startswith('nd') else 'a'} {kind}"


def _after(check: ArgumentCheck, function: Callable[P, R]) -> Callable[P, R]:
    """`function` behind `check`."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        check(args, kwargs)
        return function(*args, **kwargs)

    return call


def _checked_places(function: Callable[..., Any]) -> list[Place]:
    """The parameters of which the annotation can be checked. Those behind *args can't be placed."""
    try:
        hints = get_type_hints(function)
    except (NameError, TypeError):  # an annotation that means nothing here
        return []
    found: list[Place] = []
    for place, (name, parameter) in enumerate(signature(function).parameters.items()):
        if parameter.kind is Parameter.VAR_POSITIONAL:
            break
        kinds = _kinds(hints.get(name))
        if kinds is not None:
            found.append((place, name, hints[name], kinds))
    return found


def _members(hint: Any) -> list[Any]:
    """The classes of an annotation; of `list[int] | None`, list and None."""
    if get_origin(hint) in (Union, types.UnionType):
        return [member for arm in get_args(hint) for member in _members(arm)]
    return [get_origin(hint) or hint]


def _kinds(hint: Any) -> Kinds | None:
    """What `isinstance` takes for an annotation; None where there is nothing to check."""
    kinds: list[type] = []
    for member in _members(hint):
        if not isinstance(member, type) or member in (Any, object, collections.abc.Iterable):
            return None
        kinds += _WIDER.get(member, (member,))
    return tuple(kinds)
