"""Takes in a student's folder, and the files of it that the client has open."""

from __future__ import annotations

from pathlib import Path

from pygls.uris import to_fs_path

from tinytorch_ls.runner.client import Runner
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import publish
from tinytorch_ls.server.saves import test_stale
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace.folder import StudentFolder


async def serve_folder(ls: TinyTorchServer, root: Path) -> None:
    """Serve this student's folder from now on, and what the client has open of it."""
    runner = None
    if ls.session:
        ls.session.stop()
        runner = ls.session.runner  # it is warm, and knows no folder
    ls.session = session_of(ls, root, runner)
    take_in_all(ls)
    ls.changed()
    if ls.trusted:
        await ls.session.warm()


def session_of(ls: TinyTorchServer, root: Path, runner: Runner | None = None) -> Session:
    return Session(StudentFolder(root, ls.course), runner or Runner(ls.course))


def take_in(ls: TinyTorchServer, uri: str, text: str) -> None:
    """Serve a document that the client has open, if it is a file that a module teaches."""
    session, path = ls.session, path_of(uri)
    opened = session.open(uri, path, text) if session and path else None
    if session and opened:
        publish(ls, session, opened.file)
        if ls.trusted and opened.module:
            ls.spawn(session.prepare(opened.module))
        test_stale(ls, session, opened)


def take_in_all(ls: TinyTorchServer) -> None:
    """Serve every document that the client has open."""
    for document in list(ls.workspace.text_documents.values()):
        take_in(ls, document.uri, document.source)


def path_of(uri: str) -> Path | None:
    """The path of a `file:` URI; documents of other kinds have none."""
    path = to_fs_path(uri)
    return Path(path) if path else None
