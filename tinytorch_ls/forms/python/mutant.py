"""A mutant: a function with one change in it. What the kinds of mutants share."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator

from tinytorch_ls.forms.form import Mutant
from tinytorch_ls.forms.python.symbols import FunctionNode
from tinytorch_ls.forms.python.unreadable import fault_in

Change = ast.AST | list[ast.stmt] | None
"""What stands in a node's place: a node, statements for a statement, or None: it is left out."""

Place = tuple[str, int | None]


def changed(
    function: FunctionNode, changes: Callable[[ast.AST], Iterable[Change]]
) -> Iterator[Mutant]:
    """The mutants that `changes` makes of the function's body; docstrings and annotations stay."""
    whole = ast.unparse(function)
    seen = {whole}
    for path, node in list(_inside(function)):
        for change in changes(node):
            twin = copy.deepcopy(function)
            if not _replace(twin, path, change):
                continue
            ast.fix_missing_locations(twin)
            code = ast.unparse(twin)
            # `f(*x)` without its `f(...)` is no Python, and so tells nothing of a test.
            if code not in seen and not fault_in(code):
                seen.add(code)
                old, new = _shown(whole, code)
                if isinstance(change, list):
                    new = "; ".join(ast.unparse(statement) for statement in change)
                yield Mutant(code, _line(node), old, new)


def _line(node: ast.AST) -> int:
    """The line on which a node begins; a part of a comprehension has none of its own."""
    return next(part.lineno for part in ast.walk(node) if isinstance(part, ast.expr | ast.stmt))


def _inside(function: FunctionNode) -> Iterator[tuple[list[Place], ast.AST]]:
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


def _replace(root: ast.AST, path: list[Place], change: Change) -> bool:
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
    match change:
        case None:
            del items[index]
            return bool(items)
        case list():
            items[index : index + 1] = copy.deepcopy(change)
        case _:
            items[index] = copy.deepcopy(change)
    return True


def _shown(old: str, new: str) -> tuple[str, str]:
    """The first line in which two texts differ, in both."""
    olds, news = old.splitlines(), new.splitlines()
    for one, other in zip(olds, news, strict=False):
        if one != other:
            return one.strip(), other.strip()
    return olds[-1].strip(), ""
