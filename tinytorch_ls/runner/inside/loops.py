"""The loops that a line of a source stands in."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal


@dataclass(frozen=True)
class Loop:
    """A `for` or `while`, by its lines; `targets` are the names that each turn of a `for` binds.

    `head` is the condition, or what a `for` goes through; `leaves` says whether a line of the body
    can leave the loop.
    """

    kind: Literal["for", "while"]
    line: int
    end_line: int
    targets: tuple[str, ...] = ()
    head: str = ""
    leaves: bool = False


@lru_cache(maxsize=64)
def loops_around(source: str, line: int) -> tuple[Loop, ...]:
    """The loops of the innermost function around this line, outermost first."""
    tree = _tree(source)
    return () if tree is None else tuple(_descend(tree, line, []))


@lru_cache(maxsize=8)
def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _descend(node: ast.AST, line: int, found: list[Loop]) -> list[Loop]:
    for child in ast.iter_child_nodes(node):
        first = getattr(child, "lineno", None)
        last = getattr(child, "end_lineno", None)
        if first is not None and last is not None and not first <= line <= last:
            continue
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.clear()
            case ast.For() | ast.AsyncFor() | ast.While():
                found += _loop(child, line)
            case _:
                pass
        _descend(child, line, found)
    return found


def _loop(node: ast.For | ast.AsyncFor | ast.While, line: int) -> list[Loop]:
    """The loop, unless the line is in its `else`."""
    last = node.body[-1].end_lineno or node.lineno
    if line > last:
        return []
    leaves = any(isinstance(each, ast.Break | ast.Return | ast.Raise) for each in ast.walk(node))
    if isinstance(node, ast.While):
        return [Loop("while", node.lineno, last, (), ast.unparse(node.test), leaves)]
    names = (name.id for name in ast.walk(node.target) if isinstance(name, ast.Name))
    return [Loop("for", node.lineno, last, tuple(names), ast.unparse(node.iter), leaves)]
