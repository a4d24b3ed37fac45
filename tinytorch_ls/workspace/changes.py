"""What the course changes in a student's file: reset, solve, undo. Each change can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tinytorch_ls.course.model import Step
from tinytorch_ls.workspace import snapshots
from tinytorch_ls.workspace.files import write_whole
from tinytorch_ls.workspace.folder import StudentFolder, library_source
from tinytorch_ls.workspace.refused import Refused
from tinytorch_ls.workspace.transplant import transplant

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
        texts.update(solved_texts(step, lambda file: texts.get(file) or folder.source(file)))
    return _write(folder, texts, f"solve {name}")


def update(folder: StudentFolder) -> list[Path]:
    """Bring the stubs that are not written yet to the installed curriculum; keep all else."""
    texts: dict[str, str] = {}
    for module in folder.modules_begun():
        stubs = folder.stubs(module)
        for step in module.steps:
            for symbol in step.symbols:
                source = texts.get(symbol.file) or folder.source(symbol.file)
                if symbol.name in stubs:
                    fresh = transplant(source, symbol.name, folder.stub(symbol.file))
                    if fresh != source:
                        texts[symbol.file] = fresh
    return _write(folder, texts, "update") if texts else []


def undo(folder: StudentFolder) -> snapshots.Snapshot:
    """Take the newest change back. Raises Refused if there is none."""
    return snapshots.undo(folder.root)


def _transplanted(step: Step, read: Read, donor: Callable[[str], str]) -> dict[str, str]:
    if not step.symbols:
        raise Refused(f"{step.id} has no code of its own: it runs what you wrote before")
    texts: dict[str, str] = {}
    for symbol in step.symbols:
        source = texts.get(symbol.file) or read(symbol.file)
        texts[symbol.file] = transplant(source, symbol.name, donor(symbol.file))
    return texts


def _write(folder: StudentFolder, texts: dict[str, str], reason: str) -> list[Path]:
    snapshots.take(folder.root, {file: folder.source(file) for file in texts}, reason)
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
