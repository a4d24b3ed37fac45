"""The student's folder: begun module by module, found from below, never harmed."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_course import SmallCourse

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace.folder import StudentFolder, find_folder

BOX = "tinytorch/box.py"


def test_beginning_a_module_makes_its_files_and_no_others(student: StudentFolder) -> None:
    made = {path.relative_to(student.root).as_posix() for path in student.root.rglob("*.*")}
    assert made == {
        ".tinytorch",
        ".vscode",
        ".vscode/settings.json",
        ".tinytorch/.gitignore",
        ".tinytorch/progress.json",
        ".tinytorch/given.json",
        "AGENTS.md",
        "CLAUDE.md",
        "README.md",
        "tinytorch/__init__.py",
        BOX,
    }
    assert [module.id for module in student.modules_begun()] == ["box"]


def test_beginning_again_touches_nothing(student: StudentFolder) -> None:
    for path in (student.path(BOX), student.root / "README.md"):
        path.write_bytes(b"mine\r\n")
    assert student.begin("box") == []
    assert student.path(BOX).read_bytes() == b"mine\r\n"
    assert (student.root / "README.md").read_bytes() == b"mine\r\n"


def test_any_module_may_be_begun(student: StudentFolder) -> None:
    assert student.begin("lid") == [student.root / "tinytorch/lid.py"]
    assert [module.id for module in student.modules_begun()] == ["box", "lid"]


def test_a_module_that_its_lesson_breaks_is_refused_and_makes_nothing(
    small: SmallCourse, student: StudentFolder
) -> None:
    small.change(small.folder / "02_lid/lesson.md", "`lid.py: close`", "`lid.py: shut`")
    broken = StudentFolder(student.root, small.read())
    with pytest.raises(Refused, match="lid/close teaches `shut`"):
        broken.begin("lid")
    assert not (student.root / "tinytorch/lid.py").exists()


def test_a_file_that_the_library_lacks_is_refused(
    small: SmallCourse, student: StudentFolder
) -> None:
    (small.library / "tinytorch/lid.py").unlink()
    with pytest.raises(Refused, match=r"the library has no tinytorch/lid\.py"):
        student.begin("lid")


def test_the_folder_is_found_from_below(student: StudentFolder) -> None:
    assert find_folder(student.root / "tinytorch") == student.root
    assert find_folder(student.path(BOX)) == student.root
    assert find_folder(student.root.parent) is None


def test_a_folder_without_its_memory_is_still_found(student: StudentFolder) -> None:
    for path in (student.root / ".tinytorch").iterdir():
        path.unlink()
    (student.root / ".tinytorch").rmdir()
    assert find_folder(student.root / "tinytorch") == student.root
    again = StudentFolder(student.root, student.course)
    assert again.progress.of("box/grow").state == "todo"
    again.create()
    assert (student.root / ".tinytorch/progress.json").is_file()


@pytest.mark.parametrize("text", [b"", b"import os\n", b"\xff\xfe"])
def test_a_tinytorch_of_somebody_else_is_no_course(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch/__init__.py").write_bytes(text)
    assert find_folder(tmp_path) is None


def test_a_lost_file_is_named_with_what_brings_it_back(student: StudentFolder) -> None:
    student.path(BOX).unlink()
    with pytest.raises(Refused, match=r"box\.py is not there; `tinytorch start --module box`"):
        student.source(BOX)


def test_a_file_that_is_no_text_is_refused(student: StudentFolder) -> None:
    student.path(BOX).write_bytes("é".encode("latin-1"))
    with pytest.raises(Refused, match="is not UTF-8 text"):
        student.source(BOX)
    student.path(BOX).unlink()
    student.path(BOX).mkdir()
    with pytest.raises(Refused, match="can't be read"):
        student.source(BOX)


def test_a_source_keeps_its_mark_and_line_endings(student: StudentFolder) -> None:
    raw = "\ufeffx = '😀'\r\ny = 1\r".encode()
    student.path(BOX).write_bytes(raw)
    assert student.source(BOX).encode() == raw


def test_a_path_is_named_only_if_a_module_teaches_it(
    student: StudentFolder, tmp_path: Path
) -> None:
    assert student.file_of(student.path(BOX)) == BOX
    assert student.file_of(student.root / "tinytorch/../tinytorch/box.py") == BOX
    assert student.file_of(student.root / "tinytorch/__init__.py") is None
    assert student.file_of(tmp_path / "box.py") is None


def test_the_next_step_is_the_first_that_has_not_passed(student: StudentFolder) -> None:
    following = student.next_step()
    assert following is not None
    assert following.id == "box/grow"
    for step in ("box/grow", "box/add", "box/both"):
        student.progress.tested(step, "passed", "")
    following = student.next_step()
    assert following is not None
    assert following.id == "lid/close"
    student.progress.tested("lid/close", "passed", "")
    assert student.next_step() is None


def test_the_modules_begun_come_first(student: StudentFolder) -> None:
    student.path(BOX).unlink()
    student.begin("lid")
    following = student.next_step()
    assert following is not None
    assert following.id == "lid/close"


def test_a_digest_follows_the_code_of_the_step(student: StudentFolder) -> None:
    step = student.course.steps["box/grow"]
    kept = student.digest(step)
    assert kept
    changed = student.source(BOX).replace("step=1", "step=2")
    assert student.digest(step, {BOX: changed}) != kept
    assert student.digest(step, {BOX: ""}) == ""
    assert student.digest(step, {BOX: "def ("}) == ""
    assert student.digest(student.course.steps["box/both"]) == ""
    student.path(BOX).unlink()
    assert student.digest(step) == ""
