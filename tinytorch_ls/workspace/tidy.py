"""Tidies up what is written: the library's own words in place of a TODO, and no other byte."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tinytorch_ls.course.model import Step
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import unreadable
from tinytorch_ls.workspace.changes import Change, Read, make
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.snapshots import FileChange

_TODO = re.compile(r"\W*TODO:")


def untidy(text: str, file: str, step: Step) -> list[str]:
    """The step's functions in a file that are written and still say TODO. Raises SyntaxError."""
    form = form_of(file)
    names = [symbol.name for symbol in step.symbols if symbol.file == file]
    places = {name: place for name in names if (place := form.documentation(text, name))}
    holes = form.unwritten(text)
    return [name for name, at in places.items() if name not in holes and _TODO.match(at.of(text))]


def tidy_change(folder: StudentFolder, steps: Iterable[Step], name: str, read: Read) -> Change:
    """The steps' functions with the library's documentation. Raises Refused; writes nothing."""
    texts: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for step in steps:
        for file in dict.fromkeys(symbol.file for symbol in step.symbols):
            texts.setdefault(file, read(file))
            names.setdefault(file, []).extend(_untidy(texts[file], file, step))
    files = {
        file: FileChange(text, _tidied(folder, file, text, names[file]), tuple(names[file]))
        for file, text in texts.items()
        if names[file]
    }
    return Change(f"tidy {name}", files)


def tidy(folder: StudentFolder, steps: Iterable[Step], name: str) -> list[Path]:
    """Tidy up what passes of some steps; the files that were changed. Raises Refused."""
    passed = [step for step in steps if folder.progress.of(step.id).state == "passed"]
    with locked(folder.root):
        change = tidy_change(folder, passed, name, folder.source)
        return make(folder, change) if change.files else []


def _untidy(text: str, file: str, step: Step) -> list[str]:
    try:
        return untidy(text, file, step)
    except SyntaxError as error:
        raise unreadable("your file", error) from None


def _tidied(folder: StudentFolder, file: str, text: str, names: Iterable[str]) -> str:
    form, reference = form_of(file), folder.reference(file)
    for name in names:
        text = form.with_documentation(text, name, reference)
    return text
