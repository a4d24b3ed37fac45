"""Shows the client that a run takes long, and lets it cancel; short runs show nothing."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from lsprotocol import types

from tinytorch_ls.server.app import TinyTorchServer

_PATIENCE_SECONDS = 0.7


class RunProgress:
    """The progress of one run; `cancel` is called when the client asks for it."""

    def __init__(
        self, ls: TinyTorchServer, total: int, title: str, cancel: Callable[[], object]
    ) -> None:
        self.ls = ls
        self.total = total
        self.title = title
        self.done = 0
        self.cancel = cancel
        self.token: str | None = None
        self.showing = ls.spawn(self._show())

    def step_done(self) -> None:
        """One more step was run."""
        self.done += 1
        if self.token:
            value = types.WorkDoneProgressReport(
                message=f"{self.done} of {self.total}", percentage=100 * self.done // self.total
            )
            self.ls.work_done_progress.report(self.token, value)

    def end(self) -> None:
        """Show no more; once is enough."""
        self.showing.cancel()
        token, self.token = self.token, None
        if token:
            self.ls.work_done_progress.end(token, types.WorkDoneProgressEnd())
            self.ls.work_done_progress.tokens.pop(token, None)  # pyright: ignore[reportUnknownMemberType]

    async def _show(self) -> None:
        window = self.ls.client_capabilities.window
        await asyncio.sleep(_PATIENCE_SECONDS)
        if not (window and window.work_done_progress):
            return
        token = uuid.uuid4().hex
        reports: Any = self.ls.work_done_progress  # its types are partly unknown
        await asyncio.shield(reports.create_async(token))
        begin = types.WorkDoneProgressBegin(self.title, cancellable=True, percentage=0)
        reports.begin(token, begin)
        self.token = token
        cancelled: Future[None] = reports.tokens[token]
        cancelled.add_done_callback(lambda future: self.cancel() if future.cancelled() else None)
