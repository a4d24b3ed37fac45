"""All proofs of one step, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinytorch_ls.check.examples import example_complaints
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.check.mistakes import mistake_complaints
from tinytorch_ls.check.mutants import MutantReport, mutant_report
from tinytorch_ls.check.order import step_order_complaints
from tinytorch_ls.check.reference import reference_complaints
from tinytorch_ls.check.structure import tests_of
from tinytorch_ls.check.stub import stub_complaints
from tinytorch_ls.course.model import Complaint, Module, Step


@dataclass(frozen=True)
class StepReport:
    """What was proven of one step."""

    id: str
    tests: int
    mistakes: int
    mutants: int
    killed: int
    declared: int  # mutants that the lesson declares equivalent


async def prove(lab: Lab, module: Module, step: Step) -> tuple[StepReport, Sequence[Complaint]]:
    """The report of a step and what is wrong with it.

    Where the reference itself fails, no other proof of the step means anything.
    """
    wrong = [c async for c in example_complaints(lab, module, step)]
    wrong = wrong or [c async for c in reference_complaints(lab, module, step)]
    mutants = MutantReport(0, 0, 0, ())
    if not wrong:
        wrong += [c async for c in stub_complaints(lab, module, step)]
        wrong += [c async for c in mistake_complaints(lab, module, step)]
        mutants = await mutant_report(lab, module, step)
        wrong += mutants.complaints
        wrong += [c async for c in step_order_complaints(lab, module, step)]
    report = StepReport(
        step.id,
        len(tests_of(module, step)),
        len(step.mistakes),
        mutants.made,
        mutants.killed,
        mutants.declared,
    )
    return report, wrong
