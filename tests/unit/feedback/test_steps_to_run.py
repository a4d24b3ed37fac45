"""What a save changed decides which steps run, and in which order."""

from __future__ import annotations

import pytest
from small_course import SmallCourse

from tinytorch_ls.feedback.tester import steps_to_run

FILE = "tinytorch/box.py"
GROW = "    return x + step"
ADD = "        return Box(self.value + other.value)"


@pytest.fixture
def source(small: SmallCourse) -> str:
    return small.box.read_text(encoding="utf-8")


def _run(small: SmallCourse, old: str | None, new: str) -> list[str]:
    return [step.name for step in steps_to_run(small.read().module("box"), FILE, old, new)]


def test_nothing_that_counts_runs_nothing(small: SmallCourse, source: str) -> None:
    assert _run(small, source, source) == []
    assert _run(small, source, source.replace("x + step", "(x + step)  # adds")) == []
    assert _run(small, source, source.replace("`x`, larger", "TODO: `x`, larger")) == []
    assert _run(small, source, source.replace("\n", "\r\n")) == []


def test_a_changed_step_runs_and_those_after_it(small: SmallCourse, source: str) -> None:
    assert _run(small, source, source.replace(GROW, "    return 1")) == ["grow", "add", "both"]
    assert _run(small, source, source.replace(ADD, "        return 1")) == ["add", "both"]


def test_changed_steps_come_first(small: SmallCourse, source: str) -> None:
    new = source.replace(ADD, "        return 1").replace('"""Boxes."""', "import math")
    assert _run(small, source, new) == ["add", "grow", "both"]


def test_a_changed_helper_runs_all(small: SmallCourse, source: str) -> None:
    new = source.replace("self.value = value", "self.value = -value")
    assert _run(small, source, new) == ["grow", "add", "both"]
    assert _run(small, source, source + "\nEXTRA = 1\n") == ["grow", "add", "both"]


def test_a_lost_or_renamed_step_runs(small: SmallCourse, source: str) -> None:
    assert _run(small, source, source.replace("def add", "def plus"))[0] == "add"


def test_the_first_save_runs_all(small: SmallCourse, source: str) -> None:
    assert _run(small, None, source) == ["grow", "add", "both"]
    assert _run(small, "def (", source) == ["grow", "add", "both"]


def test_a_file_that_cant_be_read_has_no_steps(small: SmallCourse, source: str) -> None:
    with pytest.raises(SyntaxError):
        _run(small, source, "def (")


def test_a_definition_behind_a_semicolon_or_alone_in_its_class(small: SmallCourse) -> None:
    old = "def grow(x): return 1;\nclass Box:\n    def add(self, b): return 2 # c\n"
    assert _run(small, old, old.replace("2", "3")) == ["add", "both"]
    assert _run(small, old, old.replace("# c", "# d")) == []
