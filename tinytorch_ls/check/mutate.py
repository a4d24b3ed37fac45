"""Makes mutants of a function: small changes that a test has to notice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_AXES = {"axis", "dim"}

Place = tuple[str, int | None]


@dataclass(frozen=True)
class Mutant:
    """One change of one function."""

    code: str  # the whole definition
    line: int  # of the change, 1-based, in the library's file
    old: str  # the smallest statement or header that has the change, in one line
    new: str


def mutants(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Mutant]:
    """Every mutant of the function's body; docstrings and annotations stay."""
    whole = ast.unparse(function)
    seen = {whole}
    for path, node in list(_inside(function)):
        for change in _changes(node):
            twin = copy.deepcopy(function)
            if not _replace(twin, path, change):
                continue
            ast.fix_missing_locations(twin)
            code = ast.unparse(twin)
            if code not in seen:
                seen.add(code)
                old, new = _shown(whole, code)
                yield Mutant(code, getattr(node, "lineno", function.lineno), old, new)


def _inside(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
) -> Iterator[tuple[list[Place], ast.AST]]:
    first = 1 if ast.get_docstring(function, clean=False) is not None else 0
    for index, statement in enumerate(function.body[first:], first):
        yield from _walk(statement, [("body", index)])


def _walk(node: ast.AST, path: list[Place]) -> Iterator[tuple[list[Place], ast.AST]]:
    yield path, node
    if isinstance(node, ast.Raise):
        return  # the words of a message are not what is taught
    for name, value in ast.iter_fields(node):
        if name == "annotation":
            continue
        if isinstance(value, ast.AST):
            yield from _walk(value, [*path, (name, None)])
        elif isinstance(value, list):
            children: list[object] = value  # pyright: ignore[reportUnknownVariableType]
            for index, child in enumerate(children):
                if isinstance(child, ast.AST):
                    yield from _walk(child, [*path, (name, index)])


def _changes(node: ast.AST) -> Iterator[ast.AST | None]:
    """What can stand in a node's place; None where it is left out."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for other in _ARITHMETIC.get(type(op), ()):
                yield ast.BinOp(left, other(), right)
            yield left
            yield right
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in _COMPARISONS.get(type(op), ()):
                yield ast.Compare(left, [other()], [right])
        case ast.BoolOp(op=op, values=values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield ast.BoolOp(other, values)
            for index in range(len(values)):
                rest = values[:index] + values[index + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Call():
            yield from _calls(node)
        case ast.keyword(arg=str(name), value=value) if name in _AXES and not isinstance(
            value, ast.Constant
        ):
            yield None
        case ast.If(body=body, orelse=orelse):
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.Expr() | ast.Raise():
            yield ast.Pass()
        case ast.AugAssign(target=target, op=op, value=value):
            for other in _ARITHMETIC.get(type(op), ()):
                yield ast.AugAssign(target, other(), value)
            yield ast.Pass()
        case _:
            pass


def _calls(call: ast.Call) -> Iterator[ast.AST]:
    """A call without itself, without one keyword, or with two arguments exchanged."""
    if len(call.args) == 1 and not call.keywords:
        yield call.args[0]
    if isinstance(call.func, ast.Attribute) and not call.args:
        yield call.func.value
    if len(call.args) == 2 and not any(isinstance(arg, ast.Starred) for arg in call.args):
        yield ast.Call(call.func, [call.args[1], call.args[0]], call.keywords)
    for index in range(len(call.keywords)):
        rest = call.keywords[:index] + call.keywords[index + 1 :]
        yield ast.Call(call.func, call.args, rest)


def _replace(root: ast.AST, path: list[Place], change: ast.AST | None) -> bool:
    """Put `change` at the end of the path; False where it can't be left out."""
    *before, (name, index) = path
    holder: ast.AST = root
    for step, place in before:
        value = getattr(holder, step)
        holder = value if place is None else value[place]
    if index is None:
        setattr(holder, name, change)
        return change is not None
    items = getattr(holder, name)
    if change is None:
        del items[index]
        return bool(items)
    items[index] = copy.deepcopy(change)
    return True


def _shown(old: str, new: str) -> tuple[str, str]:
    """The first line in which two texts differ, in both."""
    olds, news = old.splitlines(), new.splitlines()
    for one, other in zip(olds, news, strict=False):
        if one != other:
            return one.strip(), other.strip()
    return olds[-1].strip(), ""
