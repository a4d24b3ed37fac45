"""The server object: one client, the folders that it has open, and what they say to each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path

import tinytorch_ls
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course, Module, Step
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.formulas import without_ticks
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.server.desk import Desk
from tinytorch_ls.server.json_rpc import CourseProtocol
from tinytorch_ls.server.protocol import COURSE_CHANGED, SHOW_OUTPUT, Nothing
from tinytorch_ls.server.session import Session
from tinytorch_ls.server.sessions import Sessions

log = logging.getLogger("tinytorch")

_TOGETHER_SECONDS = 0.03  # changes that come close together are told once
_SHOW_OUTPUT = "Show output"
_FAULT = (
    "Something went wrong in TinyTorch itself, not in your code. Your files are as you saved them; "
    "the next save is tested again."
)


class TinyTorchServer(LanguageServer):
    """A language server for the folders of one client."""

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
        self.runner = Runner(self.course)
        self.sessions = Sessions()
        self.roots: tuple[Path, ...] = ()  # the folders that the client has open
        self.trusted = True
        self.desk = Desk()
        self.client_debugs = False
        self.client_explains = False
        self.client_installs = False
        self.client_has_output = False
        self.client_shows_verdicts = False
        self.client_left = asyncio.Event()
        self.fault_is_said = False
        self.telling: asyncio.TimerHandle | None = None
        self.background: set[asyncio.Task[Any]] = set()

    def teach(self, course: Course) -> None:
        """Serve this edition of the course."""
        self.course = self.runner.course = course

    async def warm(self) -> None:
        """Get ready for the first run, which says so if that can't be."""
        if self.trusted and len(self.sessions):
            with suppress(OSError):
                await self.runner.warm()

    async def close(self) -> None:
        """End all that runs."""
        for session in self.sessions:
            session.stop()
        tasks = [task for task in self.background if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.runner.close()

    def take(self, text: bytes) -> None:
        """Take one message of the client's."""
        try:
            self.protocol.take_text(text)
        except Exception as error:
            self.report_server_error(error, type(error))

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002
        """Log a fault of ours; what is wrong with a request is said in its answer."""
        if not isinstance(error, JsonRpcException) or isinstance(error, JsonRpcInternalError):
            self.fault(error)

    def fault(self, error: BaseException) -> None:
        """Log what went wrong in the server, and tell the student the first time."""
        log.error("unexpected: %s", error, exc_info=error)
        if not self.fault_is_said and self.protocol.phase == "serving":
            self.fault_is_said = True
            self.spawn(self._say_fault())

    async def _say_fault(self) -> None:
        if not self.client_has_output:
            self.say(_FAULT, types.MessageType.Error)
            return
        if await self.offer(_FAULT, _SHOW_OUTPUT, types.MessageType.Error):
            self.protocol.notify(SHOW_OUTPUT, Nothing())

    async def offer(
        self, text: str, action: str, kind: types.MessageType = types.MessageType.Warning
    ) -> bool:
        """Say something with a button; whether the student pressed it."""
        button = types.MessageActionItem(action)
        params = types.ShowMessageRequestParams(kind, without_ticks(text), [button])
        answer = await asyncio.shield(self.window_show_message_request_async(params))
        return answer is not None and answer.title == action

    def say(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        self.window_show_message(types.ShowMessageParams(kind, without_ticks(text)))

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
        error = None if task.cancelled() else task.exception()
        if isinstance(error, JsonRpcException):  # the client's answer to what we asked
            log.warning("the client refused: %s", error)
        elif error:
            self.fault(error)

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

    def session(self, folder: str | None) -> Session | None:
        """The session of a folder, or the one that is worked in. Raises JsonRpcInvalidParams."""
        session = self.sessions.of(folder)
        if folder is not None and session is None:
            raise JsonRpcInvalidParams(f"no course is served in {folder!r}")
        return session

    def target(self, session: Session, *ids: str) -> list[str]:
        """The arguments of a command; with the folder only where there are several."""
        return [*ids, str(session.folder.root)] if len(self.sessions) > 1 else [*ids]

    def uri_of(self, session: Session, file: str) -> str:
        """The client's URI of a student's file, ours where the client has never opened it."""
        return session.uris.get(file) or uri_of_path(session.folder.path(file))


async def _ask(request: Callable[[None], Awaitable[None]]) -> None:
    """Ask the client something; pygls takes it badly if the waiting for its answer is cancelled."""
    await asyncio.shield(request(None))


def uri_of_path(path: Path) -> str:
    """The `file:` URI of a path."""
    return from_fs_path(str(path)) or path.as_uri()
