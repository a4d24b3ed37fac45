"""The pages of the lesson view: what the editor asks for a step, a module and a place."""

from __future__ import annotations

import pytest
from lsp_client import Client
from student import FILE, Student, failing

STUB = 'raise NotImplementedError("setup/greet is yours to write")'


async def test_a_page_has_the_lesson_of_its_step_and_where_to_turn(
    client: Client, student: Student
) -> None:
    page = await client.ask("tinytorch/page", {"step": "setup/greet"})
    step = student.folder.course.steps["setup/greet"]
    titles = [part.title for part in page.parts]
    assert titles == ["", "Step by step", "Example", "In the real world"]
    assert page.parts[0].markdown == step.explanation
    assert (page.position, page.total, page.passed) == (1, 5, 0)
    assert page.hints == [step.hints[0]]  # the TODO has it
    assert page.rungs == 3
    assert (page.previous.title, page.previous.step) == ("Setup", None)
    assert page.following.step == "setup/system-info"
    assert page.result.state == "todo"
    assert "not written yet" in page.result.headline


async def test_a_page_says_what_the_last_run_said(client: Client, student: Student) -> None:
    await failing(client, student)
    result = (await client.ask("tinytorch/page", {"step": "setup/greet"})).result
    assert (result.state, result.call) == ("failing", 'greet("   ")')
    assert (result.sign, result.label) == ("✗", "Failing")
    assert result.got.startswith("'Hello,   ")
    assert result.expected.startswith("'Hello, you")


async def test_a_hint_is_shown_in_the_page_and_in_no_message(
    client: Client, student: Student
) -> None:
    await client.command("tinytorch.hint", "setup/greet")
    page = await client.ask("tinytorch/page", {"step": "setup/greet"})
    assert page.hints == list(student.folder.course.steps["setup/greet"].hints[:2])


async def test_a_step_is_compared_with_the_library_once_it_passes(
    client: Client, student: Student
) -> None:
    """The student's own words stand in both, so that what differs is code."""
    assert await client.ask("tinytorch/reference", {"step": "setup/greet"}) is None
    uri = client.open(student.path)
    mine = "return f\"Hello, {name.strip() or 'you'}! Ready to build tinytorch.\""
    client.write(student.path, student.source.replace(STUB, mine))
    await client.settled("setup")
    found = await client.ask("tinytorch/reference", {"step": "setup/greet"})
    library = (student.folder.course.library / FILE).read_text(encoding="utf-8")
    theirs = library[library.index("def greet") : library.index("def package_version")]
    code = theirs.rpartition('"""')[2].strip()
    assert found.uri == uri
    assert found.text == student.source.replace(STUB, code)


@pytest.mark.parametrize(
    ("old", "new", "text", "step"),
    [
        ("", "", "def greet(", "greet"),
        ("", "", STUB, "greet"),
        ("", "", "def package_version", "greet"),  # given: the step next above it
        ("", "", "class SystemInfo", None),
        (STUB, f"x = (\n\n\n\n\n{STUB}", STUB, "greet"),  # can't be read while it is typed
        (STUB, f"x = (\n\n\n\n\n{STUB}", "def system_info(", "system-info"),
        ("import os\n", "import os, (\n" * 40, "def greet(", "greet"),
    ],
)
async def test_the_step_at_a_line_is_that_of_the_text_as_it_is_now(
    client: Client, student: Student, old: str, new: str, text: str, step: str | None
) -> None:
    uri = client.open(student.path)
    source = student.source.replace(old, new, 1) if old else student.source
    client.change(uri, source)
    place = {"uri": uri, "line": student.line(text, source)}
    found = await client.ask("tinytorch/stepAt", place)
    assert (found and found.step) == (step and f"setup/{step}")


async def test_a_module_has_a_page_of_its_own_which_closes_it(
    client: Client, student: Student
) -> None:
    page = await client.ask("tinytorch/page", {"module": "setup"})
    module = student.folder.course.module("setup")
    titles = [part.title for part in page.parts]
    assert titles[:2] == ["", "You will"]
    assert "What you can do now" not in titles
    assert page.parts[0].markdown == module.introduction
    assert len(page.questions) == sum(len(section.questions) for section in module.sections)
    assert (page.result, page.previous, page.following.step) == (None, None, "setup/greet")
    student.solve()
    await client.command("tinytorch.runModule", "setup")
    last = await client.ask("tinytorch/page", {"step": module.steps[-1].id})
    assert (last.following.title, last.following.step) == ("What you can do now", None)
    page = await client.ask("tinytorch/page", {"module": "setup"})
    assert page.parts[0].title == "What you can do now"
    assert (page.following.module, page.following.step) == ("tensor", None)
