"""What is a student's own in a function of Python: its lines, and what they compute."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tinytorch_ls.forms.python.given import body_of, given_names, prologue
from tinytorch_ls.forms.python.symbols import class_nodes, definitions, grammar, parse

_WORKS = (ast.Call, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.UnaryOp)


def taught_lines(source: str, name: str, library: Path) -> int:
    """The lines of a body that a student writes: without its docstring and the given checks."""
    statements = _taught(source, name, library)
    last = definitions(source)[name].last_line
    return last - statements[0].lineno + 1 if statements else 0


def taught_work(source: str, name: str, library: Path) -> frozenset[str]:
    """What works in the body that a student writes: each call and each operation."""
    statements = _taught(source, name, library)
    nodes = (node for statement in statements for node in ast.walk(statement))
    return frozenset(_normal(node) for node in nodes if isinstance(node, ast.expr) and _works(node))


def work_in(code: str) -> frozenset[str]:
    """The expressions in a piece of code, and the parts of which they are made."""
    nodes = (node for value in _work_of(code) for node in ast.walk(value))
    return frozenset(_normal(node) for node in nodes if isinstance(node, ast.expr) and _works(node))


def loose_lines(code: str) -> tuple[int, ...]:
    """Where a text has something else than definitions. Raises SyntaxError."""
    nodes = grammar(code).body
    return tuple(n.lineno for n in nodes if not isinstance(n, ast.FunctionDef | ast.ClassDef))


def lambdas(source: str) -> Mapping[str, int]:
    """The names of a text, and of its classes, that are given a lambda, with their lines."""
    tree = parse(source)
    holders = [("", tree), *((f"{name}.", node) for name, node in class_nodes(source).items())]
    found: dict[str, int] = {}
    for prefix, holder in holders:
        for node in holder.body:
            match node:
                case ast.Assign(targets=targets, value=ast.Lambda()):
                    names = [target.id for target in targets if isinstance(target, ast.Name)]
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Lambda()):
                    names = [name]
                case _:
                    names = []
            found |= dict.fromkeys((prefix + name for name in names), node.lineno)
    return found


def signature(source: str, name: str) -> tuple[str, ...]:
    """How a definition is called: its parameters with their defaults, without annotations."""
    node = definitions(source)[name].node.args
    places = [*node.posonlyargs, *node.args]
    defaults = [None] * (len(places) - len(node.defaults)) + node.defaults
    found = [_parameter(*pair) for pair in zip(places, defaults, strict=True)]
    if node.posonlyargs:
        found.insert(len(node.posonlyargs), "/")
    if node.vararg or node.kwonlyargs:
        found.append(f"*{node.vararg.arg if node.vararg else ''}")
    found += [_parameter(*pair) for pair in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
    return (*found, f"**{node.kwarg.arg}") if node.kwarg else tuple(found)


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    return argument.arg if default is None else f"{argument.arg}={ast.unparse(default)}"


def _taught(source: str, name: str, library: Path) -> list[ast.stmt]:
    definition = definitions(source)[name]
    return body_of(definition)[len(prologue(definition, given_names(source, library))) :]


def _work_of(span: str) -> Iterator[ast.expr]:
    try:
        statements = ast.parse(span.strip()).body
    except (SyntaxError, ValueError):
        return
    for statement in statements:
        match statement:
            case (
                ast.Expr(value=ast.expr() as value)
                | ast.Assign(value=ast.expr() as value)
                | ast.AugAssign(value=ast.expr() as value)
                | ast.AnnAssign(value=ast.expr() as value)
                | ast.Return(value=ast.expr() as value)
                | ast.Raise(exc=ast.expr() as value)
            ) if _works(value):
                yield value
            case _:
                pass


def _works(node: ast.expr) -> bool:
    """Whether an expression computes something: names and literals don't."""
    match node:
        case ast.UnaryOp(operand=ast.Constant()):
            return False
        case _:
            return any(
                isinstance(inner, _WORKS)
                and not (isinstance(inner, ast.UnaryOp) and isinstance(inner.operand, ast.Constant))
                for inner in ast.walk(node)
            )


def _normal(node: ast.expr) -> str:
    """An expression without what blanks, quotes and brackets change."""
    return ast.dump(node)
