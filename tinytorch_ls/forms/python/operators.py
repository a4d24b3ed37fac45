"""The usual mutants: another operator, comparison or constant, something left out."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

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
_TRANSPOSED = {"T", "mT"}
_OTHER_ERRORS = {"ValueError": "TypeError"}  # every other becomes a ValueError


def operator_mutants(function: FunctionNode) -> Iterator[Mutant]:
    """Every mutant of the usual operators."""
    own = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    own |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    statements = [node.value for node in ast.walk(function) if isinstance(node, ast.Expr)]

    def changes(node: ast.AST) -> Iterator[Change]:
        yield from _changes(node)
        if isinstance(node, ast.Call) and node not in statements:
            yield from _without_call(node, own - {"self"})

    return changed(function, changes)


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
        case ast.Compare(left=left, ops=ops, comparators=right):
            for at, op in enumerate(ops):
                for other in _COMPARISONS.get(type(op), ()):
                    yield ast.Compare(left, [*ops[:at], other(), *ops[at + 1 :]], right)
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
        case ast.comprehension(target=target, iter=source, ifs=ifs, is_async=is_async):
            for at in range(len(ifs)):
                yield ast.comprehension(target, source, [*ifs[:at], *ifs[at + 1 :]], is_async)
        case ast.Attribute(value=value, attr=name, ctx=ast.Load()) if name in _TRANSPOSED:
            yield value
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=args, keywords=keywords)):
            yield ast.Pass()
            other = ast.Name(_OTHER_ERRORS.get(name, "ValueError"))
            yield ast.Raise(ast.Call(other, args, keywords), node.cause)
        case ast.Expr() | ast.Raise():
            yield ast.Pass()
        case ast.Assign(targets=targets) if all(map(_outlives, targets)):
            yield ast.Pass()
        case ast.AugAssign(target=target, op=op, value=value):
            for other in _ARITHMETIC.get(type(op), ()):
                yield ast.AugAssign(target, other(), value)
            yield ast.Pass()
        case _:
            pass


def _outlives(target: ast.expr) -> bool:
    """Whether what is assigned is an attribute or an item: without it the code still runs."""
    if isinstance(target, ast.Tuple):
        return all(map(_outlives, target.elts))
    return isinstance(target, ast.Attribute | ast.Subscript)


def _without_call(call: ast.Call, own: Collection[str]) -> Iterator[ast.expr]:
    """What a call is made of, its receiver or its first argument, where it takes several.

    `own` are the function's variables: what is asked of anything else, as of `np`, has no receiver.
    """
    match call:
        case ast.Call(func=ast.Attribute(value=value), args=[_, *_]) if (
            not isinstance(value, ast.Name) or value.id in own
        ):
            yield value
        case ast.Call(args=[ast.expr() as first, *rest], keywords=keywords) if rest or keywords:
            yield first
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
