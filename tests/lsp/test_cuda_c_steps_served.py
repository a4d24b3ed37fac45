"""A step in CUDA C in the editor, from the stub to the tick: as one in Python."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cuda_c_course import DOUBLED, FILE, cuda_c_course
from lsp_client import Client
from lsprotocol import types
from student import codes, compiled, named

from tinytorch_ls.libclang import unit
from tinytorch_ls.workspace.folder import StudentFolder

pytestmark = pytest.mark.skipif(not unit.is_here(), reason="libclang is not installed")
KEPT = "    __trap();  // pair/doubled is yours to write\n"


@pytest.fixture
def folder(tmp_path: Path) -> StudentFolder:
    return cuda_c_course(tmp_path)


@pytest_asyncio.fixture(loop_scope="session")
async def editor(folder: StudentFolder) -> AsyncIterator[Client]:
    options = {"curriculum": str(folder.course.folder)}
    async with Client(folder.root, options=options) as client:
        yield client


def titles(lenses: list[types.CodeLens]) -> dict[int, list[str]]:
    """What the lenses say, by line."""
    found: dict[int, list[str]] = {}
    for lens in lenses:
        assert lens.command
        found.setdefault(lens.range.start.line, []).append(lens.command.title)
    return found


async def test_from_the_stub_to_the_tick(editor: Client, folder: StudentFolder) -> None:
    path = folder.path(FILE)
    uri = editor.open(path)
    stub = editor.texts[uri]
    head = next(n for n, line in enumerate(stub.split("\n")) if "void doubled(" in line)
    shown = titles(await editor.lenses(uri))
    assert shown[head][:2] == ["○ Not written", "Run step test"]
    assert "Debug step" not in shown[head]
    assert "1. Double the number that is this thread's." in await editor.hover(uri, head, 30)

    editor.write(path, stub.replace(KEPT, DOUBLED.replace("if (i < n) {", "{")))
    (found,) = await editor.published(uri, named)
    written = editor.texts[uri].split("\n")
    assert found.code == "pair/doubled"
    assert "out[i] = twice(x[i]);" in written[found.range.start.line]
    assert found.message.startswith("Out of bounds: thread 1 of block 1 reads x[5]")
    assert "This behaves like: No guard" in found.message

    editor.write(path, stub.replace(KEPT, DOUBLED.replace("threadIdx.x;", "threadIdx.x")))
    (found,) = await editor.published(uri, lambda found: "syntax" in codes(found))
    assert found.message.startswith("A `;` is missing after the declaration.")
    assert titles(await editor.lenses(uri))[head]

    editor.write(path, stub.replace(KEPT, DOUBLED))
    await editor.published(uri, lambda found: not found)
    await editor.until(lambda: [each.step for each in editor.passed] == ["pair/doubled"])
    assert await editor.states("pair") == {"pair/doubled": "passed", "pair/filled": "todo"}
    assert "Tidy up" in titles(await editor.lenses(uri))[head]
    assert "occupancy" in await compiled(editor, uri)


async def test_a_reset_brings_the_todo_back_and_undo_the_code(
    editor: Client, folder: StudentFolder
) -> None:
    path = folder.path(FILE)
    uri = editor.open(path)
    stub = editor.texts[uri]
    mine = stub.replace(KEPT, f"{DOUBLED}    // mine\n")
    editor.write(path, mine)
    await editor.settled("pair")
    await editor.command("tinytorch.resetStep", "pair/doubled", str(folder.root))
    assert editor.texts[uri] == stub
    await editor.command("tinytorch.undo", str(folder.root))
    assert editor.texts[uri] == mine


async def test_its_scaffold_folds_and_the_cursor_stands_where_one_writes(
    editor: Client, folder: StudentFolder
) -> None:
    uri = editor.open(folder.path(FILE))
    lines = editor.texts[uri].split("\n")
    params = types.FoldingRangeParams(types.TextDocumentIdentifier(uri))
    found = list(await editor.text_document_folding_range_async(params) or ())
    fold = next(each for each in found if each.kind == types.FoldingRangeKind.Comment)
    assert lines[fold.start_line].strip() == "STEP-BY-STEP IMPLEMENTATION:"
    assert lines[fold.end_line].strip() == "*/"
    entry: Any = await editor.protocol.send_request_async(
        "tinytorch/entry", {"step": "pair/doubled"}
    )
    assert lines[entry.writing.line] == KEPT.rstrip("\n")


async def test_no_debugger_is_offered(editor: Client, folder: StudentFolder) -> None:
    assert not (await editor.step("pair/doubled")).debugs
    params = {"step": "pair/doubled", "folder": str(folder.root)}
    answer = await editor.ask("tinytorch/debugConfiguration", params)
    assert answer is None
    await editor.until(editor.said("no debugger here stops in them"))
