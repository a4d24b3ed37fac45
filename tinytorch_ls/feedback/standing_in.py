"""What stands in for a part of a package that can't be read, so that only its own steps fail.

Python runs every part of a package where one is imported, so one that it can't read would stop all.
In a run its stub takes its place: what calls a function of it meets what is not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.feedback.lost import is_empty
from tinytorch_ls.feedback.verdict import Failure, Mark, Verdict
from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.runner.report import Frame
from tinytorch_ls.workspace.depends import stamp
from tinytorch_ls.workspace.files import no_file, read_source
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.packages import is_part


@dataclass(frozen=True)
class _Fault:
    """Why a file is not run."""

    state: str  # of the file, behind its name: "is empty"
    fact: str = ""  # what is wrong in it, without a full stop
    help: str = ""
    line: int | None = None


@dataclass(frozen=True)
class StandIn:
    """A stub in the place of a file that can't be read."""

    file: str  # "tinytorch/autograd/engine.py"
    path: Path
    text: str
    fault: _Fault

    @property
    def where(self) -> Frame | None:
        """The line at fault."""
        line = self.fault.line
        return Frame(str(self.path), "<module>", line, line) if line else None


def stand_ins(
    folder: StudentFolder, module: Module, texts: Mapping[str, str]
) -> dict[str, StandIn]:
    """What stands in for the student's parts of packages when steps of a module run.

    A part of another module that is not there comes from the library, as a file does.
    """
    found: dict[str, StandIn] = {}
    for file, own in _parts(folder.course, module):
        if fault := _fault(folder.path(file), texts.get(file), own=own):
            with suppress(Refused, SyntaxError):  # `check` tells the author
                found[file] = StandIn(file, folder.path(file), folder.stub(file), fault)
    return found


def standing_texts(folder: StudentFolder, module: Module) -> dict[str, str]:
    """The texts that stand in for files as they lie on the disk now."""
    return {file: each.text for file, each in stand_ins(folder, module, {}).items()}


def unreadable_step(step: Step, known: Mapping[str, StandIn]) -> Verdict | None:
    """The verdict of a step whose own file can't be read; None where each of them can."""
    for symbol in step.symbols:
        if (found := known.get(symbol.file)) and found.fault.fact:
            failure = Failure(f"{found.fault.fact}.", help=found.fault.help)
            return Verdict(step.id, "failing", (Mark(failure, found.where),), found.where)
    return None


def held_up(verdict: Verdict, known: Mapping[str, StandIn], course: Course) -> Verdict:
    """A verdict; where the step met a stand-in, that it waits for that file."""
    if not known or verdict.state != "blocked" or verdict.blocked_by not in course.steps:
        return verdict
    files = (symbol.file for symbol in course.steps[verdict.blocked_by].symbols)
    found = next((known[file] for file in files if file in known), None)
    if found is None:
        return verdict
    met = f"{found.fault.fact}. Mend" if found.fault.fact else "Mend"
    failure = Failure(
        f"{verdict.step} waits for {found.file}, which {found.fault.state}.",
        help=f"{met} that first; this step is tested again then.",
    )
    related = ((found.where, "it can't be read here"),) if found.where else ()
    return replace(verdict, marks=(Mark(failure, verdict.where, related=related),), functions=())


def _parts(course: Course, module: Module) -> Iterator[tuple[str, bool]]:
    """The parts of packages that the course teaches, and whether this module does."""
    for other in course.modules:
        yield from ((file, other.id == module.id) for file in other.files if is_part(file))


def _fault(path: Path, text: str | None, *, own: bool) -> _Fault | None:
    if text is not None:
        return _in_text(path.name, text)
    if kind := no_file(path):
        return _Fault(f"is {kind} and not a file")
    if not path.is_file():
        return _Fault("is not there") if own else None
    return _on_disk(str(path), stamp(path))


@lru_cache(maxsize=256)
def _on_disk(path: str, _changed: tuple[int, int]) -> _Fault | None:
    """Why a file that is there can't be read, from memory unless it was changed."""
    place = Path(path)
    try:
        return _in_text(place.name, read_source(place))
    except Refused as refused:
        with suppress(OSError):
            if found := form_of(path).fault_in_bytes(place.read_bytes()):
                return _told(found)
        return _Fault("can't be read", str(refused))


def _in_text(name: str, text: str) -> _Fault | None:
    if is_empty(text):
        return _Fault("is empty")
    found = form_of(name).fault_in(text)
    return _told(found) if found else None


def _told(found: Unreadable) -> _Fault:
    return _Fault(f"can't be read: line {found.line} there", found.fact, found.help, found.line)
