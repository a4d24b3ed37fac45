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

from tinytorch_ls.course.model import Step, Symbol
from tinytorch_ls.course.symbols import Definition, definitions
from tinytorch_ls.feedback.verdict import Failure, Mark, Verdict
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.report import Frame, StepRun
from tinytorch_ls.workspace.depends import needed_by
from tinytorch_ls.workspace.files import read_source
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.refused import Refused
from tinytorch_ls.workspace.transplant import symbol_digest, transplant

_MOST_MENDED = 64


@dataclass(frozen=True)
class Elsewhere:
    """The place in another file of the student's from which a failure comes."""

    file: str  # "tinytorch/tensor.py"
    where: Frame
    name: str  # the function there; "" where it is none
    proven: bool  # whether the step passes with the library's file in its place


class Faults:
    """Looks for the cause of a failure outside of the step itself."""

    def __init__(self, folder: StudentFolder, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner

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
        """The first of the suspects because of which a step fails; None if it fails by itself."""
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
        symbols = [tuple(each.symbols) for each in latest]

        async def passes(count: int) -> bool:
            mended = [symbol for each in symbols[:count] for symbol in each]
            return await self._passes(run.step, code.mended(mended, self.runner.library))

        count = await _fewest(len(latest), passes)
        return latest[count - 1] if count else None

    async def elsewhere(self, run: StepRun, texts: Mapping[str, str]) -> Elsewhere | None:
        """Where in another file of the student's a failure comes from, if it comes from one."""
        code = _Code(self.folder, texts)
        step = self.folder.course.steps[run.step]
        others = self._others(step)
        frames = _frames(run, self.folder.root)
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

    async def _culprit(self, step: str, names: Sequence[Symbol], code: _Code) -> Elsewhere | None:
        """The definition that has to be mended for the step to pass."""
        names = names[:_MOST_MENDED]

        async def passes(count: int) -> bool:
            return await self._passes(step, code.mended(names[:count], self.runner.library))

        count = await _fewest(len(names), passes)
        return code.at(names[count - 1]) if count else None

    async def _passes(self, step: str, overlay: Mapping[str, str]) -> bool:
        module = step.partition("/")[0]
        request = RunRequest(module, (step,), root=self.folder.root, overlay=overlay)
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
            return definitions(self.text(file))
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
                texts[symbol.file] = transplant(text, symbol.name, donor)
        return texts

    def whole(self, files: Iterable[str], library: Path) -> dict[str, str]:
        """The module's files as they ran, and these as the library has them; {} where none is."""
        found: dict[str, str] = {}
        for file in files:
            with suppress(OSError):
                found[file] = (library / file).read_text(encoding="utf-8")
        return {**self.texts, **found} if found else {}

    def differing(self, file: str, library: Path) -> list[Symbol]:
        """The definitions that mean something else than in the library."""
        try:
            reference = (library / file).read_text(encoding="utf-8")
            ours, theirs = self.definitions(file), definitions(reference)
            text = self.text(file)
        except (OSError, Refused, SyntaxError):
            return []
        return [
            Symbol(file, name)
            for name in theirs
            if name in ours and symbol_digest(text, name) != symbol_digest(reference, name)
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

    def top(self, file: str) -> Elsewhere:
        """A file of which no definition alone is the cause."""
        return Elsewhere(file, Frame(str(self.folder.path(file)), "", 1, 1), "", proven=True)


def waiting(verdict: Verdict, other: Step) -> Verdict:
    """A step that fails because of an earlier one: it waits for it."""
    failure = Failure(
        f"{verdict.step} waits for {other.id}, which fails.",
        help=f"Mend {other.id} first; this step is tested again then.",
    )
    where = verdict.where
    return replace(
        verdict, state="blocked", marks=(Mark(failure, where),), blocked_by=other.id, functions=()
    )


def pointing(verdict: Verdict, cause: Elsewhere) -> Verdict:
    """A step that fails because of another file: said there and here, each place with the other."""
    first = verdict.marks[0]
    own = (mark.where for mark in verdict.marks if mark.where)
    here = next((where for where in own if where.file != cause.where.file), None)
    met = Mark(
        replace(first.failure, help=_told_here(cause), mistake=""),
        here,
        first.expectation,
        first.function,
        ((cause.where, "it comes from here"),),
    )
    there = Mark(
        replace(first.failure, **_told_there(verdict.step, first.failure, cause), mistake=""),
        cause.where,
        function=cause.name,
        related=((here, f"{verdict.step} met it here"),) if here else (),
    )
    return replace(verdict, marks=(met, there), where=here)


def _told_here(cause: Elsewhere) -> str:
    name = f"`{cause.name.rpartition('.')[2]}` in {cause.file}" if cause.name else cause.file
    look = f"line {cause.where.line} there is the place to look at."
    if cause.proven:
        return f"With the library's {name} this step passes: {look}"
    return f"It comes from {name}: {look}"


def _told_there(step: str, met: Failure, cause: Elsewhere) -> dict[str, str]:
    if cause.proven:
        fact = f"{step} fails because of this: {met.headline}"
        return {"headline": fact, "help": "With the library's code in this place the step passes."}
    fact = f"{step} came here and failed: {met.headline}"
    return {"headline": fact, "help": "Look at both ends of the call: what comes in, what is done."}
