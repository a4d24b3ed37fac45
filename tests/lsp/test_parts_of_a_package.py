"""A package in the editor: a part that can't be read stops its own steps and those that need it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_client import DEADLINE_SECONDS, Client
from package_course import FIRST, SECOND, package_course
from student import codes

from tinytorch_ls.workspace.folder import StudentFolder


@pytest.fixture
def folder(tmp_path: Path) -> StudentFolder:
    return package_course(tmp_path)


@pytest_asyncio.fixture(loop_scope="session")
async def editor(folder: StudentFolder) -> AsyncIterator[Client]:
    """An editor of the package course, all of whose steps pass."""
    options = {"curriculum": str(folder.course.folder)}
    async with Client(folder.root, options=options) as client:
        await client.command("tinytorch.runModule", "pack")
        await client.command("tinytorch.runModule", "far")
        await states(client, {"passed"}, {"passed"})
        yield client


async def states(client: Client, pack: set[str], far: set[str]) -> dict[str, str]:
    """Wait until both modules have steps in these states and no others. Raises TimeoutError."""

    async def look() -> dict[str, str]:
        while True:
            client.heard.clear()
            found = {"pack": await client.states("pack"), "far": await client.states("far")}
            if (set(found["pack"].values()), set(found["far"].values())) == (pack, far):
                return found["pack"] | found["far"]
            await client.heard.wait()

    return await asyncio.wait_for(look(), DEADLINE_SECONDS)


async def running(client: Client, step_id: str) -> None:
    """Wait until a step is being tested. Raises TimeoutError."""

    async def look() -> None:
        client.heard.clear()
        while not (await client.step(step_id)).running:
            await client.heard.wait()
            client.heard.clear()

    await asyncio.wait_for(look(), DEADLINE_SECONDS)


async def test_a_syntax_error_in_a_part_is_told_there_and_where_it_is_needed(
    editor: Client, folder: StudentFolder
) -> None:
    first, second = folder.path(FIRST), folder.path(SECOND)
    uri, other = editor.open(first), editor.open(second)
    right = editor.texts[uri]
    editor.write(first, right.replace("return x + 1", "return (x + 1"))
    (found,) = await editor.published(uri, bool)
    assert (found.code, found.range.start.line) == ("syntax", 5)
    await states(editor, {"passed", "blocked"}, {"passed"})
    (met,) = await editor.published(other, bool)
    assert met.code == "pack/both"
    assert f"waits for {FIRST}, which can't be read: line 6 there." in met.message
    assert [each.location.uri for each in met.related_information or ()] == [uri]
    editor.write(first, right)
    await states(editor, {"passed"}, {"passed"})
    await editor.published(other, lambda found: not found)


async def test_a_save_of_another_part_is_tested_meanwhile(
    editor: Client, folder: StudentFolder
) -> None:
    first, second = folder.path(FIRST), folder.path(SECOND)
    editor.open(first)
    uri = editor.open(second)
    editor.write(first, "def one(x:\n")
    await states(editor, {"passed", "blocked"}, {"passed"})
    editor.write(second, editor.texts[uri].replace("x + 2", "x - 2"))
    found = await editor.published(uri, lambda found: "pack/two" in codes(found))
    (wrong,) = [each for each in found if each.code == "pack/two"]
    assert wrong.range.start.line == 8
    await states(editor, {"failing", "blocked", "passed"}, {"passed", "blocked"})


async def test_a_step_that_was_cut_off_waits_for_its_part(
    editor: Client, folder: StudentFolder
) -> None:
    first, second = folder.path(FIRST), folder.path(SECOND)
    uri, other = editor.open(first), editor.open(second)
    right = editor.texts[uri]
    editor.write(first, right.replace("return x + 1", "while True:\n        x += 1"))
    await running(editor, "pack/one")
    editor.write(first, "def one(x:\n")
    await states(editor, {"passed", "blocked"}, {"passed"})
    editor.write(second, editor.texts[other].replace("x + 2", "x - 2"))
    found = await states(editor, {"failing", "blocked", "passed"}, {"passed", "blocked"})
    assert found["pack/one"] == "passed"  # as it was when its file could last be read
    editor.write(first, right.replace("x + 1", "x - 1"))
    await editor.published(uri, lambda found: "pack/one" in codes(found))


async def test_a_part_that_is_removed_and_comes_back(editor: Client, folder: StudentFolder) -> None:
    first = folder.path(FIRST)
    text = first.read_bytes()
    first.unlink()
    editor.tell_of(first)
    await states(editor, {"todo", "passed", "blocked"}, {"passed"})
    first.write_bytes(text)
    editor.tell_of(first)
    await states(editor, {"passed"}, {"passed"})
