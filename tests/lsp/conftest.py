"""A student who has just begun, and an editor on their folder."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from author import Author
from lsp_client import Client
from pytest_asyncio import is_async_test
from student import Student, editing

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course
from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.folder import StudentFolder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one event loop, since they share one server."""
    for item in items:
        if Path(__file__).parent in item.path.parents and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def course() -> Course:
    return read_course(curriculum_folder())


@pytest.fixture
def student(tmp_path: Path, course: Course) -> Student:
    folder = StudentFolder(tmp_path / "my-course", course)
    folder.begin("setup")
    return Student(folder)


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(Path(shutil.copytree(curriculum_folder(), tmp_path / "curriculum")))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """An editor for all tests that need none of their own: starting a server takes its time."""
    async with Client(tmp_path_factory.mktemp("nothing")) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def client(server: Client, student: Student) -> AsyncIterator[Client]:
    async with editing(server, student.folder) as client:
        yield client
