"""Proof: a lesson has all its parts, and the library and the tests have what it names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.course.symbols import definitions

_HINTS = 3
_MISTAKES = 2
_LINES = 15  # about; a body may be a little longer
_SLACK = 3


def structure_complaints(module: Module, library: Path) -> Iterator[Complaint]:
    """What a reader of the files alone can see."""
    missing = [file for file in module.files if not (library / file).is_file()]
    for file in missing:
        yield Complaint(module.lesson, 1, f"the library has no {file}")
    if missing:
        return
    for step in module.steps:
        if step.symbols:
            yield from _parts(module, step)
            yield from _symbols(module, step, library)
    yield from _tests(module)


def tests_of(module: Module, step: Step) -> list[ast.FunctionDef]:
    """The test functions of a step. Raises OSError, SyntaxError."""
    return [test for name, test in _marked(module) if name == step.name]


def _parts(module: Module, step: Step) -> Iterator[Complaint]:
    if len(step.hints) < _HINTS:
        message = f"{step.id} has {len(step.hints)} hints; it needs {_HINTS} rungs"
        yield Complaint(module.lesson, step.lines.get("Hints", step.line), message)
    if len(step.mistakes) < _MISTAKES:
        message = f"{step.id} has {len(step.mistakes)} mistakes; it needs {_MISTAKES}"
        yield Complaint(module.lesson, step.lines.get("Mistakes", step.line), message)
    if not any(letter.isdigit() for letter in step.real_world):
        line = step.lines.get("In the real world", step.line)
        yield Complaint(module.lesson, line, f"{step.id}: the real world needs a number")


def _symbols(module: Module, step: Step, library: Path) -> Iterator[Complaint]:
    line = step.lines.get("Write", step.line)
    for symbol in step.symbols:
        found = definitions((library / symbol.file).read_text(encoding="utf-8")).get(symbol.name)
        if found is None:
            yield Complaint(module.lesson, line, f"the library has no `{symbol}`")
        elif found.code and found.last_line - found.code.start.line + 1 > _LINES + _SLACK:
            length = found.last_line - found.code.start.line + 1
            message = f"`{symbol}` has {length} lines; a step's body has at most about {_LINES}"
            yield Complaint(library / symbol.file, found.first_line, message)


def _tests(module: Module) -> Iterator[Complaint]:
    try:
        marked = list(_marked(module))
    except OSError:
        yield Complaint(module.lesson, 1, f"the module has no {module.tests.name}")
        return
    except SyntaxError as error:
        yield Complaint(module.tests, error.lineno or 1, f"not Python: {error.msg}")
        return
    names = [step.name for step in module.steps]
    for name, test in marked:
        if name is None:
            yield Complaint(module.tests, test.lineno, f"`{test.name}` is marked with no step")
        elif name not in names:
            yield Complaint(module.tests, test.lineno, f"the lesson has no step `{name}`")
        if not _expects(test):
            yield Complaint(module.tests, test.lineno, f"`{test.name}` uses no `expect`")
    for step in module.steps:
        if step.name not in [name for name, _ in marked]:
            yield Complaint(module.lesson, step.line, f"{step.id} has no test")


def _marked(module: Module) -> Iterator[tuple[str | None, ast.FunctionDef]]:
    for node in ast.parse(module.tests.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield _mark(node), node


def _mark(test: ast.FunctionDef) -> str | None:
    for decorator in test.decorator_list:
        match decorator:
            case ast.Call(func=ast.Name(id="step"), args=[ast.Constant(value=str(name))]):
                return name
            case _:
                pass
    return None


def _expects(test: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "expect")
            or (
                isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "expect"
            )
        )
        for node in ast.walk(test)
    )
