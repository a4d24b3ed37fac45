"""A line of code without what does not matter: two that read the same do the same."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import lru_cache

from tinytorch_ls.forms.form import Part
from tinytorch_ls.forms.text import Text

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_WORKS = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.Attribute)
_CASES = ("handlers", "cases")


@lru_cache(maxsize=256)
def plain_line(source: str, line: int, part: Part | None = None) -> str:
    """What works in that part of a line, its variables renamed in their order.

    The innermost statement where no part is given, or it does no work; "" if it is unknown.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    innermost = (_working(tree, source, line, part) if part else None) or _innermost(tree, line)
    if innermost is None:
        return ""
    head = ast.parse(ast.unparse(innermost)).body[0]
    for block in _BLOCKS:
        if hasattr(head, block):
            setattr(head, block, [])
    return ast.dump(_Renamed().visit(head))


def spot(source: str, line: int, part: Part | None = None) -> tuple[str, str, str]:  # noqa: ARG001
    """The function around a line, which of its statements stands there, and what it reads like."""
    return (*statement_at(source, line), plain_line(source, line))


@lru_cache(maxsize=256)
def statement_at(source: str, line: int) -> tuple[str, str]:
    """The function around a line, and which of its statements stands there: "2 Assign".

    Neither the docstring nor how the text is laid out counts; the head of the function is "0".
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return "", ""
    function = function_at(tree, line)
    innermost = _innermost(function or tree, line)
    if function is None or innermost is None or innermost is function:
        return function.name if function else "", "0"
    statements = list(_statements(_without_docstring(function.body)))
    if innermost not in statements:
        return function.name, "0"
    return function.name, f"{statements.index(innermost) + 1} {type(innermost).__name__}"


def function_at(tree: ast.AST, line: int) -> FunctionNode | None:
    """The innermost function at a line; its decorators are part of it."""
    found: FunctionNode | None = None
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first <= line <= (node.end_lineno or first):
                found = node  # what stands inside of another one is walked later
    return found


def _working(tree: ast.AST, source: str, line: int, part: Part) -> ast.expr | None:
    """The expression that stands exactly there, if it is more than a name or a literal."""
    text = Text(source)
    for node in ast.walk(tree):
        if isinstance(node, _WORKS) and node.lineno == line and node.end_lineno == part[1]:
            start = text.at(line, node.col_offset).column
            end = text.at(part[1], node.end_col_offset or 0).column
            if (start, end) == (part[0], part[2]):
                return node
    return None


def _innermost(tree: ast.AST, line: int) -> ast.stmt | None:
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _at(node, line)]
    return min(around, key=lambda node: (node.end_lineno or 0) - node.lineno, default=None)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
        case _:
            return body


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements of a block, in the order of the text."""
    for statement in body:
        yield statement
        for name in _BLOCKS:
            parts: list[ast.AST] = getattr(statement, name, [])
            for part in parts:
                inner: list[ast.stmt] = getattr(part, "body", []) if name in _CASES else []
                yield from _statements(inner or ([part] if isinstance(part, ast.stmt) else []))


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
