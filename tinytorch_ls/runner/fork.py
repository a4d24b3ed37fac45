"""The strategy of systems that fork: one zygote, one forked process a run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Mapping
from subprocess import DEVNULL

from tinytorch_ls.runner.family import kill_family
from tinytorch_ls.runner.job import Job
from tinytorch_ls.runner.processes import (
    LONGEST_MESSAGE,
    PACKAGE_ROOT,
    module_command,
    quiet_environment,
)
from tinytorch_ls.runner.started import Started
from tinytorch_ls.runner.within import within

_START_SECONDS = 60.0  # NumPy from a cold disk
_GRACE_SECONDS = 2.0


class Forking:
    """Has one zygote, and another when it is gone or was given up."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = environment
        self.current: asyncio.Task[Zygote] | None = None

    async def warm(self) -> None:
        """Have a zygote that answers."""
        await self._zygote()

    async def start(self, job: Job) -> ForkedRun:
        """Fork for this job."""
        zygote = await self._zygote()
        try:
            return await zygote.fork(job)
        except OSError:  # it was killed and we had not noticed
            await zygote.close()
        return await (await self._zygote()).fork(job)

    def foresee(self, draft: str) -> None:
        """Pass on a draft, if there is a zygote to take it."""
        if self.current and self.current.done() and not _is_over(self.current):
            self.current.result().foresee(draft)

    async def close(self) -> None:
        task, self.current = self.current, None
        if task is None:
            return
        task.cancel()  # if it is still starting
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await asyncio.wait({task})
            await task.result().close()

    def abandon(self) -> None:
        """Kill the zygote and its runs at once."""
        task, self.current = self.current, None
        if task is None:
            return
        task.cancel()  # if it is still starting
        if task.done() and not task.cancelled() and task.exception() is None:
            task.result().abandon()

    async def _zygote(self) -> Zygote:
        if self.current is None or _is_over(self.current):
            self.current = asyncio.create_task(start_zygote(self.environment))
        return await asyncio.shield(self.current)


def _is_over(task: asyncio.Task[Zygote]) -> bool:
    if not task.done():
        return False
    return task.cancelled() or task.exception() is not None or task.result().gone


async def start_zygote(environment: Mapping[str, str] | None = None) -> Zygote:
    """Start one, with these variables set too, and wait until it is ready. Raises OSError."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = Started(
            [*module_command("tinytorch_ls.runner.inside.zygote"), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=PACKAGE_ROOT,
            env=quiet_environment(environment),
            stdin=DEVNULL,
            stdout=DEVNULL,
        )
        theirs.close()
        try:
            reader, writer = await asyncio.open_connection(sock=ours.dup())
            ready = await within(_START_SECONDS, reader.readline())
        except BaseException as error:
            process.kill()
            if isinstance(error, asyncio.TimeoutError):
                raise OSError("the process that runs steps did not start") from None
            raise
        if not ready:
            raise OSError(
                "the process that runs steps ended at its start; `tinytorch doctor` looks for why"
            )
        return Zygote(process, ours.dup(), reader, writer)


class Zygote:
    """The warm process, as seen from here."""

    def __init__(
        self,
        process: Started,
        control: socket.socket,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.process = process
        self.control = control
        self.writer = writer
        self.runs: dict[int, ForkedRun] = {}
        self.groups: list[int] = []  # of the processes that it has forked
        self.number = 0
        self.gone = False  # nobody answers there any more
        self.listening = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Note the end of each run; whatever ends this ends them all, so nobody waits for ever."""
        try:
            while line := await reader.readline():
                message = json.loads(line)
                if "groups" in message:
                    self.groups = message["groups"]
                elif run := self.runs.pop(message["ended"], None):
                    run.end(message["status"])
        except ConnectionError:
            pass
        finally:
            self._end_runs(-signal.SIGKILL)

    def _end_runs(self, status: int | None) -> None:
        self.gone = True
        for run in self.runs.values():
            run.end(status)
        self.runs.clear()

    async def fork(self, job: Job) -> ForkedRun:
        """The process of this job. Raises OSError if the zygote can't be reached."""
        results, theirs = os.pipe()
        try:
            reader = asyncio.StreamReader(limit=LONGEST_MESSAGE)
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(results, "rb")
            )
            self.number += 1
            run = ForkedRun(self, self.number, reader, transport)
            try:
                self._ask({"run": run.number, "job": job.save()}, [theirs])
            except OSError:
                transport.close()
                raise
        finally:
            os.close(theirs)
        self.runs[run.number] = run  # no await since it was asked for: a cancel finds it here
        return run

    def _ask(self, message: dict[str, object], descriptors: list[int]) -> None:
        if self.gone:
            raise OSError("the process that runs steps is gone")
        socket.send_fds(self.control, [json.dumps(message).encode() + b"\n"], descriptors)

    def foresee(self, draft: str) -> None:
        """Let the next run find this text compiled; a zygote that has no time for it needn't."""
        with contextlib.suppress(OSError):
            self._ask({"draft": draft}, [])

    def kill(self, number: int) -> None:
        """Kill the processes of a run."""
        if number in self.runs:
            with contextlib.suppress(OSError):
                self.control.sendall(json.dumps({"kill": number}).encode() + b"\n")

    def abandon(self) -> None:
        """Kill it and its runs: it does not answer."""
        self._leave()
        self._kill()

    async def close(self) -> None:
        """End it and its runs: it kills them and ends once our end of the socket is closed."""
        self._leave()
        try:
            await within(_GRACE_SECONDS, self.process.ended())
        except asyncio.TimeoutError:
            self._kill()
            await self.process.ended()

    def _kill(self) -> None:
        if not self.process.over:
            kill_family(self.process.pid, self.groups)

    def _leave(self) -> None:
        self.listening.cancel()
        self._end_runs(None)
        self.writer.close()
        self.control.close()


class ForkedRun:
    """One forked process, as seen from here."""

    def __init__(
        self,
        zygote: Zygote,
        number: int,
        reader: asyncio.StreamReader,
        transport: asyncio.ReadTransport,
    ) -> None:
        self.zygote = zygote
        self.number = number
        self.reader = reader
        self.transport = transport
        self.status: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def line(self) -> bytes:
        return await self.reader.readline()

    async def ended(self) -> int | None:
        return await asyncio.shield(self.status)

    def end(self, status: int | None) -> None:
        if not self.status.done():
            self.status.set_result(status)

    def kill(self) -> None:
        self.zygote.kill(self.number)
        self.transport.close()  # nobody reads what it says any more

    def abandon(self) -> None:
        self.zygote.abandon()
