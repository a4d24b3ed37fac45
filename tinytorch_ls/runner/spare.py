"""The strategy of systems that can't fork: a fresh warm process is kept ready for the next run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from subprocess import DEVNULL, PIPE

from tinytorch_ls.runner.job import READY, Job
from tinytorch_ls.runner.processes import (
    PACKAGE_ROOT,
    module_command,
    quiet_environment,
)
from tinytorch_ls.runner.started import Started


class Spare:
    """Keeps one process ready."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = environment
        self.ready: SpareRun | None = None
        self.runs: set[SpareRun] = set()

    async def warm(self) -> None:
        if self.ready is None or self.ready.over:
            self.ready = SpareRun(self.environment)

    def foresee(self, draft: str) -> None:
        """Nothing: its input is read once, when the job comes."""

    async def start(self, job: Job) -> SpareRun:
        """Hand the job to the process that is ready, and get the next one ready."""
        await self.warm()
        run, self.ready = self.ready, None
        assert run
        self.runs = {other for other in self.runs if not other.over} | {run}
        run.hand(job)
        try:
            await self.warm()
        except OSError:
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


class SpareRun(Started):
    """One process of one run."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(
            module_command("tinytorch_ls.runner.inside.single"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=PACKAGE_ROOT,
            env=quiet_environment(environment),
        )
        self.began = False

    def hand(self, job: Job) -> None:
        stdin = self.popen.stdin
        assert stdin
        with contextlib.suppress(OSError), stdin:  # one that is over says so by its end
            stdin.write(job.save().encode() + b"\n")

    async def line(self) -> bytes:
        """Its next message; what Python said at its start, before ours began, is none."""
        line = await self.said.readline()
        while line and not self.began:
            self.began = line.endswith(READY)
            line = await self.said.readline()
        return line

    def abandon(self) -> None:
        self.kill()
