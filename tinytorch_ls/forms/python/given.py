"""What students are given: the functions that say so, and the checks at the head of a body."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from tinytorch_ls.forms.given_word import says_given
from tinytorch_ls.forms.python.symbols import Function, class_nodes, definitions, parse
from tinytorch_ls.forms.texts import text_of

_ROLES = (".setter", ".deleter")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=64)
def given_functions(source: str) -> frozenset[str]:
    """The functions and methods of a text that say "Given.": themselves, their class, the file.

    A setter is given where its property is. Raises SyntaxError.
    """
    if _says(parse(source)):
        return frozenset(definitions(source))
    found = definitions(source)
    holders = {name for name, node in class_nodes(source).items() if _says(node)}
    themselves = {name for name, definition in found.items() if _says(definition.node)}
    return frozenset(name for name in found if _is_given(name, themselves, holders))


def given_names(source: str, library: Path) -> frozenset[str]:
    """What a text may call that is given: functions and methods of its own and imported ones."""
    return given_functions(source) | frozenset(_imported(source, library))


def prologue(definition: Function, given: Collection[str]) -> tuple[ast.stmt, ...]:
    """The checks of its arguments with which a function begins: they stay where it is taught.

    Each is an `if` that only raises, or a call of a given function. A function that does nothing
    else has none: then the checks are what is taught.
    """
    statements = body_of(definition)
    home = definition.name.removesuffix(".setter").rpartition(".")[0]
    checks = tuple(takewhile(lambda s: is_refusal(s) or _calls(s, home, given), statements))
    return checks if len(checks) < len(statements) else ()


def body_of(definition: Function) -> list[ast.stmt]:
    """The statements behind the docstring."""
    body = definition.node.body
    return body[1:] if definition.docstring else body


def is_refusal(statement: ast.stmt) -> bool:
    """Whether a statement is an `if` that raises and does nothing else."""
    match statement:
        case ast.If(body=body, orelse=[]):
            return all(isinstance(inner, ast.Raise) for inner in body)
        case _:
            return False


def _says(node: _Documented) -> bool:
    return says_given(ast.get_docstring(node) or "")


def _is_given(name: str, functions: set[str], classes: set[str]) -> bool:
    outer = name.partition(".<locals>")[0]
    for role in _ROLES:
        outer = outer.removesuffix(role)
    parts = outer.split(".")
    holders = (".".join(parts[:end]) for end in range(1, len(parts)))
    return name in functions or outer in functions or any(h in classes for h in holders)


def _calls(statement: ast.stmt, home: str, given: Collection[str]) -> bool:
    """Whether a statement is a call of a given function, and nothing else."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in given
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name))):
            return f"{home}.{name}" in given
        case _:
            return False


def _imported(source: str, library: Path) -> Iterator[str]:
    """The given functions of the library that a text imports, by the names it calls them.

    A file that can't be read, such as one that is being written, gives none.
    """
    for module, names in _imports(source):
        path = library / f"{module.replace('.', '/')}.py"
        if path.is_file():
            theirs = _given_in(path)
            yield from (here for name, here in names if name in theirs)


@lru_cache(maxsize=64)
def _imports(source: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The modules of the library that a text imports from: the names there, and here."""
    return tuple(
        (node.module, tuple((alias.name, alias.asname or alias.name) for alias in node.names))
        for node in parse(source).body
        if isinstance(node, ast.ImportFrom)
        and not node.level
        and node.module
        and node.module.startswith("tinytorch.")
    )


def _given_in(file: Path) -> frozenset[str]:
    with suppress(OSError, UnicodeDecodeError, SyntaxError):
        return given_functions(text_of(file))
    return frozenset()
