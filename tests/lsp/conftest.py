"""A student who has just begun, and an editor on their folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_client import Client
from lsprotocol.types import Diagnostic
from pytest_asyncio import is_async_test

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course
from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.transplant import transplant

FILE = "tinytorch/environment.py"
RIGHT = (
    "def greet(name):\n    return f\"Hello, {name.strip() or 'you'}! Ready to build tinytorch.\"\n"
)
WRONG = "def greet(name):\n    return f\"Hello, {name or 'you'}! Ready to build tinytorch.\"\n"
ENDLESS = "def greet(name):\n    while True:\n        name = name\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one event loop, since they share one server."""
    for item in items:
        if Path(__file__).parent in item.path.parents and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass
class Student:
    """A folder with module 00 begun: one file, `environment.py`, whose first step is `greet`."""

    folder: StudentFolder

    @property
    def root(self) -> Path:
        return self.folder.root

    @property
    def path(self) -> Path:
        return self.folder.path(FILE)

    @property
    def uri(self) -> str:
        return self.path.as_uri()

    @property
    def source(self) -> str:
        return self.folder.source(FILE)

    @property
    def progress(self) -> Path:
        return self.root / ".tinytorch" / "progress.json"

    def with_greet(self, code: str) -> str:
        """The file with another `greet`."""
        return transplant(self.source, "greet", code)

    def line(self, text: str, source: str | None = None) -> int:
        """The 0-based number of the first line with this text in it."""
        lines = (self.source if source is None else source).split("\n")
        return next(number for number, line in enumerate(lines) if text in line)

    def solve(self, *names: str) -> None:
        """Write the right code of some steps, or of the whole module."""
        steps = self.folder.course.module("setup").steps
        chosen = [s for s in steps if s.symbols and (not names or s.name in names)]
        solve(self.folder, chosen, "setup")


@pytest.fixture(scope="session")
def course() -> Course:
    return read_course(curriculum_folder())


@pytest.fixture
def student(tmp_path: Path, course: Course) -> Student:
    folder = StudentFolder(tmp_path / "my-course", course)
    folder.begin("setup")
    return Student(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """An editor for all tests that need none of their own: starting a server takes its time."""
    async with Client(tmp_path_factory.mktemp("nothing")) as server:
        yield server


@asynccontextmanager
async def editing(server: Client, folder: StudentFolder) -> AsyncIterator[Client]:
    """The editor on this folder, with nothing open and nothing said."""
    await server.command("tinytorch.startCourse", str(folder.root))
    server.forget()
    yield server
    for uri in list(server.texts):
        server.close(uri)


@pytest_asyncio.fixture(loop_scope="session")
async def client(server: Client, student: Student) -> AsyncIterator[Client]:
    async with editing(server, student.folder) as client:
        yield client


def codes(diagnostics: list[Diagnostic]) -> list[str]:
    """The steps that diagnostics are about."""
    return [str(diagnostic.code) for diagnostic in diagnostics]
