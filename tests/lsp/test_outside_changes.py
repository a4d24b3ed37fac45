"""Files that other programs change: git, a terminal, a second server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
from lsp_client import ROOT, Client
from lsprotocol import types
from student import FILE, RIGHT, WRONG, Student, codes, failing

from tinytorch_ls.forms.python.form import PYTHON


async def test_the_client_is_asked_to_watch_what_counts(student: Student) -> None:
    async with Client(student.root) as client:
        await client.until(lambda: client.registered)
        (registration,) = client.registered
        assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        options = json.dumps(registration.register_options)
        assert "**/tinytorch/**/*.py" in options
        assert "**/.tinytorch/progress.json" in options
    async with Client(student.root, capabilities=types.ClientCapabilities()) as client:
        await client.course()
        assert client.registered == []


async def test_a_file_that_is_written_is_tested_as_if_saved(
    client: Client, student: Student
) -> None:
    student.path.write_text(student.with_greet(WRONG), encoding="utf-8")
    client.tell_of(student.path)
    assert "setup/greet" in codes(await client.published(student.uri, bool))
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    client.tell_of(student.path)
    await client.published(student.uri, lambda found: "setup/greet" not in codes(found))


async def test_so_is_one_that_the_editor_has_open_and_shows_anew(
    client: Client, student: Student
) -> None:
    """An editor changes a clean text without a save; some tell of the file too, in any order."""
    uri = await failing(client, student)
    mended = student.with_greet(RIGHT)
    student.path.write_text(mended, encoding="utf-8")
    client.change(uri, mended)
    await client.published(uri, lambda found: "setup/greet" not in codes(found))
    broken = student.with_greet(WRONG)
    student.path.write_text(broken, encoding="utf-8")
    client.tell_of(student.path)
    client.change(uri, broken)
    assert "setup/greet" in codes(await client.published(uri, bool))


async def test_an_edit_that_is_not_saved_runs_nothing(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(WRONG))
    said = await client.published(uri, bool)
    await client.settled("setup")
    client.change(uri, student.with_greet(RIGHT))
    client.change(uri, student.with_greet(WRONG))
    assert (await client.step("setup/greet")).running is False
    assert codes(list(client.diagnostics[uri])) == codes(said)


async def test_the_event_of_ones_own_save_runs_nothing_again(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    await client.until(lambda: client.passed)
    await client.settled("setup")
    client.tell_of(student.path, student.progress)
    assert not any(step.running for step in (await client.settled("setup")).steps)
    tree = await client.course()
    assert not any(step.running for module in tree.modules for step in module.steps)
    assert len(client.passed) == 1


async def test_a_file_that_is_gone_has_no_diagnostics(client: Client, student: Student) -> None:
    for is_open in (True, False):
        uri = await failing(client, student)
        text = student.source
        if not is_open:
            client.close(uri)
        student.path.rename(student.path.with_name("mine.py"))
        client.tell_of(student.path, student.path.with_name("mine.py"))
        await client.published(uri, lambda found: not found)
        assert (await client.states("setup"))["setup/greet"] == "todo"
        await client.command("tinytorch.runModule", "setup")
        assert list(client.diagnostics[uri]) == []
        student.path.write_text(text, encoding="utf-8")
        client.tell_of(student.path)
        assert "setup/greet" in codes(await client.published(uri, bool))
        if is_open:
            client.close(uri)


async def test_a_file_that_was_there_is_not_made_anew_unasked(
    client: Client, student: Student
) -> None:
    uri = await failing(client, student)
    mine = student.path.with_name("mine.py")
    student.path.rename(mine)
    client.tell_of(student.path, mine)
    await client.published(uri, lambda found: not found)
    client.agrees = False
    assert await client.command("tinytorch.beginModule", "setup") is None
    assert [asked.message.split(".py")[0] for asked in client.asked] == ["tinytorch/environment"]
    assert not student.path.exists()
    client.agrees = True
    assert (await client.command("tinytorch.beginModule", "setup"))["uri"] == uri
    assert "is yours to write" in student.source
    assert (await client.step("setup/greet")).detail is None
    assert mine.exists()


async def test_nor_is_one_that_an_earlier_session_had(student: Student) -> None:
    student.solve("greet")
    async with Client(student.root) as client:
        await client.command("tinytorch.runModule", "setup")
    student.path.unlink()
    async with Client(student.root) as client:
        client.agrees = False
        assert await client.command("tinytorch.beginModule", "setup") is None
        assert not student.path.exists()


async def test_a_course_that_was_moved_is_said_to_be_gone_at_the_next_look(
    client: Client, student: Student
) -> None:
    await client.course()
    student.root.rename(student.root.with_name("moved"))
    assert (await client.course()).folder is None
    await client.until(client.said(f"The course is no longer in {student.root}."))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with a name")
async def test_a_pipe_in_the_place_of_a_file_is_named_and_not_waited_for(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    assert (await client.states("setup"))["setup/greet"] == "passed"
    student.path.unlink()
    os.mkfifo(student.path)
    client.tell_of(student.path)
    await client.command("tinytorch.runStep", "setup/greet")
    await client.until(client.said("environment.py is a pipe and not a file"))
    assert (await client.states("setup"))["setup/greet"] == "todo"
    client.close(student.uri)
    await client.command("tinytorch.resetStep", "setup/greet")
    await client.until(client.said("Nothing was changed: environment.py can't be read: it is a"))


async def test_a_run_of_a_file_that_is_gone_and_closed_clears_it(
    client: Client, student: Student
) -> None:
    """Clients that watch nothing learn of it by the next run."""
    uri = await failing(client, student)
    student.path.unlink()
    client.close(uri)
    await client.command("tinytorch.runModule", "setup")
    await client.published(uri, lambda found: not found)


async def test_what_a_terminal_notes_is_taken_in(client: Client, student: Student) -> None:
    student.solve("greet")
    tinytorch(student, "test", "setup/greet")
    assert '"passed"' in student.progress.read_text(encoding="utf-8")
    tinytorch(student, "hint", "setup/system-info")
    client.tell_of(student.progress)
    assert (await client.step("setup/greet")).state == "passed"
    assert (await client.step("setup/system-info")).hints.shown == 2


async def test_a_verdict_that_a_terminal_knows_better_is_not_kept(
    client: Client, student: Student
) -> None:
    await failing(client, student)
    tinytorch(student, "solve", "setup/greet")
    tinytorch(student, "test", "setup/greet")
    client.tell_of(student.progress)
    assert (await client.states("setup"))["setup/greet"] == "passed"


async def test_a_moved_course_is_found_where_it_is_now(student: Student) -> None:
    async with Client(student.root.parent) as client:
        uri = await failing(client, student)
        new = student.root.rename(student.root.with_name("elsewhere"))
        client.tell_of(student.path, new / ".tinytorch/progress.json")
        await client.published(uri, lambda found: not found)
        tree = await client.course()
        assert (tree.folder, list(tree.folders)) == (str(new), [str(new)])
        assert not student.root.exists()


async def test_a_file_whose_text_is_back_is_not_called_empty_at_each_step(
    client: Client, student: Student
) -> None:
    stub, uri = student.source, client.open(student.path)
    client.write(student.path, "\n")
    await client.published(uri, lambda found: codes(found) == ["empty"])
    await client.settled("setup")
    client.write(student.path, stub)
    back = await client.published(uri, lambda found: codes(found) != ["empty"])
    assert not [each for each in back if "is empty" in each.message]


async def test_an_emptied_file_has_one_diagnostic_and_a_way_out(
    client: Client, student: Student
) -> None:
    stub = student.source
    for begin in (True, False):
        uri = client.open(student.path)
        client.write(student.path, "\n")
        (found,) = await client.published(uri, lambda found: codes(found) == ["empty"])
        assert found.message.startswith("environment.py is empty: the steps of “Setup” are gone.")
        await client.settled("setup")
        assert codes(list(client.diagnostics[uri])) == ["empty"]
        (first, *_) = await client.actions(uri, 0, diagnostics=[found])
        assert first.title == "Bring the TODOs of environment.py back"
        if begin:
            assert first.command
            await client.command(first.command.command, *first.command.arguments or [])
        else:
            await client.command("tinytorch.resetStep", "setup/greet")
        assert client.texts[uri] == stub
        client.write(student.path, client.texts[uri])
        await client.published(uri, lambda found: "empty" not in codes(found))
        await client.command("tinytorch.undo")
        assert client.texts[uri] == "\n"
        client.close(uri)


@pytest.mark.parametrize("lost", ["", "\0\0\0\0"])
async def test_an_emptied_file_is_none_once_its_text_is_back_though_unsaved(
    client: Client, student: Student, lost: str
) -> None:
    whole, uri = student.source, client.open(student.path)
    client.write(student.path, lost)
    await client.published(uri, lambda found: codes(found) == ["empty"])
    await client.settled("setup")
    client.change(uri, whole)
    await client.published(uri, lambda found: not codes(found))
    assert student.path.read_text(encoding="utf-8") == lost


def tinytorch(student: Student, *words: str) -> None:
    program = [sys.executable, "-m", "tinytorch_ls", *words]
    subprocess.run(program, cwd=student.root, capture_output=True, check=False)


async def test_what_an_editor_and_a_terminal_change_in_one_moment_is_all_there(
    client: Client, student: Student
) -> None:
    steps = [step for step in student.folder.course.module("setup").steps[:3] if step.symbols]
    others = [step for step in student.folder.course.module("tensor").steps[:2] if step.symbols]
    student.folder.begin("tensor")

    async def in_a_terminal(step: str) -> None:
        program = (sys.executable, "-m", "tinytorch_ls", "solve", step)
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        run = await asyncio.create_subprocess_exec(*program, cwd=student.root, env=env)
        assert await run.wait() == 0

    await asyncio.gather(
        *(in_a_terminal(step.id) for step in (*steps[1:], *others[1:])),
        client.command("tinytorch.solveStep", steps[0].id),
        client.command("tinytorch.solveStep", others[0].id),
    )
    for file in (FILE, "tinytorch/tensor.py"):
        unwritten = PYTHON.unwritten(student.folder.source(file))
        assert not [s for step in (*steps, *others) for s in step.symbols if s.name in unwritten]
