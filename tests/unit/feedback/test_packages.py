"""Packages work as files do: a part that can't be read fails its own steps and no others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from package_course import FAR, FIRST, SECOND, package_course

from tinytorch_ls.feedback.affected import changed_unseen
from tinytorch_ls.feedback.standing_in import standing_texts
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.workspace.changes import reset, solve, update

pytestmark = pytest.mark.slow

BROKEN = '"""The first part."""\n\n\ndef one(x):\n    """One more."""\n    return (x + 1\n'
FIRST_FAILS = {
    "pack/one": "failing",
    "pack/two": "passed",
    "pack/both": "blocked",
    "pack/all": "blocked",
    "far/near": "passed",
    "far/far": "passed",
}
"""Where `one` of the first part can't be used, and what calls it waits."""


@pytest.fixture
async def tester(tmp_path: Path) -> AsyncIterator[Tester]:
    folder = package_course(tmp_path)
    assert not folder.course.complaints
    runner = Runner(folder.course)
    yield Tester(folder, runner)
    await runner.close()


async def verdicts(tester: Tester) -> dict[str, Verdict]:
    """The last word on each step of the course."""
    steps = tester.folder.course.steps.values()
    return {verdict.step: verdict async for verdict in tester.test(steps)}


def write(tester: Tester, file: str, text: str) -> None:
    tester.folder.path(file).write_text(text, encoding="utf-8")


def states(found: dict[str, Verdict]) -> dict[str, str]:
    return {step: verdict.state for step, verdict in found.items()}


def told(found: dict[str, Verdict], step: str) -> tuple[str, str]:
    failure = found[step].failure
    assert failure
    return failure.headline, failure.help


async def test_a_sound_package_passes(tester: Tester) -> None:
    assert set(states(await verdicts(tester)).values()) == {"passed"}
    assert not standing_texts(tester.folder, tester.folder.course.module("pack"))


async def test_a_part_with_a_syntax_error_fails_its_own_steps_alone(tester: Tester) -> None:
    write(tester, FIRST, BROKEN)
    found = await verdicts(tester)
    assert states(found) == FIRST_FAILS
    where = found["pack/one"].where
    assert where
    assert (Path(where.file), where.line) == (tester.folder.path(FIRST), 6)
    assert told(found, "pack/one")[0] == "Python can't read this file: '(' was never closed."


async def test_what_runs_on_it_waits_for_its_line(tester: Tester) -> None:
    write(tester, FIRST, BROKEN)
    found = await verdicts(tester)
    assert told(found, "pack/both") == (
        f"“Both” waits for {FIRST}, which can't be read: line 6 there.",
        "Python can't read this file: '(' was never closed. Mend that first; this step is tested "
        "again then.",
    )
    assert found["pack/both"].blocked_by == "pack/one"
    ((where, _),) = found["pack/both"].marks[0].related
    assert (Path(where.file), where.line) == (tester.folder.path(FIRST), 6)


async def test_a_later_module_waits_with_the_steps_that_need_it(tester: Tester) -> None:
    write(tester, SECOND, "def two(x:\n")
    found = await verdicts(tester)
    assert states(found) == {
        "pack/one": "passed",
        "pack/two": "failing",
        "pack/both": "failing",
        "pack/all": "blocked",
        "far/near": "passed",
        "far/far": "blocked",
    }
    assert told(found, "far/far")[0].startswith(f"“Far” waits for {SECOND}, which can't be read")


@pytest.mark.parametrize("data", ["x = 'ö'\n".encode("latin-1"), b"x = 1\0\n", b"<<<<<<< mine\n"])
async def test_bytes_that_are_no_code_are_met_in_their_file(tester: Tester, data: bytes) -> None:
    tester.folder.path(FIRST).write_bytes(data)
    found = await verdicts(tester)
    assert states(found)["pack/one"] == "failing"
    assert states(found)["pack/two"] == "passed"
    assert states(found)["pack/both"] == "blocked"


async def test_an_emptied_part_has_lost_its_own_steps_alone(tester: Tester) -> None:
    write(tester, FIRST, "\n")
    found = await verdicts(tester)
    assert told(found, "pack/one")[0] == "first.py is empty: its steps of “A package” are gone."
    assert "`tinytorch reset pack/one`" in told(found, "pack/one")[1]
    assert states(found)["pack/two"] == "passed"
    assert told(found, "pack/all")[0] == f"“All of it” waits for {FIRST}, which is empty."


ONE_IS_TOLD = {**FIRST_FAILS, "pack/both": "passed"}  # what puts them together waits


async def test_a_class_that_is_gone_from_a_part_is_told_there_and_stops_no_other(
    tester: Tester,
) -> None:
    text = tester.folder.source(FIRST)
    write(tester, FIRST, text[: text.index("class Pair")])
    found = await verdicts(tester)
    assert states(found) == ONE_IS_TOLD
    assert told(found, "pack/one") == (
        "first.py has no `Pair`, which is given: tinytorch/pack/__init__.py imports it.",
        "Your editor's Undo brings it back.",
    )


async def test_a_given_function_that_is_gone_is_told_at_the_step_that_uses_it(
    tester: Tester,
) -> None:
    library = tester.folder.course.library / SECOND
    given = (
        '\n\ndef helped(x):\n    """Given."""\n    return x\n\n\ndef spare(x):\n    """Given."""\n'
    )
    library.write_text(library.read_text(encoding="utf-8") + given, encoding="utf-8")
    text = tester.folder.source(SECOND)  # it has neither
    assert set(states(await verdicts(tester)).values()) == {"passed"}
    write(tester, SECOND, text.replace("return one(two(x))", "return helped(one(two(x)))"))
    found = await verdicts(tester)
    waiting = ["pack/both", "pack/all"]  # the second puts all together
    assert [step for step, state in states(found).items() if state != "passed"] == waiting
    assert told(found, "pack/both") == (
        "second.py has no `helped`, which is given: `both` uses it.",
        "Your editor's Undo, or `tinytorch update`, brings it back.",
    )
    update(tester.folder)
    assert set(states(await verdicts(tester)).values()) == {"passed"}


async def test_the_librarys_does_not_pass_for_a_part_that_is_gone(tester: Tester) -> None:
    tester.folder.path(FIRST).unlink()
    found = await verdicts(tester)
    assert states(found)["pack/one"] == "todo"
    assert states(found)["pack/two"] == "passed"
    assert told(found, "pack/both")[0] == f"“Both” waits for {FIRST}, which is not there."


async def test_a_folder_in_the_place_of_a_part_stops_no_other(tester: Tester) -> None:
    tester.folder.path(FIRST).unlink()
    tester.folder.path(FIRST).mkdir()
    found = await verdicts(tester)
    assert states(found)["pack/two"] == "passed"
    assert (
        told(found, "pack/both")[0]
        == f"“Both” waits for {FIRST}, which is a folder and not a file."
    )


async def test_what_fails_by_itself_is_said_to(tester: Tester) -> None:
    write(tester, FIRST, BROKEN)
    text = tester.folder.source(SECOND).replace("x + 2", "x - 2")
    write(tester, SECOND, text)
    found = await verdicts(tester)
    assert states(found)["pack/two"] == "failing"
    where = found["pack/two"].where
    assert where
    assert (Path(where.file), where.line) == (tester.folder.path(SECOND), 9)


async def test_a_file_that_is_no_part_stops_its_module_as_ever(tester: Tester) -> None:
    write(tester, FAR, "def near(x:\n")
    found = await verdicts(tester)
    assert (states(found)["far/near"], states(found)["far/far"]) == ("failing", "failing")
    assert states(found)["pack/two"] == "passed"


async def test_what_changed_unseen_in_the_other_parts_is_found(tester: Tester) -> None:
    await verdicts(tester)
    write(tester, FIRST, BROKEN)
    write(tester, SECOND, tester.folder.source(SECOND).replace("x + 2", "2 + x"))
    found = changed_unseen(tester.folder, tester.folder.course.module("pack"))
    assert [step.id for step in found] == ["pack/two"]


async def test_the_other_parts_are_reset_and_solved(tester: Tester) -> None:
    write(tester, FIRST, BROKEN)
    two = tester.folder.course.steps["pack/two"]
    reset(tester.folder, two)
    assert states(await verdicts(tester))["pack/two"] == "todo"
    solve(tester.folder, [two], "pack/two")
    assert states(await verdicts(tester))["pack/two"] == "passed"
    assert tester.folder.source(FIRST) == BROKEN


async def test_a_function_that_is_gone_from_a_part_stops_its_own_step_alone(tester: Tester) -> None:
    write(tester, FIRST, '"""The first part."""\n\n\ndef eno(x):\n    return x + 1\n')
    found = await verdicts(tester)
    assert states(found) == FIRST_FAILS
    assert told(found, "pack/one") == (
        "first.py has no `one`.",
        "Your editor's Undo, or `tinytorch reset pack/one`, brings it back.",
    )
    assert told(found, "pack/both")[0] == f"“Both” waits for `one`, which is not in {FIRST}."


async def test_a_function_that_is_made_otherwise_is_no_lost_one(tester: Tester) -> None:
    write(tester, FIRST, "one = lambda x: x + 1\nPair = dict\n")
    assert set(states(await verdicts(tester)).values()) == {"passed"}


async def test_the_lines_of_a_part_stay_where_a_function_of_it_is_gone(tester: Tester) -> None:
    text = tester.folder.source(SECOND)
    lost = text.replace("def two(x):", "def owt(x):").replace("one(two(x))", "one(x) + 1")
    write(tester, SECOND, lost)
    found = await verdicts(tester)
    assert states(found)["pack/both"] == "failing"
    where = found["pack/both"].where
    assert where
    assert (Path(where.file), where.line) == (tester.folder.path(SECOND), 14)
