"""A process of ours that threads read and wait for.

asyncio's own tells its end to nobody when all tasks are cancelled while it is being made (seen with
Python 3.11 to 3.13): a server that ends in that moment would wait for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import IO, Any, cast

from tinytorch_ls.runner.processes import LONGEST_MESSAGE

_CHUNK = 65536


class Started:
    """A process in a session of its own, started in an event loop."""

    def __init__(self, command: list[str], **options: Any) -> None:
        """Start it; the options are those of `subprocess.Popen`. Raises OSError."""
        self.loop = asyncio.get_running_loop()
        alone = sys.platform != "win32"
        started = subprocess.Popen(command, start_new_session=alone, **options)
        self.popen = cast("subprocess.Popen[bytes]", started)
        self.said = asyncio.StreamReader(limit=LONGEST_MESSAGE)  # where its stdout is a pipe
        self.status: asyncio.Future[int] = self.loop.create_future()
        self._in_thread(self._wait)
        if self.popen.stdout:
            self._in_thread(partial(self._read, self.popen.stdout))

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def over(self) -> bool:
        return self.popen.returncode is not None

    async def ended(self) -> int:
        """Wait for the end; the exit status, or minus the signal that killed it."""
        return await asyncio.shield(self.status)

    def kill(self) -> None:
        """Kill it and what it has started, as far as the system keeps them together."""
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self.popen.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)

    def _in_thread(self, work: Callable[[], None]) -> None:
        Thread(target=work, daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while data := os.read(stream.fileno(), _CHUNK):
                self._tell(partial(self.said.feed_data, data))
        self._tell(self.said.feed_eof)

    def _wait(self) -> None:
        self._tell(partial(self._end, self.popen.wait()))

    def _end(self, status: int) -> None:
        if not self.status.done():
            self.status.set_result(status)

    def _tell(self, news: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            self.loop.call_soon_threadsafe(news)
