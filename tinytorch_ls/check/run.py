"""Runs every proof on a course."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinytorch_ls.check.examples import example_complaints
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.check.mistakes import mistake_complaints
from tinytorch_ls.check.mutants import MutantReport, mutant_report
from tinytorch_ls.check.order import order_complaints
from tinytorch_ls.check.pictures import picture_complaints
from tinytorch_ls.check.reference import reference_complaints
from tinytorch_ls.check.structure import structure_complaints, tests_of
from tinytorch_ls.check.stub import stub_complaints
from tinytorch_ls.course.locate import library_root
from tinytorch_ls.course.model import Complaint, Course, Module, Step


@dataclass(frozen=True)
class StepReport:
    """What was proven of one step."""

    id: str
    tests: int
    mistakes: int
    mutants: int
    killed: int
    declared: int  # mutants that the lesson declares equivalent


@dataclass(frozen=True)
class CheckReport:
    """All that is wrong with a course, and what was proven of each step."""

    steps: tuple[StepReport, ...]
    complaints: tuple[Complaint, ...]


def check(
    course: Course, *, modules: Sequence[str] | None = None, library: Path | None = None
) -> CheckReport:
    """Prove the course, or some of its modules, against the library in the folder `library`."""
    chosen = [m for m in course.modules if modules is None or m.id in modules]
    return asyncio.run(_check(course, chosen, library or library_root()))


async def _check(course: Course, modules: list[Module], library: Path) -> CheckReport:
    complaints = list(course.complaints)
    reports: list[StepReport] = []
    lab = Lab(course, library)
    try:
        for module in modules:
            found = list(structure_complaints(module, library))
            complaints += found
            if found or any(c.file == module.lesson for c in course.complaints):
                continue  # the proofs need a lesson that can be read
            sound: list[Step] = []
            for step in module.steps:
                wrong = await _flaws(lab, module, step)
                if not wrong:
                    sound.append(step)
                report, more = await _proofs(lab, module, step, sound=not wrong)
                reports.append(report)
                complaints += [*wrong, *more]
            complaints += [c async for c in order_complaints(lab, module, sound)]
            complaints += [c async for c in picture_complaints(lab, module)]
    finally:
        await lab.close()
    return CheckReport(tuple(reports), tuple(dict.fromkeys(complaints)))


async def _flaws(lab: Lab, module: Module, step: Step) -> list[Complaint]:
    """What is wrong with the reference itself; no other proof of the step means anything then."""
    wrong = [c async for c in example_complaints(lab, module, step)]
    return wrong or [c async for c in reference_complaints(lab, module, step)]


async def _proofs(
    lab: Lab, module: Module, step: Step, *, sound: bool
) -> tuple[StepReport, list[Complaint]]:
    wrong: list[Complaint] = []
    mutants = MutantReport(0, 0, 0, ())
    if sound:
        wrong += [c async for c in stub_complaints(lab, module, step)]
        wrong += [c async for c in mistake_complaints(lab, module, step)]
        mutants = await mutant_report(lab, module, step)
        wrong += mutants.complaints
    report = StepReport(
        step.id,
        len(tests_of(module, step)),
        len(step.mistakes),
        mutants.made,
        mutants.killed,
        mutants.declared,
    )
    return report, wrong
