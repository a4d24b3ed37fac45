"""A line of code without what does not matter: two that read the same do the same."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@lru_cache(maxsize=256)
def plain_line(source: str, line: int) -> str:
    """The innermost statement at a line, its variables renamed in their order; "" if unknown."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _at(node, line)]
    if not around:
        return ""
    innermost = min(around, key=lambda node: (node.end_lineno or 0) - node.lineno)
    head = ast.parse(ast.unparse(innermost)).body[0]
    for block in _BLOCKS:
        if hasattr(head, block):
            setattr(head, block, [])
    return ast.dump(_Renamed().visit(head))


def _at(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


class _Renamed(ast.NodeTransformer):
    """Calls the first variable a, the second b; names of Python's own stay."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not hasattr(builtins, node.id):
            node.id = self.names.setdefault(node.id, f"name{len(self.names)}")
        return node
