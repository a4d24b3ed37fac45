"""Proof: the example of a step runs, and prints what it says."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tinytorch_ls.check.example_program import RESULT
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.forms.texts import text_of
from tinytorch_ls.runner.processes import module_command, quiet_environment

_PROGRAM = "tinytorch_ls.check.example_program"
_SECONDS = 30
_FENCES = ("```", "~~~")


@dataclass(frozen=True)
class Failed:
    """Where an example fails, by its own 0-based lines, and how."""

    line: int | None
    message: str


async def example_complaints(lab: Lab, module: Module, step: Step) -> AsyncIterator[Complaint]:
    """What the example prints instead."""
    if not step.example:
        return
    try:
        failure = await asyncio.to_thread(_run, lab, module, step)
    except subprocess.TimeoutExpired:
        failure = Failed(None, f"it runs for more than {_SECONDS} s")
    if failure:
        message = f"the example of {step.id}: {failure.message}"
        yield Complaint(module.lesson, _place(module, step, failure), message)


def _place(module: Module, step: Step, failure: Failed) -> int:
    """The line of the lesson at which an example fails; its heading where none is known."""
    heading = step.lines.get("Example", step.line)
    lines = text_of(module.lesson).split("\n")[heading:]
    fence = next((n for n, line in enumerate(lines) if line.lstrip().startswith(_FENCES)), None)
    if fence is None or failure.line is None:
        return heading
    return heading + fence + 2 + failure.line


def _run(lab: Lab, module: Module, step: Step) -> Failed | None:
    """Run the example with everything of the module's files imported."""
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
        return None
    try:
        return Failed(**json.loads(done.stdout.rpartition(RESULT)[2]))
    except (ValueError, TypeError):  # it ended before it could say anything
        words = done.stderr.strip().splitlines()
        return Failed(None, words[-1] if words else "the process that ran it ended")
