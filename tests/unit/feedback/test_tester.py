"""Steps tested on a student's code: the states, the mistake that is named, what is remembered."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from small_course import SmallCourse

from tinytorch_ls.course.needs import PACKAGES
from tinytorch_ls.feedback.likeness import Name
from tinytorch_ls.feedback.mistakes import MistakeBook, alike, mistaken
from tinytorch_ls.feedback.not_run import state_of
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.job import Variant
from tinytorch_ls.runner.report import EXAMPLE, Limit, StepRun
from tinytorch_ls.workspace.changes import reset
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.progress import Progress

pytestmark = pytest.mark.slow

BOX = "tinytorch/box.py"


@pytest.fixture
async def tester(student: StudentFolder) -> AsyncIterator[Tester]:
    runner = Runner(student.course)
    yield Tester(student, runner)
    await runner.close()


def _write(tester: Tester, name: str, code: str) -> None:
    path = tester.folder.path(BOX)
    path.write_text(transplant(path.read_text(), name, code))


async def _test(tester: Tester, *ids: str) -> list[Verdict]:
    """The last word on each step."""
    steps = [tester.folder.course.steps[step] for step in ids or tester.folder.course.steps]
    verdicts = [verdict async for verdict in tester.test(steps)]
    return list({verdict.step: verdict for verdict in verdicts}.values())  # the last of each


async def test_a_step_goes_from_todo_over_failing_to_passed(tester: Tester) -> None:
    verdicts = await _test(tester, "box/grow", "box/add", "box/both")
    assert [verdict.state for verdict in verdicts] == ["todo", "todo", "blocked"]
    assert verdicts[2].blocked_by == "box/grow"

    _write(tester, "grow", "def grow(x, step=1):\n    print('hello')\n    return x - step\n")
    (verdict,) = await _test(tester, "box/grow")
    assert verdict.state == "failing"
    assert verdict.failure
    assert verdict.failure.mistake == "Shrinks"
    assert verdict.failure.help == "The number became smaller. Add the step."
    assert "hello" in verdict.failure.output
    assert verdict.where
    assert verdict.where.line == 6
    assert verdict.failure
    assert verdict.failure.test == EXAMPLE  # it is what the student has read, so it comes first

    _write(tester, "grow", "def grow(x, step=1):\n    return step + x\n")
    _write(tester, "Box.add", "def add(self, b):\n    return Box(b.value + self.value)\n")
    verdicts = await _test(tester, "box/grow", "box/add", "box/both")
    assert [verdict.state for verdict in verdicts] == ["passed"] * 3


def _hold_surveys(
    tester: Tester, monkeypatch: pytest.MonkeyPatch, held: set[str], until: asyncio.Event
) -> None:
    """Let the reference's runs of some steps come only after something else."""
    survey = tester.runner.surveys.surveying

    async def holding(
        module: str, steps: Sequence[str], seed: int
    ) -> AsyncGenerator[StepRun, None]:
        async for run in survey(module, steps, seed):
            if run.step in held:
                await until.wait()
            yield run

    monkeypatch.setattr(tester.runner.surveys, "surveying", holding)


async def test_no_verdict_waits_for_the_reference_of_a_whole_that_trains(
    tester: Tester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x + step\n")
    _write(tester, "Box.add", "def add(self, b):\n    return Box(self.value + b.value)\n")
    trained = asyncio.Event()
    _hold_surveys(tester, monkeypatch, {"box/both"}, trained)
    said: list[str] = []

    async def listen() -> None:
        async for verdict in tester.test(tester.folder.course.module("box").steps):
            said.append(verdict.step)
            if len(said) == 2:
                trained.set()

    await asyncio.wait_for(listen(), 60)
    assert said == ["box/grow", "box/add", "box/both"]


async def test_the_first_verdict_waits_for_the_reference_of_no_other_step(
    tester: Tester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x + step\n")
    _write(tester, "Box.add", "def add(self, b):\n    return Box(self.value + b.value)\n")
    said = asyncio.Event()
    _hold_surveys(tester, monkeypatch, {"box/grow", "box/both"}, said)

    async def listen() -> list[str]:
        steps = [tester.folder.course.steps[step] for step in ("box/add", "box/grow", "box/both")]
        heard: list[str] = []
        async for verdict in tester.test(steps):
            heard.append(verdict.step)
            said.set()
        return heard

    assert await asyncio.wait_for(listen(), 60) == ["box/add", "box/grow", "box/both"]


async def test_the_verdicts_come_first_and_the_names_after_them(tester: Tester) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x - step\n")
    _write(tester, "Box.add", "def add(self, b):\n    return Box(self.value - b.value)\n")
    steps = [tester.folder.course.steps[step] for step in ("box/grow", "box/add")]
    said = [(v.step, v.failure and v.failure.mistake) async for v in tester.test(steps)]
    assert said[0] == ("box/grow", "")
    assert sorted(said[1:3]) == [("box/add", ""), ("box/grow", "Shrinks")]
    assert said[3:] == [("box/add", "Subtracts")]


@pytest.mark.skipif(sys.platform == "win32", reason="other conditions are tried in forks")
async def test_the_condition_that_is_why_is_marked_behind_the_verdict(tester: Tester) -> None:
    code = "def grow(x, step=1):\n    if step < 0:\n        return x + step\n    return x - step\n"
    _write(tester, "grow", code)
    condition = tester.folder.path(BOX).read_text().splitlines().index("    if step < 0:") + 1
    verdicts = [v async for v in tester.test([tester.folder.course.steps["box/grow"]])]
    lines = [verdict.where.line - condition for verdict in verdicts if verdict.where]
    assert lines == [2, 0, 0]
    names = [verdict.failure.mistake for verdict in verdicts if verdict.failure]
    assert names == ["", "", "Shrinks"]


async def test_the_name_for_the_saved_step_does_not_wait_for_the_others(
    tester: Tester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x - step\n")
    _write(tester, "Box.add", "def add(self, b):\n    return Box(self.value - b.value)\n")
    named, run_all = asyncio.Event(), tester.runner.run

    async def slow(request: RunRequest) -> AsyncIterator[StepRun]:
        async for run in run_all(request):
            if run.step == "box/add" and request.root:
                await asyncio.wait_for(named.wait(), 30)
            yield run

    monkeypatch.setattr(tester.runner, "run", slow)
    said: list[tuple[str, str]] = []
    steps = [tester.folder.course.steps[step] for step in ("box/grow", "box/add")]
    async for verdict in tester.test(steps):
        said.append((verdict.step, verdict.failure.mistake if verdict.failure else ""))
        if said[-1] == ("box/grow", "Shrinks"):
            named.set()
    assert said == [
        ("box/grow", ""),
        ("box/grow", "Shrinks"),
        ("box/add", ""),
        ("box/add", "Subtracts"),
    ]


async def test_who_stops_listening_ends_the_naming_too(
    tester: Tester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x - step\n")
    _write(tester, "Box.add", "def add(self, b):\n    return Box(self.value - b.value)\n")
    began, ended = asyncio.Event(), asyncio.Event()

    async def names(*_: object) -> dict[str, Name]:
        began.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return {}

    monkeypatch.setattr(tester.mistakes, "names", names)
    steps = [tester.folder.course.steps[step] for step in ("box/grow", "box/add")]
    async with aclosing(tester.test(steps)) as verdicts:
        async for verdict in verdicts:
            if verdict.step == "box/add":
                await asyncio.wait_for(began.wait(), 30)
                break
    assert ended.is_set()


async def test_a_run_is_of_the_texts_it_was_given(tester: Tester) -> None:
    right = transplant(
        tester.folder.source(BOX), "grow", "def grow(x, step=1):\n    return x + step\n"
    )
    _write(tester, "grow", "def grow(x, step=1):\n    return x - step\n")
    step = tester.folder.course.steps["box/grow"]
    (verdict,) = [verdict async for verdict in tester.test([step], {BOX: right})]
    assert verdict.state == "passed"
    assert tester.folder.progress.of(step.id).digest == tester.folder.digest(step, {BOX: right})


async def test_progress_is_noted_and_saved_by_the_caller(tester: Tester) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x + step\n")
    await _test(tester, "box/grow", "box/add")
    progress = tester.folder.progress
    assert progress.of("box/grow").state == "passed"
    assert progress.of("box/grow").digest == tester.folder.digest(
        tester.folder.course.steps["box/grow"]
    )
    assert Progress(progress.root).steps == {}
    progress.save()
    assert json.loads(progress.file.read_text())["steps"]["box/grow"]["state"] == "passed"


async def test_the_library_never_passes_for_a_module_not_begun(tester: Tester) -> None:
    (verdict,) = await _test(tester, "lid/close")
    assert verdict.state == "todo"
    assert verdict.failure
    assert (
        verdict.failure.headline == "lid.py is not there, so the steps of “Lids” can't be tested."
    )
    tester.folder.path(BOX).unlink()
    assert {v.state for v in await _test(tester, "box/grow", "box/both")} == {"todo"}


@pytest.mark.parametrize("text", ["", "\ufeff\n", " \n\t\n"])
async def test_an_emptied_file_is_said_to_be_empty_wherever_it_is_tested(
    tester: Tester, text: str
) -> None:
    tester.folder.path(BOX).write_text(text, encoding="utf-8")
    verdicts = await _test(tester, "box/grow", "box/both")
    headlines = {v.failure.headline for v in verdicts if v.failure}
    assert headlines == {"box.py is empty: the steps of “Boxes” are gone."}
    assert {v.state for v in verdicts} == {"todo"}
    assert {"`tinytorch reset box/grow`" in v.failure.help for v in verdicts if v.failure} == {True}
    reset(tester.folder, tester.folder.course.steps["box/grow"])
    assert tester.folder.source(BOX).removeprefix("\ufeff") == tester.folder.stub(BOX)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _nowhere(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
@pytest.mark.parametrize(
    ("make", "fact"),
    [
        (Path.mkdir, "box.py is a folder and not a file, so "),
        (_pipe, "box.py is a pipe and not a file, so "),
        (_nowhere, "box.py is a link that leads nowhere and not a file, so "),
    ],
)
async def test_what_stands_in_the_place_of_a_file_is_named_and_not_waited_for(
    tester: Tester, make: Callable[[Path], None], fact: str
) -> None:
    box = tester.folder.path(BOX)
    box.unlink()
    make(box)
    for verdict in await _test(tester, "box/grow", "box/both"):
        assert verdict.state == "todo"
        assert verdict.failure
        assert verdict.failure.headline.startswith(fact)
        assert verdict.failure.help.startswith("Move the ")


async def test_a_mistake_that_is_none_of_the_recorded_is_not_named(tester: Tester) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x * step\n")
    (verdict,) = await _test(tester, "box/grow")
    assert verdict.failure
    assert verdict.failure.mistake not in ("Shrinks", "Ignores the step")


async def test_a_broken_mistake_of_the_lesson_harms_no_student(
    small: SmallCourse, tester: Tester
) -> None:
    text = small.lesson.read_text().replace(
        "def grow(x, step=1):\n    return x + 1", "def g():\n  1"
    )
    text = text.replace("def grow(x, step=1):\n    return x - step", "class grow: pass")
    small.lesson.write_text(text)
    course = small.read()
    broken = Tester(StudentFolder(tester.folder.root, course), tester.runner)
    _write(broken, "grow", "def grow(x, step=1):\n    return x - step\n")
    (verdict,) = await _test(broken, "box/grow")
    assert verdict.state == "failing"
    assert verdict.failure
    assert verdict.failure.mistake not in ("Shrinks", "Ignores the step")


async def test_recorded_mistakes_run_once(tester: Tester, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[RunRequest] = []
    tried: list[Variant] = []
    run, variant_runs = tester.runner.run, tester.runner.variant_runs

    def counted(request: RunRequest):
        asked.append(request)
        return run(request)

    async def counted_variants(request: RunRequest, variants: Sequence[Variant]):
        tried.extend(variants)
        return await variant_runs(request, variants)

    monkeypatch.setattr(tester.runner, "run", counted)
    monkeypatch.setattr(tester.runner, "variant_runs", counted_variants)
    _write(tester, "grow", "def grow(x, step=1):\n    return x - step\n")
    await _test(tester, "box/grow")
    await _test(tester, "box/grow")
    assert len(tried) == 2
    assert [bool(request.root) for request in asked] == [True, True]


async def test_a_run_that_ended_at_a_limit_is_like_no_mistake(tester: Tester) -> None:
    book = MistakeBook(tester.folder.course, tester.runner)
    stopped = StepRun("box/grow", (), Limit("endless", "10 s"))
    assert await book.names(stopped, tester.folder.root) == {}
    assert book.runs == {}
    assert not alike(stopped, stopped)


def test_a_mistake_is_laid_over_the_library(small: SmallCourse) -> None:
    step = small.step("box/add")
    (text,) = mistaken(step, step.mistakes[0], small.library).values()
    assert "        return Box(self.value - other.value)\n" in text
    assert "def grow(x, step=1):" in text
    small.change(small.box, "    def add(self, other):", "    def plus(self, other):")
    with pytest.raises(Refused):
        mistaken(step, step.mistakes[0], small.library)


async def test_a_step_whose_module_lacks_something_is_not_run(
    small: SmallCourse, tester: Tester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has neither passed nor failed, whatever the code does; no mistake is named."""
    small.change(small.lesson, "minutes: 10", "minutes: 10\nneeds: [deploy]")
    monkeypatch.setitem(PACKAGES, "deploy", ("no-such-package",))
    _write(tester, "grow", "def grow(x, step=1):\n    return x - step\n")
    lacking = Tester(StudentFolder(tester.folder.root, small.read()), tester.runner)
    (verdict,) = await _test(lacking, "box/grow")
    assert verdict.state == "not run"
    assert verdict.failure
    assert (
        verdict.failure.headline == "“Grow a number” is not run: no-such-package is not installed."
    )
    assert 'pip install "tinytorch[deploy]"' in verdict.failure.help
    assert verdict.failure.mistake == ""
    assert lacking.folder.progress.of("box/grow").state == "todo"
    step = lacking.folder.course.steps["box/grow"]
    assert state_of(lacking.folder, step) == "not run"
    monkeypatch.setitem(PACKAGES, "deploy", ("numpy",))
    assert [v.state for v in await _test(lacking, "box/grow")] == ["failing"]
    assert state_of(lacking.folder, step) == "failing"


async def test_a_run_that_can_not_be_judged_leaves_no_tick(
    tester: Tester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    return x + step\n")
    assert [verdict.state for verdict in await _test(tester, "box/grow")] == ["passed"]

    def broken(*_: object) -> None:
        raise TypeError("no text")

    monkeypatch.setattr("tinytorch_ls.feedback.tester.judge", broken)
    (verdict,) = await _test(tester, "box/grow")
    assert verdict.failure
    assert verdict.failure.headline == "What came of this run can't be judged."
    assert tester.folder.progress.of("box/grow").state == "failing"


async def test_the_modules_that_are_known_are_those_of_the_courses_own_library(
    tester: Tester,
) -> None:
    _write(tester, "grow", "def grow(x, step=1):\n    from lid import close\n    return close(x)\n")
    (verdict,) = await _test(tester, "box/grow")
    assert verdict.failure
    assert "write `from tinytorch.lid import ...`" in verdict.failure.help
