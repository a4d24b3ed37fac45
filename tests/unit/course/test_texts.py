"""A course is read as its author has it in the editor, and from the disk otherwise."""

from __future__ import annotations

from small_course import SmallCourse

from tinytorch_ls.check.structure import structure_complaints
from tinytorch_ls.course.read import read_course
from tinytorch_ls.course.texts import text_of, unsaved


def test_an_unsaved_text_counts_before_the_file_s(small: SmallCourse) -> None:
    text = small.lesson.read_text(encoding="utf-8")
    with unsaved({small.lesson: text.replace("# Boxes", "# Crates\n").replace("{#both}", "")}):
        course = read_course(small.folder)
        assert "box/both" not in course.steps
        assert [c.file for c in course.complaints] == [small.toml]  # a milestone names it
    assert read_course(small.folder).complaints == ()


def test_unsaved_tests_and_library_are_looked_at(small: SmallCourse) -> None:
    (box, _) = read_course(small.folder).modules
    for file in (small.tests, small.box):
        with unsaved({file: "def f(:\n"}):
            found = [str(c) for c in structure_complaints(box, small.library)]
            assert found == [f"{file}:1: not Python: invalid syntax"]
    assert not list(structure_complaints(box, small.library))


def test_the_mark_at_the_begin_of_a_file_is_no_text(small: SmallCourse) -> None:
    small.lesson.write_text("\ufeff# A", encoding="utf-8")
    assert text_of(small.lesson) == "# A"
    with unsaved({small.lesson: "\ufeff# B"}):
        assert text_of(small.lesson) == "# B"
