"""What is said of a step whose file is not there, or has lost all of its text."""

from __future__ import annotations

from pathlib import Path

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.verdict import Failure, Mark, Verdict
from tinytorch_ls.workspace.packages import is_part


def file_missing(step: Step, module: Module, file: str, kind: str) -> Verdict:
    """The verdict of a step whose file is not there, or is of a `kind` that is none: "a folder"."""
    away = f"Move the {kind.split()[1]} elsewhere; then " if kind else ""
    fact = f"is {kind} and not a file" if kind else "is not there"
    failure = Failure(
        f"{Path(file).name} {fact}, so {_steps(file, module)} can't be tested.",
        help=f"{away}`tinytorch start --module {module.id}` brings it back with its TODOs; "
        "so does opening the step in the editor.",
    )
    return Verdict(step.id, "todo", (Mark(failure),))


def file_emptied(step: Step, module: Module, file: str) -> Verdict:
    """The verdict of a step in a file without any text."""
    written = (s.id for s in module.steps if file in [symbol.file for symbol in s.symbols])
    reset = next(written, step.id)
    failure = Failure(
        emptied(file, module),
        help=f"Your editor's Undo brings your text back. `tinytorch reset {reset}` begins the file "
        "anew with its TODOs; what you had in it before a reset is in `.tinytorch/snapshots`.",
    )
    return Verdict(step.id, "todo", (Mark(failure),))


def emptied(file: str, module: Module) -> str:
    """The fact, in the words of the editor and the terminal."""
    return f"{Path(file).name} is empty: {_steps(file, module)} are gone."


def _steps(file: str, module: Module) -> str:
    """The steps that are lost with a file."""
    return f"{'its' if is_part(file) else 'the'} steps of {titled(module)}"
