"""A save: what it runs, what it marks and where, and which save wins."""

from __future__ import annotations

import sys

import pytest
from lsp_client import Client
from lsprotocol import types
from student import ENDLESS, FILE, LATER, RIGHT, WRONG, Student, codes, failing, named

from tinytorch_ls.course.locate import curriculum_folder

KEEPS_BLANKS = (
    "def greet(name):\n    who = name if name.strip() else 'you'\n"
    "    return f'Hello, {who}! Ready to build tinytorch.'\n"
)
"""Right in the example, wrong in a test of the lesson."""
LESSON_TEST = curriculum_folder() / "00_setup" / "test_setup.py"


async def test_a_wrong_value_is_marked_on_the_students_own_line(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    code = "def greet(name):\n    who = name or 'you'\n    return f'Hello, {who}!'\n"
    client.write(student.path, student.with_greet(code))
    (found,) = await client.published(uri, bool)
    line = student.line("return f'Hello, {who}!'")
    assert found.range == types.Range(types.Position(line, 4), types.Position(line, 27))
    assert found.severity == types.DiagnosticSeverity.Error
    assert found.source == "tinytorch"
    assert found.code == "setup/greet"
    short = "✗ the end ' Ready to build tinytorch.' is missing"  # what stands behind the line
    assert found.data == {"step": "setup/greet", "short": short}
    assert found.message.splitlines()[:5] == [
        'greet("Ada") is not what it should be.',
        '  call      greet("Ada")',
        "  got       'Hello, Ada!'",
        "  expected  'Hello, Ada! Ready to build tinytorch.'",
        "  first     the end ' Ready to build tinytorch.' is missing",
    ]


async def test_it_is_related_to_the_expectation_in_the_lessons_test(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(LATER))
    (found,) = await client.published(uri, bool)
    assert found.related_information
    (related,) = found.related_information
    assert related.location.uri == LESSON_TEST.as_uri()
    lines = LESSON_TEST.read_text(encoding="utf-8").split("\n")
    assert lines[related.location.range.start.line].strip() == (
        'expect(environment.greet("  Ada ")).equals('
    )
    assert related.message == "blanks around a name are no part of it"


async def test_a_recorded_mistake_is_named_with_its_help(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    (found,) = await client.published(uri, named)
    assert "\nThis behaves like: Keeps the blanks.\nhelp: The blanks around" in found.message


async def test_an_error_is_marked_where_it_was_raised(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    code = "def greet(name):\n    return 'Hello, ' + nmae\n"
    client.write(student.path, student.with_greet(code))
    (found,) = await client.published(uri, bool)
    line = student.line("nmae")
    assert found.range.start == types.Position(line, 23)
    assert found.range.end == types.Position(line, 27)
    assert found.message.startswith("NameError: name 'nmae' is not defined")


async def test_columns_count_utf_16_units(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    code = "def greet(name):\n    return '🎉é𝔸' + nmae + '🎉'\n"
    client.write(student.path, student.with_greet(code))
    (found,) = await client.published(uri, bool)
    place = student.source.split("\n")[student.line("nmae")]
    start = len(place[: place.index("nmae")].encode("utf-16-le")) // 2
    assert found.range.start.character == start == 21
    assert found.range.end.character == start + 4


async def test_it_is_cleared_once_it_is_mended(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    await client.published(uri, bool)
    client.write(student.path, student.with_greet(RIGHT))
    await client.published(uri, lambda found: not found)
    await client.until(lambda: client.passed)
    await client.settled("setup")
    assert [passed.step for passed in client.passed] == ["setup/greet"]


async def test_what_changed_is_run_and_what_comes_after_it_in_the_file(
    client: Client, student: Student
) -> None:
    student.solve()
    client.open(student.path)
    await client.settled("setup")
    client.refreshed.clear()
    endless = student.source.replace("found = info.versions.get(name)", "while info: pass")
    client.write(student.path, endless)
    await client.until(lambda: "lenses" in client.refreshed)
    tree = await client.course()
    running = {step.id for module in tree.modules for step in module.steps if step.running}
    assert running == {"setup/check-environment", "setup/time-call", "setup/report"}


async def test_a_helper_that_changed_runs_the_whole_module(
    client: Client, student: Student
) -> None:
    student.solve()
    uri = client.open(student.path)
    await client.settled("setup")
    helper = "    try:\n        return version(name)"
    assert helper in student.source
    client.write(student.path, student.source.replace(helper, "    try:\n        return '0'"))
    await client.published(uri, bool)
    states = await client.states("setup")
    assert states["setup/system-info"] == "failing"


async def test_a_save_that_changes_nothing_keeps_what_was_said(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    said = await client.published(uri, bool)
    client.diagnostics.clear()
    client.save(uri)
    assert await client.published(uri, bool) == said


async def test_a_failure_moves_with_lines_that_are_put_above_it(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    (before,) = await client.published(uri, bool)
    await client.settled("setup")
    client.write(student.path, "# one\n# two\n" + student.source)
    line = before.range.start.line + 2
    found = await client.published(uri, lambda found: line in [d.range.start.line for d in found])
    assert [d.message for d in found if d.range.start.line == line] == [before.message]


async def test_the_latest_save_wins(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(ENDLESS))
    await client.until(lambda: "lenses" in client.refreshed)
    client.write(student.path, student.with_greet(RIGHT))
    states = await client.states("setup")
    assert states["setup/greet"] == "passed"
    assert "setup/greet" not in codes(list(client.diagnostics[uri]))


async def test_what_the_save_before_had_not_run_yet_is_run_too(
    client: Client, student: Student
) -> None:
    """The second save ends the first one's run, which had a later step still to do."""
    student.solve("system-info", "check-environment", "time-call")
    client.open(student.path)
    await client.settled("setup")
    both = student.with_greet(ENDLESS).replace("if found is None:", "if found == '':")
    client.write(student.path, both)
    await client.until(lambda: "lenses" in client.refreshed)
    client.write(student.path, student.with_greet(RIGHT))
    states = await client.states("setup")
    assert states["setup/greet"] == "passed"
    assert states["setup/check-environment"] == "failing"


async def test_a_run_that_a_syntax_error_cut_off_is_made_up_for(
    client: Client, student: Student
) -> None:
    uri = await failing(client, student)
    looping = student.with_greet(ENDLESS)
    client.write(student.path, looping)
    client.write(student.path, looping.replace("while True:", "while True"))
    await client.published(uri, lambda found: codes(found) == ["syntax"])
    assert (await client.states("setup"))["setup/greet"] == "failing"
    client.write(student.path, looping)
    await client.until(lambda: True)
    assert (await client.step("setup/greet")).running


async def test_a_syntax_error_is_one_diagnostic_at_its_place(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    await client.published(uri, bool)
    broken = student.source.replace("{name or 'you'}! Ready", "{name or 'you'! Ready")
    client.write(student.path, broken)
    (found,) = await client.published(uri, lambda found: codes(found) == ["syntax"])
    assert found.range.start.line == student.line("{name or 'you'! Ready")
    assert found.severity == types.DiagnosticSeverity.Error
    assert "Python can't read this file" in found.message


async def test_a_return_that_begins_too_far_left_takes_no_tick(
    client: Client, student: Student
) -> None:
    """Python has a syntax tree of it, and can't import the file: no step of it is run."""
    uri = client.open(student.path)
    right = student.with_greet(RIGHT)
    client.write(student.path, right)
    await client.until(lambda: client.passed)
    client.write(student.path, f"{right}\nreturn 1\n")
    (found,) = await client.published(uri, lambda found: codes(found) == ["syntax"])
    assert found.message.startswith("This `return` stands outside of every function.")
    assert (await client.states("setup"))["setup/greet"] == "passed"


async def test_a_step_that_puts_a_module_together_waits_until_all_of_it_is_right(
    client: Client, student: Student
) -> None:
    """The report runs without `greet`; what it says when it passes is of all the functions."""
    client.open(student.path)
    student.solve("system-info", "check-environment", "time-call")
    greeting = student.source
    student.solve()
    right = student.source
    assert greeting != right
    client.write(student.path, greeting)
    states = await client.states("setup")
    assert (states["setup/greet"], states["setup/report"]) == ("todo", "blocked")
    client.write(student.path, right.replace("name.strip()", "name"))
    assert (await client.states("setup"))["setup/report"] == "blocked"
    client.write(student.path, right)
    assert (await client.states("setup"))["setup/report"] == "passed"


async def test_conflict_marks_are_named_at_their_first_line(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    marks = "<<<<<<< mine\nimport os\n=======\nimport os.path\n>>>>>>> theirs\n"
    client.write(student.path, student.source.replace("import os\n", marks, 1))
    (found,) = await client.published(uri, lambda found: codes(found) == ["syntax"])
    assert found.range.start.line == student.line("<<<<<<< mine")
    assert "A merge left its marks in this file." in found.message


async def test_a_blocked_step_says_which_step_it_waits_for(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    code = "def greet(name):\n    return str(system_info())\n"
    client.write(student.path, student.with_greet(code))
    (found,) = await client.published(uri, bool)
    assert "“Meet the loop” calls “Look at the machine”, which is not written yet." in found.message
    assert "help: Write “Look at the machine” first" in found.message
    assert found.severity == types.DiagnosticSeverity.Information
    (link,) = found.related_information or []
    assert link.message == "“Look at the machine” is here"
    assert link.location.uri == uri
    assert link.location.range.start.line == student.line("def system_info(")
    node = await client.step("setup/greet")
    assert (node.state, node.waitsFor) == ("blocked", "setup/system-info")
    page = await client.ask("tinytorch/page", {"step": "setup/greet"})
    awaited = page.result.waitsFor
    assert (awaited.title, awaited.step) == ("Look at the machine", "setup/system-info")
    commands = [lens.command for lens in await client.lenses(uri) if lens.command]
    (state,) = (each for each in commands if each.title == "⊘ Blocked by “Look at the machine”")
    assert (state.command, (state.arguments or [])[0]) == (
        "tinytorch.goToStep",
        "setup/system-info",
    )


async def test_a_step_that_others_wait_for_leads_to_them(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    waits = student.with_greet("def greet(name):\n    return str(system_info())\n")
    client.write(student.path, waits)
    await client.published(uri, bool)
    raising = waits.replace(
        'raise NotImplementedError("setup/system-info is yours to write")', "return 1 / 0"
    )
    assert raising != waits
    client.write(student.path, raising)

    def both(found: list[types.Diagnostic]) -> bool:
        return {"setup/greet", "setup/system-info"} <= {str(each.code) for each in found}

    found = {each.code: each for each in await client.published(uri, both)}
    links = found["setup/system-info"].related_information or ()
    (link,) = (link for link in links if link.message == "“Meet the loop” waits for this")
    assert link.location.range.start.line == _greet(student)


def _greet(student: Student) -> int:
    return student.line("def greet(")


async def test_a_file_that_is_not_open_is_marked_too(client: Client, student: Student) -> None:
    student.path.write_text(student.with_greet(WRONG), encoding="utf-8")
    await client.command("tinytorch.runStep", "setup/greet")
    (found,) = await client.published(student.uri, bool)
    assert found.range.start.line == student.line("{name or 'you'}")


async def test_a_file_closed_meanwhile_is_cleared_once_it_is_mended(
    client: Client, student: Student
) -> None:
    uri = await failing(client, student)
    client.close(uri)
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    await client.command("tinytorch.runStep", "setup/greet")
    await client.published(uri, lambda found: "setup/greet" not in codes(found))


async def test_unsaved_text_that_an_editor_kept_is_tested_at_its_first_save(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path, text=student.with_greet(WRONG))
    student.path.write_text(client.texts[uri], encoding="utf-8")
    client.save(uri)
    assert codes(await client.published(uri, bool)) == ["setup/greet"]


async def test_what_was_written_outside_the_editor_is_tested_when_it_is_opened(
    client: Client, student: Student
) -> None:
    student.path.write_text(student.with_greet(WRONG), encoding="utf-8")
    uri = client.open(student.path)
    assert codes(await client.published(uri, bool)) == ["setup/greet"]


async def test_an_untouched_file_runs_nothing_when_it_is_opened(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    tree = await client.course()
    assert not any(step.running for module in tree.modules for step in module.steps)
    assert not student.root.joinpath(FILE + ".orig").exists()


@pytest.mark.parametrize("text", ["\f", "\u2028", "\x85"])
async def test_a_mark_that_only_python_takes_for_a_line_end_shifts_nothing(
    client: Client, student: Student, text: str
) -> None:
    uri = client.open(student.path)
    code = f"def greet(name):\n    mark = '{text}'\n    return nmae + mark\n"
    client.write(student.path, student.with_greet(code))
    (found,) = await client.published(uri, bool)
    assert found.range.start == types.Position(student.line("return nmae"), 11)


async def test_of_many_saves_the_last_one_counts(client: Client, student: Student) -> None:
    """They come as fast as they can: a save may be read after the write behind it."""
    uri = client.open(student.path)
    wrong, right = student.with_greet(WRONG), student.with_greet(RIGHT)
    for number in range(200):
        client.write(student.path, right if number % 2 else wrong)
    states = await client.states("setup")
    assert states["setup/greet"] == "passed"
    assert "setup/greet" not in codes(list(client.diagnostics.get(uri, ())))
    client.write(student.path, wrong)
    await client.published(uri, lambda found: "setup/greet" in codes(found))


async def test_a_save_that_comes_before_the_disk_has_its_text_is_of_what_the_disk_has(
    client: Client, student: Student
) -> None:
    """The editor was typed into since: what it holds is no one's to test yet."""
    uri = client.open(student.path)
    student.path.write_text(student.with_greet(WRONG), encoding="utf-8")
    client.change(uri, student.with_greet(RIGHT))
    client.save(uri)
    await client.published(uri, lambda found: "setup/greet" in codes(found))
    student.path.write_text(client.texts[uri], encoding="utf-8")
    client.save(uri)
    await client.published(uri, lambda found: not found)


FINDS_IT_COMPILED = """\
def greet(name):
    from tinytorch_ls.runner.inside.ahead import code_of
    data = open(__file__, "rb").read()
    print("compiled", code_of(data, __file__) is code_of(data, __file__), {number})
    return "Hello"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process waits there that could compile it")
async def test_what_is_typed_is_compiled_before_it_is_saved(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    for number in range(20):
        client.write(student.path, student.with_greet(FINDS_IT_COMPILED.format(number=number)))
        await client.until(lambda n=number: [p for p in client.printed if f" {n}\n" in p.output])
        await client.settled("setup")
        if any("compiled True" in printed.output for printed in client.printed):
            return
    raise AssertionError(f"no save of {uri} found its text compiled")


async def test_a_file_that_ends_python_while_it_is_imported_is_one_diagnostic(
    client: Client, student: Student
) -> None:
    uri = client.open(student.path)
    text = student.with_greet(RIGHT) + "\n\nimport sys\n\nsys.exit()\n"
    client.write(student.path, text)
    await client.settled("setup")
    (found,) = await client.published(uri, bool)
    assert found.message.startswith("tinytorch/environment.py ended Python: exit()")
    assert found.range.start.line == student.line("sys.exit()")
