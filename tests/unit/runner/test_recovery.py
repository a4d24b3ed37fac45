"""Warm processes that hang are replaced; a run that was ended or cancelled says no more."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.family import kill_family
from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.job import Job
from tinytorch_ls.runner.report import StepRun, TestRun
from tinytorch_ls.runner.started import Started
from tinytorch_ls.runner.within import within

OWN_PROCESSES = True  # which these tests kill, or start with other variables

RIGHT = "def first(x):\n    return x + 1\n"
WRONG = "def first(x):\n    return x - 1\n"
ENDLESS = "def first(x):\n    open('begun', 'w').close()\n    while True:\n        pass\n"
FILE = "tinytorch/box.py"
SAYS_WHAT_IS_NEW = """\
import sys

BEGAN = set(sys.modules)


def first(x):
    print([name for name in sys.modules if name not in BEGAN and "tinytorch" not in name])
    return x - 1
"""
TWO_FAILURES = """\
import numpy as np

from tinytorch import box
from tinytorch_ls.lesson import step


@step("first")
def test_first(expect):
    expect(box.first(np.array([1.0, 2.0, 3.0]))).equals([2.0, 3.0, 4.0], because="one more")


@step("first")
def test_first_again(expect):
    expect(box.first(3)).equals(4, because="3 + 1 is 4")
"""
forking = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")


@forking
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_a_stopped_zygote_is_replaced(bench: Any) -> None:
    bench.runner.limits = replace(bench.runner.limits, begin=1.0)
    assert (await bench.first(RIGHT)).passed
    process = zygote_of(bench)
    os.kill(process.pid, signal.SIGSTOP)
    assert (await bench.first(RIGHT)).passed
    await asyncio.wait_for(process.ended(), 10)


@forking
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_a_zygote_that_stops_during_a_run_keeps_nobody_waiting(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinytorch_ls.runner.client._END_SECONDS", 0.5)
    bench.write(ENDLESS)
    task = asyncio.create_task(bench.run("first"))
    await begun(bench)
    os.kill(zygote_of(bench).pid, signal.SIGSTOP)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)
    assert (await bench.first(RIGHT)).passed


@forking
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
@pytest.mark.parametrize("often", [False, True])
async def test_a_run_that_is_given_up_for_another_is_run_again_and_never_said_to_crash(
    bench: Any, monkeypatch: pytest.MonkeyPatch, often: bool
) -> None:
    if often:
        monkeypatch.setattr("tinytorch_ls.runner.client._MOST_LOST", 0)
    bench.write(ENDLESS)
    task = asyncio.create_task(bench.run("first"))
    await begun(bench)
    bench.write(RIGHT)
    bench.runner.strategy.current.result().abandon()
    (run,) = await asyncio.wait_for(task, 20)
    assert (run.limit and run.limit.kind) == ("busy" if often else None)
    assert run.passed is not often


@forking
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the children of a process")
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_a_process_that_is_killed_while_it_waits_for_a_run_is_replaced(bench: Any) -> None:
    assert (await bench.first(RIGHT)).passed
    pid = zygote_of(bench).pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    assert (await bench.first(RIGHT)).passed
    assert zygote_of(bench).pid == pid


@forking
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
@pytest.mark.parametrize("end", ["close", "abandon"])
async def test_no_stopped_process_outlives_the_runner(bench: Any, end: str) -> None:
    bench.write(ENDLESS)
    task = asyncio.create_task(bench.run("first"))
    scratch = await begun(bench)
    zygote = zygote_of(bench)
    for pid in (zygote.pid, *await both_forked(bench)):
        os.kill(pid, signal.SIGSTOP)
    if end == "close":
        await asyncio.wait_for(bench.runner.close(), 10)
    else:
        bench.runner.abandon()
    await asyncio.wait_for(zygote.ended(), 10)
    await no_process_in(scratch)
    task.cancel()
    await asyncio.wait({task})


@forking
def test_a_family_is_killed_with_what_left_its_group(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("asks /proc for the children of a process")
    lines = "import subprocess, sys, time; "
    child = f"{lines}print(0, flush=True); time.sleep(600)"
    start = f"{lines}subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)"
    command = [sys.executable, "-c", f"{start}; time.sleep(600)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == b"0\n"
        os.kill(process.pid, signal.SIGSTOP)
        kill_family(process.pid, [])
        assert process.stdout.read() == b""  # its end: nobody has the pipe any more


@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_what_describes_a_failure_is_loaded_before_a_run(bench: Any) -> None:
    bench.tests.write_text(TWO_FAILURES, encoding="utf-8")
    await bench.run("first")  # the reference has been surveyed, and a process waits
    run = await bench.first(SAYS_WHAT_IS_NEW)
    assert run.output.splitlines()[:2] == ["[]", "[]"]


async def test_closing_ends_what_is_under_way(bench: Any) -> None:
    bench.write(ENDLESS)
    task = asyncio.create_task(bench.run("first"))
    scratch = await begun(bench)
    await asyncio.wait_for(bench.runner.close(), 10)
    assert await asyncio.wait_for(task, 10) == []
    assert not scratch.parent.exists()
    await no_process_in(scratch)
    assert (await bench.first(RIGHT)).passed


async def test_an_event_loop_that_ends_leaves_no_run_behind(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server's does at its exit: every task is cancelled at once, in any order."""
    monkeypatch.setattr("tinytorch_ls.runner.client._END_SECONDS", 600.0)  # not by giving up
    bench.write(ENDLESS)
    before = asyncio.all_tasks()
    reading = asyncio.create_task(bench.run("first"))
    scratch = await begun(bench)
    tasks = asyncio.all_tasks() - before
    for task in tasks:
        task.cancel()
    await asyncio.wait_for(asyncio.wait(tasks), 10)
    assert reading.cancelled()
    await bench.runner.close()
    await no_process_in(scratch)


async def test_an_event_loop_that_ends_while_a_process_starts_waits_for_nothing(bench: Any) -> None:
    """asyncio's own transport of a process would: its exit is then told to nobody."""
    bench.write(RIGHT)
    for turns in range(8):
        await bench.runner.close()  # so that each run starts its process
        before = asyncio.all_tasks()
        run = asyncio.create_task(bench.run("first"))
        for _ in range(turns):
            await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - before | {run}
        for task in tasks:
            task.cancel()
        await asyncio.wait_for(asyncio.wait(tasks), 10)
    await bench.runner.close()
    assert (await bench.first(RIGHT)).passed


async def test_after_a_storm_of_cancelled_runs_the_last_verdict_is_the_last(bench: Any) -> None:
    seen: list[tuple[int, bool]] = []
    latest = 0
    late: list[int] = []

    async def read(number: int, text: str) -> None:
        request = replace(bench.request("first"), overlay={FILE: text})
        async for run in bench.runner.run(request):
            if number != latest:
                late.append(number)
            seen.append((number, run.passed))

    await read(0, RIGHT)
    task: asyncio.Task[None] | None = None
    for number in range(1, 201):
        if task:
            await asyncio.wait({task}, timeout=(number % 10) * 0.002)
            latest = number
            task.cancel()
        latest = number
        task = asyncio.create_task(read(number, WRONG if number % 2 else RIGHT))
    assert task
    await asyncio.wait_for(task, 60)
    assert late == []
    assert seen[-1] == (200, True)


class Scripted:
    """A process whose next message comes when the test says so."""

    def __init__(self) -> None:
        self.coming: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.asked = asyncio.Event()

    async def line(self) -> bytes:
        self.asked.set()
        return await asyncio.shield(self.coming)

    async def ended(self) -> int:
        return 0

    def kill(self) -> None: ...

    def abandon(self) -> None: ...


class ScriptedStrategy:
    def __init__(self, process: Scripted) -> None:
        self.process = process

    async def start(self, job: Job) -> Scripted:  # noqa: ARG002 - the protocol's
        return self.process

    async def warm(self) -> None: ...

    def foresee(self, draft: str) -> None: ...

    async def close(self) -> None: ...

    def abandon(self) -> None: ...


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_a_cancel_that_meets_a_finished_read_is_not_lost(bench: Any, turns: int) -> None:
    """`turns` of the event loop pass between the message and the cancel."""
    process = Scripted()
    bench.runner.strategy = ScriptedStrategy(process)
    read: list[StepRun] = []

    async def reading() -> None:
        async for run in runs(bench):
            read.append(run)
            raise AssertionError("a late report")

    task = asyncio.create_task(reading())
    await process.asked.wait()
    process.coming.set_result(b'{"begin": "box/first"}\n')
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    process.coming = asyncio.get_running_loop().create_future()
    process.coming.set_result(b"")
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert read == []


async def test_a_process_that_ends_over_what_was_to_follow_has_told_all(bench: Any) -> None:
    failed = StepRun("box/first", (TestRun("test_first", 5, ()),), told_again=True)
    said = [b'{"begin": "box/first"}\n', f'{{"run": {as_json(failed)}}}\n'.encode(), b""]
    process = Scripted()

    async def line() -> bytes:
        return said.pop(0)

    process.line = line
    bench.runner.strategy = ScriptedStrategy(process)
    assert [run.told_again async for run in runs(bench)] == [True, False]


async def runs(bench: Any) -> AsyncIterator[StepRun]:
    async for run in bench.runner._run(bench.request("first"), {}):
        yield run


async def test_work_that_takes_too_long_is_ended() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(asyncio.TimeoutError):
        await within(0.01, work())
    await asyncio.wait_for(ended.wait(), 5)


async def test_an_error_of_the_work_passes_through() -> None:
    async def work() -> None:
        raise OSError("no such thing")

    with pytest.raises(OSError, match="no such thing"):
        await within(5, work())


async def both_forked(bench: Any) -> list[int]:
    """The run, and the process that waits for the next one, which is forked a moment later."""
    zygote = bench.runner.strategy.current.result()

    async def forked() -> list[int]:
        while len(zygote.groups) < 2:
            await asyncio.sleep(0.01)
        return list(zygote.groups)

    return await asyncio.wait_for(forked(), 10)


def zygote_of(bench: Any) -> Started:
    return bench.runner.strategy.current.result().process


async def begun(bench: Any) -> Path:
    """The folder of the run under way, once student code has begun."""

    async def look() -> Path:
        while True:
            home = bench.runner.scratch.home
            for place in home.glob("run-*/begun") if home else ():
                return place.parent
            await asyncio.sleep(0.01)

    return await asyncio.wait_for(look(), 20)


async def no_process_in(folder: Path) -> None:
    """Wait until no process works in this folder."""

    async def look() -> None:
        while any(str(folder) in place for place in working_folders()):
            await asyncio.sleep(0.02)

    if sys.platform == "linux":
        await asyncio.wait_for(look(), 10)


def working_folders() -> list[str]:
    found: list[str] = []
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            found.append(str(place.readlink()))
    return found
