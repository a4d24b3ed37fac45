"""A student's folder, the code that they write in it, and an editor on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lsp_client import DEADLINE_SECONDS, Client
from lsprotocol.types import Diagnostic

from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder

FILE = "tinytorch/environment.py"
RIGHT = (
    "def greet(name):\n    return f\"Hello, {name.strip() or 'you'}! Ready to build tinytorch.\"\n"
)
WRONG = "def greet(name):\n    return f\"Hello, {name or 'you'}! Ready to build tinytorch.\"\n"
LATER = (  # right in the example of the TODO, wrong in a later test
    "def greet(name):\n    who = name if name.strip() else 'you'\n"
    '    return f"Hello, {who}! Ready to build tinytorch."\n'
)
ENDLESS = "def greet(name):\n    while True:\n        name = name\n"


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


@asynccontextmanager
async def editing(server: Client, folder: StudentFolder) -> AsyncIterator[Client]:
    """The editor on this folder, with nothing open and nothing said."""
    await server.command("tinytorch.startCourse", str(folder.root))
    server.forget()
    yield server
    for uri in list(server.texts):
        server.close(uri)


async def failing(client: Client, student: Student) -> str:
    """Open the file, save wrong code in it, and wait for all that comes of it; the URI."""
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    await client.published(uri, bool)
    await client.settled("setup")
    return uri


def named(diagnostics: list[Diagnostic]) -> bool:
    """Whether a diagnostic says what the code behaves like; it does some time after the verdict."""
    return any("This behaves like: " in diagnostic.message for diagnostic in diagnostics)


def codes(diagnostics: list[Diagnostic]) -> list[str]:
    """The steps that diagnostics are about."""
    return [str(diagnostic.code) for diagnostic in diagnostics]


async def compiled(client: Client, uri: str) -> str:
    """The lens that says what the compiler made of a kernel, as soon as it is there."""

    async def look() -> str:
        while True:
            client.heard.clear()
            titles = [lens.command.title for lens in await client.lenses(uri) if lens.command]
            if found := [title for title in titles if "registers" in title]:
                return found[0]
            await client.heard.wait()

    return await asyncio.wait_for(look(), DEADLINE_SECONDS)
