"""A lesson that is broken, or being written: its author sees where, students can go on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from author import Author
from lsp_client import Client
from student import RIGHT, WRONG, Student, codes, named


@pytest_asyncio.fixture(loop_scope="session")
async def client(student: Student, author: Author) -> AsyncIterator[Client]:
    async with Client(student.root, options=author.options) as client:
        yield client


async def test_a_sound_course_has_no_complaints(client: Client) -> None:
    assert (await client.course()).complaints == []
    assert client.diagnostics == {}


async def test_a_broken_lesson_is_marked_and_the_others_work(
    student: Student, author: Author
) -> None:
    lesson = author.folder / "01_tensor" / "lesson.md"
    author.change(lesson, "- `tensor.py: Tensor.add`", "- tensor.py Tensor add")
    line = lesson.read_text(encoding="utf-8").split("\n").index("- tensor.py Tensor add")
    async with Client(student.root, options=author.options) as client:
        found = await client.published(lesson.as_uri(), bool)
        assert line - 2 <= found[0].range.start.line <= line
        assert (await client.course()).complaints[0].file == str(lesson)
        uri = client.open(student.path)
        client.write(student.path, student.with_greet(WRONG))
        assert "setup/greet" in codes(await client.published(uri, bool))


async def test_a_course_that_cannot_be_read_at_all_is_marked(
    student: Student, author: Author
) -> None:
    plan = author.folder / "course.toml"
    plan.write_text('title = "A course"\nmodules = [', encoding="utf-8")
    async with Client(student.root, options=author.options) as client:
        (found,) = await client.published(plan.as_uri(), bool)
        assert "not valid TOML" in found.message
        uri = client.open(student.path)
        assert await client.lenses(uri) == []
        plan.write_text('title = "A course"\nmodules = ["00_setup"]\n', encoding="utf-8")
        client.open(plan)
        client.save(plan.as_uri())
        await client.published(plan.as_uri(), lambda found: not found)
        assert len(await client.lenses(uri)) == 24


async def test_a_lesson_that_is_saved_is_what_is_served(
    client: Client, student: Student, author: Author
) -> None:
    uri = client.open(student.path)
    client.open(author.lesson)
    author.change(author.lesson, "1. Drop the blanks around", "1. Throw away the blanks around")
    client.save(author.lesson.as_uri())
    line = student.line("def greet(")
    assert "1. Throw away the blanks around" in await client.hover(uri, line)
    author.change(author.lesson, "The blanks around the name are still", "Those blanks are still")
    client.save(author.lesson.as_uri())
    client.write(student.path, student.with_greet(WRONG))
    (found,) = await client.published(uri, named)
    assert "help: Those blanks are still there" in found.message


async def test_a_lesson_broken_and_mended_in_the_editor(
    client: Client, student: Student, author: Author
) -> None:
    """The diagnostics stand under the author's own URI of the file."""
    uri = client.open(student.path)
    lesson = author.lesson.as_uri().replace("lesson.md", "%6Cesson.md")
    client.open(author.lesson, lesson)
    text = client.texts[lesson]
    broken = text.replace("files: [tinytorch/environment.py]\n", "files: []\n")
    client.write(author.lesson, broken, lesson)
    assert await client.published(lesson, bool)
    client.write(author.lesson, text, lesson)
    await client.published(lesson, lambda found: not found)
    assert len(await client.lenses(uri)) == 24


async def test_a_mistake_that_is_no_python_costs_no_verdict(
    student: Student, author: Author
) -> None:
    author.change(author.lesson, 'return f"Hello, {name or', 'return (f"Hello, {name or')
    async with Client(student.root, options=author.options) as client:
        uri = client.open(student.path)
        code = "def greet(name):\n    print(f\"Hello, {name.strip() or 'you'}!\")\n"
        client.write(student.path, student.with_greet(code))
        (found,) = await client.published(uri, named)
        assert found.message.startswith("`greet` gave None; a str was wanted.")


async def test_tests_that_cannot_be_read_are_the_lessons_fault(
    client: Client, student: Student, author: Author
) -> None:
    author.change(author.tests, "def test_greets_by_name(expect):", "def test_greets_by_name(:")
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    (found,) = await client.published(uri, bool)
    assert found.message.startswith("The tests of this lesson can't be read")
    assert "test_setup.py" in found.message
    assert "not of your code" in found.message


async def test_tests_that_are_not_there_are_the_lessons_fault_too(
    client: Client, student: Student, author: Author
) -> None:
    uri = client.open(student.path)
    author.tests.unlink()
    client.write(student.path, student.with_greet(RIGHT))
    (found,) = await client.published(uri, bool)
    assert found.message.startswith("The tests of this lesson can't be read")
