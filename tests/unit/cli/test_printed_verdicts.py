"""What a terminal shows of a step with several functions."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_course import SmallCourse

from tinytorch_ls.cli.testing import print_verdicts
from tinytorch_ls.feedback.verdict import Failure, FunctionVerdict, Mark, Verdict
from tinytorch_ls.runner.report import Frame
from tinytorch_ls.workspace.folder import StudentFolder


def test_each_function_that_fails_is_told_with_its_line(
    small: SmallCourse, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = small.read()
    marks = tuple(
        Mark(Failure(f"{name} is wrong."), Frame("box.py", name, line, line), function=name)
        for name, line in (("grow", 3), ("Box.add", 9))
    )
    functions = (FunctionVerdict("grow", "failing"), FunctionVerdict("Box.add", "failing"))
    step = next(iter(course.steps))
    verdict = Verdict(step, "failing", marks, marks[0].where, functions=functions)
    print_verdicts(StudentFolder(home, course), [verdict])
    shown = capsys.readouterr().out
    assert "box.py:3: grow is wrong." in shown
    assert "box.py:9: Box.add is wrong." in shown
