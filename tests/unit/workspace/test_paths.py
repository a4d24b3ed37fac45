"""What the course writes lies in the student's folder, is named by a module, and is no link."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace import changes, snapshots
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.paths import place, refuse_library
from tinytorch_ls.workspace.undo import undo

BOX = "tinytorch/box.py"


@pytest.mark.parametrize(
    "file",
    [
        ".git/hooks/post-checkout",
        ".vscode/tasks.json",
        "tinytorch/other.py",
        "../outside.py",
        "tinytorch/../tinytorch/box.py",
        "/tmp/outside.py",
        "tinytorch\\box.py",
        "C:\\x.py",
        ".tinytorch/snapshots/../../x.json",
        "conftest.py",
        "",
    ],
)
def test_only_files_of_the_course_may_be_written(tmp_path: Path, file: str) -> None:
    with pytest.raises(Refused, match="is not a file of the course"):
        place(tmp_path, file, {BOX})


@pytest.mark.parametrize("file", ["../x.py", "a/../../x.py", "/x.py", "a//x.py", "C:/x.py", "./x"])
def test_a_lesson_cant_name_a_file_outside_of_the_folder(tmp_path: Path, file: str) -> None:
    with pytest.raises(Refused, match="does not lie in the course's folder"):
        place(tmp_path, file, {file})


def _outside(student: StudentFolder) -> Path:
    outside = student.root.parent / "outside"
    outside.mkdir()
    (outside / "box.py").write_text(student.source(BOX))
    return outside


def _link_file(student: StudentFolder, outside: Path) -> None:
    student.path(BOX).unlink()
    student.path(BOX).symlink_to(outside / "box.py")


def _link_folder(student: StudentFolder, outside: Path) -> None:
    (student.root / "tinytorch").rename(student.root.parent / "was")
    (student.root / "tinytorch").symlink_to(outside)


def _link_memory(student: StudentFolder, outside: Path) -> None:
    (student.root / ".tinytorch").rename(student.root.parent / "memory")
    (student.root / ".tinytorch").symlink_to(outside)


@pytest.mark.parametrize("link", [_link_file, _link_folder, _link_memory])
def test_nothing_is_written_through_a_link(
    student: StudentFolder, link: Callable[[StudentFolder, Path], None]
) -> None:
    step = student.course.steps["box/grow"]
    changes.solve(student, [step], "“Grow a number”")
    outside = _outside(student)
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    link(student, outside)
    for change in (
        lambda: changes.reset(student, step),
        lambda: undo(student),
        lambda: student.write(BOX, "planted"),
    ):
        with pytest.raises(Refused):
            change()
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before


@pytest.mark.parametrize("name", ["progress.json", "lock", "snapshots"])
def test_the_memory_is_not_written_through_a_link(student: StudentFolder, name: str) -> None:
    target = student.root.parent / "target"
    if name == "snapshots":
        target.mkdir()
    place_of_link = student.root / ".tinytorch" / name
    place_of_link.unlink(missing_ok=True)
    place_of_link.symlink_to(target)
    step = student.course.steps["box/grow"]
    student.progress.tested(step.id, "passed", "x")
    write = student.progress.save if name != "snapshots" else lambda: changes.reset(student, step)
    with pytest.raises(Refused, match="is a link"):
        write()
    assert not target.exists() or list(target.iterdir()) == []


@pytest.mark.parametrize("file", [BOX, ".tinytorch/progress.json", ".tinytorch/lock"])
def test_a_file_that_shares_its_data_with_one_outside_parts_from_it(
    student: StudentFolder, file: str
) -> None:
    student.progress.save()
    path, outside = student.root / file, student.root.parent / "outside"
    outside.write_bytes(path.read_bytes())
    before = outside.read_bytes()
    path.unlink()
    os.link(outside, path)
    step = student.course.steps["box/grow"]
    changes.solve(student, [step], "“Grow a number”")
    undo(student)
    student.progress.tested("box/grow", "passed", "x")
    student.progress.save()
    assert outside.read_bytes() == before


def test_a_planted_snapshot_is_passed_over(student: StudentFolder) -> None:
    changes.reset(student, student.course.steps["box/grow"])
    for number, file in enumerate([".git/hooks/x", ".vscode/tasks.json", "../x.py"], 2):
        change = {"before": "planted", "after": None, "names": []}
        fields = {"reason": "planted", "time": 1.0, "files": {file: change}, "undone": False}
        planted = student.root / f".tinytorch/snapshots/{number:06}.json"
        planted.write_text(json.dumps(fields))
    assert [snapshot.reason for snapshot in snapshots.history(student)] == ["reset “Grow a number”"]
    assert undo(student, skip=True).snapshot.reason == "reset “Grow a number”"
    assert not (student.root / ".git").exists()
    assert not (student.root.parent / "x.py").exists()


def test_a_snapshot_that_is_a_pipe_is_not_waited_for(student: StudentFolder) -> None:
    (student.root / ".tinytorch/snapshots").mkdir()
    os.mkfifo(student.root / ".tinytorch/snapshots/000001.json")
    assert list(snapshots.history(student)) == []


def test_the_librarys_own_checkout_is_no_students_folder(tmp_path: Path) -> None:
    (tmp_path / "tinytorch").symlink_to(library_root() / "tinytorch")
    for root in (library_root(), library_root() / "tinytorch", tmp_path):
        with pytest.raises(Refused, match="holds the course's own library"):
            refuse_library(root)


def test_a_folder_that_was_moved_is_not_begun_anew(student: StudentFolder) -> None:
    student.root.rename(student.root.parent / "moved")
    again = StudentFolder(student.root.parent / "moved", student.course)
    with pytest.raises(Refused, match="it was moved or deleted"):
        student.begin("lid")
    assert not student.root.exists()
    assert again.begin("lid")
