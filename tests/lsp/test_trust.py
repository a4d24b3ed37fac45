"""An untrusted folder: nothing of it runs, until it is trusted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsp_client import Client
from student import RIGHT, WRONG, Student, codes

NOT_TRUSTED = "This folder is not trusted, so no code of it is run."


@pytest_asyncio.fixture(loop_scope="session")
async def wary(student: Student) -> AsyncIterator[Client]:
    async with Client(student.root, options={"trusted": False}) as client:
        yield client


async def test_nothing_runs(wary: Client, student: Student) -> None:
    uri = wary.open(student.path)
    wary.write(student.path, student.with_greet(WRONG))
    assert await wary.command("tinytorch.runStep", "setup/greet") is None
    await wary.until(wary.said(NOT_TRUSTED))
    assert await wary.command("tinytorch.runModule", "setup") == []
    assert await wary.ask("tinytorch/debugConfiguration", {"step": "setup/greet"}) is None
    assert await wary.ask("tinytorch/picture", {"step": "activations/relu"}) is None
    tree = await wary.course()
    assert tree.trusted is False
    assert {step.state for step in tree.modules[0].steps} == {"todo"}
    assert wary.diagnostics[uri] == ()


async def test_not_even_a_process_for_it_is_started(wary: Client, student: Student) -> None:
    wary.open(student.path)
    await wary.command("tinytorch.runStep", "setup/greet")
    assert Path(f"/proc/{wary.process.pid}/task").is_dir()
    children = Path(f"/proc/{wary.process.pid}/task").glob("*/children")
    assert [child.read_text() for child in children if child.read_text()] == []


async def test_the_lesson_can_be_read(wary: Client, student: Student) -> None:
    uri = wary.open(student.path)
    assert "Step by step" in await wary.hover(uri, student.line("def greet("))
    assert len(await wary.lenses(uri)) == 24
    lesson = await wary.ask("tinytorch/lesson", {"step": "setup/greet"})
    assert lesson.title == "Meet the loop"
    assert (await wary.command("tinytorch.hint", "setup/greet"))["shown"] == 2


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("resetStep", ["setup/greet"]),
        ("solveStep", ["setup/greet"]),
        ("undo", []),
        ("beginModule", ["tensor"]),
        ("hint", ["setup/greet"]),
        ("startCourse", [None]),
    ],
)
async def test_no_command_changes_a_file(
    wary: Client, student: Student, command: str, arguments: list[Any]
) -> None:
    student.solve("greet")
    elsewhere = student.root.parent / "elsewhere"
    arguments = [str(elsewhere) if argument is None else argument for argument in arguments]
    uri = wary.open(student.path)
    before = {path: path.read_bytes() for path in student.root.rglob("*") if path.is_file()}
    result = await wary.command(f"tinytorch.{command}", *arguments)
    if command != "hint":
        assert result is None
        await wary.until(wary.said("This folder is not trusted, so nothing in it is changed."))
    assert {path: path.read_bytes() for path in student.root.rglob("*") if path.is_file()} == before
    assert wary.texts[uri] == student.source
    assert not elsewhere.exists()


async def test_a_syntax_error_is_shown_since_it_needs_no_run(
    wary: Client, student: Student
) -> None:
    uri = wary.open(student.path)
    wary.write(student.path, student.source.replace("def greet(name", "def greet((name"))
    assert codes(await wary.published(uri, bool)) == ["syntax"]


async def test_what_was_saved_meanwhile_is_tested_once_it_is_trusted(
    wary: Client, student: Student
) -> None:
    uri = wary.open(student.path)
    wary.write(student.path, student.with_greet(WRONG))
    assert (await wary.course()).trusted is False
    wary.protocol.notify("tinytorch/trustGranted", {})
    found = await wary.published(uri, bool)
    assert "setup/greet" in codes(found)
    assert (await wary.course()).trusted is True
    wary.write(student.path, student.with_greet(RIGHT))
    await wary.published(uri, lambda found: "setup/greet" not in codes(found))


async def test_a_file_begun_by_hand_runs_no_code_when_it_is_opened(student: Student) -> None:
    witness = student.root / "witness"
    code = f"open({str(witness)!r}, 'w').close()\n"
    student.path.write_text(code + student.with_greet(RIGHT), encoding="utf-8")
    async with Client(student.root, options={"trusted": False}) as client:
        uri = client.open(student.path)
        client.save(uri)
        await client.lenses(uri)
    assert not witness.exists()
