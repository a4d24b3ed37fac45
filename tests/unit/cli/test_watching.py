"""`tinytorch watch` as a student has it: a process in a terminal, on the small course."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from package_course import FIRST, SECOND, package_course
from small_course import SmallCourse

from tinytorch_ls.cli.looking import Look
from tinytorch_ls.course.locate import library_root
from tinytorch_ls.workspace.folder import StudentFolder

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is needed", allow_module_level=True)

import fcntl
import termios

Run = Callable[..., Any]
PATIENCE = 60.0
CTRL_C = b"\x03"
PROGRAM = """
import sys
from pathlib import Path
from tinytorch_ls.cli import context, main
from tinytorch_ls.runner import client
from tinytorch_ls.workspace import folder
course, library = map(Path, sys.argv[1:])
context.curriculum_folder = lambda: course
client.library_root = folder.library_root = lambda: library
sys.exit(main(["watch"]))
"""


def _take_the_terminal() -> None:
    """Ctrl+C is the process's own, also where what started the tests ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A terminal in which `tinytorch watch` runs."""

    def __init__(self, small: SmallCourse, home: Path) -> None:
        self.box = home / "tinytorch/box.py"
        self.screen, inside = os.openpty()
        self.out = ""
        self.read = 0  # how much of it a test has seen
        environment = {**os.environ, "PYTHONPATH": str(library_root()), "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(small.folder), str(small.library)],
            cwd=home,
            env=environment | {"NO_COLOR": "1"},
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            preexec_fn=_take_the_terminal,
        )
        os.close(inside)

    def shows(self, text: str) -> str:
        """Wait until a text is shown below what was waited for; what is shown up to its end."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.out[self.read :]:
            left = deadline - time.monotonic()
            assert left > 0, f"not shown: {text!r}, but {self.out[self.read :]!r}"
            if select.select([self.screen], [], [], left)[0]:
                self._take()
        start, self.read = self.read, self.out.index(text, self.read) + len(text)
        return self.out[start : self.read]

    def _take(self) -> None:
        try:
            data = os.read(self.screen, 65536)
        except OSError:  # Linux says so of a terminal that nobody has open any more
            data = b""
        assert data, f"it ended: {self.out!r}"
        self.out += data.decode().replace("\r\n", "\n")

    def ends(self) -> int:
        """Wait for its end; the exit status."""
        status = self.process.wait(PATIENCE)
        with suppress(AssertionError):
            while select.select([self.screen], [], [], 0)[0]:
                self._take()
        return status

    def press(self, keys: bytes) -> None:
        os.write(self.screen, keys)

    def save(self, old: str, new: str) -> None:
        text = self.box.read_text(encoding="utf-8")
        assert old in text
        self.box.write_text(text.replace(old, new), encoding="utf-8")

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.screen)


@pytest.fixture
def terminal(small: SmallCourse, home: Path, run: Run) -> Iterator[Terminal]:
    """A watched folder in which `box` is solved and tested."""
    run("start")
    run("solve", "box")
    run("test")
    terminal = Terminal(small, home)
    terminal.shows("Next: lid/close — Close a box\n")
    yield terminal
    terminal.close()


def test_a_save_is_tested_and_what_is_wrong_stands_on_its_line(terminal: Terminal) -> None:
    terminal.save("return x + step", "return x - step")
    told = terminal.shows("help: The number became smaller. Add the step.")
    line = terminal.box.read_text().splitlines().index("    return x - step") + 1
    assert "tinytorch/box.py\n✗ box/grow                     Grow a number\n" in told
    assert f"    {terminal.box}:{line}: grow(3, 4) is not what it should be.\n" in told
    terminal.save("return x - step", "return x + step")
    told = terminal.shows("Next: lid/close — Close a box\n")
    assert "✓ box/grow" in told
    assert "box/add" not in told  # it passes as before


def test_a_comment_is_no_change_and_is_said(terminal: Terminal) -> None:
    terminal.save("return x + step", "return x + step  # so")
    assert "box/" not in terminal.shows("Nothing to test: no code has changed.\n")


def test_a_change_that_changes_no_verdict_is_told(terminal: Terminal) -> None:
    terminal.save("return x + step", "return step + x")
    terminal.shows("✓ box/grow")
    terminal.save('"""Boxes."""', '"""Boxes."""\nspare = 1')
    assert "✓" not in terminal.shows("3 steps tested: all as before.\n")


def test_what_runs_on_a_file_is_tested_too(terminal: Terminal, run: Run) -> None:
    run("start", "--module", "lid")
    terminal.shows("1 step tested: all as before.\n")
    run("solve", "lid")
    terminal.shows("✓ lid/close")
    terminal.shows("Every step has passed.\n")
    terminal.save("return x + step", "return x - step")
    terminal.shows("✗ box/grow")
    terminal.shows("⊘ lid/close")


def test_a_file_of_the_students_own_is_watched(terminal: Terminal) -> None:
    own = terminal.box.with_name("own.py")
    own.write_text("def less(x):\n    return x\n")
    terminal.shows("Nothing to test: no step of yours runs on it.\n")
    terminal.save("return x + step", "from tinytorch.own import less\n    return less(x) + step")
    terminal.shows("✓ box/grow")
    own.write_text("def less(x):\n    return x - 1\n")
    assert "tinytorch/own.py" in terminal.shows("✗ box/grow")


def test_a_syntax_error_stands_on_its_line_until_it_is_mended(terminal: Terminal) -> None:
    terminal.save("def grow(x, step=1):", "def grow(x, step=1)")
    line = terminal.box.read_text().splitlines().index("def grow(x, step=1)") + 1
    told = terminal.shows("help: ")
    assert f"{terminal.box}:{line}: Python can't read this file: expected ':'.\n" in told
    assert "✗" not in told
    terminal.save("def grow(x, step=1)", "def grow(x, step=2):")
    terminal.shows("✗ box/grow")


def test_a_file_that_is_no_text_is_told(terminal: Terminal) -> None:
    text = terminal.box.read_bytes()
    terminal.box.write_bytes("größe = 1\n".encode("latin-1"))
    terminal.shows("box.py is not UTF-8 text; save it with the encoding UTF-8\n")
    terminal.box.write_bytes(text)
    terminal.shows("Nothing to test: no code has changed.\n")


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        (lambda box: box.unlink(), "box.py is not there"),
        (lambda box: box.write_text(""), "box.py is empty: the steps of “Boxes” are gone."),
    ],
    ids=["deleted", "emptied"],
)
def test_a_lost_file_is_told_once_and_comes_back(
    terminal: Terminal, lose: Callable[[Path], object], words: str
) -> None:
    text = terminal.box.read_text()
    lose(terminal.box)
    terminal.shows(words)
    terminal.box.write_text(text)
    told = terminal.shows("Next: lid/close — Close a box\n")
    assert words not in told
    assert told.count("✓ box/") == 3


def test_a_save_ends_an_endless_loop_that_is_being_tested(terminal: Terminal) -> None:
    terminal.save("return x + step", "while True:\n        x = x")
    terminal.shows("tinytorch/box.py\n")
    terminal.save("while True:\n        x = x", "return step + x")
    assert "was stopped" not in terminal.shows("✓ box/grow")
    assert "was stopped" not in terminal.out


def test_what_a_cut_off_run_left_is_tested_after_the_next_save(terminal: Terminal) -> None:
    terminal.save("Box(self.value + other.value)", "Box(self.value)")
    terminal.shows("✗ box/add")
    terminal.save("Box(self.value)", "Box(self.value + other.value)\n        while True: pass")
    terminal.save("        while True: pass", "        while True pass")
    terminal.shows("Python can't read this file")
    terminal.save("        while True pass", "        pass")
    terminal.shows("✓ box/add")


def test_changes_that_nobody_saw_are_tested_at_the_start(
    small: SmallCourse, home: Path, run: Run
) -> None:
    run("start")
    run("solve", "grow")
    terminal = Terminal(small, home)
    try:
        terminal.shows("Next: box/grow — Grow a number\n")
        told = terminal.shows("Next: box/add — Add two boxes\n")
        assert "✓ box/grow" in told
        assert "○ box/add" not in told
    finally:
        terminal.close()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the processes")
@pytest.mark.parametrize("code", ["return step + x", "while True:\n        x = x"])
def test_ctrl_c_ends_it_and_all_that_it_started(terminal: Terminal, code: str) -> None:
    terminal.save("return x + step", code)
    terminal.shows("✓ box/grow" if "step" in code else "tinytorch/box.py\n")
    started = _started_by(terminal.process.pid)
    assert started
    terminal.press(CTRL_C)
    assert terminal.ends() == 0
    assert terminal.out.endswith("\nNo longer watching.\n")
    assert "Traceback" not in terminal.out
    deadline = time.monotonic() + PATIENCE
    while left := [pid for pid in started if _runs(pid)]:
        assert time.monotonic() < deadline, left
        select.select([], [], [], 0.01)


def test_a_folder_that_was_moved_is_one_line(terminal: Terminal, home: Path) -> None:
    home.rename(home.with_name("elsewhere"))
    assert terminal.ends() == 2
    assert f"tinytorch: {home} is gone: it was moved or deleted\n" in terminal.out


class TestLook:
    @pytest.fixture
    def folder(self, small: SmallCourse, home: Path, run: Run) -> StudentFolder:
        run("start")
        return StudentFolder(home, small.read())

    def test_a_file_that_an_editor_empties_or_renames_to_save_it_is_saved_once(
        self, folder: StudentFolder
    ) -> None:
        box = folder.path("tinytorch/box.py")
        look = Look(folder)
        assert look.saved() == []
        for lose in (box.unlink, lambda: box.write_text("")):
            lose()
            assert look.saved() == []
            box.write_text("x = 1\n")
            assert look.saved() == ["tinytorch/box.py"]
            assert look.saved() == []

    def test_a_file_that_stays_away_is_lost_once(self, folder: StudentFolder) -> None:
        look = Look(folder)
        folder.path("tinytorch/box.py").unlink()
        seen = [look.saved() for _ in range(4)]
        assert seen == [[], ["tinytorch/box.py"], [], []]


def _started_by(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in children.read_text().split()] if children.exists() else []
    return found + [below for child in found for below in _started_by(child)]


def _runs(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_the_other_parts_of_a_package_are_tested_while_one_cannot_be_read(tmp_path: Path) -> None:
    folder = package_course(tmp_path)
    terminal = Terminal(SmallCourse(tmp_path), folder.root)
    try:
        terminal.shows("Every step has passed.\n")
        first, second = folder.path(FIRST), folder.path(SECOND)
        text = first.read_text(encoding="utf-8")
        first.write_text(text.replace("return x + 1", "return (x + 1"), encoding="utf-8")
        terminal.shows(f"{first}:6: Python can't read this file")
        told = terminal.shows(f"“Both” waits for {FIRST}, which can't be read: line 6 there.\n")
        assert "✓" not in told  # the others pass as before
        written = second.read_text(encoding="utf-8")
        second.write_text(written.replace("x + 2", "x - 2"), encoding="utf-8")
        terminal.shows("✗ pack/two")
        second.write_text(written, encoding="utf-8")
        terminal.shows("✓ pack/two")
        first.write_text(text, encoding="utf-8")
        terminal.shows("✓ pack/both")
    finally:
        terminal.close()
