"""Proves the lesson that its author has saved, in the background; the latest save wins."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE
from typing import Any

from tinytorch_ls.course.model import Complaint, Module
from tinytorch_ls.runner.processes import module_command, quiet_environment
from tinytorch_ls.runner.started import Started
from tinytorch_ls.runner.within import within
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.complaints import publish_complaints
from tinytorch_ls.server.desk import Proven
from tinytorch_ls.server.work_done import RunProgress

log = logging.getLogger("tinytorch")

_PROGRAM = "tinytorch_ls.check.saved_program"
_END_SECONDS = 2.0  # for a proof that is to end by itself
_LOW_PRIORITY = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # the program has its own


def prove(ls: TinyTorchServer, module_id: str) -> None:
    """Prove a module as it is saved now; what is being proven starts again after it."""
    others = [other for other in ls.desk.waiting if other != module_id]
    ls.desk.waiting = [module_id, *others]
    go_on_proving(ls)


def go_on_proving(ls: TinyTorchServer) -> None:
    """Prove what waits for it, which runs the code of lessons, where that is trusted."""
    if ls.trusted and ls.desk.waiting:
        _stop(ls)
        ls.desk.proving = ls.spawn(_prove_all(ls))


def _stop(ls: TinyTorchServer) -> None:
    if ls.desk.proving:
        ls.desk.proving.cancel()


def _give_up(ls: TinyTorchServer) -> None:
    ls.desk.waiting.clear()
    _stop(ls)


async def _prove_all(ls: TinyTorchServer) -> None:
    desk = ls.desk
    async with desk.place:
        while desk.waiting:
            module = next((m for m in ls.course.modules if m.id == desk.waiting[0]), None)
            if module:
                await _prove(ls, module)
            desk.waiting.pop(0)


async def _prove(ls: TinyTorchServer, module: Module) -> None:
    """Show what a proof finds as soon as it does, and what it found before until then."""
    try:
        process = _start(ls.course.folder, module)
    except OSError as error:
        ls.warn(f"The lesson can't be proven now: {error.strerror or error}. Save again to retry.")
        return
    title = f"Proving {module.title}"
    progress = RunProgress(ls, len(module.steps), title, lambda: _give_up(ls))
    try:
        await _listen(ls, module, process, progress)
    finally:
        progress.end()
        await _end(process)


def _start(folder: Path, module: Module) -> Started:
    return Started(
        [*module_command(_PROGRAM), str(folder), module.id],
        stdin=PIPE,
        stdout=PIPE,
        env=quiet_environment(),
        creationflags=_LOW_PRIORITY,
    )


async def _listen(
    ls: TinyTorchServer, module: Module, process: Started, progress: RunProgress
) -> None:
    told: set[str] = set()
    steps = {step.id for step in module.steps}
    async for line in process.said:
        message: dict[str, Any] = json.loads(line)
        if "end" in message:
            ls.desk.keep(module.id, told)
            publish_complaints(ls)
            return
        if "not_run" in message:
            what = message["step"] or module.title
            ls.say(f"{what} is not proven here: {message['not_run']}.")
            continue
        about: str = message["about"]
        told.add(about)
        found = [_proven(Path(file), line, words) for file, line, words in message["complaints"]]
        ls.desk.note(module.id, about, found)
        publish_complaints(ls)
        if about in steps:
            progress.step_done()
    log.warning("the proof of %s ended before it was done", module.id)


def _proven(file: Path, line: int, message: str) -> Proven:
    """A complaint beside the text that it is of: a newer one would have ended the proof."""
    text = ""
    with suppress(OSError, UnicodeDecodeError):
        text = file.read_text(encoding="utf-8")
    return Proven(Complaint(file, line, message), text)


async def _end(process: Started) -> None:
    """Let the program end what it has started; it does once its input is closed."""
    assert process.popen.stdin
    process.popen.stdin.close()
    try:
        await within(_END_SECONDS, process.ended())
    except asyncio.TimeoutError:
        log.warning("a proof did not end by itself")
    finally:
        if not process.over:
            process.kill()  # its warm processes end when it is gone
