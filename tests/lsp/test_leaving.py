"""However a client leaves, in the middle of a run too: nothing of the server stays."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_client import ROOT
from processes import alive, descendants, eventually, gone
from raw import RawClient, raw_client
from student import ENDLESS, Student

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest_asyncio.fixture(loop_scope="session")
async def scratch(tmp_path: Path) -> AsyncIterator[Path]:
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    await eventually(lambda: list(folder.glob("tinytorch-runs-*")) == [])


@pytest_asyncio.fixture(loop_scope="session")
async def running(scratch: Path, student: Student) -> AsyncIterator[RawClient]:
    """A client whose server runs an endless step."""
    student.path.write_text(student.with_greet(ENDLESS), encoding="utf-8")
    async with raw_client(TMPDIR=str(scratch)) as raw:
        await raw.start(student.root)
        params = {"command": "tinytorch.runStep", "arguments": ["setup/greet"]}
        raw.request(1, "workspace/executeCommand", params)
        await eventually(lambda: list(scratch.glob("tinytorch-runs-*/run-*/stack.txt")))
        yield raw


async def ended(raw: RawClient, children: list[int]) -> int:
    status = await asyncio.wait_for(raw.process.wait(), 20)
    await gone(children)
    return status


async def test_its_input_ends(running: RawClient) -> None:
    children = descendants(running.process.pid)
    assert running.process.stdin
    running.process.stdin.close()
    assert await ended(running, children) == 1


async def test_it_says_exit_without_shutdown(running: RawClient) -> None:
    children = descendants(running.process.pid)
    running.notify("exit")
    assert await ended(running, children) == 1


async def test_it_says_exit_after_shutdown(running: RawClient) -> None:
    children = descendants(running.process.pid)
    running.request(2, "shutdown")
    assert (await running.answer(2))["result"] is None
    running.notify("exit")
    assert await ended(running, children) == 0


async def test_it_leaves_while_the_server_gets_ready(student: Student) -> None:
    async with raw_client(stderr=asyncio.subprocess.PIPE) as raw:
        await raw.start(student.root)
        await eventually(lambda: descendants(raw.process.pid))  # the warm process is starting
        raw.request(2, "shutdown")
        raw.notify("exit")
        assert raw.process.stderr
        log = await asyncio.wait_for(raw.process.stderr.read(), 20)
    assert b"Traceback" not in log


async def test_the_server_is_told_to_end(running: RawClient) -> None:
    children = descendants(running.process.pid)
    running.process.terminate()
    await ended(running, children)


@pytest.mark.parametrize("how", ["its input ends", "SIGTERM"])
async def test_what_it_started_is_stopped(running: RawClient, how: str) -> None:
    """Nobody there can obey, or note that the server is gone."""
    children = descendants(running.process.pid)
    for child in children:
        os.kill(child, signal.SIGSTOP)
    if how == "SIGTERM":
        running.process.terminate()
    else:
        assert running.process.stdin
        running.process.stdin.close()
    assert await ended(running, children) == 1


async def test_it_is_killed_while_another_process_holds_the_servers_input_open(
    scratch: Path, student: Student
) -> None:
    """The client's process is gone, but the pipe does not end."""
    student.path.write_text(student.with_greet(ENDLESS), encoding="utf-8")
    async with raw_client(TMPDIR=str(scratch)) as raw:
        client = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        await raw.start(student.root, processId=client.pid)
        params = {"command": "tinytorch.runStep", "arguments": ["setup/greet"]}
        raw.request(1, "workspace/executeCommand", params)
        await eventually(lambda: list(scratch.glob("tinytorch-runs-*/run-*/stack.txt")))
        children = descendants(raw.process.pid)
        assert alive(raw.process.pid)
        client.kill()
        client.wait()
        assert client.stdin
        client.stdin.close()
        assert await ended(raw, children) == 1


async def test_it_is_killed(scratch: Path, student: Student) -> None:
    """A client that is a process of its own, as an editor is."""
    student.path.write_text(student.with_greet(ENDLESS), encoding="utf-8")
    editor = subprocess.Popen(
        [sys.executable, "-c", EDITOR, str(student.root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)},
    )
    assert editor.stdout
    server = int(editor.stdout.readline())
    await eventually(lambda: list(scratch.glob("tinytorch-runs-*/run-*/stack.txt")))
    children = [server, *descendants(server)]
    editor.send_signal(signal.SIGKILL)
    editor.wait()
    editor.stdout.close()
    await gone(children)


EDITOR = """
import json, pathlib, subprocess, sys
def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    server.stdin.write(b"Content-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
    server.stdin.flush()
server = subprocess.Popen(
    [sys.executable, "-m", "tinytorch_ls", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
)
root = pathlib.Path(sys.argv[1]).as_uri()
send({"id": 1, "method": "initialize", "params": {"capabilities": {}, "rootUri": root}})
send({"method": "initialized", "params": {}})
run = {"command": "tinytorch.runStep", "arguments": ["setup/greet"]}
send({"id": 2, "method": "workspace/executeCommand", "params": run})
print(server.pid, flush=True)
server.wait()
"""
