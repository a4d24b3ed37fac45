"""Whose fault a failure is, where it is not the step's own: found by mending what is suspected.

The same test is run again with the library's code in place of what came earlier. What passes then
was right, and the fault is in what was replaced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from tinytorch_ls.course.model import Course, Step, Symbol
from tinytorch_ls.course.titles import listed, titled, titled_from
from tinytorch_ls.feedback.verdict import Cause, Failure, Mark, State, Verdict
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.form import Oddity
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.report import IMPORT, Frame, StepRun
from tinytorch_ls.workspace.depends import needed_by
from tinytorch_ls.workspace.files import read_source
from tinytorch_ls.workspace.folder import StudentFolder

_UNWRITTEN = "{step} waits for {other}, which is not written yet."
_MOST_MENDED = 64


@dataclass(frozen=True)
class Elsewhere:
    """The place from which a failure comes: in another file of the student's, or in given code."""

    file: str  # "tinytorch/tensor.py"
    where: Frame
    name: str  # the function there; "" where it is none
    proven: bool  # whether the step passes with the library's code in its place


class Faults:
    """Looks for the cause of a failure outside of the step itself."""

    def __init__(self, folder: StudentFolder, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.waits: dict[str, Step] = {}  # what each step waited for when it was tested last

    def suspects(self, step: Step) -> tuple[Step, ...]:
        """The earlier steps that the step may run on and that don't pass as far as is known."""
        earlier = takewhile(lambda other: other.id != step.id, self.folder.course.steps.values())
        states = self.folder.progress
        failing = [s for s in earlier if states.of(s.id).state in ("failing", "blocked")]
        needed = self._needed(step) if failing else set[str]()
        return tuple(s for s in failing if any(symbol.file in needed for symbol in s.symbols))

    async def blocked_by(
        self, run: StepRun, suspects: Sequence[Step], texts: Mapping[str, str]
    ) -> Step | None:
        """The first of the suspects because of which a step fails; None if it fails by itself.

        Of one that waits itself it is what that waits for: there is nothing else to mend.
        """
        found = await self._blocked_by(run, suspects, texts)
        self.waits.pop(run.step, None)
        if found is None:
            return None
        while (further := self.waits.get(found.id)) and further in suspects:
            found = further
        self.waits[run.step] = found
        return found

    async def _blocked_by(
        self, run: StepRun, suspects: Sequence[Step], texts: Mapping[str, str]
    ) -> Step | None:
        code = _Code(self.folder, texts)
        for frame in reversed(_frames(run, self.folder.root)):
            if standing := code.step_at(frame):
                if standing in suspects:
                    return standing
                if standing.id == run.step:
                    break
        if run.limit or not suspects:
            return None
        latest = list(reversed(suspects))  # the last of these that is needed is the first to mend
        unwritten = self._unwritten(run.step)

        async def passes(count: int) -> bool:
            mended = [symbol for each in (*unwritten, *latest[:count]) for symbol in each.symbols]
            return await self._passes(run.step, code.mended(mended, self.runner.library))

        if unwritten and await passes(0):
            return None
        count = await _fewest(len(latest), passes)
        return latest[count - 1] if count else None

    def _unwritten(self, step: str) -> list[Step]:
        """The steps before this one that were not begun: what waits for them says nothing yet."""
        earlier = takewhile(lambda other: other.id != step, self.folder.course.steps.values())
        return [each for each in earlier if self.folder.progress.of(each.id).state == "todo"]

    async def elsewhere(self, run: StepRun, texts: Mapping[str, str]) -> Elsewhere | None:
        """Where else a failure comes from: given code that was changed, or another file."""
        code = _Code(self.folder, texts)
        step = self.folder.course.steps[run.step]
        others = self._others(step)
        frames = _frames(run, self.folder.root)
        if not run.limit and (given := await self._given(step, code)):
            return code.inside(given, frames)
        outside = frames[-1] if frames and code.file_of(frames[-1]) in others else None
        taught = [file for file in others if self._is_earlier(file, step)]
        if run.limit:
            return code.place(outside, proven=False) if outside else None
        names = [symbol for file in taught for symbol in code.differing(file, self.runner.library)]
        whole = code.whole(taught, self.runner.library)
        if whole and await self._passes(run.step, whole):
            if outside:
                return code.place(outside, proven=True)
            return await self._culprit(run.step, names, code) or code.top(taught[-1])
        if outside and code.file_of(outside) not in taught:
            return code.place(outside, proven=False)
        return None

    async def _given(self, step: Step, code: _Code) -> Symbol | None:
        """The given definition of the step's own module that has to be as it was for it to pass."""
        taught = {symbol for each in self.folder.course.steps.values() for symbol in each.symbols}
        files = self.folder.course.module(step.module_id).files
        changed = [s for file in files for s in code.differing(file, self.runner.library)]
        return await self._needed_of(step.id, [s for s in changed if s not in taught], code)

    async def _culprit(self, step: str, names: Sequence[Symbol], code: _Code) -> Elsewhere | None:
        """The definition that has to be mended for the step to pass."""
        found = await self._needed_of(step, names, code)
        return code.at(found) if found else None

    async def _needed_of(self, step: str, names: Sequence[Symbol], code: _Code) -> Symbol | None:
        """The last of the definitions that have to be mended for the step to pass."""
        names = names[:_MOST_MENDED]

        async def passes(count: int) -> bool:
            return await self._passes(step, code.mended(names[:count], self.runner.library))

        count = await _fewest(len(names), passes)
        return names[count - 1] if count else None

    async def _passes(self, step: str, overlay: Mapping[str, str]) -> bool:
        module = step.partition("/")[0]
        request = RunRequest(module, (step,), root=self.folder.root, overlay=overlay, brief=True)
        return all([run.passed async for run in self.runner.run(request)])

    def _needed(self, step: Step) -> set[str]:
        module = self.folder.course.module(step.module_id)
        return needed_by(module, (self.folder.root, self.runner.library), {})

    def _others(self, step: Step) -> list[str]:
        """The student's own files that the step runs on, its module's left out."""
        own = self.folder.course.module(step.module_id).files
        needed = sorted(self._needed(step))
        return [f for f in needed if f not in own and self.folder.path(f).is_file()]

    def _is_earlier(self, file: str, step: Step) -> bool:
        """Whether a file is one that an earlier module teaches: only those have a reference."""
        for module in self.folder.course.modules:
            if module.id == step.module_id:
                return False
            if file in module.files:
                return True
        return False


async def _fewest(most: int, passes: Callable[[int], Awaitable[bool]]) -> int:
    """The smallest number of mended things with which a test passes; 0 if it never does."""
    if not most or not await passes(most):
        return 0
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if await passes(middle) else (middle, high)
    return high


def _frames(run: StepRun, root: Path) -> list[Frame]:
    """The student's own lines through which the first failure of a run came, outermost first."""
    frames: Iterable[Frame] = ()
    if run.limit:
        frames = [run.stopped_in] if run.stopped_in else []
    elif failed := next((test for test in run.tests if not test.passed), None):
        last = failed.observations[-1] if failed.observations else None
        frames = failed.raised.frames if failed.raised else last.frames if last else ()
    return [frame for frame in frames if Path(frame.file).is_relative_to(root)]


class _Code:
    """The student's code as a run read it."""

    def __init__(self, folder: StudentFolder, texts: Mapping[str, str]) -> None:
        self.folder = folder
        self.texts = dict(texts)

    def text(self, file: str) -> str:
        """Refused."""
        if file not in self.texts:
            self.texts[file] = read_source(self.folder.path(file))
        return self.texts[file]

    def definitions(self, file: str) -> Mapping[str, Definition]:
        try:
            return form_of(file).definitions(self.text(file))
        except (Refused, SyntaxError):
            return {}

    def file_of(self, frame: Frame) -> str:
        return Path(frame.file).relative_to(self.folder.root).as_posix()

    def step_at(self, frame: Frame) -> Step | None:
        """The step in whose function a frame stands."""
        file = self.file_of(frame)
        known = self.definitions(file)
        for step in self.folder.course.steps.values():
            for symbol in step.symbols:
                found = known.get(symbol.name) if symbol.file == file else None
                if found and found.first_line <= frame.line <= found.last_line:
                    return step
        return None

    def mended(self, symbols: Iterable[Symbol], library: Path) -> dict[str, str]:
        """The module's files as they ran, but with these definitions from the library."""
        texts = dict(self.texts)
        for symbol in symbols:
            with suppress(Refused, OSError):
                donor = (library / symbol.file).read_text(encoding="utf-8")
                text = texts.get(symbol.file) or self.text(symbol.file)
                form = form_of(symbol.file)
                texts[symbol.file] = form.transplant(text, symbol.name, donor)
        return texts

    def whole(self, files: Iterable[str], library: Path) -> dict[str, str]:
        """The module's files as they ran, and these as the library has them; {} where none is."""
        found: dict[str, str] = {}
        for file in files:
            with suppress(OSError):
                found[file] = (library / file).read_text(encoding="utf-8")
        return {**self.texts, **found} if found else {}

    def differing(self, file: str, library: Path) -> list[Symbol]:
        """The definitions that mean something else than in the library.

        What is defined inside of a function is a part of it.
        """
        form = form_of(file)
        try:
            reference = (library / file).read_text(encoding="utf-8")
            ours, theirs = self.definitions(file), form.definitions(reference)
            text = self.text(file)
        except (OSError, Refused, SyntaxError):
            return []
        return [
            Symbol(file, name)
            for name in theirs
            if "<locals>" not in name
            and name in ours
            and form.symbol_digest(text, name) != form.symbol_digest(reference, name)
        ]

    def place(self, frame: Frame, *, proven: bool) -> Elsewhere:
        """What a frame in another file says."""
        file = self.file_of(frame)
        around = [
            name
            for name, found in self.definitions(file).items()
            if found.first_line <= frame.line <= found.last_line
        ]
        return Elsewhere(file, frame, around[-1] if around else "", proven)

    def at(self, symbol: Symbol) -> Elsewhere:
        """A definition, by its name in its `def` line."""
        found = self.definitions(symbol.file)[symbol.name].identifier
        path = str(self.folder.path(symbol.file))
        start, end = found.start, found.end
        where = Frame(path, symbol.name, start.line, end.line, start.column, end.column)
        return Elsewhere(symbol.file, where, symbol.name, proven=True)

    def inside(self, symbol: Symbol, frames: Sequence[Frame]) -> Elsewhere:
        """A definition, at the line in it at which an error was raised, if one was."""
        found = self.at(symbol)
        around = self.definitions(symbol.file)[symbol.name]
        last = (frame for frame in frames[-1:] if self.file_of(frame) == symbol.file)
        inside = (f for f in last if around.first_line <= f.line <= around.last_line)
        return replace(found, where=next(inside, found.where))

    def top(self, file: str) -> Elsewhere:
        """A file of which no definition alone is the cause: what is odd in it, else its top."""
        path = str(self.folder.path(file))
        if odd := self.odd(file):
            start, end = odd.place.start, odd.place.end
            where = Frame(path, odd.symbol, start.line, end.line, start.column, end.column)
            return Elsewhere(file, where, "", proven=True)
        return Elsewhere(file, Frame(path, "", 1, 1), "", proven=True)

    def odd(self, file: str) -> Oddity | None:
        """The first that is odd about what the course teaches in a file, such as a second class."""
        steps = self.folder.course.steps.values()
        names = {symbol.name for step in steps for symbol in step.symbols if symbol.file == file}
        try:
            found = form_of(file).oddities(self.text(file), sorted(names))
        except (Refused, SyntaxError):
            return None
        return next(iter(found), None)


def waiting(verdict: Verdict, other: Step, course: Course) -> Verdict:
    """A step that fails because of an earlier one: it waits for it."""
    help_text = say("Mend {other} first; this step is tested again then.", other=titled(other))
    failure = Failure(_waits_for_failing(verdict.step, other, course), help=help_text)
    where = verdict.where
    return replace(
        verdict, state="blocked", marks=(Mark(failure, where),), blocked_by=other.id, functions=()
    )


def too_early(verdict: Verdict, other: Step, state: State, course: Course) -> Verdict:
    """A step that puts a module together before all of it is right: it waits for the rest."""
    fact = _waits_for_failing(verdict.step, other, course)
    if state == "todo":
        fact = say(_UNWRITTEN, **_both(verdict.step, other, course))
    way = say(
        "There is nothing to write here. Finish {other}; this step is tested again then.",
        other=titled(other),
    )
    mark = Mark(Failure(fact, help=way))
    return replace(verdict, state="blocked", marks=(mark,), blocked_by=other.id)


def _waits_for_failing(step: str, other: Step, course: Course) -> str:
    return say("{step} waits for {other}, which fails.", **_both(step, other, course))


def _both(step: str, other: Step, course: Course) -> dict[str, str]:
    """A step and the one that it waits for, as a sentence calls them."""
    here = course.steps[step]
    return {"step": titled(here), "other": titled_from(course, here, other)}


def at_import(verdict: Verdict, run: StepRun, course: Course, root: Path) -> Verdict:
    """A verdict, or that the step waits for another file, which can't be imported."""
    where, step = run.importing or verdict.where, course.steps[run.step]
    raised = any(test.name == IMPORT and test.raised for test in run.tests)
    stopped = raised or run.importing is not None
    if not (stopped and where and Path(where.file).is_relative_to(root)):
        return verdict
    file = Path(where.file).relative_to(root).as_posix()
    if file in course.module(step.module_id).files:
        return verdict
    met = verdict.marks[0].failure
    failure = Failure(
        f"{titled(step)} waits for {file}, which can't be imported: line {where.line} there.",
        help=f"{met.headline.rstrip('.')}. Mend that first; this step is tested again then.",
    )
    mark = Mark(failure, related=((where, "it stops here"),))
    taught = any(file in module.files for module in course.modules)  # then its own steps say it
    marks = (mark,) if taught else (mark, verdict.marks[0])
    return replace(verdict, state="blocked", marks=marks, functions=())


def pointing(verdict: Verdict, cause: Elsewhere, step: Step) -> Verdict:
    """A step that fails because of what stands elsewhere: said there and here, linked both ways."""
    first = verdict.marks[0]
    own = (mark.where for mark in verdict.marks if mark.where)
    there = (cause.where.file, cause.where.line)
    here = next((where for where in own if (where.file, where.line) != there), None)
    met = Mark(
        replace(first.failure, help=_told_here(cause), mistake=""),
        here,
        first.expectation,
        first.function,
        ((cause.where, "it comes from here"),),
    )
    because = Cause(titled(step), first.failure.headline, cause.proven)
    at_cause = Mark(
        _told_there(first.failure, (because,)),
        cause.where,
        function=cause.name,
        related=((here, f"{titled(step)} met it here"),) if here else (),
        cause=because,
    )
    marks = (met, at_cause) if here else (at_cause,)  # it may have no code of its own
    return replace(verdict, marks=marks, where=here or cause.where)


def together(marks: Sequence[Mark]) -> Mark:
    """What is said once of a place from which the failures of several steps come."""
    first = marks[0]
    causes = tuple(mark.cause for mark in marks if mark.cause)
    related = tuple(dict.fromkeys(place for mark in marks for place in mark.related))
    return replace(first, failure=_told_there(first.failure, causes), related=related)


def _told_here(cause: Elsewhere) -> str:
    name = f"`{cause.name.rpartition('.')[2]}` in {cause.file}" if cause.name else cause.file
    look = f"line {cause.where.line} there is the place to look at."
    if cause.proven:
        return f"With the library's {name} this step passes: {look}"
    return f"It comes from {name}: {look}"


def _told_there(met: Failure, causes: Sequence[Cause]) -> Failure:
    """What is said at the place of a cause, of each step that fails because of it."""
    first, several = causes[0], len(causes) > 1
    steps = listed([cause.step for cause in causes])
    if all(cause.proven for cause in causes):
        fact = f"{steps} {'fail' if several else 'fails'} because of this: {first.headline}"
        passing = "the steps pass" if several else "the step passes"
        advice = f"With the library's code in this place {passing}."
    else:
        fact = f"{steps} came here and failed: {first.headline}"
        advice = "Look at both ends of the call: what comes in, what is done."
    return replace(met, headline=fact, help=advice, mistake="")
