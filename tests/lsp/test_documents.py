"""Texts as students have them: other line endings, marks, encodings, URIs and positions."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsp_client import Client, edited, like_vscode
from lsprotocol import types
from student import RIGHT, WRONG, Student, codes

from tinytorch_ls.server.edits import text_edit

ENDS = {"lf": "\n", "crlf": "\r\n"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
async def test_line_endings_and_a_byte_order_mark(
    client: Client, student: Student, end: str, mark: str
) -> None:
    text = mark + student.with_greet(WRONG).replace("\n", ENDS[end])
    line = student.line("{name or", text)
    student.path.write_bytes(text.encode())
    uri = client.open(student.path, text=text.removeprefix(mark))
    (found,) = await client.published(uri, bool)
    assert found.range.start == types.Position(line, 4)
    lenses = await client.lenses(uri)
    assert lenses[0].range.start.line == student.line("def greet(", text)
    client.change(uri, client.texts[uri].replace("{name or", "{name.strip() or"))
    student.path.write_bytes((mark + client.texts[uri]).encode())
    client.save(uri)
    await client.published(uri, lambda found: "setup/greet" not in codes(found))


async def test_tabs(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    code = student.with_greet(RIGHT).replace('    return f"Hello, {name', '\treturn nmae, f"{name')
    client.write(student.path, code)
    (found,) = await client.published(uri, bool)
    assert found.range.start == types.Position(student.line("nmae"), 8)


async def test_bytes_that_are_no_utf_8(client: Client, student: Student) -> None:
    """An editor shows a mark in their place; Python refuses the file and says which line."""
    text = student.with_greet(RIGHT.replace("Hello", "H\ufffdllo"))
    raw = text.encode("utf-8").replace("\ufffd".encode(), "é".encode("latin-1"))
    student.path.write_bytes(raw)
    uri = client.open(student.path, text=text)
    client.save(uri)
    (found,) = await client.published(uri, bool)
    assert "Python reads UTF-8" in found.message
    assert student.path.read_bytes() == raw
    assert await client.command("tinytorch.resetStep", "setup/greet")
    assert "greet is yours to write" in client.texts[uri]
    assert student.path.read_bytes() == raw


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "latin-1"])
async def test_an_encoding_that_python_does_not_read_is_told_when_the_file_is_opened(
    client: Client, student: Student, encoding: str
) -> None:
    text = student.with_greet(RIGHT) + "\nMINE = 'é'\n"
    student.path.write_bytes(text.encode(encoding))
    uri = client.open(student.path, text=text)
    (found,) = await client.published(uri, bool)
    assert found.message.startswith("This file is saved as ")
    assert "Save with Encoding" in found.message
    student.path.write_text(text, encoding="utf-8")
    client.save(uri)
    await client.published(uri, lambda found: not found)
    assert (await client.states("setup"))["setup/greet"] == "passed"


async def test_so_is_one_that_another_program_gives_it(client: Client, student: Student) -> None:
    text = student.with_greet(RIGHT)
    uri = client.open(student.path)
    client.write(student.path, text)
    assert (await client.states("setup"))["setup/greet"] == "passed"
    student.path.write_bytes(text.encode("utf-16"))
    client.tell_of(student.path)
    (found,) = await client.published(uri, bool)
    assert found.message.startswith("This file is saved as UTF-16")
    assert (await client.states("setup"))["setup/greet"] == "failing"
    student.path.write_text(text, encoding="utf-8")
    client.tell_of(student.path)
    await client.published(uri, lambda found: not found)
    assert (await client.states("setup"))["setup/greet"] == "passed"


async def test_latin_1_that_the_file_declares_runs(client: Client, student: Student) -> None:
    text = "# -*- coding: latin-1 -*-\n" + student.with_greet(RIGHT) + "\n# é\n"
    student.path.write_bytes(text.encode("latin-1"))
    uri = client.open(student.path, text=text)
    client.save(uri)
    assert (await client.states("setup"))["setup/greet"] == "passed"


@pytest.mark.parametrize("folder", ["my course", "çédille", "a+b#c%20"])
async def test_the_clients_own_uri_comes_back(student: Student, folder: str) -> None:
    """VS Code escapes more than Python does, a colon to begin with; a link has two names."""
    link = student.root.parent / folder
    link.symlink_to(student.root)
    path = link / "tinytorch" / "environment.py"
    uri = "file://" + quote(str(path), safe="/").replace("environment", "%65nvironment")
    async with Client(link) as client:
        client.open(path, uri)
        client.write(student.path, student.with_greet(WRONG), uri)
        assert codes(await client.published(uri, bool)) == ["setup/greet"]
        assert (await client.step("setup/greet")).uri == uri
        assert len(await client.lenses(uri)) == 24
        configuration = await client.ask("tinytorch/debugConfiguration", {"step": "setup/greet"})
        assert configuration.breakpoint.uri == uri
        await client.command("tinytorch.resetStep", "setup/greet")
        assert "greet is yours to write" in client.texts[uri]
        assert set(client.diagnostics) == {uri}


async def test_a_file_open_under_two_uris_is_marked_in_both(
    client: Client, student: Student
) -> None:
    link = student.root.parent / "link"
    link.symlink_to(student.root)
    one = client.open(student.path)
    other = client.open(link / "tinytorch" / "environment.py")
    client.write(student.path, student.with_greet(WRONG), other)
    for uri in (one, other):
        assert codes(await client.published(uri, bool)) == ["setup/greet"]
    client.close(other)
    assert len(await client.lenses(one)) == 24


async def test_positions_are_utf_16_whatever_the_client_prefers(student: Student) -> None:
    offered = like_vscode()
    offered.general = types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16]
    )
    async with Client(student.root, capabilities=offered) as client:
        assert client.answer.capabilities.position_encoding == types.PositionEncodingKind.Utf16
        uri = client.open(student.path)
        client.write(student.path, student.with_greet("def greet(n):\n    return '🎉' + nmae\n"))
        (found,) = await client.published(uri, bool)
        assert found.range.start.character == 18


@pytest.mark.parametrize("end", ENDS)
async def test_a_function_moved_by_astral_characters_is_replaced_exactly(
    client: Client, student: Student, end: str
) -> None:
    greet = "def greet(name): return '🎉𝔸'; print('🎉')"
    text = student.with_greet(greet + "\n").replace(greet, greet + "  # 🎉 kept")
    text = text.replace("\n", ENDS[end])
    student.path.write_bytes(text.encode())
    uri = client.open(student.path)
    await client.command("tinytorch.solveStep", "setup/greet")
    changed = client.texts[uri]
    assert "name.strip() or 'you'" in changed
    assert "# 🎉 kept" in changed
    before, _, after = text.partition(greet)
    assert changed.startswith(before)
    assert changed.endswith(after)


LINES = st.lists(st.sampled_from(["a", "é", "🎉", "\n", "\r\n", "\r", "\t", "\f", "\u2028"]))


@given(LINES, LINES, LINES, LINES)
@settings(max_examples=200)
def test_one_edit_makes_any_text_into_any_other(
    start: list[str], old: list[str], new: list[str], end: list[str]
) -> None:
    before = "".join([*start, *old, *end])
    after = "".join([*start, *new, *end])
    assert edited(before, text_edit(before, after)) == after


def test_the_least_is_edited() -> None:
    edit = text_edit("a\nb🎉c\nd\n", "a\nb🎉xy\nd\n")
    assert edit.new_text == "xy"
    assert edit.range == types.Range(types.Position(1, 3), types.Position(1, 4))
