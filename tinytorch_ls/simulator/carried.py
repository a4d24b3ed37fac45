"""Variables that the turns of a loop hand on to each other, which turns on several cores can't."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_REDUCTIONS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_EXTREMES = ("max", "min")


class _Use(NamedTuple):
    """A place at which a name is read or given a value, or both, as in `name += x`."""

    name: str
    reads: bool
    stores: bool
    gathers: bool = False  # whether it is a part of `name += x`, or of `name = max(name, x)`


def carried(source: str, line: int) -> tuple[str, ...]:
    """The names that a turn of the `for` at this line of a file reads and changes for the next.

    A name that a turn gives a value first is its own, and so is one that only gathers.
    """
    uses = _uses(source, line)
    return tuple(name for name, own in uses.items() if own[0].reads and not _gathers(own))


def gathered(source: str, line: int) -> tuple[str, ...]:
    """The names that the turns add to or multiply, or whose extreme they keep, and no more.

    numba gives each core its own of these, and puts them together behind the loop.
    """
    return tuple(name for name, own in _uses(source, line).items() if _gathers(own))


@lru_cache(maxsize=16)
def _uses(source: str, line: int) -> dict[str, list[_Use]]:
    """The uses of each name that the turns of a loop give a value."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.For) and node.lineno == line:
            uses = [use for statement in node.body for use in _in_order(statement)]
            stored = dict.fromkeys(use.name for use in uses if use.stores)
            return {name: [use for use in uses if use.name == name] for name in stored}
    return {}


def _gathers(uses: list[_Use]) -> bool:
    return all(use.gathers for use in uses)


def _in_order(node: ast.AST) -> Iterator[_Use]:
    """The uses of names in a statement, in the order in which they happen."""
    match node:
        case ast.Name(id=name):
            stores = isinstance(node.ctx, ast.Store)
            yield _Use(name, not stores, stores)
        case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
            yield _Use(name, True, True, isinstance(op, _REDUCTIONS))
            yield from _in_order(value)
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.BinOp(left=ast.Name(id=left), op=op, right=right)
        ) if name == left:
            yield _Use(name, True, True, isinstance(op, _REDUCTIONS))
            yield from _in_order(right)
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Call(ast.Name(id=called), [one, other], [])
        ) if called in _EXTREMES and _is_named(name, one) != _is_named(name, other):
            yield _Use(name, True, True, True)
            yield from _in_order(other if _is_named(name, one) else one)
        case ast.Assign(targets=targets, value=value):
            yield from _all_in_order(value, *targets)
        case ast.AnnAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            yield from _all_in_order(*([value] if value else []), target)
        case ast.For(target=target, iter=turns, body=body, orelse=orelse):
            yield from _all_in_order(turns, target, *body, *orelse)
        case _:
            yield from _all_in_order(*ast.iter_child_nodes(node))


def _is_named(name: str, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _all_in_order(*nodes: ast.AST) -> Iterator[_Use]:
    for node in nodes:
        yield from _in_order(node)
