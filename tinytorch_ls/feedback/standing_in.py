"""What stands in for a part of a package that can't be run, so that only its own steps fail.

Python runs every part of a package where one is imported, so one that it can't read would stop all,
and so would one that lacks a function which the package imports by name. In a run the stub takes
the place of what is missing: what calls it meets what is not written. Given code runs as the course
has it, and the steps that miss it say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tinytorch_ls.course.model import Course, Module, Step, Symbol
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.missed import Missed, missed
from tinytorch_ls.feedback.verdict import Failure, Mark, Verdict
from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.texts import is_empty
from tinytorch_ls.runner.report import MODULE, Frame
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
    """A text in the place of a file: its stub, or its own with stubs of what it has lost."""

    file: str  # "tinytorch/autograd/engine.py"
    path: Path
    text: str
    fault: _Fault | None = None  # None: it can be read
    lost: tuple[str, ...] = ()  # functions that are not in it
    missed: tuple[Missed, ...] = ()  # of these what was given

    @property
    def where(self) -> Frame | None:
        """The line at fault."""
        line = self.fault.line if self.fault else None
        return Frame(str(self.path), MODULE, line, line) if line else None

    def lacks(self, symbol: Symbol) -> bool:
        """Whether a function of this file is not there to be run."""
        return symbol.file == self.file and (self.fault is not None or symbol.name in self.lost)

    def why(self, symbol: Symbol) -> str:
        """What is waited for, and what is wrong with it."""
        if self.fault:
            return f"{self.file}, which {self.fault.state}"
        return f"`{symbol.name}`, which is not in {self.file}"


def stand_ins(
    folder: StudentFolder, module: Module, texts: Mapping[str, str]
) -> dict[str, StandIn]:
    """What stands in for the student's parts of packages when steps of a module run.

    A part of another module that is not there comes from the library, as a file does.
    """
    found: dict[str, StandIn] = {}
    for file, own in _parts(folder.course, module):
        with suppress(Refused, SyntaxError):  # the lesson is broken; `check` tells the author
            if each := _stand_in(folder, file, texts.get(file), own=own):
                found[file] = each
    return found


def _stand_in(folder: StudentFolder, file: str, text: str | None, *, own: bool) -> StandIn | None:
    path = folder.path(file)
    if text is None and not own and not path.exists():
        return None
    if fault := _fault(path, text):
        return StandIn(file, path, folder.stub(file), fault)
    stub, form = folder.stub(file), form_of(file)
    text = folder.source(file) if text is None else text
    lost = form.lost(text, stub)
    if not lost:
        return None
    given = tuple(missed(folder, file, text, lost))
    return StandIn(file, path, form.with_lost(text, stub), lost=lost, missed=given)


def standing_texts(folder: StudentFolder, module: Module) -> dict[str, str]:
    """The texts that stand in for files as they lie on the disk now."""
    return {file: each.text for file, each in stand_ins(folder, module, {}).items()}


def away(step: Step, known: Mapping[str, StandIn]) -> Verdict | None:
    """The verdict of a step whose own code, or given code that it needs, is not there."""
    for symbol in step.symbols:
        found = known.get(symbol.file)
        if found and found.fault and found.fault.fact:
            failure = Failure(f"{found.fault.fact}.", help=found.fault.help)
            return Verdict(step.id, "failing", (Mark(failure, found.where),), found.where)
        if found and found.lacks(symbol):
            advice = f"Your editor's Undo, or `tinytorch reset {step.id}`, brings it back."
            failure = Failure(f"{found.path.name} has no `{symbol.name}`.", help=advice)
            return Verdict(step.id, "failing", (Mark(failure),))
    given = (m.failure() for each in known.values() for m in each.missed if m.step == step.id)
    failure = next(given, None)
    return Verdict(step.id, "failing", (Mark(failure),)) if failure else None


def held_up(verdict: Verdict, known: Mapping[str, StandIn], course: Course) -> Verdict:
    """A verdict; where the step met what stands in for another, that it waits for that."""
    if not known or verdict.state != "blocked" or verdict.blocked_by not in course.steps:
        return verdict
    symbols = course.steps[verdict.blocked_by].symbols
    pairs = ((symbol, known[symbol.file]) for symbol in symbols if symbol.file in known)
    symbol, found = next((pair for pair in pairs if pair[1].lacks(pair[0])), (None, None))
    if symbol is None or found is None:
        return verdict
    met = f"{found.fault.fact}. Mend" if found.fault and found.fault.fact else "Mend"
    failure = Failure(
        f"{titled(course.steps[verdict.step])} waits for {found.why(symbol)}.",
        help=f"{met} that first; this step is tested again then.",
    )
    related = ((found.where, "it can't be read here"),) if found.where else ()
    return replace(verdict, marks=(Mark(failure, verdict.where, related=related),), functions=())


def _parts(course: Course, module: Module) -> Iterator[tuple[str, bool]]:
    """The parts of packages that the course teaches, and whether this module does."""
    for other in course.modules:
        yield from ((file, other.id == module.id) for file in other.files if is_part(file))


def _fault(path: Path, text: str | None) -> _Fault | None:
    if text is not None:
        return _in_text(path.name, text)
    if kind := no_file(path):
        return _Fault(f"is {kind} and not a file")
    if not path.is_file():
        return _Fault("is not there")
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
