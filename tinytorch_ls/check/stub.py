"""Proof: the stub fails, and fails because it is not written."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tinytorch_ls.check.lab import Lab, why
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.runner.report import StepRun
from tinytorch_ls.workspace.stub import stub_file
from tinytorch_ls.workspace.transplant import transplant


async def stub_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Each symbol that no test needs, or whose stub would be shown as a failure."""
    for symbol in step.symbols:
        library = lab.source(symbol.file)
        stub = stub_file(library, module, symbol.file)
        run = await lab.run(step, {symbol.file: transplant(library, symbol.name, stub)})
        if run.passed:
            line = step.lines.get("Write", step.line)
            message = f"the tests of {step.id} pass while `{symbol}` is not written"
            yield Complaint(module.lesson, line, message)
        elif not _is_unwritten(step, run):
            message = f"the stub of `{symbol}` fails for another reason: {why(run)}"
            yield Complaint(module.lesson, step.lines.get("Write", step.line), message)


def _is_unwritten(step: Step, run: StepRun) -> bool:
    """Whether the first test that fails, which is the one that a student sees, called the stub."""
    first = next((test for test in run.tests if not test.passed), None)
    return bool(first and first.raised and first.raised.unwritten == step.id)
