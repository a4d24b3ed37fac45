"""Start and end: reads the client's options, finds the student's folder, warms the runner."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from lsprotocol import types

from tinytorch_ls.course.read import read_course
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.complaints import publish_complaints
from tinytorch_ls.server.protocol import TRUST_GRANTED, Nothing
from tinytorch_ls.server.saves import test_stale
from tinytorch_ls.server.serving import path_of, session_of
from tinytorch_ls.workspace.folder import find_folder


def initialize(ls: TinyTorchServer, params: types.InitializeParams) -> None:
    options: Any = params.initialization_options
    ls.trusted = bool(_option(options, "trusted", True))
    ls.client_debugs = bool(_option(options, "debug", False))
    ls.client_explains = bool(_option(options, "explain", False))
    if curriculum := _option(options, "curriculum", None):
        ls.course = read_course(Path(str(curriculum)))
    if folder := _student_folder(params):
        ls.session = session_of(ls, folder)


async def initialized(ls: TinyTorchServer, _params: types.InitializedParams) -> None:
    publish_complaints(ls)
    if ls.session and ls.trusted:
        await ls.session.warm()


async def trust_granted(ls: TinyTorchServer, _params: Nothing) -> None:
    ls.trusted = True
    if ls.session:
        for opened in list(ls.session.files.values()):
            test_stale(ls, ls.session, opened)
    ls.changed()


async def shutdown(ls: TinyTorchServer, _params: Any) -> None:
    if ls.session:
        await ls.session.close()


FEATURES = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.SHUTDOWN: shutdown,
    TRUST_GRANTED: trust_granted,
}


def _option(options: Any, name: str, default: Any) -> Any:
    if isinstance(options, dict):
        return options.get(name, default)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return getattr(options, name, default)


def _student_folder(params: types.InitializeParams) -> Path | None:
    """The student's folder among the client's: one of them, above one, or right below one."""
    uris = [folder.uri for folder in params.workspace_folders or ()]
    uris += [params.root_uri] if params.root_uri else []
    roots = [path for uri in uris if (path := path_of(uri))]
    for place in [*roots, *(child for root in roots for child in _children(root))]:
        with suppress(OSError):  # a folder that may not be read is no course of this student's
            if found := find_folder(place):
                return found
    return None


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
