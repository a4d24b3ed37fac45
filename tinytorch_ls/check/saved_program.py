"""What proves a module beside an editor, as its author saved it: a process of its own.

Arguments: the folder of the curriculum, and the id of the module. What is found of each step, and
of the pictures, is a line of JSON on standard output, then `{"end": true}`. It gives way to
whatever else the machine has to do, and ends once its input is closed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinytorch_ls.check.run import Outcome, proven
from tinytorch_ls.course.read import read_course

_GIVE_WAY = 10


def main() -> None:
    """Prove it; a cancelled proof says no more."""
    if hasattr(os, "nice"):
        os.nice(_GIVE_WAY)
    folder, module = sys.argv[1:]
    with suppress(asyncio.CancelledError):
        asyncio.run(_prove(Path(folder), module))


async def _prove(folder: Path, module: str) -> None:
    work = asyncio.create_task(
        proven(read_course(folder), modules=[module], fresh=False, told=_tell)
    )
    _end_with_input(asyncio.get_running_loop(), work)
    await work
    _say({"end": True})


def _end_with_input(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    """Cancel the proof when whoever asked for it wants it no more, or is gone."""

    def wait() -> None:
        while os.read(0, 1024):  # not by `sys.stdin`, whose lock the end of Python would want
            pass
        with suppress(RuntimeError):  # it has ended by itself
            loop.call_soon_threadsafe(task.cancel)

    threading.Thread(target=wait, daemon=True).start()


def _tell(outcome: Outcome) -> None:
    if outcome.not_run:
        _say({"not_run": outcome.not_run.lack.reason, "step": outcome.not_run.step})
    elif outcome.about:  # what the files show is known beside
        found = [[str(c.file), c.line, c.message] for c in outcome.complaints]
        _say({"about": outcome.about, "complaints": found})


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)
