"""What a generator gives turn by turn has the kind that the reference's gives, looked at or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

LIBRARY = """\
import numpy as np


def pairs(names):
    for number, name in enumerate(names):
        yield name, np.float64(number)
"""
TESTS = """\
@step("try")
def test_loop(expect):
    expect([name for name, _ in lab.pairs("ab")]).equals(["a", "b"], because="name by name")

@step("try")
def test_dict(expect):
    expect(len(dict(lab.pairs("ab")))).equals(2, because="two of them")
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=("pairs",))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[name, number]", "a list of int or str"),
        ("name, np.array(number)", "a tuple of array or str"),
        ("name, None", "a tuple of None or str"),
    ],
)
def test_another_kind_of_item_is_told(lab: Lab, given: str, said: str) -> None:
    failure = lab.judge_change("yield name, np.float64(number)", f"yield {given}").verdict.failure
    assert failure
    assert failure.headline == f"`pairs` yields {said}; a tuple of float or str was wanted."


@pytest.mark.parametrize(
    "body",
    [
        "    return ((name, at) for at, name in enumerate(names))",
        "    return [(name, float(at)) for at, name in enumerate(names)]",
        "    yield from ((name, at) for at, name in enumerate(names))",
    ],
)
def test_another_style_passes(lab: Lab, body: str) -> None:
    code = LIBRARY[: LIBRARY.index("    for number")] + body + "\n"
    assert lab.judge(code).verdict.state == "passed"


def test_a_wrong_value_says_more(lab: Lab) -> None:
    judged = lab.judge_change("yield name, np.float64(number)", "yield [name + name, number]")
    failure = judged.verdict.failure
    assert failure
    assert failure.difference
