"""The example is the first test: its lines run, and give and print what the reference does."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from lab import Lab

from tinytorch_ls.course.freedom import FACTS
from tinytorch_ls.runner.report import Fact

LIBRARY = """\
import random


def grow(x):
    print("growing")
    return x + 1.0


def lines():
    return ["one", "two"]


def draw():
    return random.random()
"""
TESTS = """\
@step("try")
def test_grow(expect):
    expect(lab.grow(5.0)).equals(6.0, because="one more")
"""
EXAMPLE = """\
>>> start = 3.0
>>> grow(start)
growing
4.0
>>> for line in lines():
...     print(line)
one
two
>>> draw() < 2
True
>>> draw()
0.25"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=("grow", "lines", "draw"), example=EXAMPLE)


def test_right_code_meets_its_example_also_where_it_draws_at_random(lab: Lab) -> None:
    judged = lab.judge(LIBRARY)
    assert judged.verdict.state == "passed"
    assert [test.name for test in judged.run.tests] == ["example", "test_grow"]
    assert [o.call for o in judged.run.tests[0].observations] == [
        "grow(start)",
        "for line in lines():\n    print(line)",
        "draw() < 2",
        "draw()",
    ]


def test_what_the_example_prints_itself_is_no_output_of_the_students_code(lab: Lab) -> None:
    assert lab.judge(LIBRARY).run.output == "growing\n" * 2  # in the example and in the test


def test_a_wrong_value_fails_at_its_line_with_the_inputs(lab: Lab) -> None:
    verdict = lab.judge(LIBRARY.replace("x + 1.0", "x + 2.5")).verdict
    assert verdict.failure
    assert verdict.failure.call == "grow(start)"
    assert verdict.failure.inputs == (("start", "3.0"),)
    assert verdict.failure.difference == "too large by 1.5"
    assert verdict.failure.because == "this is the example of the TODO"
    assert verdict.expectation is None


def test_a_wrong_print_of_a_line_fails(lab: Lab) -> None:
    verdict = lab.judge(LIBRARY.replace('"two"', '"three"')).verdict
    assert verdict.failure
    assert verdict.failure.headline == "for line in lines(): … is not what it should be."
    assert verdict.failure.got == repr("one\nthree")


def test_an_error_in_the_example_has_its_line_as_the_call(lab: Lab) -> None:
    verdict = lab.judge(LIBRARY.replace("x + 1.0", "x + missing")).verdict
    assert verdict.failure
    assert verdict.failure.headline.startswith("NameError")
    assert verdict.failure.call == "grow(start)"
    assert dict(verdict.failure.inputs) == {"start": "3.0"}


NARROW = """\
import numpy as np


def halves():
    return np.array([0.5, 1.5])
"""
NARROW_TESTS = """\
@step("try")
def test_halves(expect):
    wanted = np.array([0.5, 1.5])
    expect(lab.halves()).equals(wanted, because="they are 1/2 and 3/2", free=("dtype",))
"""
OPEN = """\
>>> halves()  # free: memory, dtype
array([0.5, 1.5])
>>> halves()
array([0.5, 1.5])"""


def test_a_line_of_the_example_leaves_open_what_it_says(tmp_path: Path) -> None:
    lab = Lab(tmp_path, NARROW, NARROW_TESTS, symbols=("halves",), example=OPEN)
    seen = lab.judge(NARROW.replace("1.5]", "1.5], np.float32")).run.tests[0].observations
    assert [(each.call, each.passed) for each in seen] == [("halves()", True), ("halves()", False)]
    assert seen[0].expected.free == ("dtype", "memory")


def test_what_an_example_leaves_open_is_not_shown_to_a_student(tmp_path: Path) -> None:
    lab = Lab(tmp_path, NARROW, NARROW_TESTS, symbols=("halves",), example=OPEN)
    assert "# free" in lab.step.example
    assert lab.step.shown_example == OPEN.replace("  # free: memory, dtype", "") + "\n"
    assert "free" not in lab.stub()


def test_what_may_be_left_open_is_what_is_compared() -> None:
    assert get_args(Fact) == FACTS
