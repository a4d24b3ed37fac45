"""Proof: a lesson has all its parts, and the library and the tests have what it names."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from tinytorch_ls.check.expectations import expectation_complaints, expects
from tinytorch_ls.check.missing import missing_symbol
from tinytorch_ls.check.parts import module_parts, step_parts
from tinytorch_ls.check.wording import wording_complaints
from tinytorch_ls.course.model import Complaint, Course, Module, Step, Symbol
from tinytorch_ls.course.needs import extras_with
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.python.symbols import parse
from tinytorch_ls.forms.texts import text_of
from tinytorch_ls.workspace.depends import PACKAGE

_LINES = 15  # about; a body may be a little longer
_SLACK = 3


def seen_in(course: Course, module: Module) -> tuple[Complaint, ...]:
    """What a reader of a module's files sees beside its lesson.

    Nothing where the lesson has a flaw that hides parts of it: it is told, and the rest follows.
    """
    if any(c.stops and c.file == module.lesson for c in course.complaints):
        return ()
    return tuple(structure_complaints(module, course.library))


def structure_complaints(module: Module, library: Path) -> Iterator[Complaint]:
    """What a reader of the files alone can see."""
    wanted = (PACKAGE, *module.files)
    missing = [file for file in wanted if not (library / file).is_file()]
    for file in missing:
        yield Complaint(module.lesson, 1, f"the library has no {file}", stops=True)
    broken = [c for file in wanted if file not in missing for c in _unreadable(library / file)]
    yield from broken
    if missing or broken:
        return
    yield from module_parts(module)
    drawn = _drawn(module)
    for step in module.steps:
        yield from step_parts(module, step, drawn)
        lacking = list(_symbols(module, step, library))
        yield from lacking or wording_complaints(module, step, library)
    yield from _neither_taught_nor_given(module, library)
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
    return [n for n in nodes if isinstance(n, ast.FunctionDef) and marked_with(n, "picture")]


def marked_with(node: ast.stmt, decorator: str) -> str | None:
    """The step of a function with `@step("add")` or `@picture("add", ...)` above it."""
    for each in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
        match each:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(step)), *_]):
                if name == decorator:
                    return step
            case _:
                pass
    return None


def _drawn(module: Module) -> set[str]:
    """The names of the steps that have a picture, as far as the pictures can be read."""
    with suppress(OSError, SyntaxError, UnicodeDecodeError):
        return {marked_with(picture, "picture") or "" for picture in pictures_of(module)}
    return set()


def _symbols(module: Module, step: Step, library: Path) -> Iterator[Complaint]:
    for symbol in step.symbols:
        form, source = form_of(symbol.file), text_of(library / symbol.file)
        found = form.definitions(source).get(symbol.name)
        if found is None:
            yield missing_symbol(module, step, symbol, library)
        elif (length := form.taught_lines(source, symbol.name, library)) > _LINES + _SLACK:
            message = f"`{symbol}` has {length} lines; a step's body has at most about {_LINES}"
            yield Complaint(library / symbol.file, found.first_line, message)


def _neither_taught_nor_given(module: Module, library: Path) -> Iterator[Complaint]:
    """Functions of the module's files of which a student can't tell whose they are."""
    taught = {symbol for step in module.steps for symbol in step.symbols}
    for file in module.files:
        form, source = form_of(file), text_of(library / file)
        given = form.given_functions(source)
        for name, definition in form.definitions(source).items():
            if name not in given and not _is_taught(file, name, taught):
                message = f"`{name}` is no step's, and its docstring doesn't say Given."
                yield Complaint(library / file, definition.first_line, message)
        for name, line in form.lambdas(source).items():
            message = f"`{name}` is a lambda, which can't say whose it is: make it a function"
            yield Complaint(library / file, line, message)


def _is_taught(file: str, name: str, taught: Collection[Symbol]) -> bool:
    """Whether a function is a step's, or stands inside of one that is."""
    return Symbol(file, name.partition(".<locals>")[0]) in taught or Symbol(file, name) in taught


def _tests(module: Module) -> Iterator[Complaint]:
    if not module.tests.is_file():
        yield Complaint(module.lesson, 1, f"the module has no {module.tests.name}", stops=True)
        return
    if unreadable := list(_unreadable(module.tests)):
        yield from unreadable
        return
    yield from _never_run(module)
    yield from _undeclared(module, module.tests)
    marked = list(_marked(module))
    names = [step.name for step in module.steps]
    for name, test in marked:
        if name is None:
            yield Complaint(module.tests, test.lineno, _unmarked(test, "step"))
        elif name not in names:
            yield Complaint(module.tests, test.lineno, _no_step(name, names))
        yield from _marked_twice(module.tests, test, "step")
        if not expects(test):
            yield Complaint(module.tests, test.lineno, f"`{test.name}` uses no `expect`")
        yield from expectation_complaints(module, test)
    for step in module.steps:
        if step.name not in [name for name, _ in marked]:
            yield Complaint(module.lesson, step.line, f"{step.id} has no test")


def _undeclared(module: Module, file: Path) -> Iterator[Complaint]:
    """Each import of what a student may not have, and no need of the lesson says so."""
    found = form_of(file).imports(text_of(file), "")
    for package, line in {each.name.partition(".")[0]: each.line for each in found[::-1]}.items():
        extras = extras_with(package)
        if extras and not set(extras) & set(module.needs):
            message = f"`{package}` is not in every installation: write `needs: [{extras[0]}]`"
            yield Complaint(file, line, message)


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
            case ast.FunctionDef(name=name) if marked_with(node, "step"):
                message = f"`{name}` is never run: begin its name with test_"
                yield Complaint(module.tests, node.lineno, message)
            case _:
                pass


def _pictures(module: Module) -> Iterator[Complaint]:
    if not module.pictures.is_file():
        return
    if unreadable := list(_unreadable(module.pictures)):
        yield from unreadable
        return
    yield from _unseen(module)
    yield from _undeclared(module, module.pictures)
    names = [step.name for step in module.steps]
    seen: set[str] = set()
    for picture in pictures_of(module):
        name = marked_with(picture, "picture")
        if name not in names:
            yield Complaint(module.pictures, picture.lineno, _no_step(name or "", names))
        elif name in seen:
            message = f"`{picture.name}` is a second picture of {module.id}/{name}: one is shown"
            yield Complaint(module.pictures, picture.lineno, message)
        seen.add(name or "")


def _unseen(module: Module) -> Iterator[Complaint]:
    """Pictures that are marked in a way that no proof reads, and those that hide another."""
    found = pictures_of(module)
    names, lines = [each.name for each in found], [each.lineno for each in found]
    for line, name in _marked_otherwise(parse(text_of(module.pictures))):
        if line not in lines:
            way = 'write @picture("name", ...) above a function that stands by itself'
            message = f"`{name}` is not seen as a picture: {way}"
            yield Complaint(module.pictures, line, message)
    for at, picture in enumerate(found):
        if picture.name in names[:at]:
            yield Complaint(module.pictures, picture.lineno, f"`{picture.name}` stands twice")
        yield from _marked_twice(module.pictures, picture, "picture")


def _marked_otherwise(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What may be marked as a picture, however that is written: its line and its name."""
    marks: list[ast.expr] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                marks += filter(_is_picture, node.decorator_list)
                if any(map(_is_picture, node.decorator_list)):
                    yield node.lineno, name
            case ast.Call() if _is_picture(node) and node not in marks:  # picture(...)(draw)
                yield node.lineno, ast.unparse(node)
            case ast.alias(name="picture", asname=str(other)) if other != "picture":
                yield node.lineno, f"picture as {other}"
            case _:
                pass


def _marked_twice(file: Path, function: ast.FunctionDef, mark: str) -> Iterator[Complaint]:
    """A function that is marked again: whoever looks for its step finds the first mark."""
    names = [ast.unparse(each).partition("(")[0] for each in function.decorator_list]
    if names.count(mark) > 1:
        message = f"`{function.name}` has two marks @{mark}: only the first counts"
        yield Complaint(file, function.lineno, message)


def _is_picture(mark: ast.expr) -> bool:
    """Whether a decorator or a call is `picture`, however it is written."""
    called = mark.func if isinstance(mark, ast.Call) else mark
    return ast.unparse(called).rpartition(".")[2] == "picture"


def _unreadable(file: Path) -> Iterator[Complaint]:
    try:
        form_of(file).definitions(text_of(file))
    except UnicodeDecodeError:
        yield Complaint(file, 1, "not UTF-8", stops=True)
    except SyntaxError as error:
        yield Complaint(
            file, error.lineno or 1, f"not {form_of(file).name}: {error.msg}", stops=True
        )


def _marked(module: Module) -> Iterator[tuple[str | None, ast.FunctionDef]]:
    for node in parse(text_of(module.tests)).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield marked_with(node, "step"), node


def _unmarked(function: ast.FunctionDef, mark: str) -> str:
    return f'`{function.name}` is marked with no step: write @{mark}("name") above it'


def _no_step(name: str, names: Collection[str]) -> str:
    """That a mark names no step, and the one that it may mean."""
    near = difflib.get_close_matches(name.rpartition("/")[2], names, 1)
    return (
        f"the lesson has no step `{name}`; it has `{near[0]}`"
        if near
        else (f"the lesson has no step `{name}`")
    )
