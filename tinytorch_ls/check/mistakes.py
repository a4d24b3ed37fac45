"""Proof: every recorded mistake is caught for its own sake, and told from the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from tinytorch_ls.check.accidents import accident
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.course.model import Complaint, Mistake, Module, Step
from tinytorch_ls.feedback.mistakes import alike, mistaken
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.texts import text_of
from tinytorch_ls.runner.report import StepRun


async def mistake_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Each mistake that passes, fits no symbol of the step, is a slip, or can't be told apart."""
    runs: list[tuple[Mistake, StepRun]] = []
    for mistake in step.mistakes:
        for complaint in signature_complaints(module, step, mistake, lab.library):
            yield complaint
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


def signature_complaints(
    module: Module, step: Step, mistake: Mistake, library: Path
) -> Iterator[Complaint]:
    """Each definition of a mistake that can't be called as the step's function is.

    One that takes more, and can do without it, is a mistake that a student may well make.
    """
    for symbol in step.symbols:
        form, short = form_of(symbol.file), symbol.name.rpartition(".")[2]
        names = form.definitions(mistake.code).keys() & {symbol.name, short}
        reference = text_of(library / symbol.file)
        if names and symbol.name in form.definitions(reference):
            wanted = form.parameters(reference, symbol.name)
            got = form.parameters(mistake.code, max(names, key=len))
            kept = tuple(each for each in got if each in wanted or "=" not in each)
            if kept != wanted:
                message = (
                    f"the mistake `{mistake.title}` has `{short}({', '.join(got)})`; "
                    f"a student is given `{short}({', '.join(wanted)})`"
                )
                yield Complaint(module.lesson, mistake.line, message)


def _strange(step: Step, mistake: Mistake) -> str | None:
    """A definition in the mistake's code that is none of the step's symbols."""
    names = [symbol.name for symbol in step.symbols]
    known = {*names, *(name.rpartition(".")[2] for name in names)}
    files = dict.fromkeys(symbol.file for symbol in step.symbols) or [""]
    found = (name for file in files for name in form_of(file).definitions(mistake.code))
    return next((name for name in found if "<locals>" not in name and name not in known), None)
