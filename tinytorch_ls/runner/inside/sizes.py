"""How near the end of a loop is, by the numbers and sizes around it; no method is called for it."""

from __future__ import annotations

import ast
import builtins
import operator
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, ModuleType
from typing import Any

import numpy as np

_SIZED = (list, tuple, dict, set, frozenset, deque, str, bytes, range, np.ndarray)
_BEYOND = 10  # times: who counted so far beyond all sizes around has passed the end
_FEW = 100

_SIGNS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}

UNKNOWN = object()


def value_of(node: ast.expr, frame: FrameType) -> Any:
    """What a name or an attribute stands for in a frame, or UNKNOWN."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            spaces = (frame.f_locals, frame.f_globals, vars(builtins))
            return next((space[name] for space in spaces if name in space), UNKNOWN)
        case ast.Attribute(value=inner, attr=name):
            return _attribute(value_of(inner, frame), name)
        case _:
            return UNKNOWN


def _attribute(holder: Any, name: str) -> Any:
    own = vars(holder) if isinstance(holder, ModuleType) else fields_of(holder)
    if name in own:
        return own[name]
    classes: tuple[type, ...] = type(holder).__mro__
    return next((vars(each)[name] for each in classes if name in vars(each)), UNKNOWN)


def fields_of(value: Any) -> Mapping[str, Any]:
    """What an object keeps in its own attributes."""
    try:
        fields: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return fields if type(fields) is dict else {}


def remaining(condition: str, frame: FrameType) -> tuple[float, ...]:
    """How far each part of a condition is from being another; () if unknown."""
    return tuple(_remaining(ast.parse(condition, mode="eval").body, frame))


def _remaining(node: ast.expr, frame: FrameType) -> Iterable[float]:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                yield from _remaining(part, frame)
        case ast.Compare(left=left, ops=[_], comparators=[right]):
            one, other = number(left, frame), number(right, frame)
            if one is not None and other is not None:
                yield abs(one - other)
        case _:
            found = number(node, frame)
            size = found if found is not None else _size(value_of(node, frame))
            if size is not None and not isinstance(node, ast.Constant):
                yield abs(size)


def number(node: ast.expr, frame: FrameType) -> float | None:
    """The number that an expression of a condition is, a length included."""
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[argument], keywords=[]):
            return _size(value_of(argument, frame))
        case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
            found = number(argument, frame)
            return None if found is None else abs(found)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            one, other = number(left, frame), number(right, frame)
            return None if one is None or other is None else _SIGNS[type(sign)](one, other)
        case _:
            value = value_of(node, frame)
            if isinstance(value, np.integer | np.floating):
                value = value.item()
            return value if type(value) in (int, float) else None


def _size(value: Any) -> int | None:
    if type(value) not in _SIZED or (type(value) is np.ndarray and value.ndim == 0):
        return None
    return len(value)


def largest(values: Iterable[Any], depth: int = 2) -> int:
    """The largest number or length of these values, and of what objects among them keep."""
    found = 0
    for value in values:
        if type(value) is int:
            found = max(found, abs(value))
        elif (size := _size(value)) is not None:
            found = max(found, size)
        elif depth and (fields := fields_of(value)) and not isinstance(value, type | ModuleType):
            found = max(found, largest(list(fields.values()), depth - 1))
    return found


def is_beyond(index: int, values: Iterable[Any]) -> bool:
    """Whether a count has passed the end of all that there is."""
    return index > _BEYOND * (largest(values) + _FEW)
