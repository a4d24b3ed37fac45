"""Inlay hints: what a step's variables were when it was last run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsp_client import Client, edited
from lsprotocol import types
from student import editing

from tinytorch_ls.course.model import Course
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder

FILE = "tinytorch/tensor.py"
ADD = """\
def add(self, other):
    pair = broadcastable(self, other, "add")
    total = pair[0] + pair[1]
    return wrap(total)
"""


@pytest.fixture
def folder(tmp_path: Path, course: Course) -> StudentFolder:
    """A student who has written all of module 01."""
    folder = StudentFolder(tmp_path / "my-course", course)
    folder.begin("tensor")
    solve(folder, [step for step in course.module("tensor").steps if step.symbols], "tensor")
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def client(server: Client, folder: StudentFolder) -> AsyncIterator[Client]:
    async with editing(server, folder) as client:
        yield client


async def shown(client: Client, folder: StudentFolder, add: str, first: str = "") -> str:
    """The student's `add` as an editor shows it after a save, hints included."""
    path = folder.path(FILE)
    uri = path.as_uri()
    if uri not in client.texts:
        client.open(path)
    await client.settled("tensor")
    client.write(path, first + transplant(folder.source(FILE), "Tensor.add", add))
    await client.settled("tensor")
    return await with_hints(client, uri)


async def with_hints(client: Client, uri: str) -> str:
    """The open text of `add` with its hints in their places."""
    text = client.texts[uri]
    hints = await client.inlay_hints(uri)
    for hint in sorted(hints, key=lambda hint: (-hint.position.line, -hint.position.character)):
        assert isinstance(hint.label, str)
        place = types.Range(hint.position, hint.position)
        text = edited(text, types.TextEdit(place, hint.label))
    start = text.index("    def add(")
    return text[start : text.index("@operation", start)].rstrip().replace("\n    ", "\n").strip()


async def test_each_variable_has_its_shape_and_dtype_of_the_last_call(
    client: Client, folder: StudentFolder
) -> None:
    """The step's last call with a result takes a number; the one that is refused has none."""
    assert (await shown(client, folder, ADD)).split("\n") == [
        "def add(self: (2,) float64, other):",
        '    pair = broadcastable(self, other, "add")',
        "    total: (2,) float64 = pair[0] + pair[1]",
        "    return wrap(total)",
    ]


async def test_each_assignment_has_what_it_bound(client: Client, folder: StudentFolder) -> None:
    code = (
        "def add(self, other):\n"
        "    array = np.zeros((2, 3))\n"
        "    array = array.astype(np.int64).reshape(-1)\n"
        "    count = len(array)\n"
        "    for row in np.ones((2, 4, 1)):\n"
        "        column = row[:, 0]\n"
        "    return self\n"
    )
    assert (await shown(client, folder, code)).split("\n")[1:] == [
        "    array: (2, 3) float64 = np.zeros((2, 3))",
        "    array: (6,) int64 = array.astype(np.int64).reshape(-1)",
        "    count = len(array)",
        "    for row: (4, 1) float64 in np.ones((2, 4, 1)):",
        "        column: (4,) float64 = row[:, 0]",
        "    return self",
    ]


async def test_tensors_are_read_from_their_data(client: Client, folder: StudentFolder) -> None:
    code = (
        "def add(self, other):\n"
        "    zero = Tensor([[0.0, 0, 0]])\n"
        "    flags = Tensor([True])\n"
        "    return zero\n"
    )
    assert (await shown(client, folder, code)).split("\n")[1:3] == [
        "    zero: (1, 3) float32 = Tensor([[0.0, 0, 0]])",
        "    flags: (1,) bool = Tensor([True])",
    ]


async def test_an_error_leaves_what_led_to_it(client: Client, folder: StudentFolder) -> None:
    code = (
        "def add(self, other):\n"
        "    wide = np.ones((2, 5))\n"
        "    tall = np.ones((4, 2))\n"
        "    total = wide + tall\n"
        "    return total\n"
    )
    assert (await shown(client, folder, code)).split("\n")[1:4] == [
        "    wide: (2, 5) float64 = np.ones((2, 5))",
        "    tall: (4, 2) float64 = np.ones((4, 2))",
        "    total = wide + tall",
    ]


async def test_an_annotation_is_not_doubled(client: Client, folder: StudentFolder) -> None:
    code = (
        "def add(self: Tensor, other: Any) -> Tensor:\n"
        "    zeros: Any = np.zeros(3)\n"
        "    return Tensor(zeros)\n"
    )
    assert await shown(client, folder, code) == code.rstrip()


async def test_positions_count_utf_16_units(client: Client, folder: StudentFolder) -> None:
    code = 'def add(self, other):\n    "🎉𝔸é"; mine = np.ones(3)\n    return self\n'
    seen = await shown(client, folder, code)
    assert '    "🎉𝔸é"; mine: (3,) float64 = np.ones(3)' in seen


async def test_they_move_with_what_is_typed_above_and_go_with_their_line(
    client: Client, folder: StudentFolder
) -> None:
    seen = await shown(client, folder, "def add(self, other):\n    a = np.ones(3)\n    return a\n")
    uri = folder.path(FILE).as_uri()
    client.change(uri, "# one\n# two\n" + client.texts[uri])
    assert await with_hints(client, uri) == seen
    client.change(uri, client.texts[uri].replace("a = np.ones", "b = np.ones"))
    assert "b = np.ones(3)" in await with_hints(client, uri)


async def test_only_those_of_the_lines_that_the_editor_shows(
    client: Client, folder: StudentFolder
) -> None:
    await shown(client, folder, ADD)
    uri = folder.path(FILE).as_uri()
    line = client.texts[uri].split("\n").index("        total = pair[0] + pair[1]")
    hints = await client.inlay_hints(uri, range(line, line + 1))
    assert [hint.position.line for hint in hints] == [line]
    assert hints[0].kind == types.InlayHintKind.Type


async def test_the_editor_is_told_to_ask_again_after_a_run(
    client: Client, folder: StudentFolder
) -> None:
    await shown(client, folder, ADD)
    assert "inlay hints" in client.refreshed


async def test_a_step_that_was_not_run_has_none(folder: StudentFolder) -> None:
    async with Client(folder.root, options={"trusted": False}) as client:
        uri = client.open(folder.path(FILE))
        assert await client.inlay_hints(uri) == []


async def test_a_long_loop_is_watched_for_its_first_lines_only(
    client: Client, folder: StudentFolder
) -> None:
    code = (
        "def add(self, other):\n"
        "    first = np.ones(2)\n"
        "    for number in range(20_000):\n"
        "        number += 1\n"
        "    late = np.ones(3)\n"
        "    return self\n"
    )
    seen = await shown(client, folder, code)
    assert "    first: (2,) float64 = np.ones(2)" in seen
    assert "    late = np.ones(3)" in seen


async def test_the_verdict_stands_behind_its_line_until_something_is_written(
    tmp_path: Path, course: Course
) -> None:
    folder = StudentFolder(tmp_path / "another", course)
    folder.begin("setup")
    path = folder.path("tinytorch/environment.py")
    wrong = "def greet(name):\n    return 'Hello'\n"
    async with Client(folder.root, options={"verdictAtLine": True}) as client:
        uri = client.open(path)
        assert await client.inlay_hints(uri) == []
        client.write(path, transplant(folder.source("tinytorch/environment.py"), "greet", wrong))
        (marked,) = await client.published(uri, bool)
        (hint,) = await client.inlay_hints(uri)
        line = client.texts[uri].split("\n")[hint.position.line]
        assert line == "    return 'Hello'"
        assert hint.position.character == len(line)
        assert hint.label == "✗ got 'Hello', wanted 'Hello, Ada! Ready …"
        assert marked.data == {"step": "setup/greet", "short": hint.label}  # for who draws it
        for shows in (False, True):
            set_in(client, {"tinytorch": {"verdictAtLine": shows}})
            assert len(await client.inlay_hints(uri)) == shows
        set_in(client, {})
        assert len(await client.inlay_hints(uri)) == 1  # another client's say nothing of it
        client.change(uri, f"{client.texts[uri]}\n")
        assert await client.inlay_hints(uri) == []


def set_in(client: Client, settings: dict[str, Any]) -> None:
    """Change a client's settings."""
    changed = types.DidChangeConfigurationParams(settings)
    client.protocol.notify(types.WORKSPACE_DID_CHANGE_CONFIGURATION, changed)
