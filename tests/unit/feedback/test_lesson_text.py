"""A lesson's words as the readers show them."""

from __future__ import annotations

from tests.unit.small_course import SmallCourse
from tinytorch_ls.feedback.lesson_text import module_markdown


def test_an_answer_is_folded_away_below_its_question(small: SmallCourse) -> None:
    module = small.read().module("box")
    folded = "<details><summary>An answer</summary>\n\nFor a number.\n\n</details>"
    assert module_markdown(module).endswith(f"**What is a box for?**\n\n{folded}")


def test_an_answer_that_is_kept_back_is_nowhere(small: SmallCourse) -> None:
    text = module_markdown(small.read().module("box"), answers="kept back")
    assert text.endswith("## Think about it\n\n- What is a box for?")
