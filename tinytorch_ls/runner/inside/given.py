"""The library's files that run on nothing of a student's, executed once: a fork finds it done.

Their modules are kept beside `sys.modules`. A run's own finder hands them to its imports, in their
order, and only where these would have executed the very same files.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType

_PACKAGE = "tinytorch"  # what is in the package itself is the student's


@dataclass(frozen=True)
class _File:
    """A file of the library, as it was when its module was executed."""

    place: Path
    changed: int  # when, in ns

    def is_the_same(self) -> bool:
        return _changed(self.place) == self.changed


@dataclass
class _Ready:
    """What was executed of one library."""

    files: Mapping[str, _File] = field(default_factory=dict[str, _File])  # all, by module
    modules: dict[str, ModuleType] = field(default_factory=dict[str, ModuleType])
    runs_on: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


_READY = _Ready()


def make_ready(library: Path, find: Callable[[], None]) -> None:
    """Execute what can be of a library; once, and again when a file of it was changed.

    `find` lets `tinytorch` be imported from there, for as long as this takes.
    """
    files = dict(_files(library))
    if files == _READY.files:
        return
    _READY.files, _READY.modules, _READY.runs_on = files, {}, _independent(files)
    finders, before = list(sys.meta_path), set(sys.modules)
    find()
    try:
        for name in _READY.runs_on:
            with suppress(Exception):  # the run that imports it meets the same
                _READY.modules[name] = import_module(name)
    finally:
        sys.meta_path[:] = finders
        for name in sys.modules.keys() - before:
            if name.partition(".")[0] == _PACKAGE:
                del sys.modules[name]


def ready(name: str, place: str, own: Callable[[str], bool]) -> ModuleType | None:
    """The module of a library's file, if it was executed as it is; None too if something that it
    runs on is a run's `own`."""
    module, file = _READY.modules.get(name), _READY.files.get(name)
    if module is None or file is None or str(file.place) != place:
        return None
    for each in _READY.runs_on[name]:
        if own(each) or not _READY.files[each].is_the_same():
            return None
    return module


def _files(library: Path) -> Iterator[tuple[str, _File]]:
    for place in (library / _PACKAGE).rglob("*.py"):
        parts = place.relative_to(library).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), _File(place, _changed(place))


def _changed(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0


def _independent(files: Mapping[str, _File]) -> dict[str, frozenset[str]]:
    """The modules that run on nothing but each other and what is loaded already, with the names of
    all that each runs on, its own among them."""
    direct = {name: _imported(file.place, files.keys()) for name, file in files.items()}
    direct[_PACKAGE] = None
    found: dict[str, frozenset[str]] = {}
    for name in direct:
        if names := _all_below(name, direct):
            found[name] = names
    return found


def _all_below(name: str, direct: Mapping[str, set[str] | None]) -> frozenset[str]:
    """All that a module runs on; nothing if that can't be told, or is not to be had here."""
    found: set[str] = set()
    todo = {name}
    while todo:
        each = todo.pop()
        imported = direct.get(each)
        if imported is None:
            return frozenset()
        found.add(each)
        todo |= (imported | {*_with_packages(each)}) - found - {_PACKAGE}
    return frozenset(found)


def _imported(place: Path, known: Collection[str]) -> set[str] | None:
    """The modules of the library that a file imports, wherever in it; None where it imports the
    package itself, or what no run has use of yet."""
    try:
        tree = ast.parse(place.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    found: set[str] = set()
    for name in chain.from_iterable(map(_names, ast.walk(tree))):
        if name.partition(".")[0] != _PACKAGE:
            if name not in sys.modules:
                return None
            continue
        module = next(each for each in _with_packages(name) if each in known)
        if module == _PACKAGE:
            return None
        found.add(module)
    return found


def _names(node: ast.AST) -> list[str]:
    """What a statement imports: of the course's modules with the names that it takes of them."""
    match node:
        case ast.Import(names=names):
            found = [alias.name for alias in names]
            return [_PACKAGE if name.partition(".")[0] == _PACKAGE else name for name in found]
        case ast.ImportFrom(module=str(module), names=names, level=0):
            ours = module.partition(".")[0] == _PACKAGE
            return [f"{module}.{alias.name}" for alias in names] if ours else [module]
        case ast.ImportFrom():
            return [_PACKAGE]
        case _:
            return []


def _with_packages(name: str) -> Iterator[str]:
    """A dotted name, and those of the packages around it, outwards."""
    while name:
        yield name
        name = name.rpartition(".")[0]
