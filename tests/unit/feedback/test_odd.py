"""A kept `raise` and a second definition are said on their line, whatever else the step says."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

LIBRARY = """\
def grow(x):
    if x is None:
        raise ValueError("nothing grows")
    return x + 1


def shrink(x):
    return x - 1
"""
TESTS = """\
@step("try")
def test_grow(expect):
    expect(lab.grow(3)).equals(4, because="one more")

@step("try")
def test_shrink(expect):
    expect(lab.shrink(3)).equals(2, because="one less")
"""
RAISE = '    raise NotImplementedError("lab/try is yours to write")\n'


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=("grow", "shrink"))


def test_code_around_a_kept_raise_is_failing_there_and_not_to_do(lab: Lab) -> None:
    code = f"def grow(x):\n{RAISE}    return x + 1\n\n\ndef shrink(x):\n{RAISE}"
    verdict = lab.judge(code).verdict
    assert verdict.state == "failing"
    (mark,) = verdict.marks
    assert mark.where
    assert (mark.function, mark.where.line) == ("grow", 2)
    assert "never runs" in mark.failure.headline
    assert mark.failure.help == "Take the line out."
    assert {each.name: each.state for each in verdict.functions} == {
        "grow": "failing",
        "shrink": "todo",
    }


def test_a_second_definition_stands_before_what_fails(lab: Lab) -> None:
    code = LIBRARY + "\n\ndef grow(x):\n    return x\n"
    verdict = lab.judge(code).verdict
    assert [mark.where.line for mark in verdict.marks if mark.where] == [11, 12]
    assert "second `def grow`" in verdict.marks[0].failure.headline


def test_a_stub_is_to_do_and_right_code_has_passed(lab: Lab) -> None:
    stub = lab.stub()
    assert lab.judge(stub).verdict.state == "todo"
    assert lab.judge(LIBRARY).verdict.state == "passed"
    assert lab.judge(LIBRARY + "\n\ndef shrink(x):\n    return x - 1\n").verdict.state == "passed"
