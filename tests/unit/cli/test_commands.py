"""Every command of the terminal: what it does, what it prints, how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_course import SmallCourse

from tinytorch_ls.course import needs
from tinytorch_ls.course.needs import PACKAGES
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace import files, progress

Run = Callable[..., Any]
GROW = "def grow(x, step=1):\n    return x + step\n"


def _box(home: Path) -> Path:
    return home / "tinytorch/box.py"


def _write(home: Path, old: str, new: str) -> None:
    text = _box(home).read_text()
    assert old in text
    _box(home).write_text(text.replace(old, new))


def _solved(run: Run) -> None:
    run("start")
    run("solve", "box")


class TestStart:
    def test_makes_the_folder_and_says_what_is_next(self, home: Path, run: Run) -> None:
        result = run("start", "my-course")
        assert result.status == 0
        assert result.out == (
            "made tinytorch/box.py\n"
            f"Next: open {home / 'my-course'} in your editor and begin with “Grow a number”.\n"
        )
        assert (home / "my-course/.tinytorch/progress.json").is_file()

    def test_begins_any_module(self, home: Path, run: Run) -> None:
        assert run("start", "--module", "lid").status == 0
        assert sorted(path.name for path in (home / "tinytorch").iterdir()) == [
            "__init__.py",
            "lid.py",
        ]

    def test_no_course_begins_inside_another(self, home: Path, run: Run) -> None:
        run("start")
        result = run("start", "lid")
        assert result.status == 2
        assert "lid would lie inside your course at " in result.err
        assert "`tinytorch start --module lid` begins that module" in result.err
        assert not (home / "lid").exists()

    @pytest.mark.parametrize("number", ["02", "2"])
    def test_a_module_goes_by_its_number_too(self, run: Run, number: str) -> None:
        assert run("start", "--module", number).status == 0
        assert "1 of 1 steps pass." not in run("test", number).out
        assert run("explain", number).out == run("explain", "lid").out

    def test_a_module_goes_by_the_name_of_its_folder_too(self, home: Path, run: Run) -> None:
        assert run("start", "--module", "02_lid").status == 0
        assert (home / "tinytorch/lid.py").is_file()
        assert run("explain", "02_lid").out == run("explain", "lid").out
        assert "changed tinytorch/lid.py" in run("solve", "02_lid").out
        assert "1 of 1 steps pass." in run("test", "02_lid").out
        assert run("check", "--module", "02_lid").out == run("check", "--module", "lid").out

    def test_touches_nothing_that_is_there(self, home: Path, run: Run) -> None:
        run("start")
        _box(home).write_text("mine")
        result = run("start")
        assert (result.status, result.out.splitlines()[0]) == (
            0,
            "“Boxes” was begun before; nothing was changed",
        )
        assert _box(home).read_text() == "mine"

    def test_from_a_subfolder_it_finds_the_course_around(
        self, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("start")
        monkeypatch.chdir(home / "tinytorch")
        assert run("start", "--module", "lid").out.startswith("made tinytorch/lid.py")
        assert not (home / "tinytorch/.tinytorch").exists()

    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (("--module", "crate"), "the course has no module `crate`; it has box, lid"),
            (("file",), "file is a file; name a folder"),
            (("file/deeper",), "deeper can't be made: Not a directory"),
        ],
    )
    def test_what_cant_be_begun_is_refused(
        self, home: Path, run: Run, words: tuple[str, ...], line: str
    ) -> None:
        (home / "file").write_text("")
        result = run("start", *words)
        assert (result.status, result.out) == (2, "")
        assert line in result.err
        assert result.err.count("\n") == 1

    def test_the_courses_own_library_is_no_students_folder(
        self, small: SmallCourse, run: Run
    ) -> None:
        result = run("start", str(small.library))
        assert result.status == 2
        assert "holds the course's own library" in result.err
        assert not (small.library / ".tinytorch").exists()

    def test_a_course_that_cant_be_read_is_named(self, small: SmallCourse, run: Run) -> None:
        small.toml.write_text("modules = [\n")
        result = run("start")
        assert result.status == 2
        assert f"{small.toml}:1: not valid TOML" in result.err
        assert result.err.count("\n") == 1

    def test_a_broken_lesson_is_refused_in_one_line(self, small: SmallCourse, run: Run) -> None:
        small.change(small.lesson, "- `box.py: grow`", "- `box.py: shrink`")
        result = run("start")
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith("tinytorch: box/grow teaches `shrink`")


class TestStatus:
    def test_shows_every_step_of_what_was_begun(self, run: Run) -> None:
        run("start")
        result = run("status")
        assert result.status == 1
        assert result.out == (
            "01 Boxes  0/3\n"
            "   ○ box/grow                     Grow a number\n"
            "   ○ box/add                      Add two boxes\n"
            "   ○ box/both                     Both together\n"
            "02 Lids  0/1\n"
            "Next: box/grow — Grow a number\n"
        )

    def test_code_that_no_run_has_seen_is_neither_a_todo_nor_what_it_was(
        self, home: Path, run: Run
    ) -> None:
        run("start")
        run("solve", "grow")
        row = "   {} box/grow                     Grow a number{}\n"
        untested = row.format("…", " — written, not tested yet")
        assert untested in run("status").out
        assert "`tinytorch test` tests what is not tested yet.\n" in run("status").out
        (first, second, _) = json.loads(run("status", "--json").out)["modules"][0]["steps"]
        assert (first["tested"], second["tested"]) == (False, True)
        run("test", "grow")
        assert row.format("✓", "") in run("status").out
        assert "not tested yet" not in run("status").out
        _write(home, "return x + step", "return x - step")
        assert untested in run("status").out
        assert "01 Boxes  0/3\n" in run("status").out
        run("reset", "grow")
        assert row.format("○", "") in run("status").out

    def test_is_0_once_all_has_passed(self, run: Run) -> None:
        run("start")
        run("solve", "--all")
        assert run("test").status == 0
        result = run("status")
        assert result.status == 0
        assert result.out.endswith("Every step has passed.\n")


class TestTest:
    def test_tells_what_is_wrong_and_where(self, home: Path, run: Run) -> None:
        _solved(run)
        _write(home, "return x + step", "return x - step")
        result = run("test", "box/grow")
        assert result.status == 1
        line = _box(home).read_text().splitlines().index("    return x - step") + 1
        assert result.out == (
            "✗ box/grow                     Grow a number\n"
            f"    {_box(home)}:{line}: grow(3, 4) is not what it should be.\n"
            "      call      grow(3, 4)\n"
            "      got       -1\n"
            "      expected  7\n"
            "      first     too small by 8\n"
            "      because   this is the example of the TODO\n"
            "    This behaves like: Shrinks.\n"
            "    help: The number became smaller. Add the step.\n"
            "0 of 1 steps pass.\n"
        )

    def test_a_step_that_waits_says_where_the_other_one_is(self, home: Path, run: Run) -> None:
        _solved(run)
        stub = 'raise NotImplementedError("box/grow is yours to write")'
        _write(home, "return x + step", stub)
        line = _box(home).read_text().splitlines().index("def grow(x, step=1):") + 1
        shown = run("test", "box/both").out.splitlines()
        assert shown[-2] == f"    {_box(home)}:{line}: “Grow a number” is here"

    def test_shows_what_the_code_of_a_step_that_passes_printed(self, home: Path, run: Run) -> None:
        _solved(run)
        _write(home, "return x + step", 'print("here")\n    return x + step')
        result = run("test", "box/grow")
        assert result.status == 0
        assert "    Your code printed:\n    here\n" in result.out

    def test_takes_a_step_a_module_or_all(self, run: Run) -> None:
        _solved(run)
        assert "\n1 of 1 steps pass.\n" in run("test", "grow").out
        assert "\n1 of 1 steps pass.\n" in run("test", "box/add").out
        assert "\n3 of 3 steps pass.\n" in run("test", "box").out
        result = run("test")
        assert (result.status, result.out.splitlines()[-2]) == (0, "3 of 3 steps pass.")

    def test_a_pass_says_what_comes_next(self, run: Run) -> None:
        run("start")
        assert "Next:" not in run("test", "grow").out
        run("solve", "grow")
        assert run("test", "grow").out.endswith("\nNext: box/add — Add two boxes\n")
        assert "Next:" not in run("test", "add").out
        run("solve", "--all")
        assert run("test", "box").out.endswith("\nNext: lid/close — Close a box\n")
        assert run("test").out.endswith("\nEvery step has passed.\n")

    def test_remembers_what_it_found(self, run: Run) -> None:
        _solved(run)
        run("test", "box/grow")
        assert "✓ box/grow" in run("status").out

    def test_a_module_not_begun_is_refused(self, run: Run) -> None:
        run("start")
        result = run("test", "lid")
        assert (result.status, result.out) == (2, "")
        assert result.err == (
            "tinytorch: tinytorch/lid.py is not there; "
            "`tinytorch start --module lid` begins its module\n"
        )

    def test_without_a_module_there_is_nothing_to_pass(self, home: Path, run: Run) -> None:
        run("start")
        _box(home).unlink()
        result = run("test")
        assert result.status == 2
        assert "you have begun no module" in result.err

    def test_an_emptied_file_is_said_once_and_reset_mends_it(self, home: Path, run: Run) -> None:
        _solved(run)
        _box(home).write_text("\n", encoding="utf-8")
        result = run("test")
        assert result.status == 1
        assert result.out.count("box.py is empty: the steps of “Boxes” are gone.") == 1
        assert "NameError" not in result.out
        assert run("reset", "box/grow").status == 0
        assert "is empty" not in run("test").out

    def test_a_deleted_file_of_a_tested_module_is_missed(self, home: Path, run: Run) -> None:
        _solved(run)
        run("test")
        _box(home).unlink()
        result = run("test")
        assert result.status == 1
        assert result.out.count("box.py is not there") == 1
        assert result.out.endswith("0 of 3 steps pass.\n")

    def test_progress_that_cant_be_saved_doesnt_stop_it(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _solved(run)

        def full(*_: object) -> None:
            raise Refused("progress.json can't be written: the disk is full")

        monkeypatch.setattr(progress, "write_whole", full)
        result = run("test", "box/grow")
        assert result.status == 0
        assert result.err == (
            "tinytorch: your progress is not saved: progress.json can't be written: "
            "the disk is full\n"
        )
        hint = run("hint", "box/grow")
        assert (hint.status, hint.out) == (0, "Hint 2 of 3: It is `+`.\n")
        assert "your progress is not saved" in hint.err

    def test_damaged_progress_is_kept_and_told_once(self, home: Path, run: Run) -> None:
        _solved(run)
        (home / ".tinytorch/progress.json").write_text("{")
        assert run("test", "box/grow").err == (
            "tinytorch: your progress could not be read; what stood there is kept in "
            ".tinytorch/progress.damaged.json; `tinytorch test` brings it back\n"
        )
        assert (home / ".tinytorch/progress.damaged.json").read_text() == "{"
        assert run("test", "box/grow").err == ""

    def test_a_syntax_error_stands_on_its_line(self, home: Path, run: Run) -> None:
        _solved(run)
        _write(home, "return x + step", "return x +")
        result = run("test", "box/grow", "--json")
        (step,) = json.loads(result.out)["steps"]
        assert step["failure"]["headline"].startswith("Python can't read this file")
        assert step["where"]["line"] == 6

    def test_a_runner_that_cant_start_is_one_line(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _solved(run)

        async def fails(*_: object) -> None:
            raise OSError("the process that runs steps ended at its start")

        monkeypatch.setattr("tinytorch_ls.runner.fork.Forking.start", fails)
        result = run("test")
        assert (result.status, result.err) == (
            2,
            "tinytorch: the process that runs steps ended at its start\n",
        )


class TestHint:
    def test_shows_one_rung_more_each_time_and_the_last_again(self, run: Run) -> None:
        run("start")
        assert run("hint", "box/grow").out == "Hint 2 of 3: It is `+`.\n"
        assert run("hint", "box/grow").out == "Hint 3 of 3: `x + step`\n"
        assert run("hint", "box/grow").out == "Hint 3 of 3: `x + step`\n"
        status = json.loads(run("status", "--json").out)
        assert status["modules"][0]["steps"][0]["hints"] == 3

    def test_a_step_without_hints_says_so(self, run: Run) -> None:
        run("start")
        result = run("hint", "box/both")
        assert (result.status, "has no hints" in result.out) == (0, True)


def test_explain_prints_the_lesson_anywhere(run: Run) -> None:
    result = run("explain", "box/grow")
    assert result.status == 0
    assert result.out == (
        "# Grow a number\n\nGrowing adds a step.\n\n"
        "## Step by step\n\n1. Add `step` to `x`.\n\n"
        "## Example\n\n```python\n>>> grow(3, 4)\n7\n```\n\n"
        "## In the real world\n\nA counter does it 10 times a second.\n"
    )
    out = run("explain", "both").out
    assert out.startswith("# Both together\n\nRun what stands already.\n")
    assert out.endswith("## In the real world\n\nA warehouse has 2 of each.\n")


class TestChanges:
    def test_solve_reset_and_undo(self, home: Path, run: Run) -> None:
        run("start")
        stub = _box(home).read_text()
        result = run("solve", "box/grow")
        assert (result.status, result.out) == (
            0,
            "changed tinytorch/box.py\n`tinytorch undo` brings yours back.\n",
        )
        assert "    return x + step\n" in _box(home).read_text()
        assert run("reset", "grow").status == 0
        assert run("undo").out == "undone: reset “Grow a number” (tinytorch/box.py)\n"
        assert "    return x + step\n" in _box(home).read_text()
        assert run("undo").out == "undone: solve “Grow a number” (tinytorch/box.py)\n"
        assert _box(home).read_text() == stub
        result = run("undo")
        assert (result.status, result.out) == (2, "")
        assert result.err == (
            "tinytorch: there is nothing to undo: the course has changed none of your files\n"
        )

    def test_solve_all_passes_the_whole_course(self, run: Run) -> None:
        run("start")
        assert run("solve", "--all").status == 0
        result = run("test")
        assert (result.status, result.out.splitlines()[-2]) == (0, "4 of 4 steps pass.")

    @pytest.mark.parametrize("words", [(), ("box", "--all")])
    def test_solve_wants_one_name(self, run: Run, words: tuple[str, ...]) -> None:
        run("start")
        assert run("solve", *words).err == "tinytorch: name a step, a module, or --all\n"

    def test_a_step_without_code_has_no_solution(self, run: Run) -> None:
        run("start")
        for words in (("solve", "box/both"), ("reset", "box/both")):
            result = run(*words)
            assert result.status == 2
            assert "“Both together” has no code of its own" in result.err

    def test_a_file_with_a_syntax_error_is_refused_and_kept(self, home: Path, run: Run) -> None:
        run("start")
        _box(home).write_text("def (\n")
        for words in (("solve", "box"), ("reset", "grow"), ("update",)):
            result = run(*words)
            assert (result.status, result.out) == (2, "")
            assert "your file has a syntax error in line 1" in result.err
        assert _box(home).read_text() == "def (\n"

    def test_update_brings_todos_to_the_newer_course(
        self, home: Path, small: SmallCourse, run: Run
    ) -> None:
        run("start")
        assert run("update").out == "Your files are up to date.\n"
        small.change(small.lesson, "1. Which operator adds?", "1. A newer nudge.")
        assert run("update").out == "changed tinytorch/box.py\n"
        assert "- A newer nudge." in _box(home).read_text()

    def test_a_folder_that_cant_be_written_is_refused_and_kept(
        self, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _solved(run)
        before = _box(home).read_text()

        def denied(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(files.tempfile, "mkstemp", denied)
        for words in (("solve", "box"), ("reset", "grow"), ("undo",), ("start", "--module", "lid")):
            result = run(*words)
            assert (result.status, result.out) == (2, "")
            assert "you have no permission to write there" in result.err
            assert result.err.count("\n") == 1
        assert _box(home).read_text() == before


class TestNames:
    @pytest.mark.parametrize("command", ["test", "hint", "explain", "reset", "solve"])
    def test_an_unknown_step_is_refused(self, run: Run, command: str) -> None:
        run("start")
        result = run(command, "box/nothing")
        assert (result.status, result.out, result.err) == (
            2,
            "",
            "tinytorch: the course has no step `box/nothing`; `tinytorch status` lists them\n",
        )

    def test_a_name_of_several_steps_lists_them(self, small: SmallCourse, run: Run) -> None:
        lid = small.folder / "02_lid/lesson.md"
        small.change(lid, "{#close}", "{#grow}")
        result = run("explain", "grow")
        assert (result.status, result.err) == (
            2,
            "tinytorch: several steps are called `grow`: name one of box/grow, lid/grow\n",
        )

    @pytest.mark.parametrize("command", ["hint", "reset"])
    def test_a_module_in_place_of_a_step_is_told(self, run: Run, command: str) -> None:
        run("start")
        result = run(command, "box")
        assert result.err == ("tinytorch: `box` is a module; name a step of it, such as box/grow\n")


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("next",),
        ("test",),
        ("hint",),
        ("hint", "box/grow"),
        ("explain",),
        ("solve", "--all"),
        ("reset", "box/grow"),
        ("undo",),
        ("update",),
    ],
)
class TestWhereACourseIs:
    def test_without_one_the_line_says_how_to_begin(self, run: Run, words: Any) -> None:
        result = run(*words)
        assert (result.status, result.out, result.err) == (
            2,
            "",
            "tinytorch: there is no course in this folder; `tinytorch start` begins one\n",
        )

    def test_a_subfolder_will_do(
        self, home: Path, run: Run, words: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("start")
        monkeypatch.chdir(home / "tinytorch")
        assert "there is no course" not in run(*words).err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("fly",), "argument COMMAND: invalid choice: 'fly'"),
        (("reset",), "the following arguments are required: STEP"),
        (("test", "--fast"), "unrecognized arguments: --fast"),
    ],
)
def test_a_command_that_is_none_is_one_line(run: Run, words: Any, line: str) -> None:
    result = run(*words)
    assert (result.status, result.out) == (2, "")
    assert line in result.err
    assert result.err.count("\n") == 1
    assert "--help` shows what can be given" in result.err


def test_an_error_of_the_course_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("tinytorch_ls.cli.reading.the_folder", fails)
    result = run("status")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(
        "tinytorch: an error of the course, not of yours (RuntimeError: two"
    )
    assert result.err.count("\n") == 1
    monkeypatch.setenv("TINYTORCH_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        run("status")


class TestDoctor:
    def test_a_sound_folder_has_nothing_wrong(self, run: Run) -> None:
        run("start")
        result = run("doctor")
        assert result.status == 0
        assert result.out.splitlines()[-1] == "✓ Nothing is wrong."

    def test_each_trouble_is_one_line_with_the_next_move(
        self, home: Path, small: SmallCourse, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("start")
        (home / "random.py").write_text("")
        (home / "tinytorch/__init__.py").write_text('"""Mine."""\n')
        _box(home).write_text("x = 1\ndef (\n")
        small.change(small.folder / "02_lid/lesson.md", "minutes: 5\n", "")
        monkeypatch.setattr(needs, "core_packages", lambda: ("numpy", "no-such-package"))
        result = run("doctor")
        assert result.status == 1
        troubles = [line for line in result.out.splitlines() if line.startswith("✗")]
        assert [line[2:30] for line in troubles] == [
            "no-such-package is not insta",
            f"{small.folder}"[:28],
            "random.py hides the module `",
            "tinytorch/__init__.py is not",
            "tinytorch/box.py, line 2: in",
        ]

    def test_a_package_that_the_course_lacks_is_told_and_by_start_too(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(needs, "core_packages", lambda: ("numpy", "no-such-package"))
        words = "no-such-package is not installed, and steps that use what is missing are not run: "
        assert words in run("start").out
        result = run("doctor")
        assert result.status == 1
        assert f"✗ {words}" in result.out
        assert "-m pip install no-such-package`" in result.out

    def test_a_deleted_memory_is_told(self, home: Path, run: Run) -> None:
        run("start")
        for path in (home / ".tinytorch").iterdir():
            path.unlink()
        (home / ".tinytorch").rmdir()
        result = run("doctor")
        assert result.status == 1
        assert "✗ `.tinytorch` is gone, your code is not: run `tinytorch start`" in result.out

    def test_no_course_is_told(self, run: Run) -> None:
        result = run("doctor")
        assert result.status == 1
        assert "✗ there is no course in this folder: run `tinytorch start`" in result.out


class TestCheck:
    def test_a_sound_course_is_0(self, run: Run) -> None:
        result = run("check", "--module", "lid")
        assert result.status == 0
        assert result.out == (
            "lid/close                     1 tests   2 mistakes caught    6 of   6 mutants caught\n"
            "1 steps, 0 complaints\n"
        )

    def test_a_complaint_is_1_with_file_and_line(self, small: SmallCourse, run: Run) -> None:
        line = small.change(small.lesson, "return x - step", "return x -")
        result = run("check", str(small.folder), "--module", "box")
        assert result.status == 1
        words = f"{small.lesson}:{line}: the mistake `Shrinks` is not Python"
        assert result.out.count(words) == 2  # beside its step, and once more at the end

    def test_a_module_that_cant_be_run_here_is_told_and_no_complaint(
        self, small: SmallCourse, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small.change(small.folder / "02_lid/lesson.md", "minutes:", "needs: [deploy]\nminutes:")
        monkeypatch.setitem(PACKAGES, "deploy", ("no-such-package",))
        result = run("check", "--module", "lid")
        assert result.status == 0
        assert result.out == (
            "lid: not run, because no-such-package is not installed: "
            f'run `"{sys.executable}" -I -m pip install "tinytorch[deploy]"`\n'
            "0 steps, 0 complaints, 1 module not run\n"
        )

    def test_the_files_of_a_module_that_cant_be_run_are_read(
        self, small: SmallCourse, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lesson = small.folder / "02_lid/lesson.md"
        small.change(lesson, "minutes:", "needs: [deploy]\nminutes:")
        small.change(lesson, "### When it passes", "### When it rains")
        monkeypatch.setitem(PACKAGES, "deploy", ("no-such-package",))
        result = run("check", "--module", "lid")
        assert result.status == 1
        assert "lesson.md" in result.out
        assert "unknown heading" in result.out

    def test_what_cant_be_checked_is_2(self, small: SmallCourse, run: Run) -> None:
        result = run("check", "--module", "crate")
        assert (result.status, result.out) == (2, "")
        assert result.err == "tinytorch: the course has no module `crate`; it has box, lid\n"
        result = run("check", str(small.library))
        assert result.err == f"tinytorch: {small.library} has no course.toml\n"


class TestPasses:
    """What is said of a pass: what it unlocked, and once of a module what one can do now."""

    CLOSING = "Boxes: every step passes. What you can do now:\n\nYou can add boxes"

    def test_a_pass_says_what_it_unlocked(self, run: Run) -> None:
        _solved(run)
        out = run("test", "box/grow").out
        assert "Grow a number\n    You can grow any number by 1 or by more.\n" in out
        assert self.CLOSING not in out

    def test_a_module_that_is_done_says_so_once(self, run: Run) -> None:
        _solved(run)
        assert self.CLOSING in run("test", "box").out
        assert self.CLOSING not in run("test", "box").out

    def test_a_milestone_is_celebrated_once(self, run: Run) -> None:
        _solved(run)
        assert "1957: The first box" not in run("test", "box/grow").out
        assert "\n1957: The first box.\n" in run("test", "box/both").out
        assert "1957: The first box" not in run("test", "box").out

    def test_explain_shows_the_lesson_of_a_module(self, run: Run) -> None:
        out = run("explain", "box").out
        assert out.startswith("# Boxes\n\nA box holds a number.\n\n## You will")
        assert "## What you can do now\n\nYou can add boxes" in out


class TestUses:
    """An integration step runs on the student's own files, and not on ours."""

    def test_without_them_it_is_not_run_and_says_how_to_begin_them(
        self, small: SmallCourse, run: Run
    ) -> None:
        lesson = small.folder / "02_lid/lesson.md"
        tests = small.folder / "02_lid/test_lid.py"
        small.change(lesson, "minutes: 5", "minutes: 5\nuses: [tinytorch/box.py]")
        small.change(
            lesson,
            "## What you can do now",
            "## Lids on boxes {#lids}\nRun.\n\n### Example\n```python\n>>> close(1)\n4\n```\n\n"
            "### When it passes\nLids fit.\n\n### In the real world\nA box has 1.\n\n"
            "## What you can do now",
        )
        tests.write_text(
            tests.read_text() + '\n\n@step("lids")\ndef test_lids(expect):\n'
            '    expect(lid.close(2)).equals(6, because="2 grows to 3")\n'
        )
        run("start", "--module", "lid")
        run("solve", "lid/close")
        out = run("test", "lid").out
        assert "✓ lid/close" in out
        assert (
            "“Lids on boxes” is not run: it runs on your own tinytorch/box.py, of module 01 Boxes, "
            "which is not there." in out
        )
        assert "Run `tinytorch start --module box`, then test this step again." in out
        status = json.loads(run("status", "--json").out)
        assert [s["state"] for s in status["modules"][1]["steps"]] == ["passed", "not run"]
        run("start", "--module", "box")
        assert "⊘ lid/lids" in run("test", "lid/lids").out
        run("solve", "box")
        assert "✓ lid/lids" in run("test", "lid/lids").out


def test_start_doctor_and_status_name_the_steps_that_a_language_is_missing_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack = needs.Lack("libclang is not installed", ("pip", "install", "libclang"))
    lacks = {"box/grow": lack, "box/both": lack, "lid/close": lack}
    monkeypatch.setattr(needs, "lacking_of", lambda _, step: lacks.get(step.id))  # pyright: ignore
    words = (
        "Boxes: “Grow a number” and “Both together” are not run, because libclang is not "
        "installed: run `pip install"
    )
    assert words in run("start").out
    assert words in run("status").out
    result = run("doctor")
    assert result.status == 1
    assert f"✗ {words}" in result.out
    assert "Lids" not in result.out  # it is not begun
    assert ": its steps are not run, because libclang" in run("start", "--module", "lid").out


class TestNeeds:
    """A module whose packages are missing: it is said wherever a student looks."""

    @pytest.fixture(autouse=True)
    def lacks(self, small: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
        small.change(small.lesson, "minutes: 10", "minutes: 10\nneeds: [deploy]")
        monkeypatch.setitem(PACKAGES, "deploy", ("no-such-package",))

    def test_start_and_doctor_say_what_brings_it(self, run: Run) -> None:
        words = "Boxes: its steps are not run, because no-such-package is not installed: run `"
        assert words in run("start").out
        result = run("doctor")
        assert result.status == 1
        assert f"✗ {words}" in result.out
        assert '-m pip install "tinytorch[deploy]"`' in result.out

    def test_its_steps_are_neither_passed_nor_failed(self, run: Run) -> None:
        _solved(run)
        result = run("test", "box")
        assert result.status == 1
        assert "– box/grow" in result.out
        assert "“Grow a number” is not run: no-such-package is not installed." in result.out
        assert result.out.splitlines()[-1] == "0 of 3 steps pass."
        (step, *_) = json.loads(run("test", "box", "--json").out)["steps"]
        assert (step["step"], step["state"]) == ("box/grow", "not run")
        status = json.loads(run("status", "--json").out)
        assert [s["state"] for s in status["modules"][0]["steps"]] == ["not run"] * 3
        assert "because no-such-package is not installed" in run("status").out
