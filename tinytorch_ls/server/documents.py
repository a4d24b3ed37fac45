"""Follows the student's open files, and the author's open lessons."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.authors import authored, put_away, saved, take_up, written
from tinytorch_ls.server.diagnostics import filled, publish
from tinytorch_ls.server.half_typed import note_typing
from tinytorch_ls.server.saves import test_if_written, test_saved
from tinytorch_ls.server.serving import is_there, path_of, serve_folder, take_in
from tinytorch_ls.server.session import Session
from tinytorch_ls.workspace.folder import find_folder


async def did_open(ls: TinyTorchServer, params: types.DidOpenTextDocumentParams) -> None:
    """Serve a student's file, and the course that it lies in; show an author's complaints."""
    document = params.text_document
    path = path_of(document.uri)
    if path is None:
        return
    found = find_folder(path.parent)
    if file := authored(ls, path):
        take_up(ls, file, document.uri, document.text)
    elif (session := ls.sessions.around(path)) and not _is_within(found, session):
        take_in(ls, session, document.uri, path, document.text, document.version)
        ls.changed()  # where its steps stand is known now
    elif found:
        await serve_folder(ls, found)


def _is_within(folder: Path | None, session: Session) -> bool:
    """Whether a course lies inside of one that is served."""
    return folder is not None and session.folder.root in folder.parents


async def did_change(ls: TinyTorchServer, params: types.DidChangeTextDocumentParams) -> None:
    """Follow the text; where it is what another program has written, that is as good as a save."""
    uri = params.text_document.uri
    if file := ls.desk.file(uri):
        written(ls, file, ls.workspace.get_text_document(uri).source)
    elif found := ls.sessions.opened(uri):
        session, opened = found
        document = ls.workspace.get_text_document(uri)
        text = document.source
        if ls.trusted:
            session.foresee(opened.file, text)
        if text != opened.text:
            note_typing(opened)
        was_empty = opened.empty
        opened.take(text, document.version or 0)
        if was_empty:
            filled(ls, session, opened)
        test_if_written(ls, session, opened)


async def did_save(ls: TinyTorchServer, params: types.DidSaveTextDocumentParams) -> None:
    """Test what was saved; read a lesson again."""
    uri = params.text_document.uri
    path = path_of(uri)
    if path and (file := authored(ls, path)):
        saved(ls, file)
    elif found := ls.sessions.opened(uri):
        session, opened = found
        document = ls.workspace.get_text_document(uri)
        opened.take(document.source, document.version or 0)
        if is_there(ls, session):
            test_saved(ls, session, opened)


async def did_close(ls: TinyTorchServer, params: types.DidCloseTextDocumentParams) -> None:
    """Forget an open file; what is wrong with it stays marked while it is on the disk."""
    uri = params.text_document.uri
    if file := ls.desk.file(uri):
        put_away(ls, file)
    elif found := ls.sessions.opened(uri):
        session, opened = found
        del session.files[uri]
        publish(ls, session, opened.file)


FEATURES = {
    types.TEXT_DOCUMENT_DID_OPEN: did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: did_change,
    types.TEXT_DOCUMENT_DID_SAVE: did_save,
    types.TEXT_DOCUMENT_DID_CLOSE: did_close,
}
OPTIONS = {types.TEXT_DOCUMENT_DID_SAVE: types.SaveOptions(include_text=False)}
