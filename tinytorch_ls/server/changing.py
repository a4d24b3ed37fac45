"""Resets, solves and takes back: changes of the student's files, in the editor if open there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.server import edits
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace import snapshots
from tinytorch_ls.workspace.changes import Change, refill_change, reset_change, solve_change
from tinytorch_ls.workspace.snapshots import Snapshot
from tinytorch_ls.workspace.tidy import tidy_change
from tinytorch_ls.workspace.undo import Possible, keep_overwritten, possible_undo, undo_change

NOT_CHANGED = "This folder is not trusted, so nothing in it is changed. Trust it first."


What = Literal["reset", "solve", "tidy"]


@dataclass(frozen=True)
class Done:
    """A change of a step that was made."""

    uris: list[str]  # of what is unsaved now
    snapshot: Snapshot


async def change_step(ls: TinyTorchServer, session: Session, step: Step, what: What) -> Done | None:
    """Reset, solve or tidy up a step. None: nothing was changed."""
    folder = session.folder
    try:
        folder.begin(step.module_id)
        change = _change(session, step, what)
        snapshot = snapshots.take(folder, change.files, change.reason)
        uris = await _apply(ls, session, change, f"{what} {step.title}", snapshot)
        return Done(uris, snapshot)
    except Refused as refused:
        ls.warn(say("Nothing was changed: {refused}.", refused=refused))
        return None


def _change(session: Session, step: Step, what: What) -> Change:
    folder = session.folder
    match what:
        case "reset":
            return reset_change(folder, step, session.source)
        case "solve":
            return solve_change(folder, [step], step.id, session.source)
        case "tidy":
            change = tidy_change(folder, [step], step.id, session.source)
            if not change.files:
                raise Refused(say("{id} has no TODO that is done with", id=step.id))
            return change


async def refill(ls: TinyTorchServer, session: Session, module: Module) -> None:
    """Put the TODOs back into those files of a module that have lost all of their text. Refused."""
    folder = session.folder
    change = refill_change(folder, module, session.source)
    if change.files:
        snapshot = snapshots.take(folder, change.files, change.reason)
        await _apply(ls, session, change, change.reason, snapshot)


async def take_back(
    ls: TinyTorchServer, session: Session, number: int | None = None
) -> tuple[list[str], str] | None:
    """Undo a change, or the newest; the URIs of what is unsaved now, and what was undone."""
    folder = session.folder
    try:
        possible = possible_undo(folder, session.source, number)
        if possible.refusal and not await _is_wanted_instead(ls, possible):
            return None
        snapshot = possible.snapshot
        back = undo_change(folder, snapshot, session.source)  # as the files are after the answer
        kept = keep_overwritten(folder, snapshot, back)
        uris = await _apply(ls, session, back, back.reason, kept)
        snapshots.mark_undone(folder, snapshot)
    except Refused as refused:
        ls.warn(f"{str(refused)[:1].upper()}{str(refused)[1:]}.")
        return None
    if kept and not kept.undone:
        ls.say(say("What you had written in its place is kept: undo again to bring it back."))
    return uris, snapshot.reason


async def _is_wanted_instead(ls: TinyTorchServer, possible: Possible) -> bool:
    """Say why the newest change can't be taken back, and offer the one before it."""
    offer = say("Undo “{reason}” instead", reason=possible.snapshot.reason)
    return await ls.offer(f"{possible.refusal}.", offer)


async def _apply(
    ls: TinyTorchServer, session: Session, change: Change, label: str, snapshot: Snapshot | None
) -> list[str]:
    """Change the files; the snapshot of what did not change in the end is dropped. Refused."""
    try:
        return await edits.apply(ls, session, change.texts, label)
    except Refused:
        if snapshot:
            snapshots.forget(session.folder, snapshot)
        raise
