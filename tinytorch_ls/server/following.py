"""Tests again what a change elsewhere in the course may have changed, once nothing else runs."""

from __future__ import annotations

import asyncio

from tinytorch_ls.feedback.affected import dependents
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.runs import start
from tinytorch_ls.server.session import Session


def test_dependents(ls: TinyTorchServer, session: Session, file: str) -> None:
    """Mark the steps stale that run on a file of another module, and have them tested again.

    What a save changed in its own module begins before this looks around.
    """
    ls.spawn(_mark(ls, session, file))


async def _mark(ls: TinyTorchServer, session: Session, file: str) -> None:
    for module in dependents(session.folder, file):
        session.stale[module.id] = [step.id for step in module.steps]
    if session.stale and session.following is None:
        session.following = ls.spawn(_follow(ls, session))
    ls.changed()


async def _follow(ls: TinyTorchServer, session: Session) -> None:
    """Run what is stale, one module after the other in the order of the course."""
    try:
        while session.stale:
            await _quiet(session)
            module = next((m for m in session.course.modules if m.id in session.stale), None)
            if module is None:
                session.stale.clear()
                break
            steps = session.stale.pop(module.id)
            start(ls, session, module.id, [s for s in module.steps if s.id in steps], later=True)
            await _quiet(session)
    finally:
        session.following = None


async def _quiet(session: Session) -> None:
    """Wait until no verdict is on its way; names of mistakes may be."""
    while coming := [outcome for work in session.work.values() for outcome in work.coming()]:
        await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
