"""Serves one client over two streams until it leaves, in whatever way; nothing of ours stays."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from pygls.io_ import StdoutWriter

from tinytorch_ls.server.app import TinyTorchServer

_LENGTH = re.compile(rb"Content-Length: *(\d+)\s*", re.IGNORECASE)
_CLOSING_SECONDS = 5


async def serve_streams(server: TinyTorchServer, stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Serve until the input ends, the client says `exit` or is gone; the exit status."""
    server.protocol.set_writer(StdoutWriter(stdout))
    _leave_when_told(server)
    listening = asyncio.ensure_future(_listen(server, stdin))
    leaving = asyncio.ensure_future(server.client_left.wait())
    await asyncio.wait({listening, leaving}, return_when=asyncio.FIRST_COMPLETED)
    asked = server.protocol.phase == "ended"
    server.protocol.phase = "ended"
    server.protocol.cancel_requests()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(server.close(), _CLOSING_SECONDS)
    server.runner.abandon()
    return 0 if asked else 1


def _leave_when_told(server: TinyTorchServer) -> None:
    """Let SIGTERM end us as the client does: the system would leave what we have started."""
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.client_left.set)


async def _listen(server: TinyTorchServer, stdin: BinaryIO) -> None:
    loop, reader = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    while not server.client_left.is_set():
        body = await loop.run_in_executor(reader, _next_body, stdin)
        if body is None:
            return
        server.take(body)


def _next_body(stream: BinaryIO) -> bytes | None:
    """The text of the next message; None at the end of the stream."""
    length: int | None = None
    while header := stream.readline():
        if found := _LENGTH.fullmatch(header):
            length = int(found[1])
        elif not header.strip() and length is not None:
            body = stream.read(length)
            return body if len(body) == length else None
    return None
