"""Takes in students' folders, and the files of them that the client has open."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pygls.uris import to_fs_path

from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import clear, publish
from tinytorch_ls.server.memory import look_after
from tinytorch_ls.server.saves import test_stale
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace.folder import StudentFolder, find_folder


async def serve_folder(ls: TinyTorchServer, root: Path) -> Session:
    """Serve this student's folder too, and what the client has open of it."""
    session = ls.sessions.by_root.get(root.resolve())
    if session is None:
        _leave_others(ls)
        session = Session(StudentFolder(root, ls.course), ls.runner)
        ls.sessions.add(session)
        look_after(ls, session)
        take_in_all(ls, session)
    ls.sessions.recent = session
    ls.changed()
    ls.spawn(ls.warm())
    return session


def leave_folder(ls: TinyTorchServer, session: Session) -> None:
    """Serve a folder no more; nothing of it stays marked."""
    session.stop()
    clear(ls, session)
    ls.sessions.drop(session)
    ls.changed()


def is_there(ls: TinyTorchServer, session: Session) -> bool:
    """Whether a served folder is still a course; one that was moved or deleted is left."""
    if not session.lost():
        return True
    leave_folder(ls, session)
    ls.warn(
        say(
            "The course is no longer in {folder}. If you moved it, open it where it is now; "
            "*Start the course* makes a new one.",
            folder=session.folder.root,
        )
    )
    return False


def _leave_others(ls: TinyTorchServer) -> None:
    """Leave the folders that the client has neither open nor a file of."""
    for session in ls.sessions:
        inside = any(_near(session.folder.root, root) for root in ls.roots)
        if not inside and not session.files:
            leave_folder(ls, session)


def _near(folder: Path, root: Path) -> bool:
    return folder.is_relative_to(root) or root.is_relative_to(folder)


def take_in(
    ls: TinyTorchServer, session: Session, uri: str, path: Path, text: str, version: int
) -> None:
    """Serve a document that the client has open, if it is a file that a module teaches."""
    if opened := session.open(uri, path, text, version):
        ls.sessions.recent = session
        publish(ls, session, opened.file)
        if ls.trusted and opened.module:
            ls.spawn(session.prepare(opened.module))
        test_stale(ls, session, opened)


def take_in_all(ls: TinyTorchServer, session: Session) -> None:
    """Serve every document of a folder that the client has open."""
    for document in list(ls.workspace.text_documents.values()):
        path = path_of(document.uri)
        if path and ls.sessions.around(path) is session:
            version = document.version or 0
            take_in(ls, session, document.uri, path, document.source, version)


def find_folders(roots: Iterable[Path]) -> list[Path]:
    """The students' folders among the client's: these, above one, or right below one."""
    roots = list(roots)
    found: list[Path] = []
    for place in [*roots, *(child for root in roots for child in _children(root))]:
        with suppress(OSError):  # a folder that may not be read is no course of this student's
            if (folder := find_folder(place)) and folder not in found:
                found.append(folder)
    return found


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def path_of(uri: str) -> Path | None:
    """The path of a `file:` URI; documents of other kinds have none."""
    path = to_fs_path(uri)
    return Path(path) if path else None
