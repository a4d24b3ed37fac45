"""Saves what was learned of the steps, and says once what of it was lost."""

from __future__ import annotations

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.session import Session


def save_progress(ls: TinyTorchServer, session: Session) -> None:
    """Save what runs said; a folder that is gone is not made anew."""
    if session.lost():
        return
    try:
        session.folder.create()
        session.folder.progress.save()
    except Refused as refused:
        ls.warn(
            say(
                "Your progress is not saved: {refused}. Your code is safe; the tests still run.",
                refused=refused,
            )
        )
    _say_loss(ls, session)


def look_after(ls: TinyTorchServer, session: Session) -> None:
    """Say what of the progress is lost; a file that can't be read is set aside before it is."""
    if not ls.trusted:
        return
    if session.folder.progress.damaged():
        save_progress(ls, session)
    _say_loss(ls, session)


def _say_loss(ls: TinyTorchServer, session: Session) -> None:
    if loss := session.folder.progress.loss():
        words = str(loss)
        loss_words = f"{words[:1].upper()}{words[1:]}"
        ls.warn(say("{loss}. Testing your steps brings it back.", loss=loss_words))
