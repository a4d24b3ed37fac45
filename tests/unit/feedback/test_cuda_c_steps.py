"""Steps in CUDA C, tested on a student's own file: as those in Python, and with no GPU."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cuda_c_course import DOUBLED, FILE, LIBRARY, cuda_c_course

from tinytorch_ls.course import needs
from tinytorch_ls.feedback.not_run import state_of
from tinytorch_ls.feedback.tester import Tester, steps_to_run
from tinytorch_ls.feedback.verdict import Failure, Mark, Verdict
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.libclang import unit
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.workspace.changes import reset, solve
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.undo import undo

pytestmark = pytest.mark.slow

KEPT = "    __trap();  // pair/doubled is yours to write\n"
needs_clang = pytest.mark.skipif(not unit.is_here(), reason="libclang is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> StudentFolder:
    return cuda_c_course(tmp_path)


@pytest.fixture
async def tester(folder: StudentFolder) -> AsyncIterator[Tester]:
    runner = Runner(folder.course)
    yield Tester(folder, runner)
    await runner.close()


def write(folder: StudentFolder, body: str) -> str:
    """The student's file with this body of `doubled`."""
    text = folder.source(FILE)
    assert KEPT in text
    folder.path(FILE).write_text(text.replace(KEPT, body), encoding="utf-8")
    return folder.source(FILE)


async def verdicts(tester: Tester, *ids: str) -> list[Verdict]:
    """The last word on each step."""
    steps = [tester.folder.course.steps[step] for step in ids]
    found = [verdict async for verdict in tester.test(steps)]
    return list({verdict.step: verdict for verdict in found}.values())


async def failure(tester: Tester) -> tuple[Failure, str]:
    """What is said of `doubled`, and the text at which it stands."""
    (verdict,) = await verdicts(tester, "pair/doubled")
    assert verdict.state == "failing"
    mark: Mark = verdict.marks[0]
    assert mark.where
    assert mark.where.file == str(tester.folder.path(FILE))
    line = tester.folder.source(FILE).splitlines()[mark.where.line - 1]
    return mark.failure, line[mark.where.column : mark.where.end_column]


@needs_clang
async def test_a_kernel_is_written_while_another_of_its_file_is_not(tester: Tester) -> None:
    found = await verdicts(tester, "pair/doubled", "pair/filled")
    assert [each.state for each in found] == ["todo", "todo"]
    write(tester.folder, DOUBLED)
    found = await verdicts(tester, "pair/doubled", "pair/filled")
    assert [each.state for each in found] == ["passed", "todo"]


@needs_clang
async def test_a_fault_stands_on_the_student_s_line_and_is_named(tester: Tester) -> None:
    write(
        tester.folder,
        "    int k = blockIdx.x * blockDim.x + threadIdx.x;\n    out[k] = twice(x[k]);\n",
    )
    told, place = await failure(tester)
    assert told.headline == "Out of bounds: thread 1 of block 1 reads x[5], but x has 5 elements."
    assert place == "x[k]"
    assert told.mistake == "No guard"


@needs_clang
async def test_a_wrong_value_stands_at_the_kernel_s_name_and_is_named(tester: Tester) -> None:
    write(tester.folder, DOUBLED.replace("twice(x[i])", "2.0f + x[i]"))
    told, place = await failure(tester)
    assert (place, told.mistake) == ("doubled", "Adds two")


@needs_clang
async def test_a_name_that_is_unknown_is_marked(tester: Tester) -> None:
    write(tester.folder, DOUBLED.replace("blockDim", "blokDim"))
    told, place = await failure(tester)
    assert (told.headline, place) == ("There is no `blokDim`.", "blokDim")
    assert "Check the spelling" in told.help


@needs_clang
async def test_what_the_editor_has_runs_in_the_place_of_the_file(tester: Tester) -> None:
    text = write(tester.folder, DOUBLED)
    step = tester.folder.course.steps["pair/doubled"]
    laid = {FILE: text.replace("if (i < n)", "if (i <= n)")}
    states = [verdict.state async for verdict in tester.test([step], laid)]
    assert states[-1] == "failing"
    assert [each.state for each in await verdicts(tester, "pair/doubled")] == ["passed"]


@needs_clang
async def test_a_file_that_cannot_be_read_says_where(tester: Tester) -> None:
    write(tester.folder, DOUBLED.replace("threadIdx.x;", "threadIdx.x"))
    (verdict,) = await verdicts(tester, "pair/doubled")
    assert verdict.state == "failing"
    assert verdict.marks[0].failure.headline == "A `;` is missing after the declaration."


@needs_clang
async def test_the_stub_s_line_is_found_where_it_was_kept(tester: Tester) -> None:
    write(tester.folder, KEPT + DOUBLED)
    told, place = await failure(tester)
    assert told.headline.startswith("Your code stops at this `__trap()` line")
    assert place == KEPT.strip()


def test_reset_solve_and_undo_touch_the_step_alone(folder: StudentFolder) -> None:
    stub, steps = folder.source(FILE), folder.course.steps
    mine = write(folder, DOUBLED + "    // mine\n")
    solve(folder, [steps["pair/filled"]], "pair/filled")
    assert "out[i] = value" in folder.source(FILE)
    assert "// mine" in folder.source(FILE)
    undo(folder)
    assert folder.source(FILE) == mine
    folder.path(FILE).write_text(mine.replace("if (i < n) {", "if (i < n {"), encoding="utf-8")
    reset(folder, steps["pair/doubled"])
    assert folder.source(FILE) == stub
    solve(folder, list(steps.values()), "pair")
    assert folder.source(FILE) == LIBRARY


def test_a_save_runs_what_it_changed(folder: StudentFolder) -> None:
    module, stub = folder.course.module("pair"), folder.source(FILE)
    right = write(folder, DOUBLED)
    assert steps_to_run(module, FILE, right, right.replace("// out", "// a word")) == []
    other = stub.replace("2.0f * x", "x + x")
    assert [step.name for step in steps_to_run(module, FILE, stub, other)] == ["doubled", "filled"]


async def test_without_the_parser_the_step_alone_is_not_run(
    tester: Tester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "_installed", lambda name: name != "libclang")
    monkeypatch.setattr(needs, "_is_known", lambda name: name != "libclang")
    monkeypatch.setattr(unit, "is_here", lambda: False)
    write(tester.folder, DOUBLED)
    (verdict,) = await verdicts(tester, "pair/doubled")
    assert verdict.state == "not run"
    assert (
        verdict.marks[0].failure.headline == "“Double all” is not run: libclang is not installed."
    )
    assert 'pip install "tinytorch[cuda]"' in verdict.marks[0].failure.help
    step = tester.folder.course.steps["pair/doubled"]
    assert state_of(tester.folder, step) == "not run"
    assert form_of(FILE).unwritten(tester.folder.source(FILE)) == {"filled": "pair/filled"}
