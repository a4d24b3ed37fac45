"""Judges the answers of the corpus as a student's: in a folder of their own, two at once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from corpus import Answer

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.blame import Code
from tinytorch_ls.feedback.judge import judge
from tinytorch_ls.feedback.mistakes import MistakeBook
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.report import StepRun

_AT_ONCE = 2
_PACKAGE = "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"


@dataclass(frozen=True)
class Outcome:
    """What a student is told of one answer."""

    answer: Answer
    run: StepRun
    verdict: Verdict
    outside: bool  # whether a mark stands elsewhere than in the step's own functions

    @property
    def caught(self) -> bool:
        return self.verdict.state == "failing"

    @property
    def name(self) -> str:
        """The mistake or the fact that is named; another kind of value, dtype... is a headline."""
        failure = self.verdict.failure
        if failure is None:
            return ""
        test = next((test for test in self.run.tests if test.name == failure.test), None)
        # None: an answer without end was stopped, and its test has no report
        strays = test and not test.raised and test.observations and test.observations[-1].deviation
        return failure.mistake or failure.fact or (failure.headline if strays else "")


class Desk:
    """Where one answer after the other is laid over the library."""

    def __init__(self, runner: Runner, book: MistakeBook, root: Path) -> None:
        self.runner = runner
        self.book = book
        self.root = root
        (root / "tinytorch").mkdir()
        (root / "tinytorch/__init__.py").write_text(_PACKAGE, encoding="utf-8")

    async def judge(self, answer: Answer) -> Outcome:
        course, library = self.book.course, self.runner.library
        step = course.steps[answer.step]
        module = course.module(step.module_id)
        for file in module.files:
            (self.root / file).parent.mkdir(exist_ok=True)  # of a package
            shutil.copyfile(library / file, self.root / file)
        for file, text in answer.texts(step, library).items():
            (self.root / file).write_text(text, encoding="utf-8")
        request = RunRequest(step.module_id, (step.id,), root=self.root)
        (run,) = [run async for run in self.runner.run(request)]
        names = await self.book.names(run, self.root)
        verdict = judge(step, run, self.root, module.tests, names)
        code = Code(self.root, step)
        outside = any(not mark.where or not code.symbol_at(mark.where) for mark in verdict.marks)
        return Outcome(answer, run, verdict, outside)


async def outcomes(found: Iterable[Answer]) -> list[Outcome]:
    """What comes of each answer, in their order."""
    course = read_course(curriculum_folder())
    runner = Runner(course)
    book = MistakeBook(course, runner)
    waiting = iter(list(enumerate(found)))
    done: dict[int, Outcome] = {}

    async def work(root: Path) -> None:
        desk = Desk(runner, book, root)
        for number, answer in waiting:
            done[number] = await desk.judge(answer)

    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder, str(number)) for number in range(_AT_ONCE)]
        for root in roots:
            root.mkdir()
        try:
            await asyncio.gather(*map(work, roots))
        finally:
            await runner.close()
    return [done[number] for number in sorted(done)]
