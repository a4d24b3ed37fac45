"""The strategy of systems that fork: one zygote, one forked process a run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from asyncio.subprocess import DEVNULL

from tinytorch_ls.runner.job import Job
from tinytorch_ls.runner.processes import (
    LONGEST_MESSAGE,
    PACKAGE_ROOT,
    module_command,
    quiet_environment,
)

_GRACE_SECONDS = 0.5


class Forking:
    """Owns the zygote, and starts another when it is gone."""

    def __init__(self) -> None:
        self.zygote: asyncio.subprocess.Process | None = None
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.control: socket.socket | None = None
        self.listening: asyncio.Task[None] | None = None
        self.runs: dict[int, ForkedRun] = {}
        self.number = 0
        self.starting = asyncio.Lock()

    async def warm(self) -> None:
        """Have a zygote that answers."""
        async with self.starting:
            alive = self.zygote is not None and self.zygote.returncode is None
            if alive and self.listening and not self.listening.done():
                return
            await self._start_zygote()

    async def _start_zygote(self) -> None:
        await self.close()
        ours, theirs = socket.socketpair()
        self.zygote = await asyncio.create_subprocess_exec(
            *module_command("tinytorch_ls.runner.inside.zygote"),
            str(theirs.fileno()),
            pass_fds=[theirs.fileno()],
            cwd=PACKAGE_ROOT,
            env=quiet_environment(),
            stdin=DEVNULL,
            stdout=DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        ours.setblocking(True)
        self.control = ours
        self.reader, self.writer = await asyncio.open_connection(sock=ours.dup())
        if not await self.reader.readline():
            raise OSError("the process that runs steps ended at its start")
        self.listening = asyncio.create_task(self._listen(self.reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                message = json.loads(line)
                if run := self.runs.pop(message["ended"], None):
                    run.end(message["status"])
        for run in self.runs.values():
            run.end(-signal.SIGKILL)
        self.runs.clear()

    async def start(self, job: Job) -> ForkedRun:
        """Fork for this job."""
        for attempt in (1, 2):
            await self.warm()
            try:
                return await self._fork(job)
            except OSError:  # the zygote was killed and we had not noticed
                if attempt == 2:
                    raise
                await self.close()
        raise AssertionError("unreachable")

    async def _fork(self, job: Job) -> ForkedRun:
        self.number += 1
        number = self.number
        results, theirs = os.pipe()
        try:
            message = {"run": number, "job": job.save(), "tests": job.tests}
            request = json.dumps(message).encode() + b"\n"
            assert self.control
            socket.send_fds(self.control, [request], [theirs])
        except OSError:
            os.close(results)
            raise
        finally:
            os.close(theirs)
        reader = asyncio.StreamReader(limit=LONGEST_MESSAGE)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(results, "rb")
        )
        run = ForkedRun(self, number, reader, transport)
        self.runs[number] = run
        if self.listening is None or self.listening.done():  # the zygote died meanwhile
            run.end(-signal.SIGKILL)
        return run

    def kill(self, number: int) -> None:
        if self.control and number in self.runs:
            with contextlib.suppress(OSError):
                self.control.sendall(json.dumps({"kill": number}).encode() + b"\n")

    async def close(self) -> None:
        if self.listening:
            self.listening.cancel()
        if self.writer:
            self.writer.close()
        if self.control:
            self.control.close()
        for run in self.runs.values():
            run.end(-signal.SIGKILL)
        self.runs.clear()
        if self.zygote:
            try:
                await asyncio.wait_for(self.zygote.wait(), _GRACE_SECONDS)
            except asyncio.TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self.zygote.kill()
                await self.zygote.wait()
        self.zygote = self.reader = self.writer = self.control = self.listening = None


class ForkedRun:
    """One forked process, as seen from here."""

    def __init__(
        self,
        owner: Forking,
        number: int,
        reader: asyncio.StreamReader,
        transport: asyncio.ReadTransport,
    ) -> None:
        self.owner = owner
        self.number = number
        self.reader = reader
        self.transport = transport
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def line(self) -> bytes:
        return await self.reader.readline()

    async def ended(self) -> int:
        status = await asyncio.shield(self.status)
        self.transport.close()
        return status

    def end(self, status: int) -> None:
        if not self.status.done():
            self.status.set_result(status)

    def kill(self) -> None:
        self.owner.kill(self.number)
