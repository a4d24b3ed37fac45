"""The commands that a client may ask for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tinytorch_ls.course.model import Step
from tinytorch_ls.server import changing
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.changing import change_step, take_back
from tinytorch_ls.server.serving import serve_folder
from tinytorch_ls.server.session import Session
from tinytorch_ls.server.testing import NOT_TRUSTED, run_and_wait
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.refused import Refused

Result = dict[str, Any] | list[dict[str, Any]] | None


def register(server: TinyTorchServer) -> None:
    """Add these commands to the server."""

    @server.command("tinytorch.runStep")
    async def run_step(ls: TinyTorchServer, step_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        step = ls.step(step_id)
        states = await _run(ls, [step])
        if states and states[0]["state"] == "todo":
            failure = ls.session.failure(step) if ls.session else None
            ls.say(failure.headline if failure else _unwritten(step))
        return states[0] if states else None

    @server.command("tinytorch.runModule")
    async def run_module(ls: TinyTorchServer, module_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        return await _run(ls, list(ls.module(module_id).steps))

    @server.command("tinytorch.hint")
    async def hint(ls: TinyTorchServer, step_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        step = ls.step(step_id)
        session = _session(ls)
        return _hint(ls, session, step) if session else None

    @server.command("tinytorch.resetStep")
    async def reset_step(ls: TinyTorchServer, step_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        step = ls.step(step_id)
        session = _writable(ls)
        uris = await change_step(ls, session, step, "reset") if session else None
        return None if uris is None else {"uris": uris}

    @server.command("tinytorch.solveStep")
    async def solve_step(ls: TinyTorchServer, step_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        step = ls.step(step_id)
        session = _writable(ls)
        uris = await change_step(ls, session, step, "solve") if session else None
        return None if uris is None else {"uris": uris}

    @server.command("tinytorch.undo")
    async def undo(ls: TinyTorchServer) -> Result:  # pyright: ignore[reportUnusedFunction]
        session = _writable(ls)
        undone = await take_back(ls, session) if session else None
        return {"uris": undone[0], "reason": undone[1]} if undone else None

    @server.command("tinytorch.beginModule")
    async def begin_module(ls: TinyTorchServer, module_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        module = ls.module(module_id)
        session = _writable(ls)
        if session is None:
            return None
        try:
            session.folder.begin(module_id)
        except Refused as refused:
            ls.warn(f"The module can't be begun: {refused}.")
            return None
        ls.changed()
        return {"uri": ls.uri_of(session, module.files[0])}

    @server.command("tinytorch.startCourse")
    async def start_course(ls: TinyTorchServer, path: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        if not ls.trusted:
            ls.warn(changing.NOT_TRUSTED)
            return None
        folder = StudentFolder(Path(path), ls.course)
        try:
            made = folder.begin(ls.course.modules[0].id)
        except Refused as refused:
            ls.warn(f"The course can't be started there: {refused}.")
            return None
        await serve_folder(ls, folder.root)
        return {"folder": str(folder.root), "made": [str(file) for file in made]}


def _unwritten(step: Step) -> str:
    return (
        f"“{step.title}” is not written yet: "
        "put your code in place of its `raise NotImplementedError` line, then save."
    )


def _session(ls: TinyTorchServer) -> Session | None:
    if ls.session is None:
        ls.warn("There is no course in this folder yet. Start the course first.")
    return ls.session


def _writable(ls: TinyTorchServer) -> Session | None:
    """The session, if its folder is trusted: a command may change files only then."""
    session = _session(ls)
    if session and not ls.trusted:
        ls.warn(changing.NOT_TRUSTED)
        return None
    return session


async def _run(ls: TinyTorchServer, steps: list[Step]) -> list[dict[str, Any]]:
    session = _session(ls)
    if session is None:
        return []
    if not ls.trusted:
        ls.warn(NOT_TRUSTED)
        return []
    ls.protocol.end_with_request(asyncio.current_task())
    states = await run_and_wait(ls, session, steps[0].module_id, steps)
    return [{"step": step, "state": state} for step, state in states.items()]


def _hint(ls: TinyTorchServer, session: Session, step: Step) -> Result:
    """Show the next rung, or the last one again."""
    total = len(step.hints)
    if total == 0:
        ls.say(f"{step.title} has no hints; its explanation has all that it needs.")
        return None
    shown = min(session.hints_shown(step) + 1, total)
    session.folder.progress.hinted(step.id, shown)
    try:
        if ls.trusted:
            session.folder.progress.save()
    except Refused as refused:
        ls.warn(f"The hint is not remembered: {refused}.")
    ls.say(f"Hint {shown} of {total}: {step.hints[shown - 1]}")
    ls.changed()
    return {"shown": shown, "total": total, "markdown": step.hints[shown - 1]}
