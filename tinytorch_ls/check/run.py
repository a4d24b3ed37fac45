"""Runs every proof on a course: steps side by side, told one by one in the order of the course."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tinytorch_ls.check.digest import ground_digest, pictures_digest, step_digest
from tinytorch_ls.check.known import Known
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.check.order import import_complaints, picture_order_complaints
from tinytorch_ls.check.pictures import picture_complaints
from tinytorch_ls.check.proof import StepReport, prove
from tinytorch_ls.check.structure import seen_in, tests_of
from tinytorch_ls.course.model import Complaint, Course, Module, Step
from tinytorch_ls.course.needs import Lack, lacking, lacking_of

_STEPS_AT_ONCE = 4  # each has one run at a time but for its mutants


@dataclass(frozen=True)
class Outcome:
    """What one piece of the work came to."""

    about: str  # the id of a step, "box: pictures", "box: imports"; "" where only files were read
    report: StepReport | None
    complaints: Sequence[Complaint]
    not_run: NotRun | None = None  # of a module, in place of the proofs of its steps


@dataclass(frozen=True)
class NotRun:
    """A module, or a step, of which nothing can be proven here: its files were read, no more."""

    about: str  # its id

    @property
    def module(self) -> str:
        return self.about.partition("/")[0]

    @property
    def step(self) -> str:
        """Its id; "" where all of the module is meant."""
        return self.about if "/" in self.about else ""

    lack: Lack


Told = Callable[[Outcome], None]


@dataclass(frozen=True)
class CheckReport:
    """All that is wrong with a course, and what was proven of each step."""

    steps: tuple[StepReport, ...]
    complaints: tuple[Complaint, ...]
    not_run: tuple[NotRun, ...] = ()


def check(
    course: Course,
    *,
    modules: Collection[str] | None = None,
    steps: Collection[str] | None = None,
    fresh: bool = True,
    told: Told = lambda _: None,
) -> CheckReport:
    """Prove the course, or some of its modules or steps, against the library that it teaches.

    What was sound in an earlier check and rests on the same texts is not proven again, unless it
    is to be `fresh`. `told` gets what is found of a step, and of a module, once it is known.
    """
    return asyncio.run(proven(course, modules=modules, steps=steps, fresh=fresh, told=told))


async def proven(
    course: Course,
    *,
    modules: Collection[str] | None = None,
    steps: Collection[str] | None = None,
    fresh: bool = True,
    told: Told = lambda _: None,
) -> CheckReport:
    """`check` for who has a loop; cancelling it ends all that runs."""
    names = {step.partition("/")[0] for step in steps} if steps is not None else modules
    chosen = [m for m in course.modules if names is None or m.id in names]
    work = _Check(course, steps, Known(None if fresh else course.folder))
    return await work.run(chosen, told)


class _Check:
    """One check of a course."""

    def __init__(self, course: Course, steps: Collection[str] | None, known: Known) -> None:
        self.course = course
        self.steps = steps
        self.known = known
        self.lab = Lab(course)
        self.places = asyncio.Semaphore(_STEPS_AT_ONCE)

    async def run(self, modules: Sequence[Module], told: Told) -> CheckReport:
        reports: list[StepReport] = []
        complaints: dict[Complaint, None] = {}
        not_run: list[NotRun] = []
        tasks = [asyncio.ensure_future(each) for each in self._work(modules)]
        try:
            for task in tasks:
                outcome = await task
                found = [each for each in outcome.complaints if each not in complaints]
                complaints.update(dict.fromkeys(found))
                reports += [outcome.report] if outcome.report else []
                not_run += [outcome.not_run] if outcome.not_run else []
                told(replace(outcome, complaints=found))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.lab.close()
        return CheckReport(tuple(reports), tuple(complaints), tuple(not_run))

    def _work(self, modules: Sequence[Module]) -> Iterator[Coroutine[Any, Any, Outcome]]:
        """What there is to do, in the order in which it is told."""
        yield _said("", self.course.complaints)
        for module in modules:
            found = seen_in(self.course, module)
            yield _said("", found)
            read = (c for c in self.course.complaints if c.file == module.lesson)
            stopped = {complaint.file for complaint in (*read, *found) if complaint.stops}
            if lack := lacking(module.needs):
                yield _said("", (), NotRun(module.id, lack))
            elif not stopped - {module.pictures}:
                yield from self._proofs(module, drawn=not stopped)

    def _proofs(self, module: Module, *, drawn: bool) -> Iterator[Coroutine[Any, Any, Outcome]]:
        ground = ground_digest(module, self.course.library)
        for step in module.steps:
            if (self.steps is None or step.id in self.steps) and tests_of(module, step):
                if lack := lacking_of(module, step):
                    yield _said("", (), NotRun(step.id, lack))
                else:
                    yield self._step(module, step, ground)
        if self.steps is None:
            yield _said(f"{module.id}: imports", tuple(import_complaints(self.lab, module)))
            if drawn:
                yield self._pictures(module)

    async def _step(self, module: Module, step: Step, ground: str) -> Outcome:
        digest = step_digest(self.course, module, step, ground)
        async with self.places:
            if report := self.known.report(step.id, digest):
                return Outcome(step.id, report, ())
            report, wrong = await prove(self.lab, module, step)
        if not wrong:
            self.known.keep(step.id, digest, report)
        return Outcome(step.id, report, wrong)

    async def _pictures(self, module: Module) -> Outcome:
        name, digest = f"{module.id}: pictures", pictures_digest(self.course, module)
        if self.known.holds(name, digest):
            return Outcome(name, None, ())
        found = [c async for c in picture_complaints(self.lab, module)]
        found = found or [c async for c in picture_order_complaints(self.lab, module)]
        if not found:
            self.known.keep(name, digest)
        return Outcome(name, None, found)


async def _said(
    about: str, complaints: Sequence[Complaint], not_run: NotRun | None = None
) -> Outcome:
    return Outcome(about, None, complaints, not_run)
