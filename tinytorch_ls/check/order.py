"""Proof: a module needs no later module, and neither a step nor its picture a later step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from tinytorch_ls.check.lab import Lab, why
from tinytorch_ls.check.structure import marked_with, pictures_of
from tinytorch_ls.check.stub import with_stubs
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.forms.known import form_of


def import_complaints(lab: Lab, module: Module) -> Iterator[Complaint]:
    """Each import of a later module in a module's files."""
    later = _later_modules(lab, module)
    for file in module.files:
        package = ".".join(Path(file).parent.parts)
        for found in form_of(file).imports(lab.source(file), package):
            if found.name in later:
                message = f"{found.name} is taught after {module.id}"
                yield Complaint(lab.library / file, found.line, message)


async def step_order_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Whether a step that is sound fails while later ones are stubs."""
    run = await lab.run(step, _as_yet(lab, module, step), blocked=_later_modules(lab, module))
    if not run.passed:
        message = f"{step.id} needs what is taught later: {why(run)}"
        yield Complaint(module.lesson, step.line, message)


async def picture_order_complaints(lab: Lab, module: Module) -> AsyncIterator[Complaint]:
    """Each picture that is drawn by the library, and not once its step passes."""
    steps = {step.name: step for step in module.steps}
    later = _later_modules(lab, module)
    for picture in pictures_of(module):
        step = steps.get(marked_with(picture, "picture") or "")
        if step is None or await lab.draws(step, _as_yet(lab, module, step), blocked=later):
            continue
        if await lab.draws(step):
            message = f"the picture `{picture.name}` needs what is taught after {step.id}"
            yield Complaint(module.pictures, picture.lineno, message)


def _as_yet(lab: Lab, module: Module, step: Step) -> dict[str, str]:
    """The module's files as they are once a step passes: what comes later is not written."""
    after = module.steps[module.steps.index(step) + 1 :]
    return with_stubs(lab, module, (symbol for other in after for symbol in other.symbols))


def _later_modules(lab: Lab, module: Module) -> tuple[str, ...]:
    order = [other.id for other in lab.course.modules]
    after = lab.course.modules[order.index(module.id) + 1 :]
    return tuple(name for other in after for name in other.imports)
