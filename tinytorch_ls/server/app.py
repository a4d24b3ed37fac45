"""The server object: one session, one client, and what they say to each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path

import tinytorch_ls
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.course.read import read_course
from tinytorch_ls.server.json_rpc import CourseProtocol
from tinytorch_ls.server.protocol import COURSE_CHANGED, Nothing
from tinytorch_ls.server.session import OpenFile, Session

log = logging.getLogger("tinytorch")

_TOGETHER_SECONDS = 0.03  # changes that come close together are told once


class TinyTorchServer(LanguageServer):
    """A language server for one student's folder."""

    protocol: CourseProtocol  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self) -> None:
        # Whole texts are sent: pygls applies an edit to lines as `str.splitlines` counts them, and
        # those end at a form feed or a U+2028 in a student's file, where an editor's don't.
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "tinytorch",
            tinytorch_ls.__version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=CourseProtocol,
        )
        self.course: Course = read_course(curriculum_folder())
        self.session: Session | None = None
        self.trusted = True
        self.lessons: dict[Path, str] = {}  # the client's URIs of the lessons that it has opened
        self.complained: set[Path] = set()  # the files in which the client shows complaints
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
        self.protocol.notify(COURSE_CHANGED, Nothing())
        workspace = self.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.spawn(_ask(self.workspace_code_lens_refresh_async))
        if workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            self.spawn(_ask(self.workspace_inlay_hint_refresh_async))

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
        """The step of that id. Raises JsonRpcInvalidParams with a line for the client."""
        step = self.course.steps.get(str(step_id))
        if step is None:
            raise JsonRpcInvalidParams(f"the course has no step {step_id!r}")
        return step

    def module(self, module_id: object) -> Module:
        """The module of that id. Raises JsonRpcInvalidParams with a line for the client."""
        try:
            return self.course.module(str(module_id))
        except KeyError:
            raise JsonRpcInvalidParams(f"the course has no module {module_id!r}") from None

    def opened(self, uri: str) -> tuple[Session, OpenFile] | None:
        """The session and the open file of a URI, if it is one that a module teaches."""
        opened = self.session.files.get(uri) if self.session else None
        return (self.session, opened) if self.session and opened else None

    def uri_of(self, session: Session, file: str) -> str:
        """The client's URI of a student's file, ours where the client has never opened it."""
        return session.uris.get(file) or uri_of_path(session.folder.path(file))


async def _ask(request: Callable[[None], Awaitable[None]]) -> None:
    """Ask the client something; pygls takes it badly if the waiting for its answer is cancelled."""
    await asyncio.shield(request(None))


def uri_of_path(path: Path) -> str:
    """The `file:` URI of a path."""
    return from_fs_path(str(path)) or path.as_uri()
