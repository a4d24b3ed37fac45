"""Proof: a module needs no later module, and a step no later step."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Iterator

from tinytorch_ls.check.lab import Lab, why
from tinytorch_ls.check.stub import with_stubs
from tinytorch_ls.course.model import Complaint, Module, Step


def import_complaints(lab: Lab, module: Module) -> Iterator[Complaint]:
    """Each import of a later module in a module's files."""
    later = _later_modules(lab, module)
    for file in module.files:
        for node in ast.walk(ast.parse(lab.source(file))):
            for name in _imported(node):
                if name in later:
                    message = f"{name} is taught after {module.id}"
                    yield Complaint(lab.library / file, getattr(node, "lineno", 1), message)


async def step_order_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """Whether a step that is sound fails while later ones are stubs."""
    after = module.steps[module.steps.index(step) + 1 :]
    texts = with_stubs(lab, module, (symbol for other in after for symbol in other.symbols))
    run = await lab.run(step, texts, blocked=_later_modules(lab, module))
    if not run.passed:
        message = f"{step.id} needs what is taught later: {why(run)}"
        yield Complaint(module.lesson, step.line, message)


def _later_modules(lab: Lab, module: Module) -> tuple[str, ...]:
    order = [other.id for other in lab.course.modules]
    after = lab.course.modules[order.index(module.id) + 1 :]
    return tuple(name for other in after for name in other.imports)


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(source), names=names):
            yield source
            yield from (f"{source}.{alias.name}" for alias in names)
        case _:
            pass
