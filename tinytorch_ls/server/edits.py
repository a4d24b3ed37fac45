"""Puts changed texts into the student's files: through the editor where they are open."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import offset_position
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace.files import write_whole
from tinytorch_ls.workspace.refused import Refused


async def apply(
    ls: TinyTorchServer, session: Session, texts: dict[str, str], label: str
) -> list[str]:
    """Change the files and return the URIs of those that the client now has unsaved. Refused."""
    edits: dict[str, list[types.TextEdit]] = {}
    for file, text in texts.items():
        opened = session.files.get(file)
        if opened:
            edits[opened.uri] = [_edit(opened.text, text)]
        else:
            write_whole(session.folder.path(file), text)
    if edits:
        params = types.ApplyWorkspaceEditParams(types.WorkspaceEdit(changes=edits), label=label)
        answer = await asyncio.shield(ls.workspace_apply_edit_async(params))
        if not answer.applied:
            raise Refused(answer.failure_reason or "the editor did not take the change")
    ls.changed()
    return list(edits)


def _edit(old: str, new: str) -> types.TextEdit:
    """The one edit that makes `old` into `new`, without what both begin and end with."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    place = types.Range(offset_position(old, start), offset_position(old, len(old) - end))
    return types.TextEdit(place, new[start : len(new) - end])
