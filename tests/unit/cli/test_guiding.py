"""`tinytorch next`, `hint` and `explain`: what a student reads who has no editor."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_course import SmallCourse

from tinytorch_ls.course.needs import PACKAGES

Run = Callable[..., Any]


def _box(home: Path) -> Path:
    return home / "tinytorch/box.py"


def _line(path: Path, text: str) -> int:
    return path.read_text(encoding="utf-8").splitlines().index(text) + 1


def _passed(run: Run) -> None:
    run("solve", "--all")
    run("test")


class TestNext:
    def test_shows_where_to_write_and_what(self, home: Path, run: Run) -> None:
        run("start")
        result = run("next")
        assert result.status == 0
        assert result.out == (
            "Next: box/grow — Grow a number\n"
            f"{_box(home)}:{_line(_box(home), 'def grow(x, step=1):')}\n\n"
            "### Grow a number — not written\n\n"
            "**Step by step**\n\n1. Add `step` to `x`.\n\n"
            "**Example**\n\n```python\n>>> grow(3, 4)\n7\n```\n\n"
            "**Hints** (1 of 3)\n\n1. Which operator adds?\n\n"
            "`tinytorch explain` says why, `tinytorch hint` gives a hint.\n"
        )

    def test_what_is_written_and_was_not_tested_is_to_be_tested(self, run: Run) -> None:
        run("start")
        run("solve", "grow")
        following = run("next").out
        assert "### Grow a number — written, not tested yet\n" in following
        assert following.endswith(
            "`tinytorch test box/grow` tests it, "
            "`tinytorch explain` says why, `tinytorch hint` gives a hint.\n"
        )

    def test_follows_what_has_passed(self, home: Path, run: Run) -> None:
        run("start")
        run("solve", "grow")
        run("test", "grow")
        run("hint")
        following = json.loads(run("next", "--json").out)
        assert following["step"] == "box/add"
        assert following["line"] == _line(_box(home), "    def add(self, other):")
        assert following["hints"] == ["Both values are in `.value`.", "A new box is `Box(...)`."]

    def test_a_syntax_error_stands_in_place_of_the_line(self, home: Path, run: Run) -> None:
        run("start")
        text = _box(home).read_text()
        _box(home).write_text(text.replace("def grow(x, step=1):", "def grow(x, step=1)"))
        line = _line(_box(home), "def grow(x, step=1)")
        assert f"{_box(home)}:{line}: Python can't read this file" in run("next").out
        assert json.loads(run("next", "--json").out)["line"] is None

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "`grow` is not there; `tinytorch reset box/grow` brings it back."),
            (None, "Begin its module first: `tinytorch start --module box`."),
        ],
    )
    def test_what_is_gone_says_what_brings_it(
        self, home: Path, run: Run, text: str | None, words: str
    ) -> None:
        run("start")
        if text is None:
            _box(home).unlink()
        else:
            _box(home).write_text(text)
        result = run("next")
        assert result.status == 0
        assert words in result.out

    def test_a_file_of_several_that_is_gone_is_named(
        self, home: Path, small: SmallCourse, run: Run
    ) -> None:
        small.change(small.lesson, "[tinytorch/box.py]", "[tinytorch/box.py, tinytorch/crate.py]")
        (small.library / "tinytorch/crate.py").write_text('"""Given."""\n')
        run("start")
        _box(home).unlink()
        words = "tinytorch/box.py is not there; `tinytorch start --module box` brings it back."
        assert words in run("next").out

    def test_a_step_without_code_is_to_be_run(self, run: Run) -> None:
        run("start")
        run("solve", "box")
        run("test", "grow")
        run("test", "add")
        following = run("next")
        assert "`tinytorch test box/both` runs what you wrote before" in following.out
        assert json.loads(run("next", "--json").out)["file"] is None

    def test_a_module_not_begun_is_to_be_begun(self, run: Run) -> None:
        run("start")
        run("solve", "box")
        run("test")
        out = run("next").out
        assert out.startswith(
            "Next: lid/close — Close a box\n"
            "Begin its module first: `tinytorch start --module lid`.\n"
        )

    def test_a_module_that_cant_be_run_here_says_why(
        self, small: SmallCourse, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small.change(small.lesson, "minutes: 10", "minutes: 10\nneeds: [deploy]")
        monkeypatch.setitem(PACKAGES, "deploy", ("no-such-package",))
        run("start")
        out = run("next").out
        assert "### Grow a number — not run" in out
        assert "Boxes: its steps are not run, because" in out

    def test_the_end_is_said(self, run: Run) -> None:
        run("start")
        _passed(run)
        assert (run("next").status, run("next").out) == (0, "Every step has passed.\n")


class TestWithoutAName:
    def test_hint_and_explain_mean_the_next_step(self, run: Run) -> None:
        run("start")
        run("solve", "grow")
        run("test", "grow")
        assert run("hint").out == "“Add two boxes” — Hint 2 of 3: A new box is `Box(...)`.\n"
        assert run("explain").out == run("explain", "box/add").out

    @pytest.mark.parametrize("command", ["hint", "explain"])
    def test_once_all_has_passed_a_name_is_asked_for(self, run: Run, command: str) -> None:
        run("start")
        _passed(run)
        result = run(command)
        assert (result.status, result.out, result.err) == (
            2,
            "",
            "tinytorch: every step has passed: name one, such as lid/close\n",
        )


class TestExplainAModule:
    STEPS = (
        "## Steps\n\n"
        "{}box/grow                     Grow a number\n"
        "{}box/add                      Add two boxes\n"
        "{}box/both                     Both together\n\n"
    )

    def test_tells_it_from_the_introduction_to_the_end(self, run: Run) -> None:
        run("start")
        run("solve", "grow")
        run("test", "box")
        assert run("explain", "box").out == (
            "# Boxes\n\nA box holds a number.\n\n"
            "## You will\n\n- Add what is in two boxes\n\n"
            + self.STEPS.format("✓ ", "○ ", "⊘ ")
            + "## What you can do now\n\nYou can add boxes, 1000 times a second.\n\n"
            + "## Reflection\n\nWhat did you learn?\n\n"
            + "## How PyTorch does it\n\nIt has no box.\n\n"
            + "## Think about it\n\n- What is a box for?\n\n"
            + "`tinytorch explain box --answers` answers what it asks to think about.\n"
        )

    def test_tells_the_answers_when_they_are_asked_for(self, run: Run) -> None:
        out = run("explain", "box", "--answers").out
        assert out.endswith(
            "## Think about it\n\n**What is a box for?**\n\nAnswer: For a number.\n"
        )

    def test_needs_no_course_around(self, run: Run) -> None:
        result = run("explain", "box")
        assert result.status == 0
        assert self.STEPS.format("", "", "") in result.out


def test_formulas_are_readable(small: SmallCourse, run: Run) -> None:
    small.change(small.lesson, "Growing adds a step.", r"It is $\frac{x}{1 + e^{-x}}$, `$x^2$`.")
    small.change(small.lesson, "1. Add `step` to `x`.", r"1. Use $x \cdot 2$.")
    small.change(small.lesson, "2. It is `+`.", "2. It is $x^2$.")
    small.change(small.lesson, "What did you learn?", r"What is $\sqrt{x}$?")
    run("start")
    assert "It is x / (1 + e⁻ˣ), `$x^2$`." in run("explain", "grow").out
    assert "What is √x?" in run("explain", "box").out
    assert "1. Use x · 2." in run("next").out
    assert run("hint", "grow").out == "Hint 2 of 3: It is x².\n"
