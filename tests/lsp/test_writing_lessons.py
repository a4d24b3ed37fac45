"""What an author sees while typing a lesson, its tests or its pictures, and after each save."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from author import Author, diagnosed, mended
from lsp_client import Client
from lsprotocol.types import (
    ProgressToken,
    WorkDoneProgressBegin,
    WorkDoneProgressCancelParams,
    WorkDoneProgressEnd,
)
from processes import descendants, eventually
from student import RIGHT, Student

from tinytorch_ls.course.needs import lacking

PASSES = f"#### Is right\n```python\n{RIGHT}```\nIt is.\n\n"


@pytest_asyncio.fixture(loop_scope="session")
async def client(student: Student, author: Author) -> AsyncIterator[Client]:
    async with Client(student.root, options=author.options, env=author.env) as client:
        yield client


async def test_a_flaw_of_the_lesson_shows_while_it_is_typed_and_goes_when_it_is_mended(
    client: Client, author: Author
) -> None:
    uri = client.open(author.lesson)
    text = client.texts[uri]
    client.change(uri, text.replace("- `environment.py: greet`", "- greet"))
    found = await diagnosed(client, author.lesson, "write a symbol as")
    assert found.range.start.line == text[: text.index("- `environment.py: greet`")].count("\n")
    assert author.lesson.read_text(encoding="utf-8") == text
    client.change(uri, text)
    await mended(client, author.lesson)


async def test_a_flaw_of_the_structure_shows_while_it_is_typed(
    client: Client, author: Author
) -> None:
    uri = client.open(author.tests)
    text = client.texts[uri]
    client.change(uri, text.replace('@step("greet")', '@step("great")', 1))
    found = await diagnosed(client, author.tests, "`great`")
    assert found.range.start.line == text[: text.index("def test_")].count("\n")
    client.change(uri, text.replace("(expect):", "(expect:", 1))
    await diagnosed(client, author.tests, "not Python")
    client.change(uri, text)
    await mended(client, author.tests)


async def test_a_flaw_of_the_pictures_shows_while_they_are_typed(
    client: Client, author: Author
) -> None:
    path = author.folder / "02_activations" / "pictures.py"
    uri = client.open(path)
    text = client.texts[uri]
    client.change(uri, text.replace('@picture("', '@picture("no-', 1))
    await diagnosed(client, path, "`no-")
    client.change(uri, text)
    await mended(client, path)


async def test_a_test_that_runs_nothing_of_the_student_s_needs_no_student(author: Author) -> None:
    """An author has the course open, and no student's folder."""
    async with Client(author.folder, options=author.options, env=author.env) as client:
        uri = client.open(author.tests)
        client.change(uri, client.texts[uri].replace("(expect):", "(expect:", 1))
        await diagnosed(client, author.tests, "not Python")


async def test_a_mistake_that_passes_is_told_after_the_save(client: Client, author: Author) -> None:
    """Until it is mended and saved, and at its line, wherever typing moves it."""
    uri = client.open(author.lesson)
    text = client.texts[uri]
    wrong, line = with_a_mistake_that_passes(text)
    client.write(author.lesson, wrong)
    found = await diagnosed(client, author.lesson, "the mistake `Is right` passes every test")
    assert found.range.start.line == line
    client.change(uri, wrong.replace("# Setup\n", "# Setup\n\nHello.\n"))
    await client.published(uri, lambda found: [d.range.start.line for d in found] == [line + 2])
    client.write(author.lesson, text)
    await mended(client, author.lesson)


async def test_a_test_that_the_library_fails_is_told_after_the_save(
    client: Client, author: Author
) -> None:
    uri = client.open(author.tests)
    text = client.texts[uri]
    client.write(author.tests, text.replace('"Hello, Ada!', '"Bye, Ada!', 1))
    found = await diagnosed(client, author.tests, "the library fails setup/greet")
    assert found.range.start.line == text[: text.index('expect(environment.greet("Ada"')].count(
        "\n"
    )
    client.write(author.tests, text)
    await mended(client, author.tests)


async def test_a_proof_shows_its_progress_until_it_ends(client: Client, author: Author) -> None:
    client.open(author.lesson)
    client.save(author.lesson.as_uri())
    token = await proving(client)
    await client.until(lambda: ended(client, token))
    assert client.diagnostics == {}
    await eventually(lambda: not proofs_below(client))


@pytest.mark.skipif(lacking(("gpu",)) is None, reason="everything that a lesson may need is here")
async def test_an_author_is_told_that_a_module_cant_be_proven_here(
    client: Client, author: Author
) -> None:
    uri = client.open(author.lesson)
    text = client.texts[uri].replace("minutes:", "needs: [gpu]\nminutes:", 1)
    client.write(author.lesson, with_a_mistake_that_passes(text)[0])
    await client.until(client.said("Setup is not proven here: "))
    assert client.diagnostics.get(uri, []) == []


async def test_a_newer_save_ends_the_proof_before_it(client: Client, author: Author) -> None:
    uri = client.open(author.lesson)
    text = client.texts[uri]
    client.write(author.lesson, text.replace('>>> greet("Ada")', ">>> while True: pass", 1))
    token = await proving(client)
    (first,) = proofs_below(client)
    client.write(author.lesson, with_a_mistake_that_passes(text)[0])
    await diagnosed(client, author.lesson, "the mistake `Is right` passes every test")
    assert ended(client, token)
    assert first not in descendants(client.process.pid)
    assert not any("the example of" in each.message for each in client.diagnostics[uri])


async def test_a_proof_is_ended_where_the_author_wants_it_no_more(
    client: Client, author: Author
) -> None:
    uri = client.open(author.lesson)
    wrong = client.texts[uri].replace('>>> greet("Ada")', ">>> while True: pass", 1)
    client.write(author.lesson, wrong)
    token = await proving(client)
    client.window_work_done_progress_cancel(WorkDoneProgressCancelParams(token))
    await client.until(lambda: ended(client, token))
    await eventually(lambda: not proofs_below(client))


async def test_nothing_is_proven_where_nothing_is_trusted_until_it_is(
    student: Student, author: Author
) -> None:
    options = {**author.options, "trusted": False}
    async with Client(student.root, options=options, env=author.env) as client:
        uri = client.open(author.lesson)
        wrong, line = with_a_mistake_that_passes(client.texts[uri])
        client.write(author.lesson, wrong.replace("- `environment.py: greet`", "- greet"))
        await diagnosed(client, author.lesson, "write a symbol as")
        client.write(author.lesson, wrong)
        await mended(client, author.lesson)
        assert descendants(client.process.pid) == []
        client.protocol.notify("tinytorch/trustGranted", {})
        found = await diagnosed(client, author.lesson, "the mistake `Is right` passes")
        assert found.range.start.line == line


def with_a_mistake_that_passes(text: str) -> tuple[str, int]:
    """A lesson whose first step has a mistake that is none, and its 0-based line."""
    place = text.index("#### ", text.index("{#greet}"))
    return text[:place] + PASSES + text[place:], text[:place].count("\n")


def proofs_below(client: Client) -> list[int]:
    """The processes of the server that prove a lesson."""
    found: list[int] = []
    for pid in descendants(client.process.pid):
        with suppress(OSError):
            if b"saved_program" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


async def proving(client: Client) -> ProgressToken:
    """The token of the one proof whose progress is shown."""

    def begun() -> list[ProgressToken]:
        return [
            token
            for token, reports in client.progress_reports.items()
            for first in reports[:1]
            if isinstance(first, WorkDoneProgressBegin) and first.title.startswith("Proving")
        ]

    (token,) = await client.until(begun)
    return token


def ended(client: Client, token: ProgressToken) -> bool:
    return isinstance(client.progress_reports[token][-1], WorkDoneProgressEnd)
