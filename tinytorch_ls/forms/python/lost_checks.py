"""Finds the checks that a student was given at the head of a function, and that are gone."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from tinytorch_ls.forms.form import Oddity
from tinytorch_ls.forms.python.given import body_of
from tinytorch_ls.forms.python.symbols import Function, definitions
from tinytorch_ls.messages import say


def lost_checks(source: str, symbols: Collection[str], stub: str) -> tuple[Oddity, ...]:
    """The checks that the `stub` of a file has and its source lost. Raises SyntaxError.

    One of the student's own in the place of a check is as good.
    """
    return tuple(_lost(source, symbols, stub))


def _lost(source: str, symbols: Collection[str], stub: str) -> Iterator[Oddity]:
    found, given = definitions(source), definitions(stub)
    for name in symbols:
        if name in found and name in given:
            inside = list(ast.walk(found[name].node))
            for check in _checks(given[name]):
                if not _stands(check, inside):
                    yield Oddity(name, found[name].identifier, _words(check))


def _checks(stub: Function) -> list[ast.stmt]:
    """What stands above the `raise` of a stub."""
    return body_of(stub)[:-1]


def _stands(check: ast.stmt, inside: list[ast.AST]) -> bool:
    """Whether a function has a check, or something of its kind."""
    match check:
        case ast.Expr(value=ast.Call(func=function)):
            called = (node.func for node in inside if isinstance(node, ast.Call))
            return ast.dump(function) in map(ast.dump, called)
        case _:
            return any(isinstance(node, ast.Raise) for node in inside)


def _words(check: ast.stmt) -> str:
    line = ast.unparse(check).splitlines()[0]
    return say(
        "The check that was given at the start is gone: `{line}`. No test asks for it, but other "
        "steps count on it. Put it back, or one of your own.",
        line=line,
    )
