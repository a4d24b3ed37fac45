"""A lesson in another language has other words, and nothing else that is its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from complaints import explained
from small_course import SmallCourse

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.course.translation import translations_of
from tinytorch_ls.messages import language_of

WORDS = {
    "title: Boxes": "title: Kisten",
    "# Boxes\nA box holds": "# Kisten\nIn einer Kiste liegt",
    "## Grow a number {#grow}": "## Eine Zahl wachsen lassen {#grow}",
    "1. Add `step` to `x`.": "1. Zähle `step` zu `x`.",
    "1. Which operator adds?": "1. Welcher Operator zählt zusammen?",
    "#### Shrinks": "#### Schrumpft",
    "The number became smaller. Add the step.": "Die Zahl wurde kleiner. Zähle den Schritt dazu.",
}


@pytest.fixture
def german(small: SmallCourse) -> Path:
    text = small.lesson.read_text(encoding="utf-8")
    for old, new in WORDS.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = small.lesson.with_name("lesson.de.md")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("german")
def test_a_lesson_is_in_the_words_of_the_locale(small: SmallCourse) -> None:
    english, course = small.read(), read_course(small.folder, "de-AT")
    assert course.complaints == english.complaints == ()
    assert course.locale == "de-AT"
    (box, lid), (ours, _) = course.modules, english.modules
    assert (box.title, lid.title) == ("Kisten", english.module("lid").title)
    grow, step = box.steps[0], ours.steps[0]
    assert grow.title == "Eine Zahl wachsen lassen"
    assert grow.instructions == ("Zähle `step` zu `x`.",)
    assert grow.hints[0] == "Welcher Operator zählt zusammen?"
    assert grow.mistakes[0].title == "Schrumpft"
    assert grow.mistakes[0].feedback.startswith("Die Zahl wurde kleiner.")
    assert (grow.id, grow.symbols, grow.example) == (step.id, step.symbols, step.example)
    assert [m.code for m in grow.mistakes] == [m.code for m in step.mistakes]
    assert ours.title == "Boxes"


@pytest.mark.parametrize("locale", ["", "en", "fr", "nonsense."])
@pytest.mark.usefixtures("german")
def test_a_locale_without_words_has_the_lesson_itself(small: SmallCourse, locale: str) -> None:
    assert read_course(small.folder, locale).module("box").title == "Boxes"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("minutes: 10", "minutes: 11", "`minutes` is not what lesson.md has"),
        ("{#add}", "{#plus}", "the steps are not those of lesson.md: grow, add, both"),
        ("`box.py: grow`", "`box.py: Box.put`", "`grow` does not write what lesson.md has"),
        (">>> grow(3, 4)", ">>> grow(3,  4)", "the example of `grow` is not that of lesson.md"),
        ("2. It is `+`.\n", "", "2 items of `### Hints` in `grow`, where lesson.md has 3"),
        ("return x - step", "return step - x", "the code is not that of `Shrinks` in lesson.md"),
        ("\n  - Add what is in two boxes", " [a, b]", "2 outcomes, where lesson.md has 1"),
    ],
)
def test_what_is_no_matter_of_words_is_complained_of(
    small: SmallCourse, german: Path, old: str, new: str, message: str
) -> None:
    small.change(german, old, new)
    course = read_course(small.folder, "de")
    told = [c for c in course.complaints if c.message.startswith(message)]
    assert told, course.complaints
    assert told[0].file == german
    assert explained(told[0].message)
    assert course.module("box").title == "Boxes"  # the students have a lesson all the same


def test_the_place_of_a_difference_is_named(small: SmallCourse, german: Path) -> None:
    small.change(german, "{#add}", "{#plus}")
    (complaint,) = small.read().complaints
    assert complaint.line == small.line(german, "{#plus}")


def test_a_locale_is_read_as_systems_write_it() -> None:
    assert language_of("de_AT.UTF-8") == ("de-at", "de")
    assert language_of("sr@latin") == ("sr",)
    assert language_of("") == ()


def test_every_translation_of_the_course_is_sound() -> None:
    course = read_course(curriculum_folder())
    there = {(m.id, language) for m in course.modules for language in translations_of(m)}
    assert ("setup", "de") in there
    assert course.complaints == ()
