"""A function with another condition: turned around, with another bound, with `or` for `and`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

from tinytorch_ls.forms.form import Mutant
from tinytorch_ls.forms.python.mutant import Change, changed
from tinytorch_ls.forms.python.symbols import FunctionNode

_BOUNDS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


def other_conditions(function: FunctionNode) -> Iterator[Mutant]:
    """A function with another condition, turned ones first; the line of each is the condition's.

    That of a `while` isn't turned: the loop would hardly end.
    """
    conditions = list(_conditions(function))
    inside = [node for condition in conditions for node in ast.walk(condition)]
    loops = [node.test for node in ast.walk(function) if isinstance(node, ast.While)]
    branches = [condition for condition in conditions if condition not in loops]

    def turned(node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand) if node in branches:
                yield operand
            case ast.expr() if node in branches:
                yield ast.UnaryOp(ast.Not(), node)
            case _:
                pass

    def shifted(node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=right):
                if node in inside and type(op) in _BOUNDS:
                    yield ast.Compare(left, [_BOUNDS[type(op)]()], right)
            case ast.BoolOp(op=op, values=values) if node in inside:
                yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            case _:
                pass

    return chain(changed(function, turned), changed(function, shifted))


def _conditions(function: FunctionNode) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                yield test
            case ast.comprehension(ifs=tests):
                yield from tests
            case _:
                pass
