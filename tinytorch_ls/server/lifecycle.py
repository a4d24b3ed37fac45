"""Start and end: reads the client's options, finds the student's folder, warms the runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path

from tinytorch_ls.runner.client import Runner
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.session import Session
from tinytorch_ls.server.testing import test_stale
from tinytorch_ls.workspace.folder import MARK, StudentFolder, find_folder


def register(server: TinyTorchServer) -> None:
    """Add these features to the server."""

    @server.feature(types.INITIALIZE)
    def initialize(ls: TinyTorchServer, params: types.InitializeParams) -> None:  # pyright: ignore[reportUnusedFunction]
        options: Any = params.initialization_options
        ls.trusted = bool(_option(options, "trusted", True))
        ls.client_debugs = bool(_option(options, "debug", False))
        ls.client_explains = bool(_option(options, "explain", False))
        folder = _student_folder(params)
        if folder:
            serve_folder(ls, folder)

    @server.feature(types.INITIALIZED)
    async def initialized(ls: TinyTorchServer, _params: types.InitializedParams) -> None:  # pyright: ignore[reportUnusedFunction]
        if ls.session and ls.trusted:
            ls.spawn(ls.session.runner.warm())

    @server.feature("tinytorch/trustGranted")
    async def trust_granted(ls: TinyTorchServer, _params: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        ls.trusted = True
        if ls.session:
            await ls.session.runner.warm()
            for opened in list(ls.session.files.values()):
                test_stale(ls, ls.session, opened)
        ls.changed()

    @server.feature(types.SHUTDOWN)
    async def shutdown(ls: TinyTorchServer, _params: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        if ls.session:
            await ls.session.close()


def serve_folder(ls: TinyTorchServer, root: Path) -> None:
    """Serve this student's folder from now on."""
    ls.session = Session(StudentFolder(root, ls.course), Runner(ls.course))


def _option(options: Any, name: str, default: bool) -> Any:
    if isinstance(options, dict):
        return options.get(name, default)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return getattr(options, name, default)


def _student_folder(params: types.InitializeParams) -> Path | None:
    """The student's folder among the client's: one of them, above one, or right below one."""
    uris = [folder.uri for folder in params.workspace_folders or ()]
    uris += [params.root_uri] if params.root_uri else []
    roots = [Path(path) for uri in uris if (path := to_fs_path(uri))]
    for root in roots:
        if found := find_folder(root):
            return found
    for root in roots:
        if root.is_dir():
            for child in sorted(root.iterdir()):
                if (child / MARK).is_dir():
                    return child
    return None
