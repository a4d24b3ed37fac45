"""Proof: a step-by-step says in words what to do, and leaves the code to the hints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.texts import text_of

_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)


def wording_complaints(module: Module, step: Step, library: Path) -> Iterator[Complaint]:
    """Each piece of code in the step-by-step that stands in the reference."""
    written = _work(step, library)
    for item, line in zip(step.instructions, step.instruction_lines, strict=True):
        for match in _SPAN.finditer(item):
            if any(form_of(file).work_in(match[2]) & work for file, work in written.items()):
                message = (
                    f"step-by-step shows code of the reference, `{match[2]}`: "
                    "say it in words, and leave the code to a hint"
                )
                yield Complaint(module.lesson, line + item[: match.start()].count("\n"), message)


def _work(step: Step, library: Path) -> dict[str, frozenset[str]]:
    """What the bodies compute that a student writes, by their files."""
    found: dict[str, frozenset[str]] = {}
    for file, name in ((symbol.file, symbol.name) for symbol in step.symbols):
        work = form_of(file).taught_work(text_of(library / file), name, library)
        found[file] = found.get(file, frozenset()) | work
    return found
