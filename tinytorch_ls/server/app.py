"""The server object: one session, one client, and what they say to each other."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

import tinytorch_ls
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course, Step
from tinytorch_ls.course.read import read_course
from tinytorch_ls.server.session import OpenFile, Session

log = logging.getLogger("tinytorch")

_TOGETHER_SECONDS = 0.03  # changes that come close together are told once


class TinyTorchServer(LanguageServer):
    """A language server for one student's folder."""

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "tinytorch",
            tinytorch_ls.__version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
        )
        self.course: Course = read_course(curriculum_folder())
        self.session: Session | None = None
        self.trusted = True
        self.client_debugs = False
        self.client_explains = False
        self.telling: asyncio.TimerHandle | None = None
        self.background: set[asyncio.Task[Any]] = set()

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002
        """Errors of ours go to the log; a student can't mend them."""
        log.error("unexpected: %s", error, exc_info=error)

    def say(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        self.window_show_message(types.ShowMessageParams(kind, text))

    def warn(self, text: str) -> None:
        self.say(text, types.MessageType.Warning)

    def changed(self) -> None:
        """Let the client ask anew, soon and once, for what it shows of the course."""
        if self.telling is None:
            loop = asyncio.get_running_loop()
            self.telling = loop.call_later(_TOGETHER_SECONDS, self._tell_change)

    def _tell_change(self) -> None:
        self.telling = None
        self.protocol.notify("tinytorch/courseChanged", {})
        workspace = self.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.spawn(self._refresh_lenses())

    async def _refresh_lenses(self) -> None:
        await asyncio.shield(self.workspace_code_lens_refresh_async(None))

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Run a coroutine beside the requests; what goes wrong in it is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self.background.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.background.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("unexpected: %s", error, exc_info=error)

    def step(self, step_id: object) -> Step:
        """The step of that id. Raises KeyError with a line for the client."""
        step = self.course.steps.get(str(step_id))
        if step is None:
            raise KeyError(f"the course has no step {step_id!r}")
        return step

    def opened(self, uri: str) -> tuple[Session, OpenFile] | None:
        """The session and the open file of a URI, if it is one that a module teaches."""
        path = to_fs_path(uri)
        if self.session is None or path is None:
            return None
        opened = self.session.opened(Path(path))
        return (self.session, opened) if opened else None

    def uri_of(self, file: str) -> str:
        """The client's URI of a student's file, ours where the client has not opened it."""
        assert self.session
        opened = self.session.files.get(file)
        return opened.uri if opened else uri_of_path(self.session.folder.path(file))


def uri_of_path(path: Path) -> str:
    """The `file:` URI of a path."""
    return from_fs_path(str(path)) or path.as_uri()
