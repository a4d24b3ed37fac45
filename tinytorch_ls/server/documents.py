"""Follows the student's open files, and the author's open lessons."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from tinytorch_ls.course.read import read_course
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.complaints import publish_complaints
from tinytorch_ls.server.diagnostics import publish
from tinytorch_ls.server.session import OpenFile
from tinytorch_ls.server.testing import test_saved, test_stale


def register(server: TinyTorchServer) -> None:
    """Add these features to the server."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(ls: TinyTorchServer, params: types.DidOpenTextDocumentParams) -> None:  # pyright: ignore[reportUnusedFunction]
        document = params.text_document
        path = Path(to_fs_path(document.uri) or "")
        if _is_lesson(ls, path):
            publish_complaints(ls)
        session = ls.session
        file = session.folder.file_of(path) if session else None
        if session and file:
            opened = OpenFile(document.uri, file, session.folder.module_of(file))
            opened.take(document.text)
            session.files[file] = opened
            publish(ls, session, opened)
            test_stale(ls, session, opened)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(ls: TinyTorchServer, params: types.DidChangeTextDocumentParams) -> None:  # pyright: ignore[reportUnusedFunction]
        if found := ls.opened(params.text_document.uri):
            _, opened = found
            opened.take(ls.workspace.get_text_document(params.text_document.uri).source)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=False))
    async def did_save(ls: TinyTorchServer, params: types.DidSaveTextDocumentParams) -> None:  # pyright: ignore[reportUnusedFunction]
        uri = params.text_document.uri
        path = Path(to_fs_path(uri) or "")
        if _is_lesson(ls, path):
            ls.course = read_course(ls.course.folder)
            publish_complaints(ls)
        elif found := ls.opened(uri):
            session, opened = found
            opened.take(ls.workspace.get_text_document(uri).source)
            test_saved(ls, session, opened)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(ls: TinyTorchServer, params: types.DidCloseTextDocumentParams) -> None:  # pyright: ignore[reportUnusedFunction]
        if found := ls.opened(params.text_document.uri):
            session, opened = found
            del session.files[opened.file]


def _is_lesson(ls: TinyTorchServer, path: Path) -> bool:
    return path.suffix in (".md", ".toml") and path.is_relative_to(ls.course.folder)
