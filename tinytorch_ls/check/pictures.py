"""Proof: each picture is drawn by the library's own code, in a moment."""

from __future__ import annotations

import ast
import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tinytorch_ls.check.lab import Lab
from tinytorch_ls.check.pace import exceeds
from tinytorch_ls.check.structure import pictures_of
from tinytorch_ls.course.model import Complaint, Module
from tinytorch_ls.runner.processes import module_command, quiet_environment

_SECONDS = 5.0  # of the processor, for one picture
_WAIT = 60.0  # until one of them is drawn, however busy the machine is
_PROGRAM = "tinytorch_ls.check.picture_program"


@dataclass(frozen=True)
class Drawn:
    """What came of one picture."""

    seconds: float = 0.0  # of the processor
    idle: float = 0.0  # seconds in which it waited for something else
    error: str | None = None
    kind: str | None = None  # what it returned that is no figure
    line: int | None = None  # where the error was


async def picture_complaints(lab: Lab, module: Module) -> AsyncIterator[Complaint]:
    """Each picture that fails, is none, or takes long."""
    pictures = pictures_of(module)
    drawn = await asyncio.to_thread(_draw, lab, module, pictures) if pictures else []
    for picture, result in zip(pictures, drawn, strict=False):
        if flaw := _flaw(result):
            line = result.line or picture.lineno
            yield Complaint(module.pictures, line, f"the picture `{picture.name}` {flaw}")
    if len(drawn) < len(pictures) and not any(result.error for result in drawn):
        late = pictures[len(drawn)]
        message = f"the picture `{late.name}` has no end, or the process that drew it ended"
        yield Complaint(module.pictures, late.lineno, message)


def _flaw(result: Drawn) -> str | None:
    if result.kind:
        return f"returns no figure: {result.kind}; return a matplotlib.figure.Figure"
    if result.error is not None:
        return f"fails: {result.error}"
    if exceeds(result.seconds, _SECONDS):
        return f"takes {result.seconds:.0f} s; it may take {_SECONDS:g} s of the processor"
    if result.idle > _SECONDS:
        return f"waits for {result.idle:.0f} s; a student waits with it"
    return None


def _draw(lab: Lab, module: Module, pictures: list[ast.FunctionDef]) -> list[Drawn]:
    """What came of the pictures, as far as they were drawn in time."""
    command = [*module_command(_PROGRAM), str(lab.library), str(module.pictures)]
    command += [picture.name for picture in pictures]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=quiet_environment({"MPLBACKEND": "agg"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        results = Path(folder, "results")
        _wait(process, results)
        lines = results.read_text(encoding="utf-8").splitlines() if results.is_file() else []
    return [Drawn(**json.loads(line)) for line in lines]


def _wait(process: subprocess.Popen[bytes], results: Path) -> None:
    """Wait for the end of a process; kill it once it has drawn nothing for long."""
    written, deadline = 0, time.monotonic() + _WAIT
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
            return
        size = results.stat().st_size if results.is_file() else 0
        if size != written:
            written, deadline = size, time.monotonic() + _WAIT
    process.kill()
    process.wait()
