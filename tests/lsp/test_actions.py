"""Code actions and the changes that they make: hint, explain, run, debug, tidy up, reset, undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from lsp_client import Client, like_vscode
from lsprotocol import types
from student import RIGHT, WRONG, Student

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.forms.python.form import PYTHON
from tinytorch_ls.workspace.changes import solve

BODY = "    return f\"Hello, {name.strip() or 'you'}! Ready to build tinytorch.\"\n"


async def titles(client: Client, uri: str, line: int, **context: Any) -> list[str]:
    return [action.title for action in await client.actions(uri, line, **context)]


async def choose(client: Client, uri: str, line: int, title: str) -> Any:
    """Do what an editor does when an action is chosen; the command's result."""
    actions = await client.actions(uri, line)
    command = next(action.command for action in actions if action.title == title)
    assert command
    return await client.command(command.command, *command.arguments or [])


async def test_those_of_an_unwritten_step(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    assert await titles(client, uri, student.line("greet is yours")) == [
        "Show hint 2 of 3",
        "Explain “Meet the loop”",
        "Run step test",
        "Debug step",
        "Reset step to its TODO",
    ]


async def test_outside_of_a_step_there_are_none(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    assert await titles(client, uri, student.line("MINIMUM =")) == []


async def test_a_client_that_wants_another_kind_gets_none(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    assert await titles(client, uri, line, only=["source.organizeImports"]) == []
    assert len(await titles(client, uri, line, only=["quickfix"])) == 5


async def test_those_of_a_diagnostic_say_that_they_are(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    found = await client.published(uri, bool)
    (action, *_) = await client.actions(uri, found[0].range.start.line, diagnostics=found[:1])
    assert action.kind == types.CodeActionKind.QuickFix
    assert [diagnostic.code for diagnostic in action.diagnostics or []] == ["setup/greet"]


async def test_each_hint_is_shown_once_and_then_no_more_is_offered(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    second = await choose(client, uri, line, "Show hint 2 of 3")
    third = await choose(client, uri, line, "Show hint 3 of 3")
    assert (second["shown"], third["shown"], third["total"]) == (2, 3, 3)
    assert (
        third["markdown"]
        == '`name.strip() or "you"` is the name to greet; the rest is one f-string.'
    )
    assert not any("hint" in title for title in await titles(client, uri, line))
    again = await client.command("tinytorch.hint", "setup/greet")
    assert again["shown"] == 3
    assert third["markdown"] in await client.hover(uri, line)


async def test_reset_puts_the_scaffold_back_in_the_editor(client: Client, student: Student) -> None:
    stub = student.source
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    result = await choose(client, uri, student.line("def greet("), "Reset step to its TODO")
    assert result["uris"] == [uri]
    assert "greet is yours to write" in client.texts[uri]
    assert client.texts[uri] == stub
    assert student.source != stub  # saving is the editor's


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_undo_restores_every_byte(
    client: Client, student: Student, end: str, mark: str
) -> None:
    mine = mark + (student.with_greet(WRONG) + "\n\n# 🎉 mine\t\n").replace("\n", end)
    student.path.write_bytes(mine.encode())
    uri = client.open(student.path)
    await client.settled("setup")
    await choose(client, uri, student.line("def greet("), "Reset step to its TODO")
    assert "greet is yours to write" in client.texts[uri]
    assert client.texts[uri].count("\n") == client.texts[uri].count(end)
    await choose(client, uri, student.line("def greet("), "Undo: reset “Meet the loop”")
    assert client.texts[uri] == mine


async def test_undo_of_a_file_closed_meanwhile_restores_every_byte(
    client: Client, student: Student
) -> None:
    """An editor keeps a byte order mark out of its text, and writes it again."""
    mine = "\ufeff" + student.with_greet(WRONG)
    student.path.write_bytes(mine.encode())
    uri = client.open(student.path, text=mine.removeprefix("\ufeff"))
    await client.command("tinytorch.resetStep", "setup/greet")
    student.path.write_bytes(("\ufeff" + client.texts[uri]).encode())
    client.save(uri)
    client.close(uri)
    await client.command("tinytorch.undo")
    assert student.path.read_bytes() == mine.encode()


async def test_solve_and_save_passes(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    await client.command("tinytorch.solveStep", "setup/greet")
    client.write(student.path, client.texts[uri])
    assert (await client.states("setup"))["setup/greet"] == "passed"


async def test_a_file_that_is_not_open_is_written_and_tested(
    client: Client, student: Student
) -> None:
    await client.command("tinytorch.solveStep", "setup/greet")
    assert "name.strip() or 'you'" in student.source
    assert (await client.states("setup"))["setup/greet"] == "passed"
    await client.command("tinytorch.resetStep", "setup/greet")
    assert (await client.states("setup"))["setup/greet"] == "todo"


async def test_an_edit_that_the_editor_refuses_leaves_nothing_to_undo(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.applies = False
    assert await client.command("tinytorch.solveStep", "setup/greet") is None
    await client.until(client.said("Nothing was changed: it is busy."))
    assert not any("Undo" in t for t in await titles(client, uri, student.line("def greet(")))


TYPED = "# typed meanwhile\n"


def types_above(client: Client, uri: str) -> Callable[[], None]:
    """Types a line at the top, as a student may while an edit is on its way."""
    return lambda: client.change(uri, TYPED + client.texts[uri])


@pytest.mark.parametrize("times", [1, 3])
async def test_what_is_typed_meanwhile_stays_and_the_change_is_made_of_it(
    client: Client, student: Student, times: int
) -> None:
    stub = student.source
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    uri = client.open(student.path)
    client.types += [types_above(client, uri)] * times
    assert await client.command("tinytorch.resetStep", "setup/greet")
    assert client.texts[uri] == TYPED * times + stub
    client.types += [types_above(client, uri)] * times
    assert await client.command("tinytorch.undo")
    assert client.texts[uri] == TYPED * 2 * times + student.with_greet(RIGHT)
    assert await client.command("tinytorch.undo") is None  # each is one change


async def test_two_changes_at_once_are_both_made(client: Client, student: Student) -> None:
    names = [step.name for step in student.folder.course.module("setup").steps if step.symbols]
    uri = client.open(student.path)
    solved = [client.command("tinytorch.solveStep", f"setup/{name}") for name in names]
    assert all(await asyncio.gather(*solved))
    assert not PYTHON.unwritten(client.texts[uri])


async def test_one_who_never_stops_typing_is_told(client: Client, student: Student) -> None:
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    uri = client.open(student.path)
    client.types += [types_above(client, uri)] * 20
    assert await client.command("tinytorch.resetStep", "setup/greet") is None
    await client.until(client.said("did not take the change; try again when nothing is being"))
    assert client.texts[uri].lstrip("# typedmanwhil\n") == student.source.lstrip("# typedmanwhil\n")
    client.types.clear()
    assert await client.command("tinytorch.undo") is None  # nothing was changed


async def test_a_client_that_looks_at_no_versions_gets_plain_changes(student: Student) -> None:
    capabilities = like_vscode()
    assert capabilities.workspace
    assert capabilities.workspace.workspace_edit
    capabilities.workspace.workspace_edit.document_changes = False
    async with Client(student.root, capabilities=capabilities) as client:
        uri = client.open(student.path)
        stub = client.texts[uri]
        assert await client.command("tinytorch.solveStep", "setup/greet")
        assert client.texts[uri] != stub
        assert await client.command("tinytorch.undo")
        assert client.texts[uri] == stub


async def test_where_the_editor_refuses_its_part_no_file_is_written(
    client: Client, student: Student
) -> None:
    """A change of several files, one of them open."""
    folder = student.folder
    folder.begin("tensor")
    solved = [folder.course.steps["setup/greet"], folder.course.steps["tensor/add"]]
    solve(folder, solved, "both")
    client.open(student.path)
    before = folder.source("tinytorch/tensor.py")
    client.applies = False
    assert await client.command("tinytorch.undo") is None
    assert folder.source("tinytorch/tensor.py") == before
    client.applies = True
    assert await client.command("tinytorch.undo")
    assert "tensor/add is yours" in folder.source("tinytorch/tensor.py")
    assert "greet is yours" in client.texts[student.uri]


async def test_a_file_with_a_syntax_error_elsewhere_is_not_touched(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    broken = student.source.replace("MINIMUM = {", "MINIMUM = {{")
    client.write(student.path, broken)
    assert await client.command("tinytorch.resetStep", "setup/greet") is None
    await client.until(client.said("Nothing was changed: your file has a syntax error in line"))
    assert client.texts[uri] == broken


async def test_an_integration_step_has_nothing_to_reset(client: Client, student: Student) -> None:
    client.open(student.path)
    assert await client.command("tinytorch.resetStep", "setup/report") is None
    await client.until(client.said("“An environment report” has no code of its own"))


async def test_undo_with_nothing_to_undo_says_so(client: Client) -> None:
    assert await client.command("tinytorch.undo") is None
    await client.until(client.said("There is nothing to undo"))
    assert client.messages[-1].type == types.MessageType.Warning


async def test_a_step_with_a_syntax_error_inside_is_reset_and_comes_back(
    client: Client, student: Student
) -> None:
    stub = student.source
    broken = stub.replace('raise NotImplementedError("setup/greet is yours to write")', "return (")
    assert broken != stub
    uri = client.open(student.path)
    client.write(student.path, broken)
    done = await client.command("tinytorch.resetStep", "setup/greet")
    assert done["uris"] == [uri]
    assert client.texts[uri] == stub
    await client.command("tinytorch.undo")
    assert client.texts[uri] == broken


async def test_undo_leaves_what_was_written_since_elsewhere(
    client: Client, student: Student
) -> None:
    mine = student.with_greet(WRONG)
    uri = client.open(student.path)
    client.write(student.path, mine)
    await client.command("tinytorch.resetStep", "setup/greet")
    later = "\n\ndef an_hour_of_work():\n    return 42\n"
    client.change(uri, client.texts[uri] + later)  # not even saved
    await client.command("tinytorch.undo")
    assert client.texts[uri] == mine + later


async def test_undo_again_brings_back_what_undo_overwrote(client: Client, student: Student) -> None:
    stub = student.source
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    await client.command("tinytorch.resetStep", "setup/greet")
    client.write(student.path, student.with_greet(RIGHT))
    await client.command("tinytorch.undo")
    await client.until(client.said("is kept: undo again to bring it back"))
    line = student.line("def greet(")
    await choose(client, uri, line, "Undo: undo reset “Meet the loop”")
    assert "name.strip() or 'you'" in client.texts[uri]
    assert client.texts[uri] != stub


async def test_a_change_that_cant_be_taken_back_says_why_and_offers_the_one_before(
    client: Client, student: Student
) -> None:
    student.folder.begin("tensor")
    stub = student.source
    student.solve("greet")
    tensor = student.folder.path("tinytorch/tensor.py")
    uri = client.open(tensor)
    await client.command("tinytorch.solveStep", "tensor/add")
    broken = client.texts[uri] + "\n)\n"
    client.change(uri, broken)
    undone = await client.command("tinytorch.undo")
    assert (undone["uris"], undone["reason"]) == ([], "solve setup")
    (asked,) = client.asked
    assert asked.message.startswith(
        "The last change (solve “Add, with broadcasting”) can't be taken back now: your file has a "
    )
    assert [each.title for each in asked.actions or []] == ["Undo this instead: solve setup"]
    assert (student.source, client.texts[uri]) == (stub, broken)


async def test_an_emptied_file_is_mended_by_reset(client: Client, student: Student) -> None:
    stub = student.source
    uri = client.open(student.path)
    client.write(student.path, "")
    await client.command("tinytorch.resetStep", "setup/greet")
    assert client.texts[uri] == stub


async def test_the_librarys_own_checkout_is_not_started(client: Client) -> None:
    assert await client.command("tinytorch.startCourse", str(library_root())) is None
    await client.until(client.said("holds the course's own library"))
    assert not (library_root() / ".tinytorch").exists()


def with_todo(student: Student) -> str:
    """The file with a right `greet` below its TODO."""
    stub = student.source
    return PYTHON.with_documentation(
        student.with_greet(f'def greet(name):\n    """x"""\n{BODY}'), "greet", stub
    )


async def test_a_passed_step_is_tidied_up_and_the_toast_s_undo_brings_its_todo_back(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, with_todo(student))
    await client.settled("setup")
    line = student.line("def greet(")
    lenses = [each.command.title for each in await client.lenses(uri) if each.command]
    assert lenses.count("Tidy up") == 1
    before = client.texts[uri]
    done = await choose(client, uri, line, "Tidy up: the library's words for the TODO")
    assert done["did"] == "greet says what the library says, in your code."
    assert "TODO: Meet the loop" not in client.texts[uri]
    assert BODY in client.texts[uri]
    await client.command("tinytorch.resetStep", "setup/system-info")
    await client.command("tinytorch.takeBack", done["change"])
    assert client.texts[uri] == before
    again = await client.command("tinytorch.takeBack", done["change"])
    assert again is None
    assert client.said("taken back before")()


async def test_a_step_that_is_not_passed_is_not_tidied_up(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    assert await client.command("tinytorch.tidyStep", "setup/greet") is None
    assert client.texts[uri] == student.source
    assert client.said("keeps its TODO until it passes")()
    titled = await titles(client, uri, student.line("def greet("))
    assert not any("Tidy up" in title for title in titled)


async def test_a_reset_says_what_it_did(client: Client, student: Student) -> None:
    client.open(student.path)
    done = await client.command("tinytorch.resetStep", "setup/greet")
    assert done["did"] == "greet has its TODO back."
    done = await client.command("tinytorch.solveStep", "setup/greet")
    assert done["did"] == "greet is the library's code now."
