"""What the server knows while it serves one student's folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.feedback.not_run import state_of
from tinytorch_ls.feedback.states import TYPING, UNREADABLE, Wording, spoken, wording
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.feedback.verdict import Failure, State, Verdict
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.known import form_of, has_form
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.text import line_before
from tinytorch_ls.forms.texts import BOM, is_empty
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.workspace.files import read_source
from tinytorch_ls.workspace.folder import MARK, StudentFolder


@dataclass
class OpenFile:
    """A file of the student's that the client has open."""

    uri: str  # the client's own
    file: str  # "tinytorch/tensor.py"
    module: Module | None  # None: a helper of the student's own, which no lesson teaches
    text: str = ""
    version: int = 0  # the client's count of its texts
    good: Mapping[str, Definition] = field(default_factory=dict[str, Definition])
    """The definitions of the last text that could be read."""
    good_text: str = ""  # that text
    syntax_error: SyntaxError | None = None
    typed_at: float = 0.0  # when its text was changed last, by a clock that only goes on
    saved_by_itself: bool = False  # whether the editor saved it last without being told to

    @property
    def empty(self) -> bool:
        return is_empty(self.text)

    def being_written(self, on_disk: str) -> bool:
        """Whether what lies on the disk is no text yet: a save empties a file before it writes."""
        return is_empty(on_disk) and not self.empty

    def take(self, text: str, version: int = 0) -> None:
        """Note the text as it is now; the last good definitions stay if it has a syntax error."""
        self.text = text
        self.version = version
        try:
            self.good = form_of(self.file).definitions(text)
            self.good_text = text
            self.syntax_error = None
        except SyntaxError as error:
            self.syntax_error = error

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of its module."""
        return self.module.steps if self.module else ()

    def step_at(self, line: int) -> Step | None:
        """The step whose code covers a 0-based line."""
        for step in self.steps:
            for symbol in step.symbols:
                found = self.good.get(symbol.name) if symbol.file == self.file else None
                if found and found.first_line <= line + 1 <= found.last_line:
                    return step
        return None

    def step_near(self, line: int) -> Step | None:
        """The step at a 0-based line of the text as it is now, or next above it."""
        line = line_before(self.good_text, self.text, line) + 1
        above = [
            (found.first_line, step)
            for step in self.steps
            for symbol in step.symbols
            if symbol.file == self.file and (found := self.good.get(symbol.name))
            if found.first_line <= line
        ]
        return max(above, key=lambda place: place[0])[1] if above else None

    def definition(self, step: Step) -> Definition | None:
        """Where the step begins in this file: its first symbol that is there."""
        names = [symbol.name for symbol in step.symbols if symbol.file == self.file]
        return next((self.good[name] for name in names if name in self.good), None)


@dataclass
class Work:
    """A run of steps of one module, and what waits for the outcome of each."""

    outcomes: dict[str, asyncio.Future[None]]  # by the id of the step
    task: asyncio.Task[None] | None = None
    later: bool = False  # it makes way for what a student has saved

    def waits_for(self, step_id: str) -> bool:
        outcome = self.outcomes.get(step_id)
        return outcome is not None and not outcome.done()

    def note(self, step_id: str) -> bool:
        """The step was run, or is given up; False where that was known."""
        waited = self.waits_for(step_id)
        if waited:
            self.outcomes[step_id].set_result(None)
        return waited

    def coming(self) -> list[asyncio.Future[None]]:
        """The outcomes that are not known."""
        return [outcome for outcome in self.outcomes.values() if not outcome.done()]

    def left(self) -> list[str]:
        """The ids of the steps that have not been run."""
        return [step_id for step_id in self.outcomes if self.waits_for(step_id)]

    def give_up(self) -> list[str]:
        """Let nobody wait for the steps that have not been run; returns their ids."""
        left = self.left()
        for step_id in left:
            self.note(step_id)
        return left


class Session:
    """One student's folder with its runner, its verdicts and what runs at the moment."""

    def __init__(self, folder: StudentFolder, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.tester = Tester(folder, runner, for_editor=True)
        self.verdicts: dict[str, Verdict] = {}
        self.held: dict[str, Verdict] = {}  # those that wait until nobody types
        self.work: dict[str, Work] = {}  # by module
        self.cut_off: dict[
            str, list[str]
        ] = {}  # by module: steps whose run could not be carried out
        self.stale: dict[str, list[str]] = {}  # by module: what is tested when nothing else is run
        self.unreadable: set[str] = set()  # files whose last save can't be read
        self.told: set[str] = set()  # the modules whose needs a student was told of
        self.following: asyncio.Task[None] | None = None  # tests it
        self.files: dict[str, OpenFile] = {}  # by URI, in the order in which they were opened
        self.uris: dict[str, str] = {}  # the client's URI of each file, open or closed since
        self.marked: dict[str, str] = {}  # the file of each URI with diagnostics in the client
        self.tested: dict[str, str] = {}  # the text of each file's last save that was tested
        for module in folder.modules_begun():
            self.note_tested(module)

    @property
    def course(self) -> Course:
        return self.folder.course

    def teach(self, course: Course) -> None:
        """Serve another edition of the course; its files have to be opened anew."""
        self.stop()
        self.folder.course = course
        self.tester = Tester(self.folder, self.runner, for_editor=True)
        self.verdicts = {id: v for id, v in self.verdicts.items() if id in course.steps}
        self.files.clear()

    def running(self, step: Step) -> bool:
        """Whether its next verdict is on its way."""
        work = self.work.get(step.module_id)
        return self.waits(step) or (work is not None and work.waits_for(step.id))

    def waits(self, step: Step) -> bool:
        """Whether it is tested again once nothing else runs, since what it runs on has changed."""
        return step.id in self.stale.get(step.module_id, ())

    def state(self, step: Step) -> State:
        """What the last run said, that of an earlier session too; where it can't be run any more,
        that is said."""
        verdict, known = self.verdicts.get(step.id), state_of(self.folder, step)
        return verdict.state if verdict and known != "not run" else known

    def passed(self, module: Module) -> int:
        """How many steps of a module pass."""
        return sum(self.state(step) == "passed" for step in module.steps)

    def wording(self, step: Step) -> Wording:
        """How the step's state is shown at the moment."""
        if step.id in self.held and not self.running(step):
            return spoken(TYPING)
        if self.unread(step):
            return spoken(UNREADABLE)
        other = self.waited_for(step)
        work = self.work.get(step.module_id)
        stale = self.waits(step) or (work is not None and work.later)
        running, state = self.running(step), self.state(step)
        return wording(state, blocked_by=other, running=running, stale=running and stale)

    def waited_for(self, step: Step) -> Step | None:
        """The step that has to be written or mended before a blocked one."""
        verdict = self.verdicts.get(step.id)
        if verdict is None or self.state(step) != "blocked" or self.unread(step):
            return None
        return self.course.steps.get(verdict.blocked_by or "")

    def waiting_for(self, step: Step) -> Iterator[Step]:
        """The steps that wait for a step, in the order of the course."""
        for each in self.course.steps.values():
            verdict = self.verdicts.get(each.id)
            if verdict and verdict.blocked_by == step.id and self.waited_for(each):
                yield each

    def unread(self, step: Step) -> OpenFile | None:
        """The file of a step that was saved as it can't be read, and can't be read still."""
        files = dict.fromkeys(symbol.file for symbol in step.symbols)
        opened = (self.opened(file) for file in files if file in self.unreadable)
        return next((each for each in opened if each and each.syntax_error), None)

    def failure(self, step: Step) -> Failure | None:
        verdict = self.verdicts.get(step.id)
        return verdict.failure if verdict else None

    def count(self, step: Step) -> str:
        """ "2 of 5 functions right", of a step that has several, until all are; else ""."""
        verdict = self.verdicts.get(step.id)
        return verdict.count if verdict and not self.unread(step) else ""

    def hints_shown(self, step: Step) -> int:
        return min(self.folder.progress.of(step.id).hints, len(step.hints))

    def open(self, uri: str, path: Path, text: str, version: int = 0) -> OpenFile | None:
        """Note that the client opened a file, if it is one that steps may run on."""
        file = self.file_of(path)
        if file is None:
            return None
        opened = OpenFile(uri, file, self.module_of(file))
        opened.take(text, version)
        self.files[uri] = opened
        self.uris[file] = uri
        if opened.module and file not in self.tested and (saved := self.on_disk(file)) is not None:
            self.tested[file] = saved.removeprefix(BOM)
        return opened

    def file_of(self, path: Path) -> str | None:
        """The course's name of a file that a module teaches, or that such a file may import."""
        try:
            file = path.resolve().relative_to(self.folder.root).as_posix()
        except ValueError:
            return None
        taught = any(file in module.files for module in self.course.modules)
        own = file.startswith("tinytorch/") and has_form(file)
        return file if taught or own else None

    def module_of(self, file: str) -> Module | None:
        """The module that teaches a file, if one does."""
        return next((module for module in self.course.modules if file in module.files), None)

    def opened(self, file: str) -> OpenFile | None:
        """The file as the client has it open; what it opened last counts."""
        return next((o for o in reversed(self.files.values()) if o.file == file), None)

    @property
    def versions(self) -> dict[str, int]:
        """The versions of the texts that the client has open, by URI."""
        return {uri: opened.version for uri, opened in self.files.items()}

    def shown(self, file: str, uri: str) -> Iterator[OpenFile]:
        """The file as the client sees it: each of its editors, else what lies on the disk."""
        opened = [each for each in self.files.values() if each.file == file]
        yield from opened
        if not opened and (closed := self.saved(file, uri)):
            yield closed

    def saved(self, file: str, uri: str) -> OpenFile | None:
        """The file as it lies on the disk."""
        text = self.on_disk(file)
        if text is None:
            return None
        closed = OpenFile(uri, file, self.module_of(file))
        closed.take(text)
        return closed

    def note_tested(self, module: Module) -> None:
        """Take the files of a module, as they are saved, for tested."""
        for file in module.files:
            if (text := self.on_disk(file)) is not None:
                self.tested[file] = text.removeprefix(BOM)

    def lost(self) -> bool:
        """Whether the course was deleted, or moved elsewhere, while it was served."""
        root = self.folder.root
        return not (root / MARK).is_dir() and not (root / "tinytorch" / "__init__.py").is_file()

    def source(self, file: str) -> str:
        """The text of a file as the student sees it: the editor's if it is open. Refused."""
        opened = self.opened(file)
        return opened.text if opened else self.folder.source(file)

    def on_disk(self, file: str) -> str | None:
        """The text of a file as it is saved; None if it can't be read."""
        try:
            return read_source(self.folder.path(file))
        except Refused:
            return None

    def texts(self, module: Module) -> dict[str, str]:
        """The files of a module as they are saved, for a run; what can't be read is left out."""
        texts = self.folder.texts(module)
        for file in texts:
            if (opened := self.opened(file)) and opened.being_written(texts[file]):
                texts[file] = opened.text
        return texts

    def foresee(self, file: str, text: str) -> None:
        """Have a text compiled that is likely to be saved next."""
        self.runner.foresee(self.folder.path(file), text)

    async def prepare(self, module: Module) -> None:
        """Get ready for the next save of a module; what can't be had now is had then."""
        with suppress(OSError):
            await self.tester.prepare(module)

    def stop(self) -> None:
        """End all that runs."""
        self.stale.clear()
        self.held.clear()
        if self.following:
            self.following.cancel()
        for work in self.work.values():
            work.give_up()
            if work.task:
                work.task.cancel()
        self.work.clear()
