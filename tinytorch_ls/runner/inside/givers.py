"""What gives a `for` one item after the other, where that was seen to have no end."""

from __future__ import annotations

import ast
import dis
import gc
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType, GeneratorType, MethodType
from typing import Any, cast

from tinytorch_ls.runner.inside.loops import Loop
from tinytorch_ls.runner.inside.sizes import fields_of, is_beyond, remaining, value_of
from tinytorch_ls.runner.report import Walked

_RAISE = dis.opmap["RAISE_VARARGS"]
_INDEXED = ("BINARY_SUBSCR", "BINARY_OP", "BINARY_SLICE")  # `x[i]`: it is not a `for` that asks
_NEEDS_ALL: dict[Any, int] = {enumerate: 0, map: 1, filter: 1, zip: 0}
"""What ends as soon as one of its arguments ends, from this one on."""

LoopsOf = Callable[[FrameType], tuple[Loop, ...]]


@dataclass
class Giver:
    """A generator, or an object with `__next__` or `__getitem__`, as it was seen at work."""

    kind: Walked
    frame: FrameType  # the last one
    since: float
    last: float
    before: Mapping[str, Any]  # the whole numbers in it when it was seen first
    remaining: tuple[float, ...] = ()  # until the condition of its loop is another, then

    @property
    def holder(self) -> Any:
        """The object whose method gives the items."""
        code = self.frame.f_code
        return self.frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None

    def is_endless(self, loops_of: LoopsOf) -> bool:
        """Whether no end is in sight."""
        match self.kind:
            case "__getitem__":
                return is_beyond(_index(self.frame) or 0, fields_of(self.holder).values())
            case "__next__":
                return not _can_end(self.frame.f_code) or self._is_past()
            case _:
                loop = next((o for o in loops_of(self.frame) if o.kind == "while"), None)
                if loop is None:
                    return any(goes_on(o, self.frame) for o in loops_of(self.frame))
                if loop.leaves:
                    return self._is_past()
                return not gets_nearer(self.remaining, remaining(loop.head, self.frame))

    def _is_past(self) -> bool:
        """Whether what it counts has passed the end of all that it has."""
        holder = self.holder
        now, fields = numbers_in(self.frame), fields_of(holder)
        counts = {name for name, value in now.items() if value > self.before.get(name, value)}
        around = {**self.frame.f_locals, **fields}
        others = [v for n, v in around.items() if n not in counts and not (fields and v is holder)]
        return any(is_beyond(now[name], others) for name in counts)


def giver_of(frame: FrameType, now: float, loops_of: LoopsOf) -> tuple[Any, Giver] | None:
    """What gives items in this frame, and by what it is known again; None if nothing does."""
    code = frame.f_code
    if code.co_flags & inspect.CO_GENERATOR and not code.co_name.startswith("<"):
        loop = next((loop for loop in loops_of(frame) if loop.kind == "while"), None)
        left = remaining(loop.head, frame) if loop else ()
        return frame, Giver("generator", frame, now, now, numbers_in(frame), left)
    if code.co_name == "__next__":
        kind: Walked = "__next__"
    elif code.co_name == "__getitem__" and _is_walked(frame):
        kind = "__getitem__"
    else:
        return None
    giver = Giver(kind, frame, now, now, numbers_in(frame))
    return (code, id(giver.holder)), giver


def gets_nearer(before: tuple[float, ...], now: tuple[float, ...]) -> bool:
    """Whether one part of a condition is nearer to being another than it was."""
    return len(before) == len(now) and any(b > n for b, n in zip(before, now, strict=True))


def numbers_in(frame: FrameType) -> dict[str, int]:
    """The whole numbers that a frame, and the object whose method it is, has names for."""
    code = frame.f_code
    own = fields_of(frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None)
    return {n: v for n, v in {**frame.f_locals, **own}.items() if type(v) is int}


def goes_on(loop: Loop, frame: FrameType) -> Walked | None:
    """Why a `for` never comes to the end of what it goes through, as far as its text says."""
    return _endless(ast.parse(loop.head, mode="eval").body, frame) if loop.kind == "for" else None


def _endless(node: ast.expr, frame: FrameType) -> Walked | None:
    if not isinstance(node, ast.Call):
        endless: Walked | None = "iterator" if _is_counter(value_of(node, frame)) else None
        return endless
    function = value_of(node.func, frame)
    count, named = len(node.args), bool(node.keywords)
    if function is itertools.count or (function is itertools.cycle and count == 1):
        return "iterator"
    if function is itertools.repeat and count == 1 and not named:
        return "iterator"
    if function is iter and count == 2:
        return "sentinel"
    if isinstance(function, type) and function in _NEEDS_ALL:
        return _all_go_on(node.args[_NEEDS_ALL[function] :], frame)
    return _all_go_on(node.args, frame) if function is iter else None


def _all_go_on(nodes: Iterable[ast.expr], frame: FrameType) -> Walked | None:
    found: list[Walked | None] = [_endless(node, frame) for node in nodes]
    return next(iter(found), None) if all(found) else None


def _is_counter(value: Any) -> bool:
    if type(value) is itertools.repeat:
        return value.__reduce__()[1][1:] == ()
    return type(value) in (itertools.count, itertools.cycle)


def generators_of(loop: Loop, frame: FrameType) -> list[FrameType]:
    """Where the generators stand that a `for` may go through: those of its function, not ended."""
    node = ast.parse(loop.head, mode="eval").body
    if not isinstance(node, ast.Call):
        value = value_of(node, frame)
        return [value.gi_frame] if isinstance(value, GeneratorType) and value.gi_frame else []
    code = _code_of(value_of(node.func, frame))
    if code is None or not code.co_flags & inspect.CO_GENERATOR:
        return []
    return [
        each.gi_frame
        for each in gc.get_objects()
        if type(each) is GeneratorType and each.gi_code is code and each.gi_frame
    ]


def _code_of(function: Any) -> CodeType | None:
    if isinstance(function, MethodType):
        function = function.__func__
    return function.__code__ if isinstance(function, FunctionType) else None


def length_of(loop: Loop, frame: FrameType) -> int | None:
    """How long a list is that a `for` goes through."""
    value = value_of(ast.parse(loop.head, mode="eval").body, frame)
    return len(cast(list[Any], value)) if type(value) is list else None


def _index(frame: FrameType) -> int | None:
    code = frame.f_code
    value = frame.f_locals.get(code.co_varnames[1]) if code.co_argcount > 1 else None
    return value if type(value) is int else None


def _is_walked(frame: FrameType) -> bool:
    """Whether a `for`, or what works like one, asks an object for its next item by its number."""
    caller = frame.f_back
    if caller is None or caller.f_lasti < 0:
        return False
    return dis.opname[caller.f_code.co_code[caller.f_lasti]] not in _INDEXED


def _can_end(code: CodeType) -> bool:
    """Whether a `__next__` raises something, or hands on what another iterator does."""
    raises = _RAISE in code.co_code[::2]
    return raises or any(name in ("next", "__next__") for name in code.co_names)
