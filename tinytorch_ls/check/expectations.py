"""Proof, by reading alone: a test hands values to `expect`, and says what it wants and why."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tinytorch_ls.course.model import Complaint, Module

_GIVEN = ("expect", "rng", "tmp_path")  # what a test may take
_WANTS = ("equals", "mentions", "between")
_DIRECT_WANTS = ("raises", "compiles")  # of `expect` itself


def expects(test: ast.FunctionDef) -> bool:
    """Whether the text of a test hands anything to `expect`."""
    return any(_of_expect(node) or _direct(node) in _DIRECT_WANTS for node in ast.walk(test))


def expectation_complaints(module: Module, test: ast.FunctionDef) -> Iterator[Complaint]:
    """What a test takes that nobody gives, and expectations that ask or explain nothing."""
    found = [*_arguments(test), *(slip for node in ast.walk(test) for slip in _slips(test, node))]
    for line, message in found:
        yield Complaint(module.tests, line, message)


def _arguments(test: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    names = [argument.arg for argument in test.args.args]
    for name in names:
        if name not in _GIVEN:
            known = ", ".join(_GIVEN)
            yield test.lineno, f"`{test.name}` takes `{name}`; a step test may take {known}"
    if "expect" not in names and expects(test):
        yield test.lineno, f"`{test.name}` uses `expect` and does not take it as an argument"


def _slips(test: ast.FunctionDef, node: ast.AST) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Expr(value=ast.Call() as call) if _of_expect(call):
            yield node.lineno, "`expect(…)` alone asks nothing: add .equals(…, because=…)"
        case ast.Compare(left=ast.Call() as call) if _of_expect(call):
            yield node.lineno, "`expect(…)` is compared: write .equals(…, because=…) behind it"
        case ast.Attribute(value=ast.Call() as call, attr=name) if _of_expect(call):
            if name not in _WANTS:
                wants = ", ".join(_WANTS)
                yield node.lineno, f"`expect(…)` has no `{name}`; it has {wants}"
        case ast.With(items=items) if any(_direct(item.context_expr) == "raises" for item in items):
            words = "`expect.raises` is called, without `with`: (Error, function, *args, because=…)"
            yield node.lineno, words
        case ast.Call(func=ast.Name(id="sleep") | ast.Attribute(attr="sleep")):
            yield (
                node.lineno,
                f"`{test.name}` sleeps: each save would wait for it; hand out a clock",
            )
        case ast.Call() if _asks(node):
            yield from _reason(test, node)
        case _:
            pass


def _reason(test: ast.FunctionDef, call: ast.Call) -> Iterator[tuple[int, str]]:
    """An expectation that tells a student no reason."""
    reason = next((k.value for k in call.keywords if k.arg == "because"), None)
    if reason is None and all(keyword.arg for keyword in call.keywords):
        line = call.end_lineno or call.lineno
        yield line, f"an expectation of `{test.name}` has no `because`: tell the student the reason"
    match reason:
        case ast.Constant(value=str(words)) if not words.strip():
            message = f"a `because` of `{test.name}` is empty: tell the student the reason"
            yield reason.lineno, message
        case _:
            pass


def _asks(call: ast.Call) -> bool:
    """Whether this is `expect(…).equals(…)` or the like; a `with expect.raises(…)` is none."""
    match call.func:
        case ast.Attribute(value=value, attr=name) if name in _WANTS:
            return _of_expect(value)
        case _:
            name = _direct(call)
            return name == "compiles" or (name == "raises" and len(call.args) > 1)


def _of_expect(node: ast.AST) -> bool:
    """Whether this is `expect(…)`."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "expect"
    )


def _direct(node: ast.AST) -> str | None:
    """The method of `expect` itself that is called: "raises" of `expect.raises(…)`."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="expect"), attr=name)):
            return name
        case _:
            return None
