"""Lessons that were read before, in the user's cache: reading all of them takes seconds.

Each file of a lesson has one place there, with the digest of its text and of what reads it. What
lies there is data and nothing else: reading it runs no code, whoever wrote it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import pickle
import sys
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from tinytorch_ls.cache import cache_folder, write_cache
from tinytorch_ls.course import model
from tinytorch_ls.course.model import Module

_READERS = ("course", "forms", "libclang")  # below this package: what a lesson is read with
_LONG = 20_000  # characters; a shorter lesson is read in no time
_PARTS = ("Equivalent", "Mistake", "Module", "Question", "Section", "Step", "Symbol")


def kept(path: Path, number: int, text: str) -> Module | None:
    """The module of a lesson that was sound when this text of it was read."""
    if len(text) < _LONG:
        return None
    with suppress(OSError, LookupError, TypeError, ValueError, EOFError, pickle.UnpicklingError):
        digest, data = _place(path).read_bytes().split(b"\n", 1)
        if digest == _digest(path, number, text):
            module = _Parts(BytesIO(data)).load()
            return module if isinstance(module, Module) else None
    return None


def keep(path: Path, number: int, text: str, module: Module) -> None:
    """Keep the module of a sound lesson for those who read the same text next."""
    if len(text) < _LONG:
        return
    with suppress(OSError):  # then they read it too
        data = _digest(path, number, text) + b"\n" + pickle.dumps(module)
        write_cache(_place(path), data)


class _Parts(pickle.Unpickler):
    """Makes what a module is made of, and refuses all else."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name == model.__name__ and global_name in _PARTS:
            return getattr(model, global_name)
        if (module_name, global_name) == (type(Path()).__module__, type(Path()).__name__):
            return type(Path())
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no part of a lesson")


def _place(path: Path) -> Path:
    name = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Path(_folder(), f"lesson-{name}")


@cache
def _folder() -> str:
    return cache_folder()


def _digest(path: Path, number: int, text: str) -> bytes:
    said = repr((str(path), number, text, _reader())).encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).hexdigest().encode()


@cache
def _reader() -> str:
    """What tells one way of reading from another: the code, Python, and the parser of CUDA C."""
    package = Path(__file__).parents[1]
    files = sorted(file for part in _READERS for file in (package / part).rglob("*.py"))
    code = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
    clang = ""
    with suppress(importlib.metadata.PackageNotFoundError):
        clang = importlib.metadata.version("libclang")
    return f"{code} {sys.version} {clang}"
