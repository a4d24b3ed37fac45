"""Follows the student's open files, and the author's open lessons."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tinytorch_ls.course.read import read_course
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.complaints import publish_complaints
from tinytorch_ls.server.saves import test_saved
from tinytorch_ls.server.serving import path_of, serve_folder, take_in, take_in_all
from tinytorch_ls.workspace.folder import find_folder


async def did_open(ls: TinyTorchServer, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    path = path_of(document.uri)
    if path is None:
        return
    if lesson := _lesson(ls, path):
        ls.lessons[lesson] = document.uri
        publish_complaints(ls)
    elif ls.session is None and (found := find_folder(path.parent)):
        await serve_folder(ls, found)
    else:
        take_in(ls, document.uri, document.text)


async def did_change(ls: TinyTorchServer, params: types.DidChangeTextDocumentParams) -> None:
    if found := ls.opened(params.text_document.uri):
        _, opened = found
        opened.take(ls.workspace.get_text_document(params.text_document.uri).source)


async def did_save(ls: TinyTorchServer, params: types.DidSaveTextDocumentParams) -> None:
    uri = params.text_document.uri
    path = path_of(uri)
    if path and _lesson(ls, path):
        read_again(ls)
    elif found := ls.opened(uri):
        session, opened = found
        opened.take(ls.workspace.get_text_document(uri).source)
        test_saved(ls, session, opened)


async def did_close(ls: TinyTorchServer, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.lessons = {lesson: known for lesson, known in ls.lessons.items() if known != uri}
    if ls.session:
        ls.session.files.pop(uri, None)


FEATURES = {
    types.TEXT_DOCUMENT_DID_OPEN: did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: did_change,
    types.TEXT_DOCUMENT_DID_SAVE: did_save,
    types.TEXT_DOCUMENT_DID_CLOSE: did_close,
}
OPTIONS = {types.TEXT_DOCUMENT_DID_SAVE: types.SaveOptions(include_text=False)}


def read_again(ls: TinyTorchServer) -> None:
    """Serve the course as its author has just saved it."""
    ls.course = read_course(ls.course.folder)
    if ls.session:
        ls.session.teach(ls.course)
        take_in_all(ls)
    publish_complaints(ls)
    ls.changed()


def _lesson(ls: TinyTorchServer, path: Path) -> Path | None:
    """The path that the course knows a lesson, or its list of lessons, by."""
    if path.suffix not in (".md", ".toml"):
        return None
    folder = ls.course.folder
    try:
        return folder / path.resolve().relative_to(folder.resolve())
    except ValueError:
        return None
