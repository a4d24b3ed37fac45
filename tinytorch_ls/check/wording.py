"""Proof: a step-by-step says in words what to do, and leaves the code to the hints."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.course.given import body_of, given_names, prologue
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.course.symbols import definitions
from tinytorch_ls.course.texts import text_of

_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_WORKS = (ast.Call, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.UnaryOp)


def wording_complaints(module: Module, step: Step, library: Path) -> Iterator[Complaint]:
    """Each piece of code in the step-by-step that stands in the reference."""
    written = _expressions(step, library)
    for item, line in zip(step.instructions, step.instruction_lines, strict=True):
        for match in _SPAN.finditer(item):
            if written & set(map(_normal, _work_of(match[2]))):
                message = (
                    f"step-by-step shows code of the reference, `{match[2]}`: "
                    "say it in words, and leave the code to a hint"
                )
                yield Complaint(module.lesson, line + item[: match.start()].count("\n"), message)


def _expressions(step: Step, library: Path) -> set[str]:
    """What works in the bodies that a student writes: each call and each operation."""
    found: set[str] = set()
    for symbol in step.symbols:
        source = text_of(library / symbol.file)
        definition = definitions(source)[symbol.name]
        taught = body_of(definition)[len(prologue(definition, given_names(source, library))) :]
        nodes = (node for statement in taught for node in ast.walk(statement))
        found.update(_normal(node) for node in nodes if isinstance(node, ast.expr) and _works(node))
    return found


def _work_of(span: str) -> Iterator[ast.expr]:
    """The expressions that a piece of code is: itself, or the values of its statements."""
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
