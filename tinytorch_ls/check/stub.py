"""Proof: nothing passes on stubs, and a stub fails because it is not written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable

from tinytorch_ls.check.lab import Lab, place_of, why
from tinytorch_ls.course.model import Complaint, Module, Step, Symbol
from tinytorch_ls.runner.report import StepRun
from tinytorch_ls.workspace.stub import stub_file


async def stub_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Each symbol that no test needs, whose stub is shown as a failure; each test that needs none.

    An integration step is tried on the stubs of the whole module, or of what that uses.
    """
    for symbol in step.symbols:
        run = await lab.run(step, with_stubs(lab, module, [symbol]))
        if run.passed:
            message = f"the tests of {step.id} pass while `{symbol}` is not written"
            yield Complaint(module.lesson, _line(step), message)
        elif not _is_unwritten(step, run):
            message = f"the stub of `{symbol}` fails for another reason: {why(run)}"
            yield Complaint(module.lesson, _line(step), message)
    run = await lab.run(step, _unwritten(lab, module, step))
    for test in run.tests:
        if test.passed:
            message = f"`{test.name}` of {step.id} passes while nothing is written"
            yield Complaint(*place_of(module, step, test), message)


def _unwritten(lab: Lab, module: Module, step: Step) -> dict[str, str]:
    """The files in which a step, or all that an integration step runs, is not written.

    Where its module teaches no function, those are the earlier files that it `uses`.
    """
    if step.symbols:
        return with_stubs(lab, module, step.symbols)
    if own := _taught(module, module.files):
        return with_stubs(lab, module, own)
    texts: dict[str, str] = {}
    for other in lab.course.modules:
        if used := _taught(other, module.uses):
            texts |= with_stubs(lab, other, used)
    return texts


def _taught(module: Module, files: Collection[str]) -> list[Symbol]:
    """What a module teaches in these files."""
    return [s for step in module.steps for s in step.symbols if s.file in files]


def with_stubs(lab: Lab, module: Module, symbols: Iterable[Symbol]) -> dict[str, str]:
    """The module's files with these symbols taken out."""
    out = set(symbols)
    return {
        file: stub_file(lab.source(file), module, file, lab.library, out) for file in module.files
    }


def _line(step: Step) -> int:
    return step.lines.get("Write", step.line)


def _is_unwritten(step: Step, run: StepRun) -> bool:
    """Whether the first test that fails, which is the one that a student sees, called the stub."""
    first = next((test for test in run.tests if not test.passed), None)
    return bool(first and first.raised and first.raised.unwritten == step.id)
