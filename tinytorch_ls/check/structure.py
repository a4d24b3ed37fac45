"""Proof: a lesson has all its parts, and the library and the tests have what it names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.course.symbols import definitions, parse
from tinytorch_ls.course.texts import text_of

_HINTS = 3
_MISTAKES = 2
_LINES = 15  # about; a body may be a little longer
_SLACK = 3


def structure_complaints(module: Module, library: Path) -> Iterator[Complaint]:
    """What a reader of the files alone can see."""
    missing = [file for file in module.files if not (library / file).is_file()]
    for file in missing:
        yield Complaint(module.lesson, 1, f"the library has no {file}", stops=True)
    broken = [
        c for file in module.files if file not in missing for c in _unreadable(library / file)
    ]
    yield from broken
    if missing or broken:
        return
    for step in module.steps:
        if step.symbols:
            yield from _parts(module, step)
            yield from _symbols(module, step, library)
    yield from _tests(module)
    yield from _pictures(module)


def tests_of(module: Module, step: Step) -> list[ast.FunctionDef]:
    """The test functions of a step. Raises OSError, SyntaxError."""
    return [test for name, test in _marked(module) if name == step.name]


def pictures_of(module: Module) -> list[ast.FunctionDef]:
    """The functions that draw, one a step. Raises OSError, SyntaxError."""
    if not module.pictures.is_file():
        return []
    nodes = parse(text_of(module.pictures)).body
    return [n for n in nodes if isinstance(n, ast.FunctionDef) and _mark(n, "picture")]


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
        found = definitions(text_of(library / symbol.file)).get(symbol.name)
        if found is None:
            yield Complaint(module.lesson, line, f"the library has no `{symbol}`", stops=True)
        elif found.code and found.last_line - found.code.start.line + 1 > _LINES + _SLACK:
            length = found.last_line - found.code.start.line + 1
            message = f"`{symbol}` has {length} lines; a step's body has at most about {_LINES}"
            yield Complaint(library / symbol.file, found.first_line, message)


def _tests(module: Module) -> Iterator[Complaint]:
    if not module.tests.is_file():
        yield Complaint(module.lesson, 1, f"the module has no {module.tests.name}", stops=True)
        return
    if unreadable := list(_unreadable(module.tests)):
        yield from unreadable
        return
    yield from _never_run(module)
    marked = list(_marked(module))
    names = [step.name for step in module.steps]
    for name, test in marked:
        if name is None:
            yield Complaint(module.tests, test.lineno, f"`{test.name}` is marked with no step")
        elif name not in names:
            yield Complaint(module.tests, test.lineno, f"the lesson has no step `{name}`")
        if not expects(test):
            yield Complaint(module.tests, test.lineno, f"`{test.name}` uses no `expect`")
        yield from _silent(module, test)
    for step in module.steps:
        if step.name not in [name for name, _ in marked]:
            yield Complaint(module.lesson, step.line, f"{step.id} has no test")


def _silent(module: Module, test: ast.FunctionDef) -> Iterator[Complaint]:
    """Expectations that tell a student no reason."""
    for node in ast.walk(test):
        match node:
            case ast.keyword(arg="because", value=ast.Constant(value=str(reason))):
                if not reason.strip():
                    message = f"a `because` of `{test.name}` is empty: tell the student the reason"
                    yield Complaint(module.tests, node.value.lineno, message)
            case _:
                pass


def _never_run(module: Module) -> Iterator[Complaint]:
    """Tests that a reader sees and the runner does not."""
    seen: set[str] = set()
    for node in parse(text_of(module.tests)).body:
        match node:
            case ast.FunctionDef(name=name) if name.startswith("test_"):
                if name in seen:
                    yield Complaint(module.tests, node.lineno, f"`{name}` stands twice")
                seen.add(name)
            case ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if name.lower().startswith("test"):
                    message = f"`{name}` is never run: write a test as a plain function"
                    yield Complaint(module.tests, node.lineno, message)
            case _:
                pass


def _pictures(module: Module) -> Iterator[Complaint]:
    if not module.pictures.is_file():
        return
    if unreadable := list(_unreadable(module.pictures)):
        yield from unreadable
        return
    names = [step.name for step in module.steps]
    seen: set[str] = set()
    for picture in pictures_of(module):
        name = _mark(picture, "picture")
        if name not in names:
            yield Complaint(module.pictures, picture.lineno, f"the lesson has no step `{name}`")
        elif name in seen:
            message = f"`{picture.name}` is a second picture of {module.id}/{name}: one is shown"
            yield Complaint(module.pictures, picture.lineno, message)
        seen.add(name or "")


def _unreadable(file: Path) -> Iterator[Complaint]:
    try:
        parse(text_of(file))
    except UnicodeDecodeError:
        yield Complaint(file, 1, "not UTF-8", stops=True)
    except SyntaxError as error:
        yield Complaint(file, error.lineno or 1, f"not Python: {error.msg}", stops=True)


def _marked(module: Module) -> Iterator[tuple[str | None, ast.FunctionDef]]:
    for node in parse(text_of(module.tests)).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield _mark(node, "step"), node


def _mark(function: ast.FunctionDef, decorator: str) -> str | None:
    """The step of `@step("add")` or `@picture("add", ...)`."""
    for node in function.decorator_list:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(step)), *_]):
                if name == decorator:
                    return step
            case _:
                pass
    return None


def expects(test: ast.FunctionDef) -> bool:
    """Whether the text of a test hands anything to `expect`."""
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
