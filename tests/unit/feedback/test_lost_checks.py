"""A check that a student was given and took out is told, though every test passes without it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder

pytestmark = pytest.mark.slow

FILE = "tinytorch/cnn.py"
STEP = "cnn/output-size"
CHECK = "    check_window(size, kernel_size, stride, padding)\n"


@pytest.fixture
async def tester(tmp_path: Path) -> AsyncIterator[Tester]:
    folder = StudentFolder(tmp_path, read_course(curriculum_folder()))
    folder.begin("cnn")
    solve(folder, [folder.course.steps[STEP]], STEP)
    runner = Runner(folder.course)
    yield Tester(folder, runner)
    await runner.close()


async def verdict_with(tester: Tester, old: str, new: str) -> Verdict:
    path = tester.folder.path(FILE)
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), encoding="utf-8")
    step = tester.folder.course.steps[STEP]
    return [verdict async for verdict in tester.test([step])][-1]


async def test_it_passes_and_the_line_of_its_def_says_what_is_gone(tester: Tester) -> None:
    verdict = await verdict_with(tester, CHECK, "")
    assert verdict.state == "passed"
    assert verdict.failure is None
    (note,) = verdict.notes
    assert "`check_window(size, kernel_size, stride, padding)`" in note.failure.headline
    assert note.where
    assert "def conv_output_size" in _line(tester, note.where.line)


async def test_one_that_is_there_says_nothing(tester: Tester) -> None:
    verdict = await verdict_with(tester, CHECK, f"    padding = int(padding)\n{CHECK}")
    assert verdict.state == "passed"
    assert not verdict.notes


async def test_one_in_other_words_says_nothing(tester: Tester) -> None:
    own = "    check_window(size, kernel_size, stride, padding=padding)\n"
    verdict = await verdict_with(tester, CHECK, own)
    assert verdict.state == "passed"
    assert not verdict.notes


def _line(tester: Tester, number: int) -> str:
    return tester.folder.path(FILE).read_text(encoding="utf-8").splitlines()[number - 1]
