"""Work that takes long: the client sees its progress and can end it."""

from __future__ import annotations

import asyncio

import pytest
from lsp_client import Client
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from student import ENDLESS, RIGHT, Student

REQUEST_CANCELLED = -32800


async def test_a_short_run_shows_no_progress(client: Client, student: Student) -> None:
    student.solve("greet")
    await client.command("tinytorch.runStep", "setup/greet")
    assert client.progress_reports == {}


async def test_a_long_one_can_be_cancelled_by_its_progress(
    client: Client, student: Student
) -> None:
    student.solve()
    student.path.write_text(student.with_greet(ENDLESS), encoding="utf-8")
    command = asyncio.ensure_future(client.command("tinytorch.runModule", "setup"))
    token = await begun(client)
    (begin,) = client.progress_reports[token]
    assert isinstance(begin, types.WorkDoneProgressBegin)
    assert (begin.title, begin.cancellable, begin.percentage) == ("Testing 5 steps", True, 0)
    client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    states = await command
    assert [each["state"] for each in states] == ["todo"] * 5
    await client.until(lambda: ended(client, token))
    assert not (await client.step("setup/greet")).running
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    assert (await client.command("tinytorch.runStep", "setup/greet"))["state"] == "passed"


async def test_it_counts_the_steps_that_are_done(client: Client, student: Student) -> None:
    student.solve()
    slow = student.source.replace(
        "    advice: list[str] = []", "    time.sleep(1.2)\n    advice = []"
    )
    student.path.write_text(slow, encoding="utf-8")
    await client.command("tinytorch.runModule", "setup")
    (token,) = client.progress_reports
    await client.until(lambda: ended(client, token))
    last = client.progress_reports[token][-2]
    assert isinstance(last, types.WorkDoneProgressReport)
    assert (last.message, last.percentage) == ("5 of 5", 100)


async def test_a_request_that_is_cancelled_ends_its_run(client: Client, student: Student) -> None:
    student.path.write_text(student.with_greet(ENDLESS), encoding="utf-8")
    params = types.ExecuteCommandParams("tinytorch.runStep", ["setup/greet"])
    request = asyncio.ensure_future(
        client.protocol.send_request_async(types.WORKSPACE_EXECUTE_COMMAND, params, "the-run")
    )
    await client.until(lambda: "lenses" in client.refreshed)
    assert (await client.step("setup/greet")).running
    client.cancel_request(types.CancelParams("the-run"))
    with pytest.raises(JsonRpcException) as raised:
        await request
    assert raised.value.code == REQUEST_CANCELLED
    await client.settled("setup")


async def test_a_run_that_a_save_replaces_answers_its_command_all_the_same(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    client.write(student.path, student.with_greet(ENDLESS))
    command = asyncio.ensure_future(client.command("tinytorch.runStep", "setup/greet"))
    await client.until(lambda: "lenses" in client.refreshed)
    client.write(student.path, student.with_greet(RIGHT))
    assert await command == {"step": "setup/greet", "state": "passed"}


async def test_a_file_that_a_save_has_emptied_and_not_yet_written_runs_as_its_editor_shows_it(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    await client.settled("setup")
    student.path.write_text("", encoding="utf-8")
    client.save(uri)
    answer = await client.command("tinytorch.runStep", "setup/greet")
    assert answer == {"step": "setup/greet", "state": "passed"}


async def test_a_client_without_progress_is_not_asked_to_show_it(student: Student) -> None:
    student.path.write_text(
        student.with_greet("import time\ndef greet(name):\n    time.sleep(1)\n"), encoding="utf-8"
    )
    async with Client(student.root, capabilities=types.ClientCapabilities()) as client:
        uri = client.open(student.path)
        await client.published(uri, bool)
        assert client.progress_reports == {}
        assert client.refreshed == []


async def begun(client: Client) -> types.ProgressToken:
    """The token of the one progress that was begun."""
    await client.until(lambda: any(client.progress_reports.values()))
    (token,) = client.progress_reports
    return token


def ended(client: Client, token: types.ProgressToken) -> bool:
    return isinstance(client.progress_reports[token][-1], types.WorkDoneProgressEnd)
