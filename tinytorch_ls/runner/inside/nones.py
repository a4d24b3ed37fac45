"""Which expression was None, where an error says that something was, and who handed it on."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from tinytorch_ls.runner.report import Frame, NoneRead

_LONGEST = 60  # of an expression's text
_ERRORS = (AttributeError, TypeError)


@dataclass(frozen=True)
class Stop:
    """Where a function stood when an error left it."""

    frame: FrameType
    shown: Frame


def nones(error: BaseException, stops: Sequence[Stop]) -> Iterator[NoneRead]:
    """What was None, the expression that failed first, and what handed it over, outwards."""
    if not stops or not isinstance(error, _ERRORS) or "NoneType" not in str(error):
        return
    node = _failing(stops[-1], getattr(error, "name", None))
    for number in range(len(stops) - 1, -1, -1):
        if node is None:
            return
        stop = stops[number]
        yield NoneRead(*_said(node, stop), stop.shown)
        name = _parameter(node, stop)
        if number == 0 or not name:
            return
        node = _handed(name, stop, stops[number - 1])


def _failing(stop: Stop, attribute: str | None) -> ast.expr | None:
    """The expression at a place that is None and may not be; a call where none is known to be."""
    read = list(_read(stop, attribute))
    known = (node for node in read if _is_none(node, stop.frame))
    calls = [node for node in read if isinstance(node, ast.Call)]
    return next(known, calls[0] if len(calls) == 1 else None)


def _read(stop: Stop, attribute: str | None) -> Iterator[ast.expr]:
    """The expressions at a place of which something is wanted."""
    for node in _nodes(stop):
        match node:
            case ast.Attribute(value=value, attr=name) if attribute in (None, name):
                yield value
            case ast.BinOp(left=left, right=right):
                yield from (left, right)
            case ast.AugAssign(target=target, value=value):
                yield from (target, value)
            case ast.Subscript(value=value) | ast.UnaryOp(operand=value):
                yield value
            case ast.Call(func=function, args=args, keywords=words):
                yield from (function, *args, *(word.value for word in words))
            case ast.Compare(left=left, comparators=others):
                yield from (left, *others)
            case ast.For(iter=value) | ast.comprehension(iter=value) | ast.Starred(value=value):
                yield value
            case _:
                pass


def _nodes(stop: Stop) -> Iterator[ast.AST]:
    """The nodes at a place: those inside of its columns, where they are known, else of its line."""
    place = stop.shown
    first, last = (place.line, place.column or 0), (place.end_line, place.end_column or 0)
    for node in ast.walk(_tree(place.file)):
        if isinstance(node, ast.comprehension):
            where: Any = node.iter
        elif isinstance(node, ast.For):
            where = node.iter
        else:
            where = node
        if not hasattr(where, "end_lineno"):
            continue
        start = (where.lineno, _characters(place.file, where.lineno, where.col_offset))
        end = (where.end_lineno, _characters(place.file, where.end_lineno, where.end_col_offset))
        if place.column is None:
            if start[0] <= place.line <= end[0] and isinstance(where, ast.expr | ast.AugAssign):
                yield node
        elif first <= start and end <= last:
            yield node


def _characters(file: str, line: int, byte_column: int) -> int:
    text = linecache.getline(file, line).encode("utf-8", "replace")
    return len(text[:byte_column].decode("utf-8", "replace"))


def _tree(file: str) -> ast.Module:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _is_none(node: ast.expr, frame: FrameType) -> bool:
    try:
        return _value(node, frame) is None
    except Exception:  # not known without a call, or an attribute's own code failed
        return False


def _value(node: ast.expr, frame: FrameType) -> Any:
    """What an expression stands for that calls nothing. LookupError for others."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in frame.f_locals:
            return frame.f_locals[name]
        case ast.Name(id=name):
            return frame.f_globals[name]
        case ast.Attribute(value=inner, attr=name):
            return getattr(_value(inner, frame), name)
        case ast.Subscript(value=inner, slice=index):
            held = _value(inner, frame)
            if type(held) in (list, tuple, dict):
                return held[_value(index, frame)]
        case _:
            pass
    raise LookupError


def _parameter(node: ast.expr, stop: Stop) -> str:
    """The name of a parameter that an expression is; "" if it is none."""
    code = stop.frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return node.id if isinstance(node, ast.Name) and node.id in names else ""


def _handed(name: str, to: Stop, by: Stop) -> ast.expr | None:
    """The expression that a caller gave for a parameter, where it was None."""
    calls = [
        node
        for node in _nodes(by)
        if isinstance(node, ast.Call) and _called(node) == to.shown.function
    ]
    given = _argument(calls[0], name, to) if len(calls) == 1 else None
    if given is None or _is_none(given, by.frame):
        return given
    return given if isinstance(given, ast.Call) and not _stored(name, to) else None


def _argument(call: ast.Call, name: str, to: Stop) -> ast.expr | None:
    """What a call gives for a parameter; None where it leaves it out."""
    for word in call.keywords:
        if word.arg == name:
            return word.value
    code = to.frame.f_code
    names = code.co_varnames[: code.co_argcount]
    if names[:1] == ("self",) and isinstance(call.func, ast.Attribute):
        names = names[1:]
    places = dict(zip(names, call.args, strict=False))
    return places.get(name)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


Kind = Literal["call", "read", "parameter", "name"]


def _said(node: ast.expr, stop: Stop) -> tuple[str, Kind]:
    """An expression as text, and what it is: a variable is what was put into it last."""
    match node:
        case ast.Name(id=name) if _parameter(node, stop):
            return name, "parameter"
        case ast.Name(id=name):
            put = _put(name, stop)
            return _said(put, stop) if put and not isinstance(put, ast.Name) else (name, "name")
        case ast.Call(func=function, args=args, keywords=words):
            return f"{_text(function)}({'…' if args or words else ''})", "call"
        case ast.Attribute() | ast.Subscript():
            return _text(node), "read"
        case _:
            return _text(node), "name"


def _put(name: str, stop: Stop) -> ast.expr | None:
    """The only thing that a function puts into a variable; None where it is several."""
    found = [
        node.value
        for node in _around(stop)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    return found[0] if len(found) == len(_stored(name, stop)) == 1 else None


def _stored(name: str, stop: Stop) -> list[ast.Name]:
    """Where a function gives a variable a value."""
    return [
        node
        for node in _around(stop)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]


def _around(stop: Stop) -> Iterator[ast.AST]:
    """The nodes of the innermost function of that name around a place."""
    place = stop.shown
    around = [
        node
        for node in ast.walk(_tree(place.file))
        if isinstance(node, ast.FunctionDef)
        and node.name == place.function
        and node.lineno <= place.line <= (node.end_lineno or 0)
    ]
    return ast.walk(around[-1]) if around else iter(())


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
