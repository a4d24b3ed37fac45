"""Runs steps on changed texts of the library, for the proofs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.feedback.wrong_runs import wrong_runs
from tinytorch_ls.runner.client import Runner, RunRequest, default_strategy
from tinytorch_ls.runner.job import Variant
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.report import EXAMPLE, Observation, StepRun, TestRun

_AT_ONCE = os.cpu_count() or 2
_BRIEF = Limits(seconds=3.0)  # for a mutant: a test of a written step takes a tenth of that


class Lab:
    """Runners, and the library's texts."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.runners: dict[int, Runner] = {}  # by the seed by which their processes order sets
        self.places = asyncio.Semaphore(_AT_ONCE)

    @property
    def library(self) -> Path:
        """The folder of the library that is taught."""
        return self.course.library

    def source(self, file: str) -> str:
        return (self.library / file).read_text(encoding="utf-8")

    async def run(
        self,
        step: Step,
        overlay: Mapping[str, str] | None = None,
        *,
        seed: int = 0,
        hash_seed: int = 0,
        blocked: Iterable[str] = (),
        brief: bool = False,
    ) -> StepRun:
        """The report of one step with these texts laid over the library."""
        request = RunRequest(
            step.module_id,
            (step.id,),
            overlay=overlay or {},
            seed=seed,
            blocked=tuple(blocked),
            brief=brief,
            watched=False,
            limits=_BRIEF if brief else None,
        )
        async with self.places:
            (run,) = [run async for run in self._runner(hash_seed).run(request)]
            return run

    async def draws(
        self, step: Step, overlay: Mapping[str, str] | None = None, *, blocked: Iterable[str] = ()
    ) -> bool:
        """Whether a step's picture is drawn with these texts laid over the library."""
        request = RunRequest(
            step.module_id, (step.id,), overlay=overlay or {}, blocked=tuple(blocked)
        )
        async with self.places:
            return await self._runner(0).picture(request) is not None

    async def notices(self, step: Step, variants: Sequence[Variant]) -> list[bool]:
        """Of each variant whether the step's tests are known to notice it: they fail with it."""
        request = RunRequest(step.module_id, (step.id,), brief=True, limits=_BRIEF)
        async with self.places:
            return [told is False for told in await self._runner(0).variants(request, variants)]

    async def mistaken(self, step: Step, answers: Sequence[Mapping[str, str]]) -> list[StepRun]:
        """The report of one step with each of these texts laid over the library."""
        request = RunRequest(step.module_id, (step.id,))

        async def forked(variants: Sequence[Variant]) -> Sequence[StepRun | None]:
            async with self.places:
                return await self._runner(0).variant_runs(request, variants)

        return await wrong_runs(step, answers, self.library, forked, partial(self.run, step))

    async def survey(self, step: Step) -> StepRun:
        """The library's run with which every other one is compared; where it fails, another one."""
        async with self.places:
            known = await self._runner(0).surveyed(step.module_id, (step.id,))
        return known[step.id].run if step.id in known else await self.library_run(step)

    async def library_run(
        self, step: Step, *, seed: int = 0, more_seeds: Sequence[int] = (), hash_seed: int = 0
    ) -> StepRun:
        """The library's run by itself, which nothing is compared with: another one each time."""
        request = RunRequest(step.module_id, (step.id,), seed=seed, more_seeds=tuple(more_seeds))
        async with self.places:
            return await self._runner(hash_seed).alone(request)

    def _runner(self, hash_seed: int) -> Runner:
        if hash_seed not in self.runners:
            strategy = default_strategy({"PYTHONHASHSEED": str(hash_seed)})
            self.runners[hash_seed] = Runner(self.course, strategy=strategy)
        return self.runners[hash_seed]

    async def close(self) -> None:
        for runner in self.runners.values():
            await runner.close()


def place_of(
    module: Module, step: Step, test: TestRun, line: int | None = None
) -> tuple[Path, int]:
    """The file and line of a test, or of its `line`; an example stands in the lesson."""
    if test.name == EXAMPLE:
        return module.lesson, step.lines.get("Example", step.line)
    return module.tests, line or test.line


def _unmet(seen: Observation) -> str:
    """A value that is not as wanted: the call, what it gave, and what was wanted."""
    if seen.deviation:
        words = f"{seen.deviation.fact}: got {seen.deviation.got}, wanted {seen.deviation.wanted}"
    else:
        words = f"got {seen.got}, wanted {seen.wanted}"
        words += f" ({seen.difference})" if seen.difference else ""
    return " ".join(f"{seen.call}: {words}".split())


def why(run: StepRun) -> str:
    """Why a run failed, in a line."""
    if run.limit:
        return f"{run.limit.kind}: {run.limit.detail}"
    for test in run.tests:
        if test.raised:
            return f"{test.name} raised {test.raised.type}: {test.raised.message}"
        if test.not_run:
            return f"{test.name} is not run: {test.not_run}"
        if not test.passed:
            return f"{test.name}: {_unmet(test.observations[-1])}"
    return "it has no tests"
