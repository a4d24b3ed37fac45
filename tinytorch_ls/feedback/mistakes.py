"""Names the recorded mistake that a student's code behaves like."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tinytorch_ls.course.model import Course, Mistake, Step
from tinytorch_ls.course.symbols import definitions
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.inside.compare import same
from tinytorch_ls.runner.report import Observation, StepRun, TestRun
from tinytorch_ls.workspace.refused import Refused
from tinytorch_ls.workspace.transplant import transplant


class MistakeBook:
    """What the tests see of each recorded mistake: run once on the reference, then remembered."""

    def __init__(self, course: Course, runner: Runner) -> None:
        self.course = course
        self.runner = runner
        self.runs: dict[str, asyncio.Task[list[tuple[Mistake, StepRun]]]] = {}

    async def named(self, run: StepRun) -> Mistake | None:
        """The mistake whose observations equal those of `run`, or None."""
        if run.passed or run.limit:
            return None
        step = self.course.steps[run.step]
        for mistake, wrong in await self._wrong_runs(step):
            if alike(run, wrong):
                return mistake
        return None

    def prepare(self, step: Step) -> None:
        """Run the step's mistakes now, so that a later `named` has them ready."""
        if step.id not in self.runs:
            self.runs[step.id] = asyncio.create_task(self._run_all(step))

    async def _wrong_runs(self, step: Step) -> list[tuple[Mistake, StepRun]]:
        self.prepare(step)
        try:
            return await asyncio.shield(self.runs[step.id])
        except OSError:
            del self.runs[step.id]
            return []

    async def _run_all(self, step: Step) -> list[tuple[Mistake, StepRun]]:
        found: list[tuple[Mistake, StepRun]] = []
        for mistake in step.mistakes:
            try:
                overlay = mistaken(step, mistake, self.runner.library)
            except (Refused, SyntaxError):  # `check` tells the author
                continue
            request = RunRequest(step.module_id, (step.id,), overlay=overlay)
            found += [(mistake, run) async for run in self.runner.run(request)]
        return found


def mistaken(step: Step, mistake: Mistake, library: Path) -> dict[str, str]:
    """The library's files with a mistake's definitions in place of the right ones. Refused."""
    texts: dict[str, str] = {}
    wrong = definitions(mistake.code)
    for symbol in step.symbols:
        last = symbol.name.rpartition(".")[2]
        if symbol.name in wrong or last in wrong:
            source = texts.get(symbol.file)
            if source is None:
                source = (library / symbol.file).read_text(encoding="utf-8")
            texts[symbol.file] = transplant(source, symbol.name, mistake.code)
    return texts


def alike(one: StepRun, other: StepRun) -> bool:
    """Whether two runs of a step saw the same: the same values, the same errors."""
    if len(one.tests) != len(other.tests) or one.limit or other.limit:
        return False
    return all(_alike_tests(a, b) for a, b in zip(one.tests, other.tests, strict=True))


def _alike_tests(one: TestRun, other: TestRun) -> bool:
    kinds = [test.raised.type if test.raised else None for test in (one, other)]
    if kinds[0] != kinds[1] or len(one.observations) != len(other.observations):
        return False
    pairs = zip(one.observations, other.observations, strict=True)
    return all(_alike_observations(a, b) for a, b in pairs)


def _alike_observations(one: Observation, other: Observation) -> bool:
    return one.passed == other.passed and (one.passed or same(one.value, other.value))
