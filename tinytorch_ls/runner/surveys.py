"""What the reference does in the tests of each step: learnt once for each seed and edition."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

from tinytorch_ls.course.model import Course
from tinytorch_ls.runner.reference import Survey
from tinytorch_ls.runner.report import StepRun

Surveying = Callable[[str, Sequence[str], int], AsyncGenerator[StepRun, None]]
"""Runs the reference in the tests of some steps of a module, with a seed."""

_Key = tuple[str, int, int]


class Surveys:
    """The surveys of a course, as it is read now; each there once its own step has been run."""

    def __init__(self, surveying: Surveying) -> None:
        self.surveying = surveying
        self._known: dict[_Key, asyncio.Future[Survey | None]] = {}
        self._works: set[asyncio.Task[None]] = set()

    async def of(
        self, course: Course, module: str, steps: Sequence[str], seed: int
    ) -> dict[str, Survey]:
        """What the reference does in these steps; where it fails it tells nothing. Raises OSError.

        A step is run again when its module's tests, lesson or part of the library changed.
        """
        edition = _edition(course, module)
        keys = {step: (step, seed, edition) for step in steps}
        missing = {step: key for step, key in keys.items() if key not in self._known}
        for turn in in_turn(course, tuple(missing)):
            self._begin(module, {step: missing[step] for step in turn}, seed)
        waited = {step: self._known[key] for step, key in keys.items()}
        found = {step: await asyncio.shield(future) for step, future in waited.items()}
        return {step: survey for step, survey in found.items() if survey}

    def has(self, course: Course, module: str, steps: Sequence[str], seed: int) -> bool:
        """Whether all of these are known by now."""
        edition = _edition(course, module)
        known = [self._known.get((step, seed, edition)) for step in steps]
        return all(future and future.done() for future in known)

    def _begin(self, module: str, keys: dict[str, _Key], seed: int) -> None:
        loop = asyncio.get_running_loop()
        futures = {step: loop.create_future() for step in keys}
        self._known.update({keys[step]: future for step, future in futures.items()})
        work = asyncio.create_task(self._learn(module, futures, seed))
        self._works.add(work)
        work.add_done_callback(self._works.discard)

    async def _learn(
        self, module: str, futures: dict[str, asyncio.Future[Survey | None]], seed: int
    ) -> None:
        try:
            async with aclosing(self.surveying(module, tuple(futures), seed)) as runs:
                async for run in runs:
                    told = run.passed or run.not_run
                    futures[run.step].set_result(Survey.of(run) if told else None)
            for future in futures.values():
                if not future.done():
                    future.set_result(None)
        except Exception as error:  # as of a process that could not be had
            self._known.clear()  # the next run tries again
            for future in futures.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # it may be that nobody waits for it
        finally:
            for future in futures.values():
                future.cancel()

    def clear(self) -> None:
        """Forget all, and end what is under way."""
        for work in self._works:
            work.cancel()
        self._known.clear()


def in_turn(course: Course, steps: Sequence[str]) -> list[tuple[str, ...]]:
    """The steps that are written, then those that run what stands: they may train for long."""
    written = tuple(step for step in steps if course.steps[step].symbols)
    return [turn for turn in (written, tuple(s for s in steps if s not in written)) if turn]


def _edition(course: Course, module: str) -> int:
    """Changes when the tests of a module, its lesson or its part of the library do."""
    taught = course.module(module)
    library = (course.library / file for file in taught.files)
    return hash(tuple(map(_changed, (taught.tests, taught.lesson, *library))))


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
