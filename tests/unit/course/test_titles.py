"""Steps are called by their titles in sentences: no id stands there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_course import SmallCourse

from tinytorch_ls.course.model import Course
from tinytorch_ls.course.read import read_course
from tinytorch_ls.course.titles import listed, numbered, titled, titled_from
from tinytorch_ls.messages import speak


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    speak("")


@pytest.fixture
def course(small: SmallCourse) -> Course:
    return read_course(small.folder)


def test_a_title_stands_in_the_quotes_of_the_language(course: Course) -> None:
    assert titled(course.steps["box/grow"]) == "“Grow a number”"
    assert titled(course.module("box")) == "“Boxes”"
    speak("de")
    assert titled(course.steps["box/grow"]) == "„Grow a number“"


def test_another_step_comes_with_its_module_where_that_is_another(course: Course) -> None:
    grow, add, close = (course.steps[each] for each in ("box/grow", "box/add", "lid/close"))
    assert titled_from(course, add, grow) == "“Grow a number”"
    assert titled_from(course, close, grow) == "“Grow a number” (01 Boxes)"
    assert numbered(course.module("lid")) == "02 Lids"


@pytest.mark.parametrize(
    ("count", "told"), [(1, "a"), (2, "a and b"), (3, "a, b and c"), (5, "a, b, c and 2 more")]
)
def test_a_list_names_the_first_and_counts_the_rest(count: int, told: str) -> None:
    assert listed(list("abcde")[:count], 3) == told
