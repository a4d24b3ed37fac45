"""A course is read as its author has it in the editor, and from the disk otherwise."""

from __future__ import annotations

from small_course import SmallCourse

from tinytorch_ls.check.structure import seen_in, structure_complaints
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.texts import text_of, unsaved


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


def test_a_given_file_that_is_being_written_leaves_the_complaints_of_who_imports_it(
    small: SmallCourse,
) -> None:
    lid = small.library / "tinytorch/lid.py"
    text = small.box.read_text(encoding="utf-8")
    small.box.write_text(f"from tinytorch.lid import close\n{text}", encoding="utf-8")
    box = read_course(small.folder).module("box")
    with unsaved({lid: "def f(:\n"}):
        assert not list(structure_complaints(box, small.library))


def test_the_words_of_an_unsaved_lesson_are_held_against_the_unsaved_library(
    small: SmallCourse,
) -> None:
    lesson = small.lesson.read_text(encoding="utf-8")
    box = small.box.read_text(encoding="utf-8").replace("return x + step", "return step + x + 0")
    with unsaved({small.lesson: lesson.replace("## Think about it", "## Think")}):
        found = seen_in(read_course(small.folder), read_course(small.folder).module("box"))
        assert [c.message for c in found] == ["the lesson has no `## Think about it` with a text"]
    words = lesson.replace("### Step-by-step\n", "### Step-by-step\n1. `step + x + 0`\n", 1)
    for texts, count in (({small.lesson: words}, 0), ({small.lesson: words, small.box: box}, 1)):
        with unsaved(texts):
            course = read_course(small.folder)
            found = seen_in(course, course.module("box"))
            assert len([c for c in found if "step-by-step shows code" in c.message]) == count


def test_a_course_is_looked_at_with_the_library_that_its_unsaved_text_names(
    small: SmallCourse,
) -> None:
    (small.root / "empty/tinytorch").mkdir(parents=True)
    toml = small.toml.read_text(encoding="utf-8").replace('"../library"', '"../empty"')
    with unsaved({small.toml: toml}):
        course = read_course(small.folder)
        found = seen_in(course, course.module("box"))
    assert "the library has no tinytorch/box.py" in [c.message for c in found]
    assert all(c.stops for c in found)


def test_the_mark_at_the_begin_of_a_file_is_no_text(small: SmallCourse) -> None:
    small.lesson.write_text("\ufeff# A", encoding="utf-8")
    assert text_of(small.lesson) == "# A"
    with unsaved({small.lesson: "\ufeff# B"}):
        assert text_of(small.lesson) == "# B"
