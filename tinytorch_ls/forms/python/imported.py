"""What a text of Python imports, by dotted names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tinytorch_ls.forms.form import Import
from tinytorch_ls.forms.python.symbols import parse


def imports(source: str, package: str) -> tuple[Import, ...]:
    """What a text in `package` imports; of a name it may be no module. Raises SyntaxError."""
    try:
        return tuple(found for node in ast.walk(parse(source)) for found in _of(node, package))
    except RecursionError:
        raise SyntaxError("an expression nests too deeply for Python") from None


def _of(node: ast.AST, package: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        above = parts[: len(parts) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield Import(node.lineno, base)
        yield from (Import(node.lineno, f"{base}.{alias.name}") for alias in node.names)
