"""Imports `tinytorch` from the student's folder, with texts laid over files, without bytecode."""

from __future__ import annotations

import io
import linecache
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tinytorch_ls.runner.inside.ahead import code_of
from tinytorch_ls.runner.inside.given import ready

_ASKED_FOR: dict[str, None] = {}  # the modules of `tinytorch` that were imported, or tried


def loaded() -> list[ModuleType]:
    """The modules of `tinytorch` that are loaded: in a fork, looking through all that Python has
    loaded would copy the memory of each."""
    return [module for name in _ASKED_FOR if (module := sys.modules.get(name))]


class StudentFinder(MetaPathFinder):
    """Finds `tinytorch` in the student's folder or the overlay, else in the library.

    Neither folder is on `sys.path`: nothing else in them can take the place of a package.
    """

    def __init__(
        self, root: Path, library: Path, overlay: Mapping[str, str], blocked: Sequence[str] = ()
    ) -> None:
        self.root = root
        self.library = library
        self.overlay: Mapping[str, str] = overlay
        self.blocked: Sequence[str] = blocked

    def install(self) -> None:
        """Let imports find it; what is no module is read through `linecache`."""
        sys.meta_path.insert(0, self)
        for file, text in self.overlay.items():
            if not file.endswith(".py"):
                lay(text, str(self.root / file))

    @contextmanager
    def reference_only(self) -> Generator[None]:
        """In a `with` block, what is not loaded yet comes from the library, blocked or not."""
        before = self.root, self.overlay, self.blocked
        self.root, self.overlay, self.blocked = self.library, {}, ()
        try:
            yield
        finally:
            self.root, self.overlay, self.blocked = before

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - the signature is Python's
    ) -> ModuleSpec | None:
        if fullname == "tinytorch":
            return self._package()
        if not fullname.startswith("tinytorch."):
            return None
        _ASKED_FOR[fullname] = None
        if fullname in self.blocked:
            raise ImportError(f"{fullname} is taught later and can't be used here")
        for file in _files(fullname):
            place = self.root / file
            if file in self.overlay or place.is_file():
                loader = _TextLoader(place, self.overlay.get(file))
                inside = [str(place.parent)] if file.endswith("/__init__.py") else None
                return spec_from_file_location(
                    fullname, place, loader=loader, submodule_search_locations=inside
                )
            if os.path.lexists(place):  # the library's would pass for it
                raise ImportError(f"{file} of your folder is no file, so it can't be imported")
        found = PathFinder.find_spec(fullname, path)
        if found and found.origin and (module := ready(fullname, found.origin, self._is_own)):
            found.loader = _Executed(Path(found.origin), module)
        return found

    def _is_own(self, fullname: str) -> bool:
        """Whether a module is not the library's, or not to be had, in this run."""
        if fullname in self.blocked:
            return True
        files = _files(fullname)
        return any(file in self.overlay or os.path.lexists(self.root / file) for file in files)

    def _package(self) -> ModuleSpec | None:
        """The package itself: the student's, with what the library has beside it."""
        roots = list(dict.fromkeys((self.root, self.library)))
        folders = [str(root / "tinytorch") for root in roots]
        for root in roots:
            place = root / "tinytorch" / "__init__.py"
            text = self.overlay.get("tinytorch/__init__.py") if root == self.root else None
            if text is not None or place.is_file():
                return spec_from_file_location(
                    "tinytorch",
                    place,
                    loader=_TextLoader(place, text),
                    submodule_search_locations=folders,
                )
        return None


class _TextLoader(SourceLoader):
    """Loads a module from a text, or from its file as it stands now."""

    def __init__(self, place: Path, text: str | None) -> None:
        self.place = str(place)
        self.text = text

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 - the signature is Python's
        return self.place

    def source_to_code(self, data: Any, path: Any, *_: Any) -> CodeType:
        return code_of(bytes(data), str(path))

    def get_data(self, path: str) -> bytes:  # noqa: ARG002
        if self.text is None:
            return Path(self.place).read_bytes()
        lay(self.text, self.place)
        return self.text.encode("utf-8")


class _Executed(_TextLoader):
    """Gives a module that was executed before."""

    def __init__(self, place: Path, module: ModuleType) -> None:
        super().__init__(place, None)
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - Python's
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: that is done."""


def lay(text: str, place: str) -> None:
    """Have a text shown in the place of a file's."""
    lines = io.StringIO(text, newline=None).readlines()  # as Python ends lines
    linecache.cache[place] = (len(text), None, lines, place)


def _files(fullname: str) -> tuple[str, str]:
    """The files that a module may be."""
    stem = fullname.replace(".", "/")
    return f"{stem}.py", f"{stem}/__init__.py"
