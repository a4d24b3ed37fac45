"""Several courses in one window, each served by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_client import Client
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from student import RIGHT, WRONG, Student, codes

from tinytorch_ls.course.model import Course
from tinytorch_ls.workspace.folder import StudentFolder


@pytest.fixture
def other(tmp_path: Path, course: Course) -> Student:
    folder = StudentFolder(tmp_path / "other-course", course)
    folder.begin("setup")
    return Student(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def both(student: Student, other: Student) -> AsyncIterator[Client]:
    """The folder above two courses."""
    assert student.root.parent == other.root.parent
    async with Client(student.root.parent) as both:
        yield both


async def test_the_folder_above_serves_them_all(
    both: Client, student: Student, other: Student
) -> None:
    assert set((await both.course()).folders) == {str(student.root), str(other.root)}


async def test_two_folders_of_a_window_are_two_courses(student: Student, other: Student) -> None:
    async with Client(student.root, others=(other.root,)) as client:
        assert list((await client.course()).folders) == [str(student.root), str(other.root)]


async def test_each_is_tested_and_marked_by_itself(
    both: Client, student: Student, other: Student
) -> None:
    mine, yours = both.open(student.path), both.open(other.path)
    both.write(student.path, student.with_greet(WRONG))
    both.write(other.path, other.with_greet(RIGHT))
    assert "setup/greet" in codes(await both.published(mine, bool))
    await both.until(lambda: both.passed)
    assert [(each.step, each.folder) for each in both.passed] == [("setup/greet", str(other.root))]
    assert "setup/greet" not in codes(list(both.diagnostics[yours]))
    assert (await both.step("setup/greet", student.root)).state == "failing"
    assert (await both.step("setup/greet", other.root)).state == "passed"
    assert '"passed"' not in student.progress.read_text(encoding="utf-8")


async def test_the_one_that_is_worked_in_is_the_one_that_is_meant(
    both: Client, student: Student, other: Student
) -> None:
    for each in (student, other, student):
        both.open(each.path)
        assert (await both.course()).folder == str(each.root)
        both.close(each.uri)


async def test_lenses_and_actions_name_their_course(
    both: Client, student: Student, other: Student
) -> None:
    uri = both.open(student.path)
    (first, *_) = await both.lenses(uri)
    assert first.command
    assert list(first.command.arguments or []) == ["setup/greet", str(student.root)]
    both.open(other.path)
    await both.command("tinytorch.hint", *first.command.arguments or [])
    assert (await both.step("setup/greet", student.root)).hints.shown == 2
    assert (await both.step("setup/greet", other.root)).hints.shown == 1
    actions = await both.actions(uri, student.line("def greet("))
    commands = [action.command for action in actions if action.command]
    assert {(each.arguments or [""])[-1] for each in commands} == {str(student.root)}


async def test_a_course_that_is_not_served_is_an_error(both: Client, tmp_path: Path) -> None:
    with pytest.raises(JsonRpcException, match="no course is served in") as got:
        await both.course(tmp_path)
    assert got.value.code == -32602
    with pytest.raises(JsonRpcException, match="no course is served in"):
        await both.command("tinytorch.runStep", "setup/greet", str(tmp_path))


async def test_a_folder_that_is_opened_later_is_served_and_left_with_it(
    student: Student, other: Student
) -> None:
    async with Client(student.root) as client:
        added = types.WorkspaceFolder(other.root.as_uri(), "other")
        change = types.WorkspaceFoldersChangeEvent
        tell = client.workspace_did_change_workspace_folders
        tell(types.DidChangeWorkspaceFoldersParams(change([added], [])))
        assert len((await client.course()).folders) == 2
        tell(types.DidChangeWorkspaceFoldersParams(change([], [added])))
        assert list((await client.course()).folders) == [str(student.root)]


async def test_a_file_of_another_course_brings_it_along(student: Student, other: Student) -> None:
    async with Client(student.root) as client:
        uri = client.open(other.path)
        assert len(await client.lenses(uri)) == 24
        assert (await client.course()).folder == str(other.root)
        assert len((await client.course()).folders) == 2


async def test_a_course_within_a_course_is_served_by_itself(
    student: Student, course: Course
) -> None:
    folder = StudentFolder(student.root / "more" / "again", course)
    folder.begin("setup")
    inner = Student(folder)
    async with Client(student.root) as client:
        uri = client.open(inner.path)
        client.write(inner.path, inner.with_greet(WRONG))
        assert codes(await client.published(uri, bool)) == ["setup/greet"]
        assert (await client.step("setup/greet", inner.root)).state == "failing"
        assert (await client.step("setup/greet", student.root)).state == "todo"
