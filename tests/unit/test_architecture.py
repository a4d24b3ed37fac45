"""Imports point one way: docs/architecture.md for the server, docs/library.md for the library."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course

ROOT = Path(__file__).resolve().parents[2]

LAYERS = {
    "cache": -2,  # where what takes long is kept
    "messages": -2,  # the fixed words in the reader's language
    "libclang": -2,  # reads CUDA C, for the forms and for the machine
    "forms": -1,  # of the texts of step's files; knows nothing of lessons
    "course": 0,
    "lesson": 0,  # what the tests and pictures of lessons import
    "machine": -1,  # runs kernels in lockstep, whatever their language
    "simulator": 0,  # runs kernels for lessons; knows nothing of the course
    "compile": 0,  # compiles them
    "workspace": 1,
    "runner": 1,
    "gradients": 2,  # what tests of lessons import too; finds the reference as a run does
    "feedback": 2,
    "check": 3,
    "grading": 3,
    "server": 4,  # shows an author what check finds
    "cli": 5,  # starts the others
}


def _imports(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """Every module, or name of a module, that a file imports: at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=source, names=names, level=level):
                base = ".".join(package.split(".")[: len(package.split(".")) - level + 1])
                whole = ".".join(filter(None, [base if level else "", source or ""]))
                yield from ((node.lineno, f"{whole}.{alias.name}") for alias in names)
            case _:
                pass


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _package(path: Path) -> str:
    return ".".join(path.parent.relative_to(ROOT).parts)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _part(path: Path, package: str) -> str:
    """The file or folder of a package in which a file stands: "course", "tensor"."""
    return path.relative_to(ROOT / package).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", _files("tinytorch_ls"), ids=_name)
def test_the_server_imports_lower_layers_only(path: Path) -> None:
    part = _part(path, "tinytorch_ls")
    if part in ("__init__", "__main__"):
        return
    assert part in LAYERS, f"say in docs/architecture.md and here which layer {part} is"
    for line, name in _imports(path, _package(path)):
        if not name.startswith("tinytorch_ls."):
            continue
        other = name.split(".")[1]
        if other in LAYERS:
            lower = other == part or LAYERS[other] < LAYERS[part]
            assert lower, f"{path}:{line}: {part} may not import {other}"


PARSES_PYTHON = {  # beside the forms: it is not a step's text that these read
    "check/digest.py": "the tests of a lesson",
    "check/expectations.py": "the tests of a lesson",
    "check/pictures.py": "the pictures of a lesson",
    "check/structure.py": "the tests and pictures of a lesson",
    "feedback/advice.py": "the call of a test",
    "feedback/blame.py": "the call of a test",
    "feedback/likeness.py": "the call of a test",
    "feedback/slips.py": "an error that Python raised",
}


@pytest.mark.parametrize("path", _files("tinytorch_ls"), ids=_name)
def test_the_text_of_a_step_is_read_by_its_form_alone(path: Path) -> None:
    """So that a second language is a second form, and nothing else has to learn it."""
    name = path.relative_to(ROOT / "tinytorch_ls").as_posix()
    if name.startswith(
        ("forms/", "runner/inside/", "libclang/", "machine/", "simulator/", "compile/")
    ):
        return  # the runner, the simulators and the compilers run Python
    for line, imported in _imports(path, _package(path)):
        python = imported == "ast" or imported.startswith("tinytorch_ls.forms.python")
        assert not python or name in PARSES_PYTHON, f"{path}:{line}: ask `form_of(file)`"


@cache
def documented() -> dict[str, list[str]]:
    """The files of the server that docs/architecture.md has in its tables, with their names."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w/]+\.py)` \| (?:`([\w ]*)`)? ?\|", text, re.M)
    return {file: names.split() for file, names in rows}


def test_every_file_of_the_server_is_documented_and_there() -> None:
    empty = [path for path in _files("tinytorch_ls") if path.name == "__init__.py"]
    there = {p.relative_to(ROOT / "tinytorch_ls").as_posix() for p in _files("tinytorch_ls")}
    packages = {path.relative_to(ROOT / "tinytorch_ls").as_posix() for path in empty}
    missing, gone = there - packages - documented().keys(), documented().keys() - there
    assert not missing, f"name these in docs/architecture.md: {sorted(missing)}"
    assert not gone, f"docs/architecture.md names files that are not there: {sorted(gone)}"


@pytest.mark.parametrize("file", [f for f, names in documented().items() if names])
def test_what_is_documented_of_a_file_is_defined_in_it(file: str) -> None:
    defined: set[str] = set()
    for node in ast.parse((ROOT / "tinytorch_ls" / file).read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                defined.add(name)
            case ast.ClassDef(name=name):
                defined.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                defined.add(name)
            case _:
                pass
    assert set(documented()[file]) <= defined, f"docs/architecture.md is not true of {file}"


def test_interpreters_are_started_in_one_place() -> None:
    """It says what of a student's folder or of the environment they see."""
    starting = {
        path.relative_to(ROOT).as_posix()
        for path in _files("tinytorch_ls")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.List)
        and [ast.unparse(first) for first in node.elts[:1]] == ["sys.executable"]
    }
    assert starting == {"tinytorch_ls/runner/processes.py"}


@pytest.mark.parametrize("path", _files("tinytorch"), ids=_name)
def test_the_library_imports_nothing_of_the_server(path: Path) -> None:
    for line, name in _imports(path, _package(path)):
        assert name.split(".")[0] != "tinytorch_ls", f"{path}:{line}: {name}"


@cache
def library_order() -> list[str]:
    """The parts of the library as they are taught: the curriculum, then the table of the docs."""
    course = read_course(curriculum_folder())
    taught = [Path(file).parts[1].removesuffix(".py") for m in course.modules for file in m.files]
    text = (ROOT / "docs/library.md").read_text(encoding="utf-8")
    table = [
        name.removesuffix(".py") for name in re.findall(r"^\| `(\w+(?:\.py)?)/?` \|", text, re.M)
    ]
    both = [name for name in table if name in taught]
    assert both == [name for name in dict.fromkeys(taught) if name in table], (
        "docs/library.md and the curriculum differ in their order"
    )
    before = [name for name in dict.fromkeys(taught) if name not in table]
    return [*before, *table]


@cache
def library_imports() -> dict[str, dict[str, str]]:
    """What each part of the library imports of the library, and where."""
    parts = {_part(path, "tinytorch") for path in _files("tinytorch")}
    found: dict[str, dict[str, str]] = {part: {} for part in parts}
    for path in _files("tinytorch"):
        for line, name in _imports(path, _package(path)):
            top, _, rest = name.partition(".")
            other = rest.split(".")[0]
            if top == "tinytorch" and other in parts and other != _part(path, "tinytorch"):
                found[_part(path, "tinytorch")].setdefault(other, f"{path.name}:{line}")
    return found


def _needs(part: str, listed: set[str], seen: set[str]) -> Iterator[tuple[str, str]]:
    """What a part imports, through files that the docs don't list, which are parts of it."""
    for other, where in library_imports()[part].items():
        if other in listed:
            yield other, where
        elif other not in seen:
            seen.add(other)
            yield from _needs(other, listed, seen)


def test_the_order_of_the_library_is_known() -> None:
    assert library_order()[:4] == ["environment", "operation", "tensor", "activations"]
    assert library_order()[-1] == "mlops"


@pytest.mark.parametrize("part", [p for p in library_order() if p in library_imports()])
def test_a_module_imports_what_is_taught_before_it(part: str) -> None:
    order = library_order()
    for other, where in _needs(part, set(order), {part}):
        assert order.index(other) < order.index(part), f"{where}: {part} imports {other}"


def test_every_file_of_the_library_is_listed_or_serves_one_that_is() -> None:
    order = set(library_order())
    served = {other for part in order & library_imports().keys() for other in _reach(part)}
    left = library_imports().keys() - order - served - {"__init__"}
    assert not left, f"name these in docs/library.md: {sorted(left)}"


def _reach(part: str) -> set[str]:
    reached: set[str] = set()
    waiting = [part]
    while waiting:
        for other in library_imports()[waiting.pop()]:
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


@pytest.mark.parametrize("module", ["server.main", "cli", "check.run"])
def test_who_asks_needs_no_numpy(module: str) -> None:
    """What computes runs beside the student's code; server and commands only tell of it."""
    asked = f"import sys, tinytorch_ls.{module}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=False).returncode == 0
