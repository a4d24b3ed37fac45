"""What a function leaves in its arguments is marked in the line that wrote it otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Judged, Lab

pytestmark = pytest.mark.slow

LIBRARY = """\
import numpy as np


class Box:
    def __init__(self, value, name="box") -> None:
        self.value = np.array(value)
        self.name = name
        self.seen = []
        self.ready = True

    def add(self, other, sign=1) -> None:
        if other is None:
            self.seen.append(None)
        elif sign > 0:
            self.value = self.value + other
        else:
            self.value = self.value - other


def fade(average, value, keep) -> None:
    average *= keep
    average += (1 - keep) * value


def counted(state, key):
    state[key] = state.get(key, 0) + 1
    return state[key] > 1


def shifted(box):
    return [box.value.tolist(), box.name]
"""
TESTS = """\
@step("try")
def test_box(expect):
    box = lab.Box([1.0, 2.0])
    expect(box.value.tolist()).equals([1.0, 2.0], because="it keeps its value")
    expect((box.name, box.seen, box.ready)).equals(("box", [], True), because="and its name")

@step("try")
def test_add(expect):
    box = lab.Box([1.0, 2.0])
    first = box.value
    box.add(np.array([1.0, 1.0]))
    expect(box.value.tolist()).equals([2.0, 3.0], because="added")
    expect(first.tolist()).equals([1.0, 2.0], because="what was there stays as it was")
    box.add(np.array([0.5, 1.0]), -1)
    expect(box.value.tolist()).equals([1.5, 2.0], because="subtracted")
    box.add(None)
    expect(box.seen).equals([None], because="noted")

@step("try")
def test_fade(expect):
    average = np.array([8.0, 4.0])
    lab.fade(average, np.array([0.0, 8.0]), 0.25)
    expect(average.tolist()).equals([2.0, 7.0], because="a quarter is kept")

@step("try")
def test_counted(expect):
    state = {}
    lab.counted(state, "a")
    expect(lab.counted(state, "a")).equals(True, because="the second time")
    expect(state).equals({"a": 2}, because="twice")

@step("try")
def test_shifted(expect):
    expect(lab.shifted(lab.Box([1.0]))).equals([[1.0], "box"], because="both")
"""
SYMBOLS = ("Box.__init__", "Box.add", "fade", "counted", "shifted")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=SYMBOLS)


def _marked(judged: Judged) -> set[str]:
    """The texts of the lines that are marked."""
    marks = [mark.where for mark in judged.verdict.marks if mark.where]
    return {Path(w.file).read_text().splitlines()[w.line - 1].strip() for w in marks}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("self.name = name", "self.name = 'name'", "self.name = 'name'"),
        ("self.ready = True", "self.ready = print", "self.ready = print"),
        ("self.value + other", "self.value + 2 * other", "self.value = self.value + 2 * other"),
        ("self.value - other", "other - self.value", "self.value = other - self.value"),
        ("    average *= keep", "    average *= 1 - keep", "average *= 1 - keep"),
        ("(1 - keep) * value", "keep * value", "average += keep * value"),
        ("    average += (1 - keep) * value", "    average += (1 - keep) * value\n    average += 1",
         "average += 1"),
        ("state.get(key, 0) + 1", "state.get(key, 1) + 1", "state[key] = state.get(key, 1) + 1"),
    ],
)  # fmt: skip
def test_the_line_that_wrote_it_is_marked_and_not_the_last_one(
    lab: Lab, old: str, new: str, line: str
) -> None:
    assert _marked(lab.judge_change(old, new)) == {line}


def test_a_value_that_is_right_but_overwrites_what_a_test_still_holds(lab: Lab) -> None:
    judged = lab.judge_change("self.value = self.value + other", "self.value += other")
    assert _marked(judged) == {"self.value += other"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("            self.seen.append(None)", "            pass",
         "def add(self, other, sign=1) -> None:"),
        ("    average *= keep\n    average += (1 - keep) * value",
         "    average = average * keep\n    average = average + (1 - keep) * value",
         "def fade(average, value, keep) -> None:"),
        ("    average *= keep\n", "", "def fade(average, value, keep) -> None:"),
    ],
)  # fmt: skip
def test_where_something_is_missing_the_function_is_marked_and_no_line(
    lab: Lab, old: str, new: str, line: str
) -> None:
    assert _marked(lab.judge_change(old, new)) == {line}


def test_what_a_function_keeps_for_itself_is_not_what_is_wrong(lab: Lab) -> None:
    judged = lab.judge_change(
        "    return [box.value.tolist(), box.name]",
        "    box._last = box.value\n    box.name = box.name\n    return [box.name]",
    )
    assert _marked(judged) == {"return [box.name]"}


def test_objects_of_a_class_that_an_example_defines_are_looked_into(tmp_path: Path) -> None:
    library = "def forget(boxes) -> None:\n    for box in boxes:\n        box.value = None\n"
    example = (
        ">>> class Held:\n...     value = [1]\n>>> held = Held()\n>>> held.value = [2]\n"
        ">>> forget([held])\n>>> held.value is None\nTrue"
    )
    tests = '@step("try")\ndef test_nothing(expect):\n    lab.forget([])\n'
    lab = Lab(tmp_path, library, tests, symbols=("forget",), example=example)
    new = "box.value = 0\n    return"
    assert _marked(lab.judge_change("box.value = None\n", f"{new}\n")) == {"box.value = 0"}


def test_the_line_is_known_also_where_a_test_before_met_what_is_not_written(tmp_path: Path) -> None:
    library = "def shown(x):\n    return str(x)\n\n\ndef grown(x):\n    return [i + 1 for i in x]\n"
    tests = (
        '@step("try")\ndef test_shown(expect):\n'
        '    expect(lab.shown(lab.grown([1]))).equals("[2]", because="text")\n\n\n'
        '@step("try")\ndef test_grown(expect):\n    x = [1, 2]\n'
        '    expect(lab.grown(x)).equals([2, 3], because="one more")\n'
    )
    lab = Lab(tmp_path, library, tests, symbols=("shown", "grown"))
    stub = 'raise NotImplementedError("lab/try is yours to write")'
    wrong = "    if len(x) > 1:\n        x[0] += 1\n    return x\n"
    code = library.replace("return str(x)", stub).replace("    return [i + 1 for i in x]\n", wrong)
    assert _marked(lab.judge(code)) == {"x[0] += 1"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("average *= keep", "average *= 1 - keep", "average *= 1 - keep"),
        ("(1 - keep) * value", "keep * value", "average += keep * value"),
        ("average *= keep", "average[-1] *= keep", "average[-1] *= keep"),
        ("    average *= keep\n", "", "def fade(average, value, keep) -> None:"),
    ],
)
def test_large_arrays_are_followed_too(tmp_path: Path, old: str, new: str, line: str) -> None:
    library = (
        "def fade(average, value, keep) -> None:\n    average *= keep\n"
        "    average += (1 - keep) * value\n"
    )
    tests = (
        '@step("try")\ndef test_fade(expect, rng):\n    average = rng.random((300, 200)) - 0.5\n'
        "    before, value = average.copy(), rng.random((300, 200))\n"
        "    lab.fade(average, value, 0.25)\n"
        "    wanted = 0.25 * before + 0.75 * value\n"
        "    expect(average).equals(wanted, because='a quarter is kept')\n"
    )
    lab = Lab(tmp_path, library, tests, symbols=("fade",))
    assert _marked(lab.judge_change(old, new)) == {line}


def test_a_loop_too_long_to_be_followed_marks_no_line_of_it(lab: Lab) -> None:
    judged = lab.judge_change(
        "    average *= keep\n",
        "    for _ in range(20_000):\n        average *= 1.0\n",
    )
    assert _marked(judged) == {"def fade(average, value, keep) -> None:"}


def test_a_line_that_goes_on_from_what_an_earlier_call_wrote_wrongly_is_not_marked(
    tmp_path: Path,
) -> None:
    library = (
        "def note(log, value) -> None:\n    if value < 0:\n        return\n"
        '    log["count"] = log.get("count", 0) + 1\n'
    )
    tests = (
        '@step("try")\ndef test_note(expect):\n    log = {}\n'
        "    for value in (1, -2, 3):\n        lab.note(log, value)\n"
        '    expect(log).equals({"count": 2}, because="-2 does not count")\n'
    )
    lab = Lab(tmp_path, library, tests, symbols=("note",))
    judged = lab.judge_change("        return\n", "        pass\n")
    assert _marked(judged) == {"def note(log, value) -> None:"}
