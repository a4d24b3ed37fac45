"""Mutants that compute in place: the right result, written into what was given."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator

from tinytorch_ls.forms.python.mutant import Change, Mutant, changed
from tinytorch_ls.forms.python.symbols import FunctionNode

_TARGET = ast.Name("_", ast.Store())


def in_place(function: FunctionNode, arrays: Collection[str]) -> Iterator[Mutant]:
    """The mutants of a definition whose parameters `arrays` are tensors or arrays.

    `x = x - m` becomes `x -= m`, and `f(x - m)` becomes `x -= m; f(x)` where `x` is a parameter.
    """
    parameters = [
        argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)
    ]

    def changes(node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Assign(
                targets=[ast.Name() | ast.Attribute() | ast.Subscript() as target],
                value=ast.BinOp(left=left, op=op, right=right),
            ) if ast.unparse(target) == ast.unparse(left):
                yield ast.AugAssign(target, op, right)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Return() | ast.Expr():
                for place, part in enumerate(ast.walk(node)):
                    if _is_on_given(part, arrays, parameters):
                        yield _hoisted(node, place)
            case _:
                pass

    return changed(function, changes)


def _is_on_given(part: ast.AST, arrays: Collection[str], parameters: Collection[str]) -> bool:
    """Whether a part computes on an array that a caller holds: `x`, `x.data`, `self.weight.data`.

    There is no `@` in place.
    """
    match part:
        case ast.BinOp(op=ast.MatMult()):
            return False
        case ast.BinOp(left=ast.Name(id=name)):
            return name in arrays
        case ast.BinOp(left=ast.Attribute(attr="data", value=owner)):
            while isinstance(owner, ast.Attribute):
                owner = owner.value
            return isinstance(owner, ast.Name) and owner.id in parameters
        case _:
            return False


def _hoisted(statement: ast.stmt, place: int) -> list[ast.stmt]:
    """A statement behind one that does in place what stands in this place of it."""
    twin = copy.deepcopy(statement)
    part = list(ast.walk(twin))[place]
    assert isinstance(part, ast.BinOp)
    text = ast.unparse(ast.AugAssign(_TARGET, part.op, part.right))
    first = ast.parse(text.replace(_TARGET.id, ast.unparse(part.left), 1)).body
    return [*first, _Put(part).visit(twin)]


class _Put(ast.NodeTransformer):
    """Puts the left side of an operation in its place."""

    def __init__(self, part: ast.BinOp) -> None:
        self.part = part

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if node is self.part:
            return node.left
        return ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))
