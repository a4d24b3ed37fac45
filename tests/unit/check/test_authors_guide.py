"""docs/authors.md: the lesson in it is sound, and every complaint is explained."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from complaints import GUIDE, explained
from kept import check

from tinytorch_ls.course.read import read_course

_FILE = re.compile(r"^#### `(.+?)`\n\n(`{3,})\w+\n(.*?)^\2\n", re.MULTILINE | re.DOTALL)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The files of the guide, written down as they stand there."""
    files = {name: text for name, _, text in _FILE.findall(GUIDE)}
    assert sorted(files) == [
        "curriculum/01_scale/lesson.md",
        "curriculum/01_scale/test_scale.py",
        "curriculum/course.toml",
        "tinytorch/__init__.py",
        "tinytorch/scale.py",
    ]
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_lesson_of_the_guide_is_sound(example: Path) -> None:
    report = check(read_course(example / "curriculum"))
    assert report.complaints == ()
    (step,) = report.steps
    assert (step.id, step.tests, step.mistakes) == ("scale/rescale", 1, 2)
    assert step.killed == step.mutants > 5


@pytest.mark.parametrize(
    ("folder", "named"), [(".", "curriculum"), ("curriculum", "."), ("elsewhere", "../curriculum")]
)
def test_the_command_of_the_guide_proves_its_lesson(example: Path, folder: str, named: str) -> None:
    (example / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tinytorch_ls", "check", named],
        cwd=example / folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.stdout.endswith("\n1 steps, 0 complaints\n"), done.stdout
    assert done.returncode == 0


def test_a_complaint_that_is_none_is_not_explained() -> None:
    assert not explained("something else is wrong")
    assert explained("no test tells `one` from `other`")
