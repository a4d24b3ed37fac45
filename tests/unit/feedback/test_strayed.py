"""The function that is blamed is the one whose call strayed, not the one that ran last."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Judged, Lab

pytestmark = pytest.mark.slow

LIBRARY = """\
import numpy as np


class Tensor:
    def __init__(self, data):
        self.data = np.array(data, dtype=np.float64)

    def raw(self):
        return self.data

    def listed(self):
        return self.data.tolist()

    def copied(self):
        return Tensor(self.data)

    def grown(self):
        return Tensor(self.data + 1)

    def doubled(self):
        return Tensor(self.data * 2)


def joined(one, other):
    return Tensor(np.concatenate([one.data, other.data]))
"""
TESTS = """\
@step("try")
def test_left_alone(expect):
    x = lab.Tensor([1.0, 2.0])
    x.grown()
    x.doubled()
    expect(x).equals([1.0, 2.0], because="x stays as it was")

@step("try")
def test_shared(expect):
    t = lab.Tensor([1.0, 2.0])
    t.raw()[0] = 9.0
    expect(t.listed()).equals([9.0, 2.0], because="raw shares its memory")

@step("try")
def test_chain(expect):
    t = lab.Tensor([1.0, -2.5])
    expect(t.grown().doubled().listed()).equals([4.0, -3.0], because="grown, then doubled")

@step("try")
def test_several(expect):
    t = lab.Tensor([1.0, 3.5])
    expect((t.grown(), t.doubled())).equals(([2.0, 4.5], [2.0, 7.0]), because="each by itself")

@step("try")
def test_own_memory(expect):
    t = lab.Tensor([1.0, 2.0])
    expect((t.copied(), t.grown())).equals(([1.0, 2.0], [2.0, 3.0]), because="both are new")

@step("try")
def test_joined(expect):
    a, b = lab.Tensor([1.0]), lab.Tensor([5.0])
    expect(lab.joined(a, b)).equals([1.0, 5.0], because="b stands behind a")
"""
GROWN = "        return Tensor(self.data + 1)\n"
DOUBLED = "        return Tensor(self.data * 2)\n"
SYMBOLS = (
    *("Tensor.raw", "Tensor.listed", "Tensor.copied", "Tensor.grown", "Tensor.doubled"),
    "joined",
)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=SYMBOLS)


def _marked(judged: Judged) -> dict[str, str]:
    """The text of the line that is marked for each function."""
    marks = [mark for mark in judged.verdict.marks if mark.where]
    lines = [(m, Path(m.where.file).read_text().splitlines()) for m in marks if m.where]
    return {m.function: text[m.where.line - 1].strip() for m, text in lines if m.where}


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("        self.data += 1\n        return Tensor(self.data)\n", "self.data += 1"),
        ("        self.data += 1\n        return self\n", "self.data += 1"),
        ("        d = self.data\n        np.add(d, 1, out=d)\n        return self\n",
         "np.add(d, 1, out=d)"),
        ("        self.data = self.data + 1\n        return Tensor(self.data)\n",
         "self.data = self.data + 1"),
    ],
)  # fmt: skip
def test_the_line_that_writes_into_an_input_is_marked(lab: Lab, body: str, line: str) -> None:
    judged = lab.judge_change(GROWN, body)
    assert _marked(judged) == {"Tensor.grown": line}
    failure = judged.verdict.failure
    assert failure
    assert failure.headline == "`grown` changed its input `self`: `x[0]` was 1.0, is 2.0."
    failing = {each.name for each in judged.verdict.functions if each.state == "failing"}
    assert failing == {"Tensor.grown"}


def test_a_shape_that_is_set_is_no_write(lab: Lab) -> None:
    body = "        self.data.shape = (-1, 1)\n        return Tensor(self.data[:, 0] + 1)\n"
    judged = lab.judge_change(GROWN, body)
    assert _marked(judged) == {"Tensor.grown": "self.data.shape = (-1, 1)"}
    failure = judged.verdict.failure
    assert failure
    assert failure.headline.startswith("`grown` changed its input `self`: `x` was Tensor([1.0")
    assert failure.help.startswith("`x.shape = ...` and `t.data = ...` change what came in.")


def test_a_write_by_a_function_that_another_calls_is_marked_in_it(lab: Lab) -> None:
    body = "        self.data += 1\n        return Tensor(self.data)\n"
    code = LIBRARY.replace(GROWN, body).replace(
        DOUBLED, "        self.grown()\n        return Tensor((self.data - 1) * 2)\n"
    )
    assert _marked(lab.judge(code)) == {"Tensor.grown": "self.data += 1"}


def test_the_input_is_named_as_the_function_knows_it(lab: Lab) -> None:
    judged = lab.judge_change(
        "    return Tensor(np.concatenate([one.data, other.data]))",
        "    o = other.data\n    o *= 2\n    return Tensor(np.concatenate([one.data, o]))",
    )
    assert _marked(judged) == {"joined": "o *= 2"}
    failure = judged.verdict.failure
    assert failure
    assert failure.headline == "`joined` changed its input `other`: `b[0]` was 5.0, is 10.0."
    assert dict(failure.inputs) == {
        "a": "Tensor([1.0], dtype=float64)",
        "b": "Tensor([5.0], dtype=float64)",
    }


def test_a_copy_where_memory_should_be_shared_is_that_functions(lab: Lab) -> None:
    judged = lab.judge_change("return self.data\n", "return self.data.copy()\n")
    assert _marked(judged) == {"Tensor.raw": "return self.data.copy()"}
    failure = judged.verdict.failure
    assert failure
    assert failure.headline == (
        "What `raw` gave has memory of its own; it should share that of `t`."
    )
    assert failure.because == "raw shares its memory"
    assert not failure.fact  # a value of t says nothing of `raw`
    states = {each.name: each.state for each in judged.verdict.functions}
    assert states["Tensor.listed"] == "passed"


def test_shared_memory_is_the_functions_that_shares_it(lab: Lab) -> None:
    judged = lab.judge_change("        return Tensor(self.data)\n", "        return self\n")
    assert _marked(judged) == {"Tensor.copied": "return self"}
    failure = judged.verdict.failure
    assert failure
    assert failure.headline == "What `copied` gave shares its memory with `t`."


def test_the_first_wrong_link_of_a_chain_is_marked(lab: Lab) -> None:
    judged = lab.judge_change(GROWN, "        return Tensor(self.data + 2)\n")
    assert _marked(judged) == {"Tensor.grown": "return Tensor(self.data + 2)"}
    assert {each.name for each in judged.verdict.functions if each.state == "failing"} == {
        "Tensor.grown"
    }


def test_a_function_of_which_nothing_right_was_seen_is_not_counted(tmp_path: Path) -> None:
    tests = """\
@step("try")
def test_both(expect):
    x = lab.Tensor([1.0, 3.0])
    expect(x.grown()).equals([2.0, 4.0], because="one more")
    expect(x.doubled()).equals([2.0, 6.0], because="twice")

@step("try")
def test_refused(expect):
    expect.raises(AttributeError, lab.Tensor.doubled, None, because="None is no tensor")
"""
    lab = Lab(tmp_path, LIBRARY, tests, symbols=("Tensor.grown", "Tensor.doubled"))
    code = LIBRARY.replace(GROWN, "        return Tensor(self.data)\n").replace(
        DOUBLED, "        return Tensor(self.data)\n"
    )
    judged = lab.judge(code)
    states = {each.name: each.state for each in judged.verdict.functions}
    assert states == {"Tensor.grown": "failing", "Tensor.doubled": "waiting"}
    assert judged.verdict.count == "0 of 2 functions known to be right"
