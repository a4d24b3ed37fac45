"""Proof: the example of a step runs, and prints what it says."""

from __future__ import annotations

import asyncio
import doctest
import subprocess
import tempfile
from collections.abc import AsyncIterator

from tinytorch_ls.check.lab import Lab
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.runner.processes import module_command, quiet_environment

_PROGRAM = "tinytorch_ls.check.example_program"
_SECONDS = 30


async def example_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """What the example prints instead."""
    if not step.example:
        return
    line = step.lines.get("Example", step.line)
    if not doctest.DocTestParser().get_examples(step.example):
        yield Complaint(module.lesson, line, f"the example of {step.id} has no `>>> `")
        return
    try:
        failure = await asyncio.to_thread(_run, lab, module, step)
    except subprocess.TimeoutExpired:
        failure = f"it runs for more than {_SECONDS} s"
    if failure:
        yield Complaint(module.lesson, line, f"the example of {step.id}: {failure}")


def _run(lab: Lab, module: Module, step: Step) -> str:
    """Run the example with everything of the module's files imported; "" if all is well."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*module_command(_PROGRAM), str(lab.library), *module.imports],
            input=step.example,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS,
            cwd=folder,
            env=quiet_environment(),
            check=False,
        )
    if done.returncode == 0:
        return ""
    lines = [text.strip() for text in (done.stdout + done.stderr).splitlines() if text.strip()]
    return " ".join(lines[2:])[:300] or "it fails"
