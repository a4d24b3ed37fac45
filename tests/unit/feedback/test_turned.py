"""A condition that is the wrong way round is marked, and not what stands in its branch."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Judged, Lab

pytestmark = pytest.mark.slow

LIBRARY = """\
def sign(x):
    if x < 0:
        return -1
    if x > 0:
        return 1
    return 0


def note(log, key, value) -> None:
    if key in log:
        log[key] = log[key] + value
    else:
        log[key] = value


def clipped(x, low, high):
    if low <= x and x <= high:
        inside = x
    else:
        inside = low if x < low else high
    return inside


def first_repeated(values):
    seen = []
    while len(seen) < len(values):
        value = values[len(seen)]
        if value in seen:
            return value
        seen.append(value)
    return None


def even(values):
    return [
        value
        for value in values
        if value % 2 == 0
    ]
"""
TESTS = """\
@step("try")
def test_sign(expect):
    expect([lab.sign(x) for x in (-2.0, 3.0, 0.0, 0.5)]).equals([-1, 1, 0, 1], because="signs")

@step("try")
def test_note(expect):
    log = {}
    lab.note(log, "a", 1)
    lab.note(log, "a", 2)
    lab.note(log, "b", 5)
    expect(log).equals({"a": 3, "b": 5}, because="summed by key")

@step("try")
def test_clipped(expect):
    found = [lab.clipped(x, 1, 5) for x in (0, 1, 3, 5, 7)]
    expect(found).equals([1, 1, 3, 5, 5], because="from 1 to 5")

@step("try")
def test_first_repeated(expect):
    expect(lab.first_repeated([1, 2, 1, 2])).equals(1, because="the 1 comes twice first")
    expect(lab.first_repeated([3, 4])).equals(None, because="none comes twice")

@step("try")
def test_even(expect):
    expect(lab.even([1, 2, 4, 7])).equals([2, 4], because="these are even")
"""
SYMBOLS = ("sign", "note", "clipped", "first_repeated", "even")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=SYMBOLS)


def _marked(judged: Judged) -> list[str]:
    """The texts of the lines that are marked."""
    marks = [mark.where for mark in judged.verdict.marks if mark.where]
    return [Path(w.file).read_text().splitlines()[w.line - 1].strip() for w in marks]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("if x < 0:", "if x >= 0:", "if x >= 0:"),
        ("if x > 0:", "if x >= 0:", "if x >= 0:"),
        ("if x > 0:", "if not x > 0:", "if not x > 0:"),
        ("if low <= x and x <= high:", "if low <= x or x <= high:", "if low <= x or x <= high:"),
        ("low if x < low else high", "low if x > low else high",
         "inside = low if x > low else high"),
        ("if value in seen:", "if value not in seen:", "if value not in seen:"),
    ],
)  # fmt: skip
def test_the_condition_is_marked_where_its_branch_gives_the_wrong_value(
    lab: Lab, old: str, new: str, line: str
) -> None:
    assert _marked(lab.judge_change(old, new)) == [line]


def test_the_condition_is_marked_where_its_branch_writes_the_wrong_value(tmp_path: Path) -> None:
    library = "def count(log, key) -> None:\n    if key:\n        log['n'] = log['n'] + 1\n"
    tests = (
        '@step("try")\ndef test_count(expect):\n    log = {"n": 0}\n'
        '    for key in ("a", "", "b"):\n        lab.count(log, key)\n'
        '    expect(log).equals({"n": 2}, because="two have a key")\n'
    )
    lab = Lab(tmp_path, library, tests, symbols=("count",))
    assert _marked(lab.judge_change("if key:", "if not key:")) == ["if not key:"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("        return 1\n", "        return 2\n", "return 2"),
        ("        inside = x\n", "        inside = -x\n", "return inside"),
        ("        log[key] = log[key] + value", "        log[key] = log[key] - value",
         "log[key] = log[key] - value"),
    ],
)  # fmt: skip
def test_what_stands_in_a_branch_is_marked_where_no_other_condition_mends_it(
    lab: Lab, old: str, new: str, line: str
) -> None:
    assert _marked(lab.judge_change(old, new)) == [line]


def test_an_error_is_marked_where_it_came_whatever_the_condition(lab: Lab) -> None:
    judged = lab.judge_change("if key in log:", "if key not in log:")
    assert _marked(judged) == ["log[key] = log[key] + value"]


def test_each_function_of_a_step_has_its_own_condition(lab: Lab) -> None:
    code = LIBRARY.replace("value in seen", "value not in seen").replace("if x < 0", "if x >= 0")
    assert _marked(lab.judge(code)) == ["if x >= 0:", "if value not in seen:"]


def test_a_condition_without_which_a_loop_has_no_end_is_tried_for_a_moment_only(lab: Lab) -> None:
    old = "        if value in seen:\n            return value\n        seen.append(value)\n"
    new = (
        "        if value not in seen:\n            seen.append(value)\n"
        "        else:\n            return 9\n"
    )
    assert _marked(lab.judge_change(old, new)) == ["return 9"]
