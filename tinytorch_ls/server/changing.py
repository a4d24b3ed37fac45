"""Resets, solves and takes back: changes of the student's files, in the editor if open there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.titles import titled
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
_MOST_TRIES = 4


@dataclass(frozen=True)
class Done:
    """A change that was made."""

    uris: list[str]  # of what is unsaved now
    kept: Snapshot | None  # what it replaced, if that is kept


async def change_step(ls: TinyTorchServer, session: Session, step: Step, what: What) -> Done | None:
    """Reset, solve or tidy up a step. None: nothing was changed."""
    folder = session.folder

    def prepare() -> tuple[Change, Snapshot]:
        change = _change(session, step, what)
        return change, snapshots.take(folder, change.files, change.reason)

    try:
        folder.begin(step.module_id)
        return await _make(ls, session, prepare, f"{what} {titled(step)}")
    except Refused as refused:
        ls.warn(say("Nothing was changed: {refused}.", refused=refused))
        return None


def _change(session: Session, step: Step, what: What) -> Change:
    folder = session.folder
    match what:
        case "reset":
            return reset_change(folder, step, session.source)
        case "solve":
            return solve_change(folder, [step], titled(step), session.source)
        case "tidy":
            change = tidy_change(folder, [step], titled(step), session.source)
            if not change.files:
                raise Refused(say("{step} has no TODO that is done with", step=titled(step)))
            return change


async def refill(ls: TinyTorchServer, session: Session, module: Module) -> None:
    """Put the TODOs back into those files of a module that have lost all of their text. Refused."""
    folder = session.folder

    def prepare() -> tuple[Change, Snapshot | None]:
        change = refill_change(folder, module, session.source)
        kept = snapshots.take(folder, change.files, change.reason) if change.files else None
        return change, kept

    await _make(ls, session, prepare, f"begin {titled(module)}")


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

        def prepare() -> tuple[Change, Snapshot | None]:
            back = undo_change(folder, snapshot, session.source)
            return back, keep_overwritten(folder, snapshot, back)

        done = await _make(ls, session, prepare, f"undo {snapshot.reason}")
        snapshots.mark_undone(folder, snapshot)
    except Refused as refused:
        ls.warn(_as_sentence(str(refused)))
        return None
    if done.kept and not done.kept.undone:
        ls.say(say("What you had written in its place is kept: undo again to bring it back."))
    return done.uris, snapshot.reason


async def _is_wanted_instead(ls: TinyTorchServer, possible: Possible) -> bool:
    """Say why the newest change can't be taken back, and offer the one before it."""
    offer = say("Undo this instead: {reason}", reason=possible.snapshot.reason)
    return await ls.offer(_as_sentence(possible.refusal), offer)


def _as_sentence(refusal: str) -> str:
    return f"{refusal[:1].upper()}{refusal[1:]}."


async def _make(
    ls: TinyTorchServer,
    session: Session,
    prepare: Callable[[], tuple[Change, Snapshot | None]],
    label: str,
) -> Done:
    """Make a change of the texts as they are; where one is typed into meanwhile, again. Refused.

    The snapshot of what was not changed in the end is dropped.
    """
    tries = _MOST_TRIES
    while True:
        tries -= 1
        change, kept = prepare()
        seen = session.versions
        try:
            return Done(await edits.apply(ls, session, change.files, label), kept)
        except Refused as refused:
            if kept:
                snapshots.forget(session.folder, kept)
            if not (tries and await _is_late(session, refused, seen)):
                raise


async def _is_late(session: Session, refused: Refused, seen: Mapping[str, int]) -> bool:
    """Whether a change was refused because its texts are others by now."""
    match refused:
        case edits.Overtaken():
            return True
        case edits.NotTaken():
            return await edits.is_newer(session, seen)
        case _:
            return False
