"""What the course changes in a student's file: reset, solve, update. Each can be undone.

A change is computed first and writes nothing. `make` writes it, behind a snapshot of what it
replaces; an editor may take the same change into its own texts. Who writes holds the folder's lock
from the reading on, so that of two programs neither undoes what the other did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tinytorch_ls.course.model import Module, Step, Symbol
from tinytorch_ls.course.titles import titled
from tinytorch_ls.forms.form import Form
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.line_ends import line_ending
from tinytorch_ls.forms.refused import Refused, unreadable
from tinytorch_ls.forms.texts import BOM, is_empty
from tinytorch_ls.messages import say
from tinytorch_ls.workspace import snapshots
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.given import renew_given
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.snapshots import FileChange

Read = Callable[[str], str]
NO_CODE = "{step} has no code of its own: it runs what you wrote before"


@dataclass(frozen=True)
class Change:
    """New texts for some files, and what is replaced by them."""

    reason: str  # "reset “Add, with broadcasting”"
    files: Mapping[str, FileChange]

    @property
    def texts(self) -> dict[str, str | None]:
        """The new text of each file; None: it is removed."""
        return {file: change.after for file, change in self.files.items()}


def reset_change(folder: StudentFolder, step: Step, read: Read) -> Change:
    """The step's symbols as stubs again. Raises Refused; writes nothing."""
    return Change(f"reset {titled(step)}", _put(folder, [step], read, folder.stub))


def solve_change(folder: StudentFolder, steps: list[Step], name: str, read: Read) -> Change:
    """The symbols of some steps as the library writes them. Raises Refused; writes nothing."""
    return Change(f"solve {name}", _put(folder, steps, read, folder.reference))


def refill_change(folder: StudentFolder, module: Module, read: Read) -> Change:
    """The stubs of those files of a module in which no code is left. Raises Refused."""
    files: dict[str, FileChange] = {}
    for file in module.files:
        text = read(file)
        with suppress(SyntaxError):
            if form_of(file).has_no_code(text):
                files[file] = FileChange(text, _refilled(folder.stub(file), text))
    return Change(f"begin {titled(module)}", files)


def update_change(folder: StudentFolder) -> Change:
    """What is not written yet as in the installed curriculum; all else stays. Raises Refused.

    TODOs get the words of today, and what the course has added since is put in its place.
    """
    files: dict[str, FileChange] = {}
    for module in folder.modules_begun():
        for file in module.files:
            if not folder.path(file).exists():
                files[file] = FileChange(None, folder.stub(file))
            elif change := _updated(folder, module, file, folder.source(file)):
                files[file] = change
    return Change("update", files)


def reset(folder: StudentFolder, step: Step) -> list[Path]:
    """Put the step's stubs back. Raises Refused, and then nothing has changed."""
    with locked(folder.root):
        return make(folder, reset_change(folder, step, folder.source))


def solve(folder: StudentFolder, steps: list[Step], name: str) -> list[Path]:
    """Put the library's code of some steps in place; begins their modules where needed."""
    for step in steps:
        folder.begin(step.module_id)
    with locked(folder.root):
        return make(folder, solve_change(folder, steps, name, folder.source))


def update(folder: StudentFolder) -> list[Path]:
    """Bring what is not written yet to the installed curriculum. Raises Refused.

    What the course gives beside the lessons comes last: it is no work of the student's to undo.
    """
    with locked(folder.root):
        change = update_change(folder)
        written = make(folder, change) if change.files else []
        return [*written, *renew_given(folder.root, folder.course.library)]


def make(folder: StudentFolder, change: Change) -> list[Path]:
    """Write a change behind its snapshot. Raises Refused, and then nothing has changed."""
    for file in change.files:
        folder.place(file).path()
    with locked(folder.root):
        snapshot = snapshots.take(folder, change.files, change.reason)
        try:
            return write(folder, change)
        except Refused:
            snapshots.forget(folder, snapshot)
            raise


def write(folder: StudentFolder, change: Change) -> list[Path]:
    """Write the new texts, all or none. Raises Refused."""
    written: list[str] = []
    try:
        for file, text in change.texts.items():
            folder.write(file, text)
            written.append(file)
    except Refused:
        for file in written:
            folder.write(file, change.files[file].before)
        raise
    return [folder.path(file) for file in written]


def _put(
    folder: StudentFolder, steps: Iterable[Step], read: Read, donor: Callable[[str], str]
) -> dict[str, FileChange]:
    """The files of some steps with these steps' symbols as a donor writes them."""
    names: dict[str, list[str]] = {}
    for step in steps:
        if not step.symbols:
            raise Refused(say(NO_CODE, step=titled(step)))
        for symbol in step.symbols:
            names.setdefault(symbol.file, []).append(symbol.name)
    return {
        file: _transplanted(folder, file, read(file), wanted, donor(file))
        for file, wanted in names.items()
    }


def _transplanted(
    folder: StudentFolder, file: str, before: str, names: list[str], donor: str
) -> FileChange:
    form = form_of(file)
    text = form.mended(before, names).text
    whole = form.has_no_code(text)
    after = _refilled(folder.stub(file), text) if whole else text
    for name in names:
        after = form.transplant(after, name, donor)
    after = form.with_imports(after, names, folder.reference(file))
    return FileChange(before, after, () if whole else tuple(_replaced(form, before, after, names)))


def _refilled(stub: str, left: str) -> str:
    """The stub of a file, with what was left of it below."""
    mark = BOM if left.startswith(BOM) else ""
    comments = "" if is_empty(left) else left.removeprefix(BOM).strip()
    return mark + stub + (f"\n\n{comments}{line_ending(left)}" if comments else "")


def _updated(folder: StudentFolder, module: Module, file: str, before: str) -> FileChange | None:
    """The file with the stubs and the definitions of today; None where it has them."""
    stub, form = folder.stub(file), form_of(file)
    try:
        known, holes = form.definitions(before), form.unwritten(before)
    except SyntaxError as error:
        raise unreadable("your file", error) from None
    after = before
    for name in form.definitions(stub):
        if name in holes:
            after = form.transplant(after, name, stub)
        elif name not in known and _is_new(folder, module, Symbol(file, name)):
            with suppress(Refused):  # its neighbours are gone, or its name is taken
                after = form.transplant(after, name, stub)
    names = list(_replaced(form, before, after, form.definitions(stub)))
    after = form.with_imports(after, [*holes, *names], folder.reference(file))
    return FileChange(before, after, tuple(names)) if after != before else None


def _replaced(form: Form, before: str, after: str, names: Iterable[str]) -> Iterator[str]:
    """Those of the names whose definition a change has touched."""
    try:
        old = form.definitions(before)
    except SyntaxError:
        yield from names
        return
    new = form.definitions(after)
    for name in names:
        was = old[name].whole.of(before) if name in old else None
        now = new[name].whole.of(after) if name in new else None
        if was != now:
            yield name


def _is_new(folder: StudentFolder, module: Module, symbol: Symbol) -> bool:
    """Whether the course has added a definition, so that nothing of the student's stands for it.

    A method that a passing step lacks may come from a base class of the student's own.
    """
    todo = (step for step in module.steps if folder.progress.of(step.id).state == "todo")
    return "." not in symbol.name or any(symbol in step.symbols for step in todo)
