"""Folding, and how a step is opened: its scaffold, and the line where its student goes on."""

from __future__ import annotations

from typing import Any

from lsp_client import Client
from lsprotocol import types
from student import RIGHT, Student

SCAFFOLD = "STEP-BY-STEP IMPLEMENTATION:"
RAISE = 'raise NotImplementedError("setup/greet is yours to write")'


async def folds(client: Client, uri: str) -> list[types.FoldingRange]:
    params = types.FoldingRangeParams(types.TextDocumentIdentifier(uri))
    return list(await client.text_document_folding_range_async(params) or ())


async def scaffolds(client: Client, uri: str) -> list[tuple[int, int]]:
    comment = types.FoldingRangeKind.Comment
    return [(f.start_line, f.end_line) for f in await folds(client, uri) if f.kind == comment]


async def entry(client: Client, step: str) -> Any:
    return await client.protocol.send_request_async("tinytorch/entry", {"step": step})


async def test_each_scaffold_folds_down_to_the_end_of_its_docstring(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    start, end = (await scaffolds(client, uri))[0]
    lines = student.source.split("\n")
    assert lines[start].strip() == SCAFFOLD
    assert lines[end].strip() == '"""'
    assert lines[end + 1].strip() == RAISE


async def test_functions_and_classes_fold_as_an_editor_folds_them(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    plain = {f.start_line: f.end_line for f in await folds(client, uri) if f.kind is None}
    assert plain[student.line("def greet(")] == student.line(RAISE)
    starts = [f.start_line for f in await folds(client, uri)]
    assert len(starts) == len(set(starts))


async def test_a_scaffold_stays_a_fold_while_the_text_can_t_be_read(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    start, end = (await scaffolds(client, uri))[0]
    client.change(uri, "x = (\n" + student.source)
    assert (await scaffolds(client, uri))[0] == (start + 1, end + 1)


async def test_a_file_of_no_course_is_left_to_the_editor(client: Client) -> None:
    params = types.FoldingRangeParams(types.TextDocumentIdentifier("untitled:Untitled-1"))
    assert await client.text_document_folding_range_async(params) is None


async def test_a_step_is_entered_at_its_raise_with_its_scaffold_folded(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    found = await entry(client, "setup/greet")
    assert found.uri == uri
    assert found.head.start.line == student.line("def greet(")
    assert (found.writing.line, found.writing.character) == (student.line(RAISE), 4)
    assert found.scaffolds == [student.line(SCAFFOLD)]


async def test_a_step_that_is_written_is_entered_at_its_first_line_of_code(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.change(uri, student.with_greet(RIGHT))
    found = await entry(client, "setup/greet")
    assert found.writing.line == found.head.start.line + 1
    assert found.scaffolds == []


async def test_a_step_without_code_of_its_own_has_no_entry(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    assert await entry(client, "setup/report") is None
