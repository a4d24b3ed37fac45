"""Follows the files of the course that its author has open: lessons, tests, pictures, library."""

from __future__ import annotations

from pathlib import Path

from tinytorch_ls.course.model import Module
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.known import has_form
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.complaints import TYPING_SECONDS, look
from tinytorch_ls.server.proving import prove
from tinytorch_ls.server.serving import take_in_all

_TEXTS = (".md", ".toml")


def authored(ls: TinyTorchServer, path: Path) -> Path | None:
    """The path that the course knows one of its files by; None of a student's."""
    folder, library = ls.course.folder, ls.runner.library
    if (name := _below(path, folder)) and (path.suffix in _TEXTS or has_form(path)):
        return folder / name
    name = _below(path, library)
    taught = name and any(name.as_posix() in module.files for module in ls.course.modules)
    return library / name if name and taught and not ls.sessions.around(path) else None


def take_up(ls: TinyTorchServer, file: Path, uri: str, text: str) -> None:
    """Look into a file that was opened, and into its module."""
    ls.desk.uris[file] = uri
    ls.desk.texts[file] = text
    if module := _module_of(ls, file):
        ls.desk.modules.add(module.folder)
    elif file.parent != ls.course.folder:
        ls.desk.modules.add(file.parent)  # it may be mended into one
    look(ls)


def written(ls: TinyTorchServer, file: Path, text: str) -> None:
    """Look at what is being typed."""
    ls.desk.texts[file] = text
    look(ls, TYPING_SECONDS)


def saved(ls: TinyTorchServer, file: Path) -> None:
    """Serve what was saved, and prove it."""
    if file.suffix in _TEXTS:
        _read_again(ls)
    look(ls)
    if module := _module_of(ls, file):
        prove(ls, module.id)


def put_away(ls: TinyTorchServer, file: Path) -> None:
    """A file was closed: what lies on the disk counts; what is wrong there stays marked."""
    del ls.desk.uris[file]
    ls.desk.texts.pop(file, None)
    look(ls)


def _read_again(ls: TinyTorchServer) -> None:
    """Serve the course as its author has just saved it."""
    ls.teach(read_course(ls.course.folder, ls.course.locale))
    for session in ls.sessions:
        session.teach(ls.course)
        take_in_all(ls, session)
    ls.changed()


def _module_of(ls: TinyTorchServer, file: Path) -> Module | None:
    """The module whose lesson, tests, pictures or library file this is."""
    name = _below(file, ls.runner.library)
    for module in ls.course.modules:
        if file.parent == module.folder or (name and name.as_posix() in module.files):
            return module
    return None


def _below(path: Path, folder: Path) -> Path | None:
    try:
        return path.resolve().relative_to(folder.resolve())
    except ValueError:
        return None
