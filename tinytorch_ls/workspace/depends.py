"""Which files below `tinytorch/` a module's steps run on, by the imports in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from os.path import isfile
from pathlib import Path

from tinytorch_ls.course.model import Module
from tinytorch_ls.forms.known import form_of

PACKAGE = "tinytorch/__init__.py"


def needed_by(
    module: Module, roots: Iterable[Path], texts: Mapping[str, str], *, drawn: bool = False
) -> set[str]:
    """The files that a module's code and tests import, directly or not, and its own.

    With `drawn` also those that its pictures import.
    """
    return Imports(roots, texts).needed_by(module, drawn=drawn)


class Imports:
    """Which file imports which, as the files are while this is asked: it looks at each once.

    A file is taken from `texts`, else from the first of `roots` that has it: the student's folder,
    then the library's, whose modules may import the student's.
    """

    def __init__(self, roots: Iterable[Path], texts: Mapping[str, str]) -> None:
        self.roots = tuple(map(str, roots))
        self.texts = texts
        self._places: dict[str, str | None] = {}
        self._imported: dict[str, tuple[str, ...]] = {}

    def needed_by(self, module: Module, *, drawn: bool = False) -> set[str]:
        """The files that a module's code and tests import, directly or not, and its own."""
        found: set[str] = {PACKAGE}
        programs = [module.tests, module.pictures] if drawn else [module.tests]
        names = [_imports(str(program), stamp(program)) for program in programs]
        todo = [*module.files, *self._files(chain.from_iterable(names))]
        while todo:
            file = todo.pop()
            if file not in found:
                found.add(file)
                todo += self._imported_by(file)
        return found

    def _imported_by(self, file: str) -> tuple[str, ...]:
        if file not in self._imported:
            self._imported[file] = tuple(self._files(self._names(file)))
        return self._imported[file]

    def _names(self, file: str) -> frozenset[str]:
        package = file.rpartition("/")[0].replace("/", ".")
        if file in self.texts:
            return _of_text(file, self.texts[file], package)
        place = self._place(file)
        return _imports(place, stamp(Path(place)), package) if place else frozenset()

    def _place(self, file: str) -> str | None:
        """Where a file is; None where no root has it."""
        if file not in self._places:
            places = (f"{root}/{file}" for root in self.roots)
            self._places[file] = next(filter(isfile, places), None)
        return self._places[file]

    def _files(self, names: Iterable[str]) -> Iterator[str]:
        """The files that are run when these names are imported, their packages' included."""
        for name in names:
            parts = name.split(".")
            for end in range(2, len(parts) + 1):
                stem = "/".join(parts[:end])
                files = (f"{stem}.py", f"{stem}/__init__.py")
                there = [file for file in files if self._place(file)]
                yield from there or files[:1]  # one that is gone is needed all the same


def _names(file: str, source: str, package: str) -> frozenset[str]:
    """The names below `tinytorch` that a text imports; one that can't be read imports nothing."""
    try:
        found = form_of(file).imports(source, package)
    except SyntaxError:
        return frozenset()
    names = (each.name for each in found)
    return frozenset(name for name in names if name.partition(".")[0] == "tinytorch")


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
