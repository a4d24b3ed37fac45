"""The commands that a client may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pygls.exceptions import JsonRpcInvalidParams

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.lesson_text import hint_text, unwritten_text
from tinytorch_ls.server import edits, protocol
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import BOM
from tinytorch_ls.server.protocol import Begun, Changed, HintShown, Started, StepOutcome, Undone
from tinytorch_ls.server.runs import NOT_TRUSTED, run_and_wait
from tinytorch_ls.server.serving import is_there, serve_folder
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace import changes, snapshots
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.refused import Refused


async def run_step(
    ls: TinyTorchServer, step_id: str, folder: str | None = None
) -> StepOutcome | None:
    """Test one step; where nothing is written yet, say what to do."""
    step = ls.step(step_id)
    session = _session(ls, folder)
    outcomes = await _run(ls, session, [step])
    if session and outcomes and outcomes[0].state == "todo":
        failure = session.failure(step)
        ls.say(failure.headline if failure else unwritten_text(step))
    return outcomes[0] if outcomes else None


async def run_module(
    ls: TinyTorchServer, module_id: str, folder: str | None = None
) -> tuple[StepOutcome, ...]:
    """Test all steps of a module."""
    return await _run(ls, _session(ls, folder), ls.module(module_id).steps)


async def hint(ls: TinyTorchServer, step_id: str, folder: str | None = None) -> HintShown | None:
    """Show the next rung of a step's hints, or the last one again."""
    step = ls.step(step_id)
    session = _session(ls, folder)
    return _hint(ls, session, step) if session else None


async def reset_step(
    ls: TinyTorchServer, step_id: str, folder: str | None = None
) -> Changed | None:
    """Put the TODO of a step back."""
    step = ls.step(step_id)
    session = _session(ls, folder)
    return await _change(ls, session, step, "reset") if session else None


async def solve_step(
    ls: TinyTorchServer, step_id: str, folder: str | None = None
) -> Changed | None:
    """Put the library's code of a step in place."""
    step = ls.step(step_id)
    session = _session(ls, folder)
    return await _change(ls, session, step, "solve") if session else None


async def undo(ls: TinyTorchServer, folder: str | None = None) -> Undone | None:
    """Take the newest change back."""
    session = _session(ls, folder)
    return await _undo(ls, session) if session else None


async def begin_module(
    ls: TinyTorchServer, module_id: str, folder: str | None = None
) -> Begun | None:
    """Make the files of a module; one that has lost all of its text gets its TODOs back."""
    module = ls.module(module_id)
    session = _session(ls, folder)
    if session is None:
        return None
    try:
        session.folder.begin(module_id)
        session.note_tested(module)
        if emptied := _emptied(session, module.files):
            await _keep_and_apply(ls, session, emptied, f"begin {module_id}")
    except Refused as refused:
        ls.warn(f"The module can't be begun: {refused}.")
        return None
    ls.changed()
    return Begun(ls.uri_of(session, module.files[0]))


async def start_course(ls: TinyTorchServer, path: str) -> Started | None:
    """Make a folder a student's, begin the first module, and serve it."""
    if not Path(path).is_absolute():
        raise JsonRpcInvalidParams(f"{path!r} is not the whole path of a folder")
    folder = StudentFolder(Path(path), ls.course)
    try:
        made = folder.begin(ls.course.modules[0].id)
    except Refused as refused:
        ls.warn(f"The course can't be started there: {refused}.")
        return None
    await serve_folder(ls, folder.root)
    return Started(str(folder.root), tuple(str(file) for file in made))


COMMANDS = {
    protocol.RUN_STEP: run_step,
    protocol.RUN_MODULE: run_module,
    protocol.HINT: hint,
    protocol.RESET_STEP: reset_step,
    protocol.SOLVE_STEP: solve_step,
    protocol.UNDO: undo,
    protocol.BEGIN_MODULE: begin_module,
    protocol.START_COURSE: start_course,
}


def _session(ls: TinyTorchServer, folder: str | None) -> Session | None:
    """The session that a command is for; where there is none the student is told."""
    session = ls.session(folder)
    if session is None:
        ls.warn("There is no course in this folder yet. Start the course first.")
        return None
    return session if is_there(ls, session) else None


async def _run(
    ls: TinyTorchServer, session: Session | None, steps: Sequence[Step]
) -> tuple[StepOutcome, ...]:
    if session is None:
        return ()
    if not ls.trusted:
        ls.warn(NOT_TRUSTED)
        return ()
    ls.protocol.end_with_request(asyncio.current_task())
    states = await run_and_wait(ls, session, steps[0].module_id, steps)
    return tuple(StepOutcome(step, state) for step, state in states.items())


def _hint(ls: TinyTorchServer, session: Session, step: Step) -> HintShown | None:
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
    ls.say(hint_text(step, shown))
    ls.changed()
    return HintShown(shown, total, step.hints[shown - 1])


async def _change(
    ls: TinyTorchServer, session: Session, step: Step, what: Literal["reset", "solve"]
) -> Changed | None:
    """Reset or solve a step, in the editor where its file is open."""
    try:
        session.folder.begin(step.module_id)
        texts = _changed_texts(session, step, what)
        uris = await _keep_and_apply(ls, session, texts, f"{what} {step.id}")
    except Refused as refused:
        ls.warn(f"Nothing was changed: {refused}.")
        return None
    return Changed(tuple(uris))


def _changed_texts(session: Session, step: Step, what: Literal["reset", "solve"]) -> dict[str, str]:
    """The files as a reset or a solution would have them. Refused."""
    if what == "solve":
        return changes.solved_texts(step, session.source)
    emptied = _emptied(session, {symbol.file for symbol in step.symbols})
    return emptied or changes.reset_texts(session.folder, step, session.source)


def _emptied(session: Session, files: Iterable[str]) -> dict[str, str]:
    """Those of some files that have lost all text, as the course first made them. Refused."""
    return {
        file: session.folder.stub(file)
        for file in files
        if not session.source(file).removeprefix(BOM).strip()
    }


async def _keep_and_apply(
    ls: TinyTorchServer, session: Session, texts: dict[str, str], reason: str
) -> list[str]:
    """Change files, and keep them for *Undo* if that was done. Refused."""
    kept: dict[str, str | None] = {file: session.source(file) for file in texts}
    snapshots.take(session.folder.root, kept, reason)
    try:
        return await edits.apply(ls, session, texts, reason)
    except Refused:
        snapshots.forget(session.folder.root)
        raise


async def _undo(ls: TinyTorchServer, session: Session) -> Undone | None:
    try:
        snapshot = snapshots.newest(session.folder.root)
        texts = {file: text for file, text in snapshot.files.items() if text is not None}
        uris = await edits.apply(ls, session, texts, f"undo {snapshot.reason}")
        snapshots.forget(session.folder.root)
    except Refused as refused:
        ls.warn(f"{str(refused)[:1].upper()}{str(refused)[1:]}.")
        return None
    return Undone(tuple(uris), snapshot.reason)
