"""The commands that a client may ask for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tinytorch_ls.course.model import Step
from tinytorch_ls.server import edits
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.serving import serve_folder
from tinytorch_ls.server.session import Session
from tinytorch_ls.server.testing import NOT_TRUSTED, run_and_wait
from tinytorch_ls.workspace import changes, snapshots
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
        session = _session(ls)
        return await _change(ls, session, step, "reset") if session else None

    @server.command("tinytorch.solveStep")
    async def solve_step(ls: TinyTorchServer, step_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        step = ls.step(step_id)
        session = _session(ls)
        return await _change(ls, session, step, "solve") if session else None

    @server.command("tinytorch.undo")
    async def undo(ls: TinyTorchServer) -> Result:  # pyright: ignore[reportUnusedFunction]
        session = _session(ls)
        return await _undo(ls, session) if session else None

    @server.command("tinytorch.beginModule")
    async def begin_module(ls: TinyTorchServer, module_id: str) -> Result:  # pyright: ignore[reportUnusedFunction]
        module = ls.module(module_id)
        session = _session(ls)
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
        session.folder.progress.save()
    except Refused as refused:
        ls.warn(f"The hint is not remembered: {refused}.")
    ls.say(f"Hint {shown} of {total}: {step.hints[shown - 1]}")
    ls.changed()
    return {"shown": shown, "total": total, "markdown": step.hints[shown - 1]}


async def _change(ls: TinyTorchServer, session: Session, step: Step, what: str) -> Result:
    """Reset or solve a step, in the editor where its file is open."""
    try:
        session.folder.begin(step.module_id)
        if what == "reset":
            texts = changes.reset_texts(session.folder, step, session.source)
        else:
            texts = changes.solved_texts(step, session.source)
        kept: dict[str, str | None] = {file: session.source(file) for file in texts}
        snapshots.take(session.folder.root, kept, f"{what} {step.id}")
        uris = await _apply_or_forget(ls, session, texts, f"{what} {step.title}")
    except Refused as refused:
        ls.warn(f"Nothing was changed: {refused}.")
        return None
    return {"uris": uris}


async def _apply_or_forget(
    ls: TinyTorchServer, session: Session, texts: dict[str, str], label: str
) -> list[str]:
    """Change the files; a snapshot of what did not change in the end is dropped. Refused."""
    try:
        return await edits.apply(ls, session, texts, label)
    except Refused:
        snapshots.forget(session.folder.root)
        raise


async def _undo(ls: TinyTorchServer, session: Session) -> Result:
    try:
        snapshot = snapshots.newest(session.folder.root)
        texts = {file: text for file, text in snapshot.files.items() if text is not None}
        uris = await edits.apply(ls, session, texts, f"undo {snapshot.reason}")
        snapshots.forget(session.folder.root)
    except Refused as refused:
        ls.warn(f"{str(refused)[:1].upper()}{str(refused)[1:]}.")
        return None
    return {"uris": uris, "reason": snapshot.reason}
