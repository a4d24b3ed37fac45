"""Hover: the scaffold of a step, and its failure once there is one."""

from __future__ import annotations

import pytest
from lsp_client import Client
from lsprotocol import types
from student import RIGHT, WRONG, Student, named


async def test_an_unwritten_step_shows_its_scaffold(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    text = await client.hover(uri, student.line("def greet("))
    assert text.startswith("### Meet the loop — not written")
    assert "1. Drop the blanks around `name`." in text
    assert ">>> greet(\"Ada\")\n'Hello, Ada! Ready to build tinytorch.'" in text
    assert "**Hints** (1 of 3)\n\n1. Two small jobs: clean the name" in text
    assert "the rest is one f-string" not in text


async def test_it_covers_the_whole_function_and_nothing_else(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    first, last = student.line("def greet("), student.line("greet is yours to write")
    shown = [await client.hover(uri, line) for line in range(first - 1, last + 2)]
    assert [bool(text) for text in shown] == [False, *[True] * (last - first + 1), False]


async def test_the_range_is_that_of_the_signature(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, 6))
    found = await client.text_document_hover_async(params)
    assert found
    signature = "def greet(name: str) -> str:"
    assert found.range == types.Range(types.Position(line, 0), types.Position(line, len(signature)))


async def test_a_failure_stands_first_with_its_parts_and_help_apart(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    await client.published(uri, named)
    text = await client.hover(uri, student.line("def greet("))
    failure, _, scaffold = text.partition("\n\n---\n\n")
    _, facts, behind = failure.split("```")
    facts = facts.removeprefix("text\n").splitlines()
    assert [fact[:10] for fact in facts] == [
        "call      ",
        "got       ",
        "expected  ",
        "first     ",
        "because   ",
    ]
    assert facts[0][10:] == 'greet("   ")'
    assert facts[1][10:] == "'Hello,    ! Ready to build tinytorch.'"
    assert facts[2][10:] == "'Hello, you! Ready to build tinytorch.'"
    assert facts[4][10:] == "this is the example of the TODO"
    assert "This behaves like: *Keeps the blanks*" in behind
    assert "\n> The blanks around the name are still there" in behind
    assert scaffold.startswith("### Meet the loop — failing")


async def test_it_says_nothing_that_the_diagnostic_of_its_line_says(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    (found,) = await client.published(uri, bool)
    await client.settled("setup")
    text = await client.hover(uri, found.range.start.line)
    assert text.startswith("### Meet the loop — failing")


async def test_the_failure_goes_once_the_step_passes(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    await client.published(uri, bool)
    client.write(student.path, student.with_greet(RIGHT))
    await client.published(uri, lambda found: not found)
    text = await client.hover(uri, student.line("def greet("))
    assert text.startswith("### Meet the loop — passed")


async def test_printed_backticks_stay_inside_their_block(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    code = "def greet(name):\n    print('```\\n# not a heading')\n    return ''\n"
    client.write(student.path, student.with_greet(code))
    await client.published(uri, bool)
    text = await client.hover(uri, student.line("def greet("))
    assert "Your code printed:\n````text\n```\n# not a heading" in text


@pytest.mark.parametrize("explains", [True, False])
async def test_where_a_lesson_stands_beside_the_code_written_code_has_none(
    student: Student, explains: bool
) -> None:
    async with Client(student.root, options={"explain": explains}) as client:
        client.open(student.path)
        client.write(student.path, student.with_greet(RIGHT))
        await client.settled("setup")
        uri, text = student.path.as_uri(), student.path.read_text(encoding="utf-8")
        assert await client.hover(uri, student.line("def greet(", text))
        found = await client.hover(uri, student.line("return f", text))
        assert bool(found) is not explains
