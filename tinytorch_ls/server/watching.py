"""Follows what other programs do to the files: git, a terminal, a second server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lsprotocol import types

from tinytorch_ls.forms.known import FORMS
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.memory import look_after
from tinytorch_ls.server.saves import test_stale, test_written
from tinytorch_ls.server.serving import is_there, path_of, serve_folder
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace.folder import MARK, find_folder

_PATTERNS = (*(f"**/tinytorch/**/*{suffix}" for suffix in FORMS), f"**/{MARK}/progress.json")


def watch(ls: TinyTorchServer) -> None:
    """Ask the client to watch the files that count, if it can."""
    workspace = ls.client_capabilities.workspace
    files = workspace.did_change_watched_files if workspace else None
    if not (files and files.dynamic_registration):
        return
    options = types.DidChangeWatchedFilesRegistrationOptions(
        [types.FileSystemWatcher(pattern) for pattern in _PATTERNS]
    )
    method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    registration = types.Registration("watched-files", method, options)
    params = types.RegistrationParams([registration])
    ls.spawn(_register(ls, params))


async def did_change_watched_files(
    ls: TinyTorchServer, params: types.DidChangeWatchedFilesParams
) -> None:
    """Take what another program wrote for saved, and what it noted for known."""
    paths = [path for change in params.changes if (path := path_of(change.uri))]
    for path in paths:
        if session := ls.sessions.around(path):
            _follow(ls, session, path)
        elif (root := find_folder(path.parent)) and any(map(root.is_relative_to, ls.roots)):
            await serve_folder(ls, root)
    if paths:
        ls.changed()


FEATURES = {types.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files}


def _follow(ls: TinyTorchServer, session: Session, path: Path) -> None:
    if not is_there(ls, session):
        return
    if path.name == "progress.json":
        _refresh(ls, session)
    elif file := session.file_of(path):
        test_written(ls, session, file)


def _refresh(ls: TinyTorchServer, session: Session) -> None:
    """Take in what others have noted; where they know better, look why."""
    progress = session.folder.progress
    before = dict(progress.steps)
    progress.refresh()
    look_after(ls, session)
    noted = {step for step in progress.steps if progress.of(step) != before.get(step)}
    for step in noted & session.verdicts.keys():
        if session.verdicts[step].state != progress.of(step).state:
            del session.verdicts[step]
    if noted:
        for opened in list(session.files.values()):
            test_stale(ls, session, opened)


async def _register(ls: TinyTorchServer, params: types.RegistrationParams) -> None:
    """Ask; pygls takes it badly if the waiting for an answer is cancelled."""
    await asyncio.shield(ls.client_register_capability_async(params))
