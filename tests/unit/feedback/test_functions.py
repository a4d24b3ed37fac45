"""A step of several functions: each reports by itself, is marked and named by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

LIBRARY = """\
def double(x):
    return x * 2.0


def half(x):
    return x / 2.0


def square(x):
    return x * x


def less(x):
    return x - 1.5


def more(x):
    return x + 1.5
"""
TESTS = """\
@step("try")
def test_double(expect):
    expect(lab.double(3.0)).equals(6.0, because="two times")

@step("try")
def test_half(expect):
    expect(lab.half(3.0)).equals(1.5, because="divided")

@step("try")
def test_all(expect):
    for function, wanted in ((lab.square, 9.0), (lab.less, 1.5), (lab.more, 4.5)):
        expect(function(3.0)).equals(wanted, because="each does its part")

@step("try")
def test_more(expect):
    expect(lab.more(2.0)).equals(3.5, because="1.5 is added")
"""
NAMES = ("double", "half", "square", "less", "more")
MISTAKE = (
    "#### Turns the fraction\\n```python\\ndef half(x):\\n    return 2.0 / x\\n```\\nDivide `x`."
)
STUB = '    raise NotImplementedError("lab/try is yours to write")\n'


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=NAMES, mistakes=MISTAKE.replace("\\n", "\n"))


def _with(**bodies: str) -> str:
    return "".join(
        f"def {name}(x):\n" + (f"    return {bodies[name]}\n" if name in bodies else STUB) + "\n\n"
        for name in NAMES
    )


def test_what_is_written_reports_before_the_last_is(lab: Lab) -> None:
    judged = lab.judge(_with(double="x * 2.0", half="2.0 / x", more="x + 1.5"))
    verdict = judged.verdict
    assert verdict.state == "failing"
    assert {each.name: each.state for each in verdict.functions} == {
        "double": "passed",
        "half": "failing",
        "square": "todo",
        "less": "todo",
        "more": "passed",
    }
    assert verdict.count == "2 of 5 functions right"
    (mark,) = verdict.marks
    assert (mark.function, mark.failure.mistake) == ("half", "Turns the fraction")
    assert mark.where
    assert mark.where.line == 6


def test_each_wrong_one_is_marked_on_its_own_line(lab: Lab) -> None:
    verdict = lab.judge(
        _with(double="x", half="x / 2.0", square="x * x", less="x", more="x + 2.5")
    ).verdict
    marked = {mark.function: mark.where.line for mark in verdict.marks if mark.where}
    assert marked == {"double": 2, "less": 14, "more": 18}
    assert verdict.count == "2 of 5 functions right"


def test_stubs_alone_are_to_do_and_not_failing(lab: Lab) -> None:
    verdict = lab.judge(_with(double="x * 2.0")).verdict
    assert verdict.state == "todo"
    assert verdict.count == "1 of 5 functions right"
    assert not verdict.marks
    assert lab.judge(_with()).verdict.count == ""


def test_a_failure_that_blames_no_function_leaves_none_of_its_functions_right(lab: Lab) -> None:
    code = LIBRARY.replace("def less(x):", "def lesser(x):")
    verdict = lab.judge(code).verdict
    states = {each.name: each.state for each in verdict.functions}
    assert states["less"] == "todo"
    assert states["double"] == "passed"
    assert verdict.state == "failing"


def test_what_calls_a_wrong_one_waits_also_where_another_of_its_values_was_right(
    tmp_path: Path,
) -> None:
    library = "def inner(x):\n    return x + 1.0\n\n\ndef outer(x):\n    return x * 2.0, inner(x)\n"
    tests = (
        '@step("try")\ndef test_inner(expect):\n'
        '    expect(lab.inner(1.0)).equals(2.0, because="one more")\n\n\n'
        '@step("try")\ndef test_outer(expect):\n'
        "    found = lab.outer(1.0)\n"
        '    expect(found[0]).equals(2.0, because="doubled")\n'
        '    expect(found[1]).equals(2.0, because="one more")\n'
    )
    lab = Lab(tmp_path, library, tests, symbols=("inner", "outer"))
    verdict = lab.judge_change("x + 1.0", "x + 3.0").verdict
    assert [mark.function for mark in verdict.marks] == ["inner"]
    assert {each.name: each.state for each in verdict.functions} == {
        "inner": "failing",
        "outer": "waiting",
    }
