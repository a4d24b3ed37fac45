"""Holds a bad verdict back while its student types: what is half typed is not judged wrong."""

from __future__ import annotations

import asyncio
import time

from lsprotocol import types

from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.forms.texts import BOM
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import show
from tinytorch_ls.server.session import OpenFile, Session

_QUIET_SECONDS = 1.0


def will_save(ls: TinyTorchServer, params: types.WillSaveTextDocumentParams) -> None:
    """Note whether the student saves or the editor does so by itself."""
    if found := ls.sessions.opened(params.text_document.uri):
        found[1].saved_by_itself = params.reason == types.TextDocumentSaveReason.AfterDelay


FEATURES = {types.TEXT_DOCUMENT_WILL_SAVE: will_save}


def note_typing(opened: OpenFile) -> None:
    """The text of an open file has been changed right now."""
    opened.typed_at = time.monotonic()


def hold(ls: TinyTorchServer, session: Session, verdict: Verdict) -> bool:
    """Keep a bad verdict until a second of quiet, if its student is typing; whether it is kept."""
    left = _until_quiet(session)
    if verdict.state not in ("failing", "blocked") or not left:
        session.held.pop(verdict.step, None)
        return False
    session.held[verdict.step] = verdict
    if len(session.held) == 1:
        asyncio.get_running_loop().call_later(left, _let_go, ls, session)
    return True


def _let_go(ls: TinyTorchServer, session: Session) -> None:
    if session.held and (left := _until_quiet(session)):
        asyncio.get_running_loop().call_later(left, _let_go, ls, session)
        return
    held = dict(session.held)
    session.held.clear()
    for step, verdict in held.items():
        former = session.verdicts.get(step)
        session.verdicts[step] = verdict
        show(ls, session, former, verdict)
    if held:
        ls.changed()


def _until_quiet(session: Session) -> float:
    """How long a verdict has to wait; 0 where nobody has typed since what it is about was saved.

    A save of the student's own, with nothing typed behind it, is answered at once.
    """
    typed = [opened.typed_at for opened in session.files.values() if _goes_on(session, opened)]
    return max(max(typed, default=0.0) + _QUIET_SECONDS - time.monotonic(), 0.0) if typed else 0.0


def _goes_on(session: Session, opened: OpenFile) -> bool:
    changed = opened.text.removeprefix(BOM) != session.tested.get(opened.file)
    return opened.saved_by_itself or changed
