"""Start and end: reads the client's options, finds the students' folders, warms the runner."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from lsprotocol import types

from tinytorch_ls.course.read import read_course
from tinytorch_ls.messages import speak
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.complaints import show_complaints
from tinytorch_ls.server.memory import look_after
from tinytorch_ls.server.protocol import TRUST_GRANTED, Nothing
from tinytorch_ls.server.proving import go_on_proving
from tinytorch_ls.server.saves import test_stale
from tinytorch_ls.server.serving import find_folders, leave_folder, path_of, serve_folder
from tinytorch_ls.server.session import Session
from tinytorch_ls.server.watching import watch
from tinytorch_ls.workspace.folder import StudentFolder

_LOOK_SECONDS = 1.0


def initialize(ls: TinyTorchServer, params: types.InitializeParams) -> None:
    """Read the client's options; serve the courses in the folders that it has open."""
    options: Any = params.initialization_options
    ls.trusted = bool(_option(options, "trusted", True))
    ls.client_debugs = bool(_option(options, "debug", False))
    ls.client_explains = bool(_option(options, "explain", False))
    ls.client_installs = bool(_option(options, "install", False))
    ls.client_has_output = bool(_option(options, "output", False))
    ls.client_shows_verdicts = bool(_option(options, "verdictAtLine", False))
    curriculum = Path(str(_option(options, "curriculum", None) or ls.course.folder))
    locale = params.locale or ""
    speak(locale)
    if (curriculum, locale) != (ls.course.folder, ls.course.locale):
        ls.teach(read_course(curriculum, locale))
    uris = [folder.uri for folder in params.workspace_folders or ()]
    uris += [params.root_uri] if params.root_uri else []
    ls.roots = tuple(dict.fromkeys(path for uri in uris if (path := path_of(uri))))
    for root in find_folders(ls.roots):
        ls.sessions.add(Session(StudentFolder(root, ls.course), ls.runner))


async def initialized(ls: TinyTorchServer, _params: types.InitializedParams) -> None:
    """Say what is wrong with the lessons, watch the files, and get ready for the first run."""
    show_complaints(ls)
    if ls.process_id:
        ls.spawn(_leave_with(ls, ls.process_id))
    watch(ls)
    for session in ls.sessions:
        look_after(ls, session)
    ls.spawn(ls.warm())


async def did_change_folders(
    ls: TinyTorchServer, params: types.DidChangeWorkspaceFoldersParams
) -> None:
    """Serve the courses in folders that were opened; leave those in folders that were closed."""
    added = [path for folder in params.event.added if (path := path_of(folder.uri))]
    removed = [path for folder in params.event.removed if (path := path_of(folder.uri))]
    ls.roots = tuple(root for root in (*ls.roots, *added) if root not in removed)
    kept = find_folders(ls.roots)
    for session in ls.sessions:
        if session.folder.root not in kept and not session.files:
            leave_folder(ls, session)
    for root in find_folders(added):
        await serve_folder(ls, root)


def did_change_configuration(
    ls: TinyTorchServer, params: types.DidChangeConfigurationParams
) -> None:
    """Take up a setting that was changed; a client that sends none of ours changes nothing."""
    ours: Any = _option(params.settings, "tinytorch", None)
    shows = bool(_option(ours, "verdictAtLine", ls.client_shows_verdicts))
    if shows != ls.client_shows_verdicts:
        ls.client_shows_verdicts = shows
        ls.changed()


async def trust_granted(ls: TinyTorchServer, _params: Nothing) -> None:
    """Run from now on, what was saved meanwhile first."""
    ls.trusted = True
    for session in ls.sessions:
        look_after(ls, session)
        for opened in list(session.files.values()):
            test_stale(ls, session, opened)
    go_on_proving(ls)
    ls.changed()


async def shutdown(ls: TinyTorchServer, _params: None) -> None:
    """End all that runs."""
    await ls.close()


def leave(ls: TinyTorchServer) -> None:
    """Let the process end."""
    ls.client_left.set()


FEATURES = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: did_change_folders,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: did_change_configuration,
    types.SHUTDOWN: shutdown,
    types.EXIT: leave,
    TRUST_GRANTED: trust_granted,
}


def _option(options: Any, name: str, default: Any) -> Any:
    if isinstance(options, dict):
        return options.get(name, default)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return getattr(options, name, default)


async def _leave_with(ls: TinyTorchServer, client: int) -> None:
    """Leave once the client's process is gone, though something may hold our input open.

    A process that can't be seen from here, such as one outside of a container, is not watched.
    """
    seen = os.name == "posix" and _runs(client)
    while seen and _runs(client):
        await asyncio.sleep(_LOOK_SECONDS)
    if seen:
        ls.client_left.set()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
