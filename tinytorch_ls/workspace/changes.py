"""What the course changes in a student's file: reset, solve, undo. Each change can be undone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tinytorch_ls.course.model import Module, Step, Symbol
from tinytorch_ls.course.symbols import definitions
from tinytorch_ls.workspace import snapshots
from tinytorch_ls.workspace.files import write_whole
from tinytorch_ls.workspace.folder import StudentFolder, library_source
from tinytorch_ls.workspace.refused import Refused
from tinytorch_ls.workspace.stub import unwritten
from tinytorch_ls.workspace.transplant import readable, transplant

Read = Callable[[str], str]


def reset_texts(folder: StudentFolder, step: Step, read: Read) -> dict[str, str]:
    """The files with the step's symbols as stubs again. Raises Refused; writes nothing."""
    return _transplanted(step, read, folder.stub)


def solved_texts(step: Step, read: Read) -> dict[str, str]:
    """The files with the step's symbols as the library writes them. Raises Refused."""
    return _transplanted(step, read, library_source)


def reset(folder: StudentFolder, step: Step) -> list[Path]:
    """Put the step's stubs back. Raises Refused, and then nothing has changed."""
    return _write(folder, reset_texts(folder, step, folder.source), f"reset {step.id}")


def solve(folder: StudentFolder, steps: list[Step], name: str) -> list[Path]:
    """Put the library's code of some steps in place; begins their modules where needed."""
    texts: dict[str, str] = {}
    for step in steps:
        folder.begin(step.module_id)
        texts.update(solved_texts(step, lambda file: _latest(texts, folder.source, file)))
    return _write(folder, texts, f"solve {name}")


def update(folder: StudentFolder) -> list[Path]:
    """Bring what is not written yet to the installed curriculum; keep all else. Raises Refused.

    TODOs get the words of today, and what the course has added since is put in its place.
    """
    texts: dict[str, str] = {}
    for module in folder.modules_begun():
        for file in module.files:
            old = folder.source(file) if folder.path(file).exists() else ""
            new = _updated(folder, module, file, old) if old else folder.stub(file)
            if new != old:
                texts[file] = new
    return _write(folder, texts, "update") if texts else []


def _updated(folder: StudentFolder, module: Module, file: str, source: str) -> str:
    stub = folder.stub(file)
    known = readable(source, "your file")
    holes = unwritten(source)
    for name in definitions(stub):
        if name in holes:
            source = transplant(source, name, stub)
        elif name not in known and _is_new(folder, module, Symbol(file, name)):
            with suppress(Refused):  # its neighbours are gone, or its name is taken
                source = transplant(source, name, stub)
    return source


def _is_new(folder: StudentFolder, module: Module, symbol: Symbol) -> bool:
    """Whether the course has added a definition, so that nothing of the student's stands for it.

    A method that a passing step lacks may come from a base class of the student's own.
    """
    todo = (step for step in module.steps if folder.progress.of(step.id).state == "todo")
    return "." not in symbol.name or any(symbol in step.symbols for step in todo)


def undo(folder: StudentFolder) -> snapshots.Snapshot:
    """Take the newest change back. Raises Refused if there is none."""
    return snapshots.undo(folder.root)


def _transplanted(step: Step, read: Read, donor: Callable[[str], str]) -> dict[str, str]:
    if not step.symbols:
        raise Refused(f"{step.id} has no code of its own: it runs what you wrote before")
    texts: dict[str, str] = {}
    for symbol in step.symbols:
        source = _latest(texts, read, symbol.file)
        texts[symbol.file] = transplant(source, symbol.name, donor(symbol.file))
    return texts


def _latest(texts: dict[str, str], read: Read, file: str) -> str:
    return texts[file] if file in texts else read(file)


def _write(folder: StudentFolder, texts: dict[str, str], reason: str) -> list[Path]:
    old = {f: folder.source(f) if folder.path(f).exists() else None for f in texts}
    snapshots.take(folder.root, old, reason)
    written: list[Path] = []
    try:
        for file, text in texts.items():
            write_whole(folder.path(file), text)
            written.append(folder.path(file))
    except Refused:
        if written:
            snapshots.undo(folder.root)
        else:
            snapshots.forget(folder.root)
        raise
    return written
