"""A client of bare messages, for what a well-behaved one never sends."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsp_client import DEADLINE_SECONDS, ROOT


class RawClient:
    """Sends any JSON and keeps what comes back."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.answers: dict[Any, list[dict[str, Any]]] = {}
        self.said: list[dict[str, Any]] = []
        self.number = 0
        self.heard = asyncio.Event()
        self.reading = asyncio.ensure_future(self._read())

    def send(self, message: Any) -> None:
        self.send_text(json.dumps(message).encode())

    def send_text(self, body: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def request(self, msg_id: Any, method: Any, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params})

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    async def answer(self, msg_id: Any) -> dict[str, Any]:
        """The answer to a request."""

        async def wait() -> dict[str, Any]:
            while msg_id not in self.answers:
                self.heard.clear()
                await self.heard.wait()
            return self.answers[msg_id][0]

        return await asyncio.wait_for(wait(), DEADLINE_SECONDS)

    async def ask(self, method: Any, params: Any = None) -> dict[str, Any]:
        """The answer to a request under a number of its own."""
        self.number += 1
        self.request(self.number, method, params)
        return await self.answer(self.number)

    async def start(self, folder: Path, **params: Any) -> None:
        self.request("start", "initialize", initialize(folder, **params))
        assert "result" in await self.answer("start")
        self.notify("initialized", {})

    async def _read(self) -> None:
        assert self.process.stdout
        while header := await self.process.stdout.readline():
            length = int(header.split(b":")[1])
            while (await self.process.stdout.readline()).strip():
                pass
            message = json.loads(await self.process.stdout.readexactly(length))
            if "method" in message:
                self.said.append(message)
                if "id" in message:
                    self.send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            else:
                self.answers.setdefault(message["id"], []).append(message)
            self.heard.set()


def initialize(folder: Path, **params: Any) -> dict[str, Any]:
    return {"processId": None, "capabilities": {}, "rootUri": folder.as_uri(), **params}


@asynccontextmanager
async def raw_client(
    stderr: int = asyncio.subprocess.DEVNULL, **env: str
) -> AsyncIterator[RawClient]:
    """A server that has been told nothing yet."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tinytorch_ls", "lsp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
    )
    client = RawClient(process)
    try:
        yield client
    finally:
        client.reading.cancel()
        if process.returncode is None:
            process.kill()
        await process.wait()
