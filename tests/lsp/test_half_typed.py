"""What is half typed is not judged wrong: a bad verdict waits until its student pauses."""

from __future__ import annotations

from lsp_client import Client
from lsprotocol import types
from student import RIGHT, WRONG, Student


async def state(client: Client, uri: str, line: int) -> str:
    """The first lens above a line."""
    lenses = await client.lenses(uri)
    found = (each.command.title for each in lenses if each.command and at(each) == line)
    return next(found)


def at(lens: types.CodeLens) -> int:
    return lens.range.start.line


async def type_on(client: Client, uri: str, line: int, until: str) -> None:
    """Go on typing behind a save until a state is shown; nothing is marked meanwhile."""
    text, shown = client.texts[uri], ""
    for number in range(2000):
        client.change(uri, f"{text}\n# {number}")
        shown = await state(client, uri, line)
        assert not client.diagnostics.get(uri)
        if shown == until:
            return
    raise AssertionError(shown)


async def test_a_failing_step_is_typed_at_until_its_student_pauses(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    client.write(student.path, student.with_greet(WRONG))
    await type_on(client, uri, line, "… Typing")
    assert await client.published(uri, bool)
    assert await state(client, uri, line) == "✗ Failing"


async def test_a_save_that_the_editor_makes_by_itself_waits_too(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    after_delay = types.TextDocumentSaveReason.AfterDelay
    identifier = types.TextDocumentIdentifier(uri)
    client.text_document_will_save(types.WillSaveTextDocumentParams(identifier, after_delay))
    client.write(student.path, student.with_greet(WRONG))
    await type_on(client, uri, line, "… Typing")
    assert await client.published(uri, bool)


async def test_a_step_that_passes_is_told_at_once(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    client.write(student.path, student.with_greet(RIGHT))
    await type_on(client, uri, line, "✓ Passed")
