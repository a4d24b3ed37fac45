"""What a student prints is passed on, and a fault of the server is said once."""

from __future__ import annotations

import pytest
from lsp_client import Client
from pygls.exceptions import JsonRpcException
from student import RIGHT, WRONG, Student

PRINTING = RIGHT.replace("    return", "    print('I greet', name)\n    return")
FAULTY = """
from tinytorch_ls.server import course_view, protocol
def lesson(ls, params):
    raise RuntimeError("a fault of ours")
course_view.FEATURES[protocol.LESSON] = lesson
from tinytorch_ls.server.main import serve
serve()
"""


async def test_what_is_printed_is_passed_on_though_the_step_passes(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    client.write(student.path, student.with_greet(PRINTING))
    printed = await client.until(lambda: client.printed)
    assert (printed[0].step, printed[0].title, printed[0].label) == (
        "setup/greet",
        "Meet the loop",
        "Passed",
    )
    assert "I greet Ada" in printed[0].output
    assert printed[0].folder == str(student.root)
    client.printed.clear()
    client.write(student.path, student.with_greet(WRONG))
    await client.published(student.uri, bool)
    await client.settled("setup")
    assert client.printed == []


async def test_a_flood_is_capped(client: Client, student: Student) -> None:
    client.open(student.path)
    flood = PRINTING.replace("'I greet', name", "'x' * 1_000_000")
    client.write(student.path, student.with_greet(flood))
    printed = await client.until(lambda: client.printed)
    assert 100 < len(printed[0].output) <= 20_000


async def test_a_fault_is_said_once_with_a_way_to_the_output(student: Student) -> None:
    options = {"output": True}
    async with Client(student.root, program=("-c", FAULTY), options=options) as client:
        for _ in range(3):
            await refused(client)
        await client.until(lambda: client.output_is_shown)
        (asked,) = client.asked
        assert "in TinyTorch itself, not in your code" in asked.message
        assert [action.title for action in asked.actions or []] == ["Show output"]
        assert client.messages == []


async def test_a_client_with_no_output_to_show_is_told_alone(student: Student) -> None:
    async with Client(student.root, program=("-c", FAULTY)) as client:
        for _ in range(3):
            await refused(client)
        await client.until(client.said("in TinyTorch itself, not in your code"))
        assert len(client.messages) == 1
        assert client.asked == []


async def refused(client: Client) -> None:
    with pytest.raises(JsonRpcException, match="a fault of ours"):
        await client.ask("tinytorch/lesson", {"step": "setup/greet"})
