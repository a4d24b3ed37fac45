"""A course of one step, written by a test; answers to it are judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import kept

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.judge import judge
from tinytorch_ls.feedback.mistakes import MistakeBook
from tinytorch_ls.feedback.verdict import Verdict
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.report import StepRun
from tinytorch_ls.workspace.stub import stub_file

_PACKAGE = "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"
_COURSE = 'title = "Lab"\nlibrary = "../library"\nmodules = ["01_lab"]\n'
_LESSON = """\
---
id: lab
title: Lab
files: [tinytorch/lab.py]
minutes: 10
outcomes:
  - Try something
---

# Lab
To try something.

## Try {{#try}}
Trying.

### Write
{symbols}

### Step-by-step
1. Try.

### Example
```python
{example}
```

### Hints
1. One.
2. Two.
3. Three.

### Mistakes
{mistakes}

### When it passes
It was tried.

### In the real world
It takes 2 seconds.
"""
_HEAD = """\
import numpy as np
from tinytorch import lab
from tinytorch_ls.lesson import step


"""


@dataclass(frozen=True)
class Judged:
    """What came of one answer."""

    run: StepRun
    verdict: Verdict


class Lab:
    """The course on a disk."""

    def __init__(
        self,
        root: Path,
        library: str,
        tests: str,
        *,
        symbols: tuple[str, ...],
        example: str = ">>> 1",
        mistakes: str = "",
    ) -> None:
        self.root = root
        self.symbols = symbols
        self.library = library
        items = "\n".join(f"- `lab.py: {name}`" for name in symbols)
        text = _LESSON.format(symbols=items, example=example, mistakes=mistakes or _A_MISTAKE)
        self.tests = _HEAD + tests
        self.write("course/course.toml", _COURSE)
        self.write("course/01_lab/lesson.md", text)
        self.write("course/01_lab/test_lab.py", self.tests)
        self.write("library/tinytorch/__init__.py", _PACKAGE)
        self.write("library/tinytorch/lab.py", library)
        self.write("library/tinytorch/crate.py", "")
        self.write("student/tinytorch/__init__.py", _PACKAGE)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @property
    def step(self) -> Step:
        return read_course(self.root / "course").steps["lab/try"]

    def judge(self, code: str) -> Judged:
        """The verdict of an answer: the whole file of a student."""
        self.write("student/tinytorch/lab.py", code)
        return self.judge_file()

    def judge_change(self, old: str, new: str) -> Judged:
        """The verdict of the library's text with one place of it changed."""
        assert self.library.count(old) == 1
        return self.judge(self.library.replace(old, new))

    def judge_file(self) -> Judged:
        """The verdict of what lies in the student's folder."""
        return kept.run(self._judge())

    async def _judge(self) -> Judged:
        course = read_course(self.root / "course")
        runner = Runner(course, strategy=kept.strategy_of())
        student = self.root / "student"
        try:
            request = RunRequest("lab", ("lab/try",), root=student, conditions=True)
            *_, run = [run async for run in runner.run(request)]
            names = await MistakeBook(course, runner).names(run, student)
        finally:
            await runner.close()
        tests = course.module("lab").tests
        step = course.steps["lab/try"]
        return Judged(run, judge(step, run, student, tests, names, self.stub, course))

    def stub(self, file: str = "tinytorch/lab.py") -> str:
        """The text with which a student begins."""
        module = read_course(self.root / "course").module("lab")
        library = self.root / "library"
        return stub_file((library / file).read_text(), module, file, library)


_A_MISTAKE = "#### Never\n```python\ndef never():\n    return 0\n```\nNever."
