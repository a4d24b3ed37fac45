"""Proof: the library passes the step's tests, whatever the seed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tinytorch_ls.check.lab import Lab, why
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.runner.report import StepRun

_SEEDS = (0, 1, 2)


async def reference_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Where the reference fails, or passes because nothing is asked of it."""
    for seed in _SEEDS:
        run = await lab.run(step, seed=seed)
        if not run.passed:
            message = f"the library fails {step.id} with seed {seed}: {why(run)}"
            yield Complaint(module.tests, _line(run), message)
            return
        for test in run.tests:
            if not test.observations:
                message = f"`{test.name}` of {step.id} expects nothing of what it runs"
                yield Complaint(module.tests, test.line, message)
                return


def _line(run: StepRun) -> int:
    """Where the first test failed: at its expectation, else where it begins."""
    for test in run.tests:
        if not test.passed:
            return test.line if test.raised else test.observations[-1].line
    return 1
