"""Everything that the proofs of a step rest on, in one digest: equal digests, equal outcome."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from tinytorch_ls.check.structure import marked_with
from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.forms.python.symbols import parse
from tinytorch_ls.workspace.depends import needed_by

_TOOLS = Path(__file__).parents[1]
_JUDGES = (
    "check", "compile", "course", "feedback", "forms", "libclang", "machine", "runner",
    "simulator", "workspace",
)  # fmt: skip
_PACKAGES = (
    "libclang",
    "numpy",
    "numba",
    "numba-cuda",
    "cupy",
    "matplotlib",
    "onnx",
    "prometheus-client",
)
_PLACES = ("line", "lines", "instruction_lines")  # of a step: where it stands changes nothing


def ground_digest(module: Module, library: Path, *, drawn: bool = False) -> str:
    """Of what all proofs of a module rest on: the library's files that its tests run on (with
    `drawn` its pictures too), the checker and what is installed."""
    files = sorted(needed_by(module, [library], {}, drawn=drawn))
    return _digest((tools(), [(file, _text(library / file)) for file in files]))


def step_digest(course: Course, module: Module, step: Step, ground: str) -> str:
    """Of the step's text and tests, what comes later, and the ground of its module."""
    later = _later(course, module, step)
    return _digest((ground, _without_places(asdict(step)), _tests(module, step), later))


def pictures_digest(course: Course, module: Module) -> str:
    """Of a module's pictures, the ground that they rest on, and what comes after each step."""
    ground = ground_digest(module, course.library, drawn=True)
    later = [(step.name, _later(course, module, step)) for step in module.steps]
    return _digest((ground, _text(module.pictures), later))


@lru_cache(maxsize=1)
def tools() -> str:
    """Of the checker itself, Python, and the packages that lessons use."""
    sources = [
        (path.relative_to(_TOOLS).as_posix(), path.read_bytes())
        for folder in _JUDGES
        for path in sorted((_TOOLS / folder).rglob("*.py"))
    ]
    return _digest((sources, sys.version, list(_versions())))


def _versions() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            yield name, importlib.metadata.version(name)


def _tests(module: Module, step: Step) -> str:
    """The file of tests without those of other steps."""
    try:
        tree = parse(_text(module.tests))
    except SyntaxError:
        return _text(module.tests)
    others = [other.name for other in module.steps if other != step]
    nodes = [node for node in tree.body if marked_with(node, "step") not in others]
    return "\n".join(map(ast.unparse, nodes))


def _later(course: Course, module: Module, step: Step) -> list[Any]:
    """What must not be needed: the symbols of later steps, and the files of later modules."""
    steps = module.steps[module.steps.index(step) + 1 :]
    modules = course.modules[course.modules.index(module) + 1 :]
    return [
        [str(symbol) for later in steps for symbol in later.symbols],
        [file for later in modules for file in later.files],
        [str(symbol) for each in module.steps for symbol in each.symbols],
    ]


def _without_places(value: Any) -> Any:
    match value:
        case dict():
            fields = cast(dict[str, Any], value)
            return {k: _without_places(v) for k, v in fields.items() if k not in _PLACES}
        case list() | tuple():
            return [_without_places(item) for item in cast(list[Any], value)]
        case _:
            return value


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _digest(said: Any) -> str:
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()
