"""The usual mutants: another operator, comparison or constant, something left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tinytorch_ls.forms.python.mutant import Change, Mutant, changed
from tinytorch_ls.forms.python.symbols import FunctionNode

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


def operator_mutants(function: FunctionNode) -> Iterator[Mutant]:
    """Every mutant of the usual operators."""
    return changed(function, _changes)


def _changes(node: ast.AST) -> Iterator[Change]:
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
