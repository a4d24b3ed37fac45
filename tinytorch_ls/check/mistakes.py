"""Proof: every recorded mistake is caught for its own sake, and told from the others."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tinytorch_ls.check.accidents import accident
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.course.model import Complaint, Mistake, Module, Step
from tinytorch_ls.feedback.mistakes import alike, mistaken
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.runner.report import StepRun


async def mistake_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Each mistake that passes, fits no symbol of the step, is a slip, or can't be told apart."""
    runs: list[tuple[Mistake, StepRun]] = []
    for mistake in step.mistakes:
        if strange := _strange(step, mistake):
            own = ", ".join(f"`{symbol.name}`" for symbol in step.symbols) or "nothing"
            message = f"the mistake `{mistake.title}` defines `{strange}`; {step.id} teaches {own}"
            yield Complaint(module.lesson, mistake.line, message)
            continue
        try:
            run = await lab.run(step, mistaken(step, mistake, lab.library))
        except Refused as refused:
            message = f"the mistake `{mistake.title}` does not fit: {refused}"
            yield Complaint(module.lesson, mistake.line, message)
            continue
        if run.passed:
            message = f"the mistake `{mistake.title}` passes every test of {step.id}"
            yield Complaint(module.lesson, mistake.line, message)
        elif slip := accident(run, lab.library):
            message = f"the mistake `{mistake.title}` dies of its own {slip}"
            yield Complaint(module.lesson, mistake.line, message)
        if run.limit:
            message = f"the mistake `{mistake.title}` ends in a limit ({run.limit.kind})"
            yield Complaint(module.lesson, mistake.line, f"{message}, so it is never named")
        for other, seen in runs:
            if alike(run, seen):
                message = f"no test tells `{mistake.title}` from `{other.title}`"
                yield Complaint(module.lesson, mistake.line, message)
        runs.append((mistake, run))


def _strange(step: Step, mistake: Mistake) -> str | None:
    """A definition in the mistake's code that is none of the step's symbols."""
    names = [symbol.name for symbol in step.symbols]
    known = {*names, *(name.rpartition(".")[2] for name in names)}
    files = dict.fromkeys(symbol.file for symbol in step.symbols) or [""]
    found = (name for file in files for name in form_of(file).definitions(mistake.code))
    return next((name for name in found if "<locals>" not in name and name not in known), None)
