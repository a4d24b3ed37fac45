"""Code lenses: the state of each step, and what can be done with it."""

from __future__ import annotations

from lsp_client import Client
from lsprotocol import types
from student import ENDLESS, RIGHT, WRONG, Student, codes


async def titles(client: Client, uri: str, line: int) -> list[str]:
    """The lenses above a line, from left to right."""
    lenses = await client.lenses(uri)
    return [lens.command.title for lens in lenses if lens.command and on(lens, line)]


def on(lens: types.CodeLens, line: int) -> bool:
    return lens.range.start.line == line


async def test_an_unwritten_step(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    assert await titles(client, uri, student.line("def greet(")) == [
        "○ Not written",
        "Run step test",
        "Debug step",
        "Hint 2/3",
        "Explain",
    ]


async def test_an_integration_step_stands_at_the_top(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    assert await titles(client, uri, 0) == [
        "○ Not written: An environment report",
        "Run step test",
        "Debug step",
        "Explain",
    ]


async def test_a_step_that_runs_on_another_module_begins_it(
    client: Client, student: Student
) -> None:
    student.folder.begin("networks")
    uri = client.open(student.folder.path("tinytorch/networks.py"))
    commands = [lens.command for lens in await client.lenses(uri) if on(lens, 0)]
    begin = {
        (c.title, c.command, *(c.arguments or ())) for c in commands if c and "Begin" in c.title
    }
    assert begin == {("Begin Tensors", "tinytorch.goToStep", "tensor/create")}


async def test_a_file_that_was_saved_as_it_cant_be_read(client: Client, student: Student) -> None:
    """What a run said before is of another text: lens and lesson say what is wrong with this."""
    uri = client.open(student.path)
    right = student.with_greet(RIGHT)
    client.write(student.path, right)
    await client.until(lambda: client.passed)
    client.write(student.path, right.replace('return f"Hello', 'return (f"Hello'))
    await client.published(uri, lambda found: codes(found) == ["syntax"])
    line = student.line("def greet(")
    assert (await titles(client, uri, line))[0] == "✗ Can't be read"
    page = await client.ask("tinytorch/page", {"step": "setup/greet"})
    broken = student.line("return (f") + 1
    assert page.result.headline.startswith(f"Line {broken}: Python can't read this file: ")
    assert (page.result.state, page.result.call, page.passed) == ("failing", "", 1)

    client.write(student.path, right)
    await client.published(uri, lambda found: not found)
    assert (await titles(client, uri, line))[0] == "✓ Passed"


async def test_each_carries_its_step_as_the_argument(client: Client, student: Student) -> None:
    """A command's third field is its tooltip; a list there fails the whole request."""
    uri = client.open(student.path)
    line = student.line("def greet(")
    commands = [lens.command for lens in await client.lenses(uri) if on(lens, line)]
    found = {c.command: (list(c.arguments or []), c.tooltip) for c in commands if c}
    assert found == {
        "tinytorch.runStep": (["setup/greet"], None),
        "tinytorch.debugStep": (["setup/greet"], None),
        "tinytorch.hint": (["setup/greet"], None),
        "tinytorch.explainStep": (["setup/greet"], None),
    }


async def test_asked_for_at_once_after_opening(client: Client, student: Student) -> None:
    """An editor asks before it has seen an answer, while the server still gets ready."""
    uri = client.open(student.path)
    identifier = types.TextDocumentIdentifier(uri)
    lenses = client.text_document_code_lens_async(types.CodeLensParams(identifier))
    actions = client.actions(uri, student.line("def greet("))
    assert len(await lenses or []) == 24
    assert len(await actions) == 5


async def test_of_a_document_that_is_not_open_there_are_none(
    client: Client, student: Student
) -> None:
    assert await client.lenses(student.uri) == []
    assert await client.actions(student.uri, 0) == []
    assert await client.hover("untitled:Untitled-1", 0) == ""


async def test_the_states(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    client.write(student.path, student.with_greet(WRONG))
    await client.settled("setup")
    assert (await titles(client, uri, line))[0] == "✗ Failing"
    client.write(student.path, student.with_greet(RIGHT))
    await client.settled("setup")
    assert (await titles(client, uri, line))[0] == "✓ Passed"
    assert (await titles(client, uri, 0))[0] == (
        "⊘ Blocked by “Give good advice”: An environment report"
    )


async def test_a_passed_step_leads_to_the_next(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    await client.settled("setup")
    line = student.line("def greet(")
    commands = [lens.command for lens in await client.lenses(uri) if on(lens, line)]
    assert commands[-1]
    assert commands[-1].title == "Next step"
    assert commands[-1].command == "tinytorch.goToStep"
    assert commands[-1].arguments
    assert list(commands[-1].arguments) == ["setup/system-info"]


async def test_a_step_that_runs(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    client.write(student.path, student.with_greet(ENDLESS))
    await client.until(lambda: "lenses" in client.refreshed)
    assert (await titles(client, uri, line))[0] == "… Running"
    client.write(student.path, student.with_greet(RIGHT))
    await client.settled("setup")
    assert (await titles(client, uri, line))[0] == "✓ Passed"


async def test_a_hint_that_was_shown_counts(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    await client.command("tinytorch.hint", "setup/greet")
    assert "Hint 3/3" in await titles(client, uri, student.line("def greet("))


async def test_a_client_that_can_neither_debug_nor_explain(student: Student) -> None:
    async with Client(student.root, options={"debug": False, "explain": False}) as client:
        uri = client.open(student.path)
        client.write(student.path, student.with_greet(RIGHT))
        await client.settled("setup")
        assert await titles(client, uri, student.line("def greet(")) == [
            "✓ Passed",
            "Run step test",
        ]


async def test_they_follow_changes_that_are_not_saved(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    line = student.line("def greet(")
    client.change(uri, "# a\n# b\n# c\n" + student.source)
    assert len(await titles(client, uri, line + 3)) == 5
    assert await titles(client, uri, line) == []


async def test_the_last_good_ones_stay_while_a_syntax_error_lasts(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    before = await client.lenses(uri)
    client.write(student.path, student.source.replace("def greet(name", "def greet((name"))
    await client.published(uri, bool)
    after = await client.lenses(uri)
    assert [places(lens) for lens in after] == [places(lens) for lens in before]


async def test_a_deleted_function_has_none(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.change(uri, student.source.replace("def greet(", "def greets("))
    found = {lens.command.arguments[0] for lens in await client.lenses(uri) if lens.command}  # pyright: ignore[reportOptionalSubscript]
    assert "setup/greet" not in found
    assert "setup/system-info" in found


def places(lens: types.CodeLens) -> tuple[int, str]:
    """Its line, and what it does."""
    assert lens.command
    return lens.range.start.line, lens.command.command
