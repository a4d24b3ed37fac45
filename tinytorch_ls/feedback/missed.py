"""Given code that a part of a package has lost, and who needs it: the course's runs in its place,
and without a word a student would believe that their file is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.forms.known import form_of, has_form
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace.files import read_source
from tinytorch_ls.workspace.folder import StudentFolder


@dataclass(frozen=True)
class Missed:
    """A given function or class that is gone."""

    file: str
    name: str
    step: str  # one that can't do without it
    by: str  # "`walk` uses it"
    kept: bool  # whether `tinytorch update` brings it back

    def failure(self) -> Failure:
        """What is said at the step."""
        ways = "Your editor's Undo, or `tinytorch update`," if self.kept else "Your editor's Undo"
        place = PurePosixPath(self.file).name
        return Failure(
            f"{place} has no `{self.name}`, which is given: {self.by}.",
            help=f"{ways} brings it back.",
        )


def missed(folder: StudentFolder, file: str, text: str, lost: Sequence[str]) -> Iterator[Missed]:
    """What is missed of the names that a file has lost, by each step that is written in it.

    All miss what another file imports: Python runs none of the package without it.
    """
    steps = [s for s in folder.course.steps.values() if any(x.file == file for x in s.symbols)]
    taught = [symbol.name for step in steps for symbol in step.symbols if symbol.file == file]
    functions = form_of(file).definitions(folder.stub(file))
    for name in lost:
        if "." in name or any(each == name or each.startswith(f"{name}.") for each in taught):
            continue
        importer = _importer(folder, file, name)
        for step in steps:
            if by := f"{importer} imports it" if importer else _use(step, file, text, name):
                yield Missed(file, name, step.id, by, name in functions)


def _use(step: Step, file: str, text: str, name: str) -> str:
    """That a function of a step uses a name, in words; "" where none does."""
    for symbol in step.symbols:
        if symbol.file == file and name in form_of(file).reads(text, symbol.name):
            return f"`{symbol.name.rpartition('.')[2]}` uses it"
    return ""


def _importer(folder: StudentFolder, file: str, name: str) -> str:
    """A file of the same package that imports a name from this one."""
    home = PurePosixPath(file)
    wanted = ".".join((*home.with_suffix("").parts, name))
    for other in _beside(folder, home):
        if str(other) == file:
            continue
        root = folder.root if (folder.root / other).is_file() else folder.course.library
        with suppress(Refused, SyntaxError):
            text, package = read_source(root / other), ".".join(other.parent.parts)
            if any(each.name == wanted for each in form_of(str(other)).imports(text, package)):
                return str(other)
    return ""


def _beside(folder: StudentFolder, home: PurePosixPath) -> list[PurePosixPath]:
    """The files of a package, the student's and the library's."""
    roots = (folder.root, folder.course.library)
    places = {p.name for root in roots for p in Path(root, home.parent).glob("*") if p.is_file()}
    return [home.with_name(name) for name in sorted(places) if has_form(name)]
