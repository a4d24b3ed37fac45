"""What goes wrong around the server: it says so, loses nothing, and the next save works."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_client import DEADLINE_SECONDS, Client
from processes import eventually, gone, running_below
from student import ENDLESS, RIGHT, WRONG, Student, codes, failing, named

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest_asyncio.fixture(loop_scope="session")
async def client(student: Student) -> AsyncIterator[Client]:
    """A server of each test's own, which it may harm."""
    async with Client(student.root) as client:
        yield client


async def test_an_endless_loop_reaches_its_limit_and_hover_answers_meanwhile(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(ENDLESS))
    await client.until(lambda: "lenses" in client.refreshed)
    text = await asyncio.wait_for(client.hover(uri, student.line("def greet(")), 3)
    assert text.startswith("### Meet the loop")
    assert (await client.step("setup/greet")).running
    (found,) = await client.published(uri, lambda found: "setup/greet" in codes(found))
    assert (
        "“Meet the loop” was stopped after 10 s of computing: it had not come out of the loop"
        in found.message
    )
    assert found.range.start.line in range(
        student.line("while True"), student.line("name = name") + 1
    )


async def test_the_server_is_killed_in_the_middle_of_a_run(student: Student) -> None:
    async with Client(student.root) as client:
        uri = client.open(student.path)
        client.write(student.path, student.with_greet(RIGHT))
        assert (await client.states("setup"))["setup/greet"] == "passed"
        await client.command("tinytorch.hint", "setup/greet")
        looping = student.source.replace("    versions = ", "    while True: pass\n    versions = ")
        looping = looping.replace('raise NotImplementedError("setup/system-info', 'while 1: 1 #"')
        client.write(student.path, looping)
        await client.until(lambda: "lenses" in client.refreshed)
        children = await running_below(client.process.pid)
        await client.kill()
        await gone(children)
    async with Client(student.root) as client:
        greet = await client.step("setup/greet")
        assert (greet.state, greet.hints.shown) == ("passed", 2)
        uri = client.open(student.path)
        client.write(student.path, student.with_greet(WRONG))
        await client.published(uri, lambda found: "setup/greet" in codes(found))


@linux
async def test_a_client_that_dies_takes_the_server_and_its_runs_along(student: Student) -> None:
    async with Client(student.root) as client:
        client.open(student.path)
        client.write(student.path, student.with_greet(ENDLESS))
        await client.until(lambda: "lenses" in client.refreshed)
        children = await running_below(client.process.pid)
        assert client.process.stdin
        client.process.stdin.close()
        await asyncio.wait_for(client.process.wait(), DEADLINE_SECONDS)
        await gone(children)


@linux
async def test_an_ended_server_leaves_no_folder_behind(student: Student, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    async with Client(student.root, env={"TMPDIR": str(scratch)}) as client:
        client.open(student.path)
        client.write(student.path, student.with_greet(ENDLESS))
        await eventually(lambda: list(scratch.glob("tinytorch-runs-*/run-*/stack.txt")))
        children = await running_below(client.process.pid)
        await client.kill()
        await gone(children)
    assert list(scratch.glob("tinytorch-runs-*")) == []


@linux
async def test_the_warm_process_is_killed(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    assert (await client.states("setup"))["setup/greet"] == "passed"
    for child in await running_below(client.process.pid):
        os.kill(child, signal.SIGKILL)
    client.write(student.path, student.with_greet(WRONG))
    found = await client.published(uri, named)
    assert "This behaves like: Keeps the blanks." in found[0].message


@linux
async def test_the_warm_process_is_killed_in_the_middle_of_a_run(
    student: Student, tmp_path: Path
) -> None:
    async with Client(student.root, env={"TMPDIR": str(tmp_path)}) as client:
        uri = client.open(student.path)
        client.write(student.path, student.with_greet(ENDLESS))
        await eventually(lambda: list(tmp_path.glob("tinytorch-runs-*/run-*/stack.txt")))
        for child in await running_below(client.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        await client.published(uri, lambda found: "setup/greet" in codes(found))
        client.write(student.path, student.with_greet(RIGHT))
        await client.published(uri, lambda found: "setup/greet" not in codes(found))


async def test_the_folder_of_the_course_is_deleted(client: Client, student: Student) -> None:
    uri = await failing(client, student)
    await deleted(student.root / ".tinytorch")
    client.write(student.path, student.with_greet(RIGHT))
    await client.published(uri, lambda found: "setup/greet" not in codes(found))
    await eventually(lambda: remembers_a_pass(student))
    assert "name.strip()" in student.source


async def deleted(folder: Path) -> None:
    """Delete a folder that somebody else may still write into meanwhile."""

    def is_gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    await eventually(is_gone)


async def test_it_was_deleted_before_the_server_starts(student: Student) -> None:
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    shutil.rmtree(student.root / ".tinytorch")
    for folder in (student.root, student.root.parent):
        async with Client(folder) as client:
            client.open(student.path)
            assert (await client.states("setup"))["setup/greet"] == "passed"


async def test_the_whole_folder_is_deleted(client: Client, student: Student) -> None:
    """Nothing is made anew where it was, not even by a save that an editor still does there."""
    uri = await failing(client, student)
    text = student.with_greet(RIGHT)
    await deleted(student.root)
    assert await client.command("tinytorch.runStep", "setup/greet") is None
    await client.until(client.said(f"The course is no longer in {student.root}."))
    assert list(client.diagnostics[uri]) == []
    assert (await client.course()).folder is None
    student.path.parent.mkdir(parents=True, exist_ok=True)
    client.write(student.path, text)
    assert (await client.course()).folder is None
    assert [path.name for path in student.root.iterdir()] == ["tinytorch"]
    await client.command("tinytorch.startCourse", str(student.root))
    assert (await client.states("setup"))["setup/greet"] == "passed"
    assert student.source == text


async def test_a_damaged_progress_file_counts_as_none(student: Student) -> None:
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    student.progress.write_text('{"version": 1, "steps": {"setup/greet": 3', encoding="utf-8")
    async with Client(student.root) as client:
        client.open(student.path)
        assert (await client.states("setup"))["setup/greet"] == "passed"


DAMAGED = "Your progress could not be read; what stood there is kept in .tinytorch/progress.damaged"


async def test_a_damaged_progress_file_is_kept_and_said_once(student: Student) -> None:
    text = '{"version": 1, "steps": {"setup/greet": 3'
    student.progress.write_text(text, encoding="utf-8")
    aside = student.progress.with_name("progress.damaged.json")
    async with Client(student.root) as client:
        await client.until(client.said(DAMAGED))
        assert aside.read_text(encoding="utf-8") == text
        client.open(student.path)
        client.write(student.path, student.with_greet(RIGHT))
        assert (await client.states("setup"))["setup/greet"] == "passed"
        assert [DAMAGED in each.message for each in client.messages].count(True) == 1


async def test_progress_that_is_damaged_while_it_is_served_is_said_and_not_lost(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    assert (await client.states("setup"))["setup/greet"] == "passed"

    async def damage() -> None:
        while not client.said(DAMAGED)():  # the run's own save may just have taken its place
            student.progress.write_text("<<<<<<< a merge", encoding="utf-8")
            client.tell_of(student.progress)
            await client.course()

    await asyncio.wait_for(damage(), DEADLINE_SECONDS)
    assert '"passed"' in student.progress.read_text(encoding="utf-8")


async def test_in_an_untrusted_folder_damaged_progress_is_left_until_it_is_trusted(
    student: Student,
) -> None:
    student.progress.write_text("{", encoding="utf-8")
    async with Client(student.root, options={"trusted": False}) as client:
        await client.course()
        assert student.progress.read_text(encoding="utf-8") == "{"
        client.protocol.notify("tinytorch/trustGranted", {})
        await client.until(client.said(DAMAGED))


@linux
async def test_no_file_can_be_written(client: Client, student: Student) -> None:
    """The system refuses each write of the server, as it does where the disk is full."""
    uri = await failing(client, student)
    with no_room(client.process.pid):
        text = student.with_greet(RIGHT)
        client.write(student.path, text)
        await client.until(client.said("The steps can't be run now: "))
        assert await client.command("tinytorch.resetStep", "setup/greet") is None
        await client.until(client.said("Nothing was changed: "))
        await client.command("tinytorch.hint", "setup/greet")
        await client.until(client.said("The hint is not remembered: progress.json can't be"))
        assert client.texts[uri] == text == student.source
    client.save(uri)
    assert (await client.states("setup"))["setup/greet"] == "passed"


@pytest.mark.parametrize("place", [".", ".tinytorch"])
async def test_the_folder_is_read_only(student: Student, place: str) -> None:
    folder = student.root / place
    async with Client(student.root, preexec=obey_permissions) as client:
        uri = client.open(student.path)
        with read_only(folder):
            client.write(student.path, student.with_greet(WRONG))
            await client.published(uri, bool)
            if place == ".tinytorch":
                await client.until(client.said("Your progress is not saved: progress.json can't"))
                await client.until(client.said("you have no permission to write there"))
                assert await client.command("tinytorch.solveStep", "setup/greet") is None
                await client.until(client.said("Nothing was changed: "))
            assert "{name or 'you'}" in student.source
        client.write(student.path, student.with_greet(RIGHT))
        await client.published(uri, lambda found: "setup/greet" not in codes(found))
        await eventually(lambda: remembers_a_pass(student))


async def test_a_folder_that_may_not_be_read_stands_beside_the_course(student: Student) -> None:
    locked = student.root.parent / "a-locked-folder"
    locked.mkdir(mode=0)
    async with Client(student.root.parent, preexec=obey_permissions) as client:
        assert (await client.course()).folder == str(student.root)
    locked.chmod(0o700)


def remembers_a_pass(student: Student) -> bool:
    return student.progress.is_file() and '"passed"' in student.progress.read_text(encoding="utf-8")


def obey_permissions() -> None:
    """Give up root's right to write where the permissions forbid it; for others a no-op."""
    import ctypes

    drop, override = 24, (1, 2)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    for capability in override:
        ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


@contextlib.contextmanager
def no_room(pid: int) -> Iterator[None]:
    """Let a process write no byte to any file."""
    kept = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, kept[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, kept)
