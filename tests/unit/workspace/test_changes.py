"""Reset, solve, undo and update: the student's own code survives each of them."""

from __future__ import annotations

import pytest
from small_course import SmallCourse

from tinytorch_ls.forms.python.stub import unwritten
from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace import changes, snapshots
from tinytorch_ls.workspace import folder as student_folder
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.paths import Place
from tinytorch_ls.workspace.undo import undo

BOX = "tinytorch/box.py"
MINE = '''\
\ufeff"""My own boxes 😀."""\r
import functools\r
\r
\r
@functools.lru_cache\r
def helper(x):  # mine\r
\treturn x\r
\r
\r
def grow(x, step=1):\r
\treturn helper(x) + step   \r
\r
\r
class Extra: pass\r
\r
\r
class Box:\r
\tdef __init__(self, value):\r
\t\tself.value = value\r
\r
\tdef add(self, other):\r
\t\treturn Box(self.value + other.value)\r
'''


def _write(folder: StudentFolder, text: str) -> None:
    folder.path(BOX).write_bytes(text.encode())


def _read(folder: StudentFolder) -> str:
    return folder.path(BOX).read_bytes().decode()


def test_reset_takes_out_one_step_and_undo_brings_it_back(student: StudentFolder) -> None:
    _write(student, MINE)
    assert changes.reset(student, student.course.steps["box/grow"]) == [student.path(BOX)]
    assert unwritten(_read(student)) == {"grow": "box/grow"}
    before, after = MINE.split("def grow(x, step=1):\r\n\treturn helper(x) + step")
    assert _read(student).startswith(before + "def grow(x, step=1):\r\n")
    assert _read(student).endswith('is yours to write")' + after)
    assert undo(student).snapshot.reason == "reset “Grow a number”"
    assert _read(student) == MINE


def test_solve_puts_the_librarys_code_in_place(student: StudentFolder) -> None:
    _write(student, MINE.replace("return Box(self.value + other.value)", "return None"))
    changes.solve(student, [student.course.steps["box/add"]], "“Add two boxes”")
    after = _read(student)
    assert "\t\treturn Box(self.value + other.value)\r\n" in after
    assert after.startswith(MINE[: MINE.index("\tdef add")])
    assert undo(student).snapshot.reason == "solve “Add two boxes”"
    assert "return None" in _read(student)


def test_solve_begins_the_modules_that_it_needs(student: StudentFolder) -> None:
    steps = [step for step in student.course.steps.values() if step.symbols]
    written = changes.solve(student, steps, "the course")
    assert [path.name for path in written] == ["box.py", "lid.py"]
    for file in (BOX, "tinytorch/lid.py"):
        assert unwritten(student.source(file)) == {}


def test_a_step_without_code_can_be_neither_reset_nor_solved(student: StudentFolder) -> None:
    step = student.course.steps["box/both"]
    with pytest.raises(Refused, match="“Both together” has no code of its own"):
        changes.reset(student, step)
    with pytest.raises(Refused, match="“Both together” has no code of its own"):
        changes.solve(student, [step], "box/both")


HARD = {
    "syntax error elsewhere": (
        "def grow(x, step=1:\n    return x\n\n\nclass Box:\n    def add(self): pass\n",
        "syntax error in line 1",
    ),
    "not UTF-8": (b"x = '\xe9'\n", "is not UTF-8"),
    "class renamed": (
        "def grow(x):\n    pass\n\n\nclass Crate:\n    def add(self): pass\n",
        "`Box.add` is gone",
    ),
    "name taken": ("def grow(x): pass\nclass Box:\n    add = None\n", "makes `Box.add`"),
}


@pytest.mark.parametrize("case", HARD)
def test_what_cant_be_reset_is_refused_and_nothing_changes(
    student: StudentFolder, case: str
) -> None:
    text, words = HARD[case]
    raw = text.encode() if isinstance(text, str) else text
    student.path(BOX).write_bytes(raw)
    for change in (
        lambda: changes.reset(student, student.course.steps["box/add"]),
        lambda: changes.solve(student, [student.course.steps["box/add"]], "“Add two boxes”"),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert words in str(refused.value)
        assert "\n" not in str(refused.value)
        assert student.path(BOX).read_bytes() == raw
    assert list(snapshots.history(student)) == []


def test_one_refusal_among_many_changes_no_file(student: StudentFolder) -> None:
    student.begin("lid")
    lid = student.path("tinytorch/lid.py")
    lid.write_text("def close(x): pass\ndef (\n")
    before = _read(student)
    steps = [step for step in student.course.steps.values() if step.symbols]
    with pytest.raises(Refused, match="syntax error"):
        changes.solve(student, steps, "the course")
    assert _read(student) == before
    assert lid.read_text() == "def close(x): pass\ndef (\n"


def test_a_changed_signature_and_a_deleted_function_are_put_right(student: StudentFolder) -> None:
    _write(student, MINE.replace("def grow(x, step=1):", "def grow(whatever):"))
    changes.reset(student, student.course.steps["box/grow"])
    assert "def grow(x, step=1):" in _read(student)
    gone = MINE[: MINE.index("def grow")] + MINE[MINE.index("class Extra") :]
    _write(student, gone)
    changes.reset(student, student.course.steps["box/grow"])
    assert unwritten(_read(student)) == {"grow": "box/grow"}
    undo(student)
    assert _read(student) == gone


def test_a_write_that_fails_half_way_is_taken_back(
    student: StudentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    student.begin("lid")
    before = _read(student), student.source("tinytorch/lid.py")
    real = student_folder.write_whole

    def fails(place: Place, text: str) -> None:
        if place.file == "tinytorch/lid.py":
            raise Refused("lid.py can't be written: the disk is full")
        real(place, text)

    monkeypatch.setattr(student_folder, "write_whole", fails)
    steps = [step for step in student.course.steps.values() if step.symbols]
    with pytest.raises(Refused, match="the disk is full"):
        changes.solve(student, steps, "the course")
    assert (_read(student), student.source("tinytorch/lid.py")) == before
    assert list(snapshots.history(student)) == []


def test_without_a_snapshot_nothing_is_changed(
    student: StudentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Refused("000001.json can't be written: the disk is full")

    monkeypatch.setattr(snapshots, "write_whole", full)
    _write(student, MINE)
    with pytest.raises(Refused, match="the disk is full"):
        changes.reset(student, student.course.steps["box/grow"])
    assert _read(student) == MINE


def test_a_deleted_memory_costs_no_code(student: StudentFolder) -> None:
    for path in (student.root / ".tinytorch").iterdir():
        path.unlink()
    (student.root / ".tinytorch").rmdir()
    _write(student, MINE)
    changes.reset(student, student.course.steps["box/grow"])
    undo(student)
    assert _read(student) == MINE


BROKEN = MINE.replace("return Box(self.value + other.value)", "return Box((self.value")


def test_a_step_with_a_syntax_error_inside_can_be_reset_and_solved(student: StudentFolder) -> None:
    step = student.course.steps["box/add"]
    for change in (changes.reset, lambda folder, step: changes.solve(folder, [step], step.id)):
        _write(student, BROKEN)
        change(student, step)
        after = _read(student)
        assert after.startswith(MINE[: MINE.index("\tdef add")])
        assert "(self.value\r" not in after
        definitions(after)
        undo(student)
        assert _read(student) == BROKEN


@pytest.mark.parametrize("left", ["", "\n\n", "\ufeff", "# my notes\n"])
def test_reset_mends_a_file_that_was_emptied(student: StudentFolder, left: str) -> None:
    _write(student, left)
    changes.reset(student, student.course.steps["box/add"])
    assert unwritten(_read(student)) == {"grow": "box/grow", "Box.add": "box/add"}
    assert left.strip("\n") in _read(student)
    undo(student)
    assert _read(student) == left


def test_solve_brings_the_imports_that_it_needs(small: SmallCourse, student: StudentFolder) -> None:
    small.change(small.box, '"""Boxes."""\n', '"""Boxes."""\n\nimport math\n')
    small.change(small.box, "return x + step", "return x + step * math.floor(1.5)")
    changes.solve(student, [student.course.steps["box/grow"]], "“Grow a number”")
    assert _read(student).startswith('"""Boxes."""\n\nimport math\n\n\ndef grow')


class TestUpdate:
    """A newer curriculum over a student's folder."""

    @staticmethod
    def newer(small: SmallCourse, student: StudentFolder) -> StudentFolder:
        small.change(small.lesson, "1. Which operator adds?", "1. A newer nudge.")
        small.change(small.lesson, "1. Both values are in `.value`.", "1. Another nudge.")
        return StudentFolder(student.root, small.read())

    def test_todos_get_the_words_of_today(self, small: SmallCourse, student: StudentFolder) -> None:
        newer = self.newer(small, student)
        old = _read(student)
        assert changes.update(newer) == [student.path(BOX)]
        assert "- A newer nudge." in _read(student)
        assert "- Another nudge." in _read(student)
        assert undo(newer).snapshot.reason == "update"
        assert _read(student) == old

    def test_written_code_survives(self, small: SmallCourse, student: StudentFolder) -> None:
        _write(student, MINE)
        assert changes.update(self.newer(small, student)) == []
        assert _read(student) == MINE

    def test_only_the_unwritten_step_is_touched(
        self, small: SmallCourse, student: StudentFolder
    ) -> None:
        _write(student, MINE)
        changes.reset(student, student.course.steps["box/add"])
        newer = self.newer(small, student)
        before = _read(student)
        changes.update(newer)
        assert "- Another nudge." in _read(student)
        assert _read(student).replace("Another nudge.", "Both values are in `.value`.") == before

    def test_nothing_to_do_writes_nothing(self, student: StudentFolder) -> None:
        assert changes.update(student) == []
        assert list(snapshots.history(student)) == []

    def test_a_step_added_to_the_course_gets_its_todo(
        self, small: SmallCourse, student: StudentFolder
    ) -> None:
        _write(student, MINE)
        small.change(
            small.lesson, "- `box.py: Box.add`\n", "- `box.py: Box.add`\n- `box.py: Box.sub`\n"
        )
        with small.box.open("a", encoding="utf-8") as stream:
            stream.write("\n    def sub(self, other):\n        return 1\n")
            stream.write("\n\ndef given():\n    return 2\n")
        newer = StudentFolder(student.root, small.read())
        changes.update(newer)
        after = _read(student)
        assert unwritten(after) == {"Box.sub": "box/add"}
        assert after.startswith(MINE.rstrip())
        assert "def given():\r\n    return 2" in after

    def test_a_passing_step_is_not_given_a_method_back(self, student: StudentFolder) -> None:
        own = "class Base:\n    def add(self, other): return Box(self.value + other.value)\n\n\n"
        own += "def grow(x, step=1): return x + step\n\n\nclass Box(Base):\n"
        own += "    def __init__(self, value): self.value = value\n"
        _write(student, own)
        student.progress.tested("box/add", "passed", "")
        assert changes.update(student) == []
        assert _read(student) == own

    def test_a_todo_that_is_no_longer_taught_becomes_given_code(
        self, small: SmallCourse, student: StudentFolder
    ) -> None:
        text = small.lesson.read_text(encoding="utf-8")
        start, end = text.index("## Add two boxes"), text.index("## Both together")
        small.lesson.write_text(text[:start] + text[end:], encoding="utf-8")
        changes.update(StudentFolder(student.root, small.read()))
        assert unwritten(_read(student)) == {"grow": "box/grow"}
        assert "return Box(self.value + other.value)" in _read(student)

    def test_a_file_that_is_gone_comes_back_as_it_began(
        self, small: SmallCourse, student: StudentFolder
    ) -> None:
        small.change(small.lesson, "[tinytorch/box.py]", "[tinytorch/box.py, tinytorch/lid.py]")
        newer = StudentFolder(student.root, small.read())
        assert changes.update(newer) == [student.root / "tinytorch/lid.py"]
        undo(newer)
        assert not (student.root / "tinytorch/lid.py").exists()

    def test_a_file_with_a_syntax_error_is_refused(
        self, small: SmallCourse, student: StudentFolder
    ) -> None:
        _write(student, "def (\n")
        with pytest.raises(Refused, match="syntax error in line 1"):
            changes.update(self.newer(small, student))
        assert _read(student) == "def (\n"


def test_given_checks_come_and_go_with_their_function(small: SmallCourse) -> None:
    checks = "    if step < 0:\n        raise ValueError(step)  # no way back\n"
    small.change(small.box, "    return x + step", f"{checks}    return x + step")
    folder = StudentFolder(small.root / "my-course", small.read())
    folder.begin("box")
    begun = folder.source(BOX)
    step = folder.course.steps["box/grow"]
    assert checks in begun
    changes.solve(folder, [step], "“Grow a number”")
    assert f"{checks}    return x + step" in folder.source(BOX)
    changes.reset(folder, step)
    assert folder.source(BOX) == begun
    small.change(small.box, "step < 0", "step <= 0")
    assert changes.update(folder)
    assert "if step <= 0:" in folder.source(BOX)
    assert unwritten(folder.source(BOX))["grow"] == "box/grow"
