"""Whose fault a failure is: the step's own, that of an earlier step, or another file's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from small_course import SmallCourse

from tinytorch_ls.feedback.faults import together
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.workspace.folder import StudentFolder

pytestmark = pytest.mark.slow

BOX, LID = "tinytorch/box.py", "tinytorch/lid.py"
CLOSE = "def close(x):\n    return grow(x) * 2\n"
ADD = "def add(self, other):\n    return Box(grow(self.value, other.value))\n"
GROW = "def grow(x, step=1):\n    return x + step\n"


@pytest.fixture
async def tester(student: StudentFolder) -> AsyncIterator[Tester]:
    student.begin("lid")
    runner = Runner(student.course)
    tester = Tester(student, runner)
    _write(tester, BOX, "grow", GROW)
    _write(tester, BOX, "Box.add", ADD)
    _write(tester, LID, "close", CLOSE)
    yield tester
    await runner.close()


def _write(tester: Tester, file: str, name: str, code: str) -> None:
    path = tester.folder.path(file)
    path.write_text(transplant(path.read_text(), name, code))


def _line(tester: Tester, file: str, text: str) -> int:
    lines = tester.folder.source(file).split("\n")
    return next(number for number, line in enumerate(lines, 1) if text in line)


async def _test(tester: Tester, *ids: str) -> dict[str, Verdict]:
    """The last word on each step."""
    steps = [tester.folder.course.steps[step] for step in ids or tester.folder.course.steps]
    return {verdict.step: verdict async for verdict in tester.test(steps)}


async def test_a_step_that_calls_a_failing_one_waits_for_it(tester: Tester) -> None:
    _write(tester, BOX, "grow", "def grow(x, step=1):\n    return x - step\n")
    verdicts = await _test(tester)
    assert {step: v.state for step, v in verdicts.items()} == {
        "box/grow": "failing",
        "box/add": "blocked",
        "box/both": "blocked",
        "lid/close": "blocked",
    }
    assert {v.blocked_by for v in verdicts.values()} == {None, "box/grow"}
    failure = verdicts["box/add"].failure
    assert failure
    assert failure.headline == "“Add two boxes” waits for “Grow a number”, which fails."


async def test_an_error_inside_a_step_that_waits_itself_is_what_that_waits_for(
    tester: Tester,
) -> None:
    _write(tester, BOX, "grow", "def grow(x, step=1):\n    return None\n")
    _write(tester, BOX, "Box.add", ADD.replace("other.value)", "other.value) + 0"))
    through = "    from tinytorch.box import Box\n    return Box(x).add(Box(1)).value * 2\n"
    _write(tester, LID, "close", f"def close(x):\n{through}")
    verdicts = await _test(tester)
    assert verdicts["box/add"].blocked_by == "box/grow"
    assert verdicts["lid/close"].blocked_by == "box/grow"


async def test_an_error_inside_a_failing_step_is_that_steps(tester: Tester) -> None:
    _write(tester, BOX, "grow", "def grow(x, step=1):\n    return x + setp\n")
    verdicts = await _test(tester)
    assert verdicts["lid/close"].state == "blocked"
    assert verdicts["lid/close"].blocked_by == "box/grow"


GROWS = """

@step("both")
def test_grows_by_two(expect):
    expect(box.grow(3, 2)).equals(5, because="3 and 2 make 5")
"""


@pytest.mark.parametrize(
    ("grown", "waits_for"), [("x - step", "box/grow"), ("x + step", "box/add")]
)
async def test_a_step_waits_for_a_failing_one_beside_one_that_is_not_written(
    small: SmallCourse, student: StudentFolder, grown: str, waits_for: str
) -> None:
    with small.tests.open("a") as tests:
        tests.write(GROWS)
    runner = Runner(student.course)
    tester = Tester(student, runner)
    _write(tester, BOX, "grow", f"def grow(x, step=1):\n    return {grown}\n")
    verdicts = await _test(tester, "box/grow", "box/add", "box/both")
    await runner.close()
    assert verdicts["box/add"].state == "todo"
    assert verdicts["box/both"].state == "blocked"
    assert verdicts["box/both"].blocked_by == waits_for


async def test_a_step_with_a_fault_of_its_own_is_red_beside_a_failing_one(tester: Tester) -> None:
    _write(tester, BOX, "grow", "def grow(x, step=1):\n    return x - step\n")
    _write(tester, LID, "close", "def close(x):\n    return grow(x) * 3\n")
    verdicts = await _test(tester)
    assert verdicts["lid/close"].state == "failing"
    assert verdicts["lid/close"].blocked_by is None


async def test_it_waits_for_a_step_that_was_tested_after_it(tester: Tester) -> None:
    _write(tester, BOX, "grow", "def grow(x, step=1):\n    return x - step\n")
    verdicts = await _test(tester, "box/add", "box/grow")
    assert verdicts["box/add"].state == "blocked"
    assert tester.folder.progress.of("box/add").state == "blocked"


async def test_an_error_inside_an_earlier_module_is_marked_there_and_at_the_step(
    tester: Tester,
) -> None:
    """The line is in given code: no step stands for it."""
    box = tester.folder.path(BOX)
    box.write_text(box.read_text().replace("self.value = value", "self.value = value + nothing"))
    code = "def close(x):\n    from tinytorch.box import Box\n    return Box(grow(x)).value * 2\n"
    _write(tester, LID, "close", code)
    (verdict,) = (await _test(tester, "lid/close")).values()
    assert verdict.state == "failing"
    here, there = verdict.marks
    assert here.where
    line = _line(tester, LID, "return Box")
    assert (here.where.file, here.where.line) == (str(tester.folder.path(LID)), line)
    assert there.where
    assert (there.where.file, there.where.line) == (str(box), _line(tester, BOX, "nothing"))
    assert here.failure.headline == "NameError: name 'nothing' is not defined"


async def test_an_error_that_a_wrong_call_caused_is_the_steps_own(tester: Tester) -> None:
    """It is raised in `grow`, where the library's would raise it too."""
    _write(tester, LID, "close", "def close(x):\n    return grow(str(x)) * 2\n")
    verdicts = await _test(tester)
    (mark,) = verdicts["lid/close"].marks
    assert mark.where
    assert mark.where.file == str(tester.folder.path(LID))


async def test_a_wrong_value_of_an_earlier_module_is_marked_at_its_function(
    tester: Tester,
) -> None:
    """The tests of `grow` grow no 2.5: it passes, and `close` is right."""
    code = "def grow(x, step=1):\n    return x + step if step > 1 else round(x) + 1\n"
    _write(tester, BOX, "grow", code)
    _write(tester, LID, "close", "def close(x):\n    return int(grow(x - 0.5) * 2 + 1)\n")
    verdicts = await _test(tester)
    assert verdicts["box/grow"].state == "passed"
    here, there = verdicts["lid/close"].marks
    assert here.where
    assert here.where.file == str(tester.folder.path(LID))
    assert there.where
    assert there.where.file == str(tester.folder.path(BOX))
    assert there.where.line == _line(tester, BOX, "def grow")
    assert [place for place, _ in here.related] == [there.where]
    assert [place for place, _ in there.related] == [here.where]
    assert "With the library's `grow` in tinytorch/box.py this step passes" in here.failure.help
    assert there.failure.headline.startswith("“Close a box” fails because of this: ")


async def test_a_function_inside_of_the_steps_own_is_no_given_one(
    tester: Tester, small: SmallCourse
) -> None:
    code = "def close(x):\n    def twice(y):\n        return y * 2\n    return twice(grow(x))\n"
    library = small.library / LID
    library.write_text(transplant(library.read_text(), "close", code))
    _write(tester, LID, "close", code.replace("* 2", "* 3"))
    (mark,) = (await _test(tester, "lid/close"))["lid/close"].marks
    assert "With the library's" not in mark.failure.help


GIVEN = "        self.value = value\n"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("        self.value = value + 0.5\n", "def __init__"),
        ("        self.value = value + nothing\n", "nothing"),
    ],
)
async def test_given_code_of_the_own_module_is_marked_once_and_linked_with_each_step(
    tester: Tester, wrong: str, line: str
) -> None:
    box = tester.folder.path(BOX)
    box.write_text(box.read_text().replace(GIVEN, wrong))
    code = "def close(x):\n    from tinytorch.box import Box\n    return Box(grow(x)).value * 2\n"
    _write(tester, LID, "close", code)
    verdicts = await _test(tester)
    failing = [v for v in verdicts.values() if v.state == "failing"]
    assert [v.step for v in failing] == ["box/add", "box/both", "lid/close"]
    (alone,) = verdicts["box/both"].marks  # it has no code of its own
    for verdict in (verdicts["box/add"], verdicts["lid/close"]):
        here, there = verdict.marks
        assert there.where
        assert (there.where.file, there.where.line) == (str(box), _line(tester, BOX, line))
        assert [place for place, _ in here.related] == [there.where]
        assert [place for place, _ in there.related] == [here.where]
        assert here.where != there.where
    linked = [verdicts["box/add"].marks[0].where, verdicts["lid/close"].marks[0].where]
    once = together([verdicts["box/add"].marks[1], alone, verdicts["lid/close"].marks[1]])
    assert once.failure.headline.startswith(
        "“Add two boxes”, “Both together” and “Close a box” fail because of this: "
    )
    assert [place for place, _ in once.related] == linked


async def test_given_code_in_another_style_is_no_cause(tester: Tester) -> None:
    box = tester.folder.path(BOX)
    box.write_text(box.read_text().replace(GIVEN, "        self.value = value + 0\n"))
    _write(tester, BOX, "Box.add", "def add(self, other):\n    return Box(self.value)\n")
    verdicts = await _test(tester, "box/add")
    (mark,) = verdicts["box/add"].marks
    assert not mark.related


async def test_a_second_class_further_down_is_the_place_that_others_are_sent_to(
    tester: Tester,
) -> None:
    box = tester.folder.path(BOX)
    box.write_text(
        box.read_text() + "\n\nclass Box:\n    def add(self, other):\n        return self\n"
    )
    code = "def close(x):\n    from tinytorch.box import Box\n    return Box(grow(x)).value * 2\n"
    _write(tester, LID, "close", code)
    verdicts = await _test(tester, "lid/close")
    here, there = verdicts["lid/close"].marks
    assert there.where
    second = len(box.read_text().splitlines()) - 2
    assert (there.where.file, there.where.line) == (str(box), second)
    assert f"line {second} there is the place to look at" in here.failure.help


async def test_what_imports_a_file_that_cant_be_read_waits_for_it(tester: Tester) -> None:
    path = tester.folder.path(BOX)
    path.write_text(path.read_text().replace("return x + step", "return (x + step"))
    verdicts = await _test(tester)
    assert verdicts["box/grow"].state == "failing"
    waits = verdicts["lid/close"]
    assert (waits.state, waits.functions) == ("blocked", ())
    assert waits.failure
    line = _line(tester, BOX, "return (x + step")
    assert waits.failure.headline == (
        f"“Close a box” waits for {BOX}, which can't be imported: line {line} there."
    )
    ((place, _),) = waits.marks[0].related
    assert (place.file, place.line) == (str(tester.folder.path(BOX)), line)


async def test_a_helper_that_is_gone_is_told_of_where_it_is_imported(tester: Tester) -> None:
    path = tester.folder.path(BOX)
    path.write_text(f"from tinytorch.helpers import halved\n{path.read_text()}")
    verdicts = await _test(tester)
    for step in ("box/grow", "box/add"):
        where = verdicts[step].where
        assert verdicts[step].state == "failing"
        assert where
        assert (where.file, where.line) == (str(path), 1)
    assert verdicts["lid/close"].state == "blocked"
    assert verdicts["lid/close"].marks[0].where is None  # it is shown on the step's own name


LOOP = "while True:\n    pass\n"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (LOOP, "was stopped after 1 s of computing: it had not come out of the loop in lines {}"),
        ("import sys\n\nsys.exit(3)\n", "ended Python: exit(3)."),
        (
            "def stop():\n    import os\n\n    os._exit(4)\n\n\nstop()\n",
            "ended Python: exit status 4.",
        ),
        ("open('../mine', 'w')\n", "was stopped: it tried to change"),
        ("import os\n\nos.fork()\n", "was stopped: it called os.fork"),
    ],
)
async def test_a_file_that_does_not_come_to_its_end_is_told_of_once(
    tester: Tester, code: str, told: str
) -> None:
    tester.runner.limits = Limits(seconds=1.0)
    path = tester.folder.path(BOX)
    first = len(path.read_text().splitlines()) + 1
    path.write_text(path.read_text() + code)
    verdicts = await _test(tester)
    own = [verdicts[step] for step in ("box/grow", "box/add", "box/both")]
    assert {verdict.state for verdict in own} == {"failing"}
    (failure,) = {verdict.failure for verdict in own}
    assert failure
    assert failure.headline.startswith(f"{BOX} {told.format(f'{first}–{first + 1}')}")
    (where,) = {verdict.where for verdict in own}
    assert where
    assert (where.file, where.line >= first) == (str(path), True)
    waits = verdicts["lid/close"]
    assert waits.state == "blocked"
    assert waits.failure
    assert f"“Close a box” waits for {BOX}, which can't be imported: line" in waits.failure.headline
    reason = failure.headline.rstrip(".").partition(": ")[2]  # it is known sooner there
    assert reason
    assert reason in waits.failure.help
