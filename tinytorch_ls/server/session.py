"""What the server knows while it serves one student's folder."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.course.symbols import Definition, definitions
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.feedback.verdict import Failure, State, Verdict
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.workspace.folder import StudentFolder


@dataclass
class OpenFile:
    """A file of the student's that the client has open."""

    uri: str  # the client's own
    file: str  # "tinytorch/tensor.py"
    module: Module
    text: str = ""
    good: Mapping[str, Definition] = field(default_factory=dict[str, Definition])
    """The definitions of the last text that Python could read."""
    syntax_error: SyntaxError | None = None
    tested: str | None = None  # the text of the last save that was tested

    def take(self, text: str) -> None:
        """Note the text as it is now; the last good definitions stay if it has a syntax error."""
        self.text = text
        try:
            self.good = definitions(text)
            self.syntax_error = None
        except SyntaxError as error:
            self.syntax_error = error

    def definition(self, step: Step) -> Definition | None:
        """Where the step begins in this file: its first symbol that is there."""
        names = [symbol.name for symbol in step.symbols if symbol.file == self.file]
        return next((self.good[name] for name in names if name in self.good), None)


class Session:
    """One student's folder with its runner, its verdicts and what runs at the moment."""

    def __init__(self, folder: StudentFolder, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.tester = Tester(folder, runner)
        self.verdicts: dict[str, Verdict] = {}
        self.running: set[str] = set()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.files: dict[str, OpenFile] = {}  # by their name in the course

    @property
    def course(self) -> Course:
        return self.folder.course

    def state(self, step: Step) -> State:
        """What the last run said; that of an earlier session counts."""
        verdict = self.verdicts.get(step.id)
        return verdict.state if verdict else self.folder.progress.of(step.id).state

    def failure(self, step: Step) -> Failure | None:
        verdict = self.verdicts.get(step.id)
        return verdict.failure if verdict else None

    def hints_shown(self, step: Step) -> int:
        return min(self.folder.progress.of(step.id).hints, len(step.hints))

    def source(self, file: str) -> str:
        """The text of a file as the student sees it: the editor's if it is open. Refused."""
        opened = self.files.get(file)
        return opened.text if opened else self.folder.source(file)

    def opened(self, path: Path) -> OpenFile | None:
        file = self.folder.file_of(path)
        return self.files.get(file) if file else None

    async def close(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await self.runner.close()
