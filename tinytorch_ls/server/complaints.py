"""Shows what is wrong with a lesson as diagnostics in its files, while their author types."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from lsprotocol import types

from tinytorch_ls.check.structure import seen_in
from tinytorch_ls.course.model import Complaint
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.texts import unsaved
from tinytorch_ls.server.app import TinyTorchServer, uri_of_path

TYPING_SECONDS = 0.25  # without a key before a text is read


def show_complaints(ls: TinyTorchServer) -> None:
    """Show what is wrong with the course as it was read."""
    ls.desk.seen = ls.course.complaints
    publish_complaints(ls)


def look(ls: TinyTorchServer, pause: float = 0.0) -> None:
    """Read what an author writes as it is in the editor, once they pause; show what is wrong."""
    if ls.desk.looking:
        ls.desk.looking.cancel()
    ls.desk.looking = ls.spawn(_look(ls, pause))


async def _look(ls: TinyTorchServer, pause: float) -> None:
    await asyncio.sleep(pause)
    desk = ls.desk
    texts, modules = dict(desk.texts), frozenset(desk.modules)
    desk.seen = await asyncio.to_thread(_complaints, ls.course.folder, texts, modules)
    publish_complaints(ls)


def _complaints(
    folder: Path, texts: Mapping[Path, str], modules: Collection[Path]
) -> tuple[Complaint, ...]:
    """What the files of a course show, of these modules' tests, pictures and library too."""
    with unsaved(texts):
        course = read_course(folder)
        found = list(course.complaints)
        for module in course.modules:
            if module.folder in modules:
                found += seen_in(course, module)
    return tuple(dict.fromkeys(found))


def publish_complaints(ls: TinyTorchServer) -> None:
    """Publish what is known to be wrong, and clear files that are sound now."""
    desk = ls.desk
    now: dict[str, list[types.Diagnostic]] = defaultdict(list)
    for complaint in desk.complaints():
        uri = desk.uris.get(complaint.file) or uri_of_path(complaint.file)
        now[uri].append(_diagnostic(complaint))
    for uri in dict.fromkeys([*desk.shown, *now]):
        found = now.get(uri, [])
        if found != desk.shown.get(uri, []):
            ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))
    desk.shown = dict(now)


def _diagnostic(complaint: Complaint) -> types.Diagnostic:
    line = complaint.line - 1
    return types.Diagnostic(
        types.Range(types.Position(line, 0), types.Position(line + 1, 0)),
        complaint.message,
        severity=types.DiagnosticSeverity.Error,
        source="tinytorch",
    )
