"""Runs steps on changed texts of the library, for the proofs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from tinytorch_ls.course.model import Course, Step
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.report import StepRun

_AT_ONCE = 2
_SECONDS = 10.0


class Lab:
    """One runner, and the library's texts."""

    def __init__(self, course: Course, library: Path) -> None:
        self.course = course
        self.library = library
        self.runner = Runner(course, limits=Limits(seconds=_SECONDS), library=library)
        self.places = asyncio.Semaphore(_AT_ONCE)

    def source(self, file: str) -> str:
        return (self.library / file).read_text(encoding="utf-8")

    async def run(
        self,
        step: Step,
        overlay: Mapping[str, str] | None = None,
        *,
        seed: int = 0,
        blocked: Iterable[str] = (),
    ) -> StepRun:
        """The report of one step with these texts laid over the library."""
        request = RunRequest(
            step.module_id,
            (step.id,),
            overlay=overlay or {},
            seed=seed,
            blocked=tuple(blocked),
        )
        async with self.places:
            (run,) = [run async for run in self.runner.run(request)]
            return run

    async def close(self) -> None:
        await self.runner.close()


def why(run: StepRun) -> str:
    """Why a run failed, in a line."""
    if run.limit:
        return f"{run.limit.kind}: {run.limit.detail}"
    for test in run.tests:
        if test.raised:
            return f"{test.name} raised {test.raised.type}: {test.raised.message}"
        if not test.passed:
            return f"{test.name}, line {test.observations[-1].line}: {test.observations[-1].call}"
    return "it has no tests"
