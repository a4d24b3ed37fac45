"""Puts changed texts into the student's files: through the editor where they are open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tinytorch_ls.feedback.tester import steps_to_run
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.forms.texts import BOM
from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.following import test_dependents
from tinytorch_ls.server.positions import offset_position
from tinytorch_ls.server.runs import start
from tinytorch_ls.server.session import OpenFile, Session
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.snapshots import FileChange

_NEWS_SECONDS = 1.0  # an editor tells of what is typed a moment later
_LOOK_SECONDS = 0.02


class NotTaken(Refused):
    """The editor did not take an edit: its text may be another by now."""


class Overtaken(NotTaken):
    """Another program has written a file since the change of it was computed."""


async def apply(
    ls: TinyTorchServer, session: Session, files: Mapping[str, FileChange], label: str
) -> list[str]:
    """Change the files and return the URIs of those that the client now has unsaved. Refused.

    A file that is not open is written, and its steps are tested; None removes it. Where one may not
    be written, or the editor does not take its part, none is changed.
    """
    edits: list[tuple[OpenFile, types.TextEdit]] = []
    for file, change in files.items():
        session.folder.place(file).path()
        if change.after is not None and (opened := session.opened(file)):
            edits.append((opened, text_edit(opened.text, _marked_like(opened.text, change.after))))
    taken = [opened.file for opened, _ in edits]
    closed = {file: change for file, change in files.items() if file not in taken}
    if edits:
        _check(session, closed)
        await _ask(ls, types.ApplyWorkspaceEditParams(_workspace_edit(ls, edits), label=label))
    with locked(session.folder.root):
        if not edits:
            _check(session, closed)
        for file, change in closed.items():
            if change.after is None:
                session.folder.write(file, None)
            else:
                _write(ls, session, file, change.after)
    ls.changed()
    return [opened.uri for opened, _ in edits]


def _check(session: Session, closed: Mapping[str, FileChange]) -> None:
    """Raises Overtaken where files are not what a change of them was computed for."""
    for file, change in closed.items():
        now = session.folder.source(file) if session.folder.path(file).exists() else None
        if now != change.before and not session.opened(file):
            raise Overtaken(say("{file} was changed by another program; try again", file=file))


async def is_newer(session: Session, seen: Mapping[str, int]) -> bool:
    """Wait a moment for the editor to tell that its texts are others than the versions seen."""
    end = time.monotonic() + _NEWS_SECONDS
    while session.versions == seen and time.monotonic() < end:
        await asyncio.sleep(_LOOK_SECONDS)
    return session.versions != seen


def _workspace_edit(
    ls: TinyTorchServer, edits: list[tuple[OpenFile, types.TextEdit]]
) -> types.WorkspaceEdit:
    """The edits, each with the version of the text that it was computed for, if the client looks at
    that: it applies none then to a text that was typed into meanwhile."""
    workspace = ls.client_capabilities.workspace
    known = workspace.workspace_edit if workspace else None
    if not (known and known.document_changes):
        return types.WorkspaceEdit(changes={opened.uri: [edit] for opened, edit in edits})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(opened.uri, opened.version), [edit]
            )
            for opened, edit in edits
        ]
    )


async def _ask(ls: TinyTorchServer, params: types.ApplyWorkspaceEditParams) -> None:
    """Have the client apply an edit; an answer that is none means that it did not. NotTaken."""
    reason = say("the editor did not take the change; try again when nothing is being typed")
    try:
        answer = await asyncio.shield(ls.workspace_apply_edit_async(params))
    except JsonRpcException as error:
        raise NotTaken(reason) from error
    if not answer.applied:
        raise NotTaken(answer.failure_reason or reason)


def text_edit(old: str, new: str) -> types.TextEdit:
    """The one edit that makes `old` into `new`, without what both begin and end with."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    while start and (_splits(old, start) or _splits(new, start)):
        start -= 1
    while end and (_splits(old, len(old) - end) or _splits(new, len(new) - end)):
        end -= 1
    place = types.Range(offset_position(old, start), offset_position(old, len(old) - end))
    return types.TextEdit(place, new[start : len(new) - end])


def _splits(text: str, offset: int) -> bool:
    """Whether an offset stands inside a line ending, where no position can be."""
    return text[offset - 1 : offset + 1] == "\r\n"


def _write(ls: TinyTorchServer, session: Session, file: str, text: str) -> None:
    before = session.on_disk(file)
    session.folder.write(file, _marked_like(before or "", text))
    session.tested[file] = (text or "").removeprefix(BOM)
    module = session.folder.module_of(file)
    if ls.trusted and (steps := steps_to_run(module, file, before, text)):
        start(ls, session, module.id, steps)
        test_dependents(ls, session, file)


def _marked_like(old: str, new: str) -> str:
    """`new` with a byte order mark if `old` has one: editors keep it out of their texts."""
    return (BOM if old.startswith(BOM) else "") + new.removeprefix(BOM)
