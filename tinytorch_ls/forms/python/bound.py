"""The names that a function of Python gives values to, and the line that gives its result."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from tinytorch_ls.forms.form import Bound, Giving
from tinytorch_ls.forms.python.symbols import FunctionNode, Source, definitions


def bound(source: str, name: str) -> Iterator[Bound]:
    """Each name that a function binds: the line that a run gives it, and where it ends.

    A parameter counts as bound by the function's first line. A name that has an annotation is left
    out: a second one behind it would be hard to read. Raises SyntaxError.
    """
    definition, text = definitions(source)[name], _source(source)
    arguments = definition.node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation is None:
            node = ast.copy_location(ast.Name(argument.arg), argument)
            yield Bound(definition.first_line, argument.arg, text.span(node).end)
    nodes = list(ast.walk(definition.node))
    annotated = [node.target for node in nodes if isinstance(node, ast.AnnAssign)]
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in annotated:
            yield Bound(node.lineno, node.id, text.span(node).end)


_source = lru_cache(maxsize=4)(Source)  # it is asked for one function after the other


def giving(source: str, name: str, lines: Sequence[int]) -> Giving | None:
    """The line that gave the value: a `return` in one of the lines, else the end of the body.

    Python says that a `with` returns where a `return` inside it does, and that a function without
    one returns at its last line that ran. None: that is known of a generator. Raises SyntaxError.
    """
    node = definitions(source)[name].node
    returns = [inner for inner in _own(node) if isinstance(inner, ast.Return)]
    for line in lines:
        for inner in returns:
            if inner.lineno <= line <= (inner.end_lineno or inner.lineno):
                return Giving(line, whole=False)
    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in _own(node)):
        return None
    last = node.body[-1]
    return Giving(last.end_lineno or last.lineno, whole=True)


def parameters(source: str, name: str) -> tuple[str, ...]:
    """The parameters of a definition by position; () where it is not there. SyntaxError."""
    found = definitions(source).get(name)
    arguments = (*found.node.args.posonlyargs, *found.node.args.args) if found else ()
    return tuple(argument.arg for argument in arguments)


def gives_nothing(source: str, name: str) -> bool:
    """Whether a definition says `-> None`; False where it is not there. Raises SyntaxError."""
    found = definitions(source).get(name)
    returns = found.node.returns if found else None
    return isinstance(returns, ast.Constant) and returns.value is None


def _own(function: FunctionNode) -> Iterable[ast.AST]:
    """What stands in a function, without the functions inside it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)
