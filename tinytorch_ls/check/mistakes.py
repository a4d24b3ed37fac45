"""Proof: every recorded mistake is caught for its own sake, and told from the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

from tinytorch_ls.check.accidents import accident
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.course.model import Complaint, Mistake, Module, Step
from tinytorch_ls.feedback.mistakes import alike, mistaken, only_loosely_alike
from tinytorch_ls.feedback.unsteady import unsteady
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.texts import text_of
from tinytorch_ls.runner.report import StepRun


async def mistake_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Each mistake that passes, fits no symbol of the step, is a slip, or can't be told apart."""
    texts: dict[Mistake, Mapping[str, str]] = {}
    for mistake in step.mistakes:
        for complaint in signature_complaints(module, step, mistake, lab.library):
            yield complaint
        if strange := _strange(step, mistake):
            own = ", ".join(f"`{symbol.name}`" for symbol in step.symbols) or "nothing"
            message = f"the mistake `{mistake.title}` defines `{strange}`; {step.id} teaches {own}"
            yield Complaint(module.lesson, mistake.line, message)
            continue
        try:
            texts[mistake] = mistaken(step, mistake, lab.library)
        except Refused as refused:
            message = f"the mistake `{mistake.title}` does not fit: {refused}"
            yield Complaint(module.lesson, mistake.line, message)
    runs: list[_Ran] = []
    for mistake, run in zip(texts, await lab.mistaken(step, [*texts.values()]), strict=True):
        if run.passed:
            message = f"the mistake `{mistake.title}` passes every test of {step.id}"
            yield Complaint(module.lesson, mistake.line, message)
        elif slip := accident(run, lab.library):
            message = f"the mistake `{mistake.title}` dies of its own {slip}"
            yield Complaint(module.lesson, mistake.line, message)
        if run.limit:
            message = f"the mistake `{mistake.title}` ends in a limit ({run.limit.kind})"
            yield Complaint(module.lesson, mistake.line, f"{message}, so it is never named")
        ran = _Ran(mistake, texts[mistake], run)
        for other in runs:
            if await _untold(lab, step, ran, other):
                message = f"no test tells `{mistake.title}` from `{other.mistake.title}`"
                yield Complaint(module.lesson, mistake.line, message)
        runs.append(ran)


class _Ran:
    """A mistake that was tried."""

    def __init__(self, mistake: Mistake, texts: Mapping[str, str], run: StepRun) -> None:
        self.mistake = mistake
        self.texts = texts
        self.run = run
        self._again: StepRun | None = None

    async def again(self, lab: Lab, step: Step) -> StepRun:
        """Another run of it, one for all comparisons."""
        self._again = self._again or await lab.run(step, self.texts)
        return self._again


async def _untold(lab: Lab, step: Step, one: _Ran, other: _Ran) -> bool:
    """Whether a student who makes one of two mistakes could have made the other.

    What is otherwise in another run of both says nothing, such as a time that passed.
    """
    if not only_loosely_alike(one.run, other.run):
        return alike(one.run, other.run)
    seen = [unsteady(each.run, await each.again(lab, step)) for each in (one, other)]
    return alike(one.run, other.run, loose=seen[0] & seen[1])


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
            wanted = form.signature(reference, symbol.name)
            got = form.signature(mistake.code, max(names, key=len))
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
