"""A broken course is complained of, with file and line; the rest of it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from complaints import explained
from small_course import SmallCourse

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.course.model import Milestone
from tinytorch_ls.course.read import read_course


def test_a_sound_course_is_read(small: SmallCourse) -> None:
    course = small.read()
    assert course.complaints == ()
    assert course.title == "Boxes"
    assert list(course.steps) == ["box/grow", "box/add", "box/both", "lid/close"]
    assert course.milestones == (Milestone(1957, "The first box", "box/both"),)
    following = course.next_step("box/both")
    assert following
    assert following.id == "lid/close"
    assert course.next_step("lid/close") is None
    assert course.module("lid").tests == small.folder / "02_lid/test_lid.py"
    with pytest.raises(KeyError):
        course.module("crate")


FLAWS: dict[str, tuple[str, str, str, str, list[str]]] = {
    # name: (text, instead, where the complaint stands, its words, the modules still there)
    "no TOML": ('title = "Boxes"', "title = ", "title", "not valid TOML", []),
    "modules that are no list": (
        '["01_box", "02_lid"]',
        "3",
        "modules",
        "`modules` is not a list",
        [],
    ),
    "a module without a number": (
        '"02_lid"',
        '"lid"',
        "modules",
        "is not of the form NN_id",
        ["box"],
    ),
    "a number that is no number": ('"02_lid"', '"²_lid"', "modules", "not of the form", ["box"]),
    "a module without a lesson": (
        '"02_lid"',
        '"03_crate"',
        "modules",
        "module `03_crate` has no lesson.md",
        ["box"],
    ),
    "a module twice": (
        '"02_lid"]',
        '"02_lid",\n "01_box"]',
        ' "01_box"]',
        "the module `box` stands twice",
        ["box", "lid"],
    ),
    "a milestone without a step": (
        '"box/both"',
        '"box/none"',
        "step = ",
        "names the step `box/none`, which no lesson has",
        ["box", "lid"],
    ),
    "a milestone in words": (
        "year = 1957",
        'year = "long ago"',
        "[[milestones]]",
        "a milestone needs `year` (int)",
        ["box", "lid"],
    ),
    "milestones that are no list": (
        '[[milestones]]\nyear = 1957\ntitle = "The first box"\nstep = "box/both"',
        "milestones = [1]",
        "milestones",
        "a milestone needs",
        ["box", "lid"],
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_of_the_course_is_one_complaint(small: SmallCourse, flaw: str) -> None:
    old, new, place, words, modules = FLAWS[flaw]
    small.change(small.toml, old, new)
    text = small.toml.read_text(encoding="utf-8")
    course = small.read()
    assert [module.id for module in course.modules] == modules
    for complaint in course.complaints:
        assert explained(complaint.message), f"explain in docs/authors.md: {complaint.message}"
    complaints = [c for c in course.complaints if c.file == small.toml and words in c.message]
    assert [c.line for c in complaints] == [text[: text.index(place)].count("\n") + 1]
    if modules == ["box", "lid"]:
        assert len(course.complaints) == 1


def test_a_course_that_is_not_there_says_so(tmp_path: Path) -> None:
    (complaint,) = read_course(tmp_path).complaints
    assert str(complaint) == (
        f"{tmp_path / 'course.toml'}:1: the course can't be read: No such file or directory"
    )


def test_a_course_without_modules_says_so(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('title = "Nothing"\n')
    (complaint,) = read_course(tmp_path).complaints
    assert complaint.message == "the course names no modules"


def test_a_course_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_bytes(b"title = '\xe9'\n")
    (complaint,) = read_course(tmp_path).complaints
    assert "not valid TOML" in complaint.message


def test_a_folder_named_otherwise_than_its_lesson_is_left_out(small: SmallCourse) -> None:
    line = small.change(small.lesson, "id: box", "id: crate")
    course = small.read()
    assert [module.id for module in course.modules] == ["lid"]
    found = [(c.file, c.line, c.message) for c in course.complaints]
    assert (small.lesson, line, "the folder is 01_box, but the id is `crate`") in found


def test_two_modules_cant_share_a_file(small: SmallCourse) -> None:
    lid = small.folder / "02_lid/lesson.md"
    line = small.change(lid, "[tinytorch/lid.py]", "[tinytorch/lid.py, tinytorch/box.py]")
    course = small.read()
    assert [module.id for module in course.modules] == ["box"]
    (complaint,) = course.complaints
    assert (complaint.file, complaint.line) == (lid, line)
    assert complaint.message == "tinytorch/box.py is a file of the module `box` already"


def test_a_broken_lesson_leaves_the_rest_of_the_course(small: SmallCourse) -> None:
    small.change(small.lesson, "title: Boxes", "title: [")
    course = small.read()
    assert [module.id for module in course.modules] == ["lid"]
    assert {c.file for c in course.complaints} == {small.lesson}


def test_a_course_teaches_the_library_that_it_names(small: SmallCourse) -> None:
    assert small.read().library == small.library


def test_a_course_teaches_the_library_beside_it_wherever_one_reads_it_from(
    small: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.change(small.toml, 'library = "../library"\n', "")
    assert small.read().library == library_root()
    (small.root / "tinytorch").mkdir()
    monkeypatch.chdir(small.folder / "01_box")
    course = read_course(Path(".."))
    assert (course.folder, course.library) == (small.folder, small.root)


def test_a_library_that_is_none_is_complained_of(small: SmallCourse) -> None:
    line = small.change(small.toml, '"../library"', '"../books"')
    (complaint,) = small.read().complaints
    assert complaint.line == line
    assert complaint.message == "the library `../books` has no folder tinytorch"
    assert explained(complaint.message)


def test_a_module_may_use_files_of_its_own_and_of_earlier_ones(small: SmallCourse) -> None:
    lid = small.folder / "02_lid/lesson.md"
    small.change(lid, "minutes: 5", "minutes: 5\nuses: [tinytorch/box.py, tinytorch/lid.py]")
    course = small.read()
    assert course.complaints == ()
    assert course.module("lid").uses == ("tinytorch/box.py", "tinytorch/lid.py")


def test_what_a_module_uses_may_be_a_module(small: SmallCourse) -> None:
    lid = small.folder / "02_lid/lesson.md"
    small.change(lid, "minutes: 5", "minutes: 5\nuses: [box, tinytorch/lid.py, lid]")
    course = small.read()
    assert course.complaints == ()
    assert course.module("lid").uses == ("tinytorch/box.py", "tinytorch/lid.py")


def test_a_module_that_uses_one_that_is_not_there_is_complained_of(small: SmallCourse) -> None:
    small.change(small.lesson, "minutes: 10", "minutes: 10\nuses: [lid]")
    (complaint,) = small.read().complaints
    assert complaint.message == "no module up to `box` teaches lid"


def test_a_module_that_uses_a_later_one_is_complained_of(small: SmallCourse) -> None:
    small.change(small.lesson, "minutes: 10", "minutes: 10\nuses: [tinytorch/lid.py]")
    (complaint,) = small.read().complaints
    assert explained(complaint.message)
    assert complaint.message == "no module up to `box` teaches tinytorch/lid.py"
    assert complaint.line == small.line(small.lesson, "uses:")
