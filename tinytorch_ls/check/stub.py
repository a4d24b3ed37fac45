"""Proof: the stub fails, and fails because it is not written."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tinytorch_ls.check.lab import Lab, why
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.workspace.stub import stub_file
from tinytorch_ls.workspace.transplant import transplant


async def stub_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Each test that doesn't call the stub, and each symbol that no test needs."""
    for symbol in step.symbols:
        library = lab.source(symbol.file)
        stub = stub_file(library, module, symbol.file)
        run = await lab.run(step, {symbol.file: transplant(library, symbol.name, stub)})
        if run.passed:
            line = step.lines.get("Write", step.line)
            message = f"the tests of {step.id} pass while `{symbol}` is not written"
            yield Complaint(module.lesson, line, message)
        elif not any(test.raised and test.raised.unwritten == step.id for test in run.tests):
            message = f"the stub of `{symbol}` fails for another reason: {why(run)}"
            yield Complaint(module.lesson, step.lines.get("Write", step.line), message)
