"""The strategy of systems that can't fork: a fresh warm process is kept ready for the next run."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE

from tinytorch_ls.runner.job import Job
from tinytorch_ls.runner.processes import (
    LONGEST_MESSAGE,
    PACKAGE_ROOT,
    module_command,
    quiet_environment,
)


class Spare:
    """Keeps one process ready."""

    def __init__(self) -> None:
        self.ready: SpareRun | None = None

    async def warm(self) -> None:
        if self.ready is None or self.ready.process.returncode is not None:
            self.ready = SpareRun(
                await asyncio.create_subprocess_exec(
                    *module_command("tinytorch_ls.runner.inside.single"),
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,
                    cwd=PACKAGE_ROOT,
                    env=quiet_environment(),
                    limit=LONGEST_MESSAGE,
                    start_new_session=sys.platform != "win32",
                )
            )

    async def start(self, job: Job) -> SpareRun:
        """Hand the job to the process that is ready, and get the next one ready."""
        await self.warm()
        run, self.ready = self.ready, None
        assert run
        assert run.process.stdin
        run.process.stdin.write(job.save().encode() + b"\n")
        run.process.stdin.close()
        await self.warm()
        return run

    async def close(self) -> None:
        if self.ready:
            self.ready.kill()
            await self.ready.ended()
            self.ready = None


class SpareRun:
    """One process of one run."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> bytes:
        assert self.process.stdout
        return await self.process.stdout.readline()

    async def ended(self) -> int:
        return await self.process.wait()

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self.process.kill()
            else:
                import os
                import signal

                os.killpg(self.process.pid, signal.SIGKILL)
