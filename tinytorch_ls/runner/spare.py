"""The strategy of systems that can't fork: a fresh warm process is kept ready for the next run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping

from tinytorch_ls.runner.job import READY, Job
from tinytorch_ls.runner.processes import (
    LONGEST_MESSAGE,
    PACKAGE_ROOT,
    module_command,
    quiet_environment,
)


class Spare:
    """Keeps one process ready."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = environment
        self.ready: SpareRun | None = None
        self.runs: set[SpareRun] = set()

    async def warm(self) -> None:
        if self.ready is None or self.ready.over:
            self.ready = SpareRun(
                await asyncio.create_subprocess_exec(
                    *module_command("tinytorch_ls.runner.inside.single"),
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,
                    cwd=PACKAGE_ROOT,
                    env=quiet_environment(self.environment),
                    limit=LONGEST_MESSAGE,
                    start_new_session=sys.platform != "win32",
                )
            )

    async def start(self, job: Job) -> SpareRun:
        """Hand the job to the process that is ready, and get the next one ready."""
        await self.warm()
        run, self.ready = self.ready, None
        assert run
        self.runs = {other for other in self.runs if not other.over} | {run}
        run.hand(job)
        try:
            await self.warm()
        except BaseException:
            run.kill()
            raise
        return run

    async def close(self) -> None:
        runs, self.runs = self.runs, set()
        if self.ready:
            runs.add(self.ready)
            self.ready = None
        for run in runs:
            run.kill()
        for run in runs:
            await run.ended()

    def abandon(self) -> None:
        """Kill them all at once."""
        runs, self.runs = self.runs, set()
        ready, self.ready = self.ready, None
        for run in (*runs, ready):
            if run:
                run.kill()


class SpareRun:
    """One process of one run."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.began = False

    @property
    def over(self) -> bool:
        return self.process.returncode is not None

    def hand(self, job: Job) -> None:
        assert self.process.stdin
        self.process.stdin.write(job.save().encode() + b"\n")
        self.process.stdin.close()

    async def line(self) -> bytes:
        """Its next message; what Python said at its start, before ours began, is none."""
        line = await self._read()
        while line and not self.began:
            self.began = line.endswith(READY)
            line = await self._read()
        return line

    async def _read(self) -> bytes:
        assert self.process.stdout
        return await self.process.stdout.readline()

    async def ended(self) -> int:
        return await self.process.wait()

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)

    def abandon(self) -> None:
        self.kill()
