"""Which files below `tinytorch/` a module's steps run on, by the imports in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from tinytorch_ls.course.model import Module
from tinytorch_ls.forms.known import form_of

PACKAGE = "tinytorch/__init__.py"


def needed_by(module: Module, roots: Iterable[Path], texts: Mapping[str, str]) -> set[str]:
    """The files that a module's code and tests import, directly or not, and its own.

    A file is taken from `texts`, else from the first of `roots` that has it: the student's folder,
    then the library's, whose modules may import the student's.
    """
    folders = tuple(roots)
    found: set[str] = {PACKAGE}
    todo = [*module.files, *_files(_imports(str(module.tests), stamp(module.tests)), folders)]
    while todo:
        file = todo.pop()
        if file not in found:
            found.add(file)
            todo += _files(_imported(file, folders, texts), folders)
    return found


def _names(file: str, source: str, package: str) -> frozenset[str]:
    """The names below `tinytorch` that a text imports; one that can't be read imports nothing."""
    try:
        found = form_of(file).imports(source, package)
    except SyntaxError:
        return frozenset()
    names = (each.name for each in found)
    return frozenset(name for name in names if name.partition(".")[0] == "tinytorch")


def _imported(file: str, roots: tuple[Path, ...], texts: Mapping[str, str]) -> frozenset[str]:
    package = ".".join(Path(file).parent.parts)
    if file in texts:
        return _of_text(file, texts[file], package)
    for root in roots:
        if (root / file).is_file():
            return _imports(str(root / file), stamp(root / file), package)
    return frozenset()


_of_text = lru_cache(maxsize=64)(_names)


@lru_cache(maxsize=256)
def _imports(path: str, _changed: tuple[int, int], package: str = "tinytorch") -> frozenset[str]:
    try:
        return _names(path, Path(path).read_bytes().decode("utf-8"), package)
    except (OSError, UnicodeDecodeError):
        return frozenset()


def stamp(path: Path) -> tuple[int, int]:
    """What tells a file from itself before a change."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def _files(names: Iterable[str], roots: tuple[Path, ...]) -> Iterator[str]:
    """The files that are run when these names are imported, their packages' included."""
    for name in names:
        parts = name.split(".")
        for end in range(2, len(parts) + 1):
            stem = "/".join(parts[:end])
            files = (f"{stem}.py", f"{stem}/__init__.py")
            there = [file for file in files if any((root / file).is_file() for root in roots)]
            yield from there or files[:1]  # one that is gone is needed all the same
