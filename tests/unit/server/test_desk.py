"""Where a complaint stands while the text around its line is edited."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tinytorch_ls.server.desk import moved

LINES = st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=6)


@given(head=LINES, tail=LINES, old=LINES, new=LINES)
def test_a_line_outside_of_an_edit_is_followed(
    head: list[str], tail: list[str], old: list[str], new: list[str]
) -> None:
    marked = ["first", *head, "the line", *tail, "last"]
    before, after = marked + old, marked + new
    assert _follow("the line", before, after) == "the line"
    assert _follow("the line", old + marked, new + marked) == "the line"


@given(old=LINES, new=LINES, line=st.integers(1, 6))
def test_every_line_lands_in_the_new_text(old: list[str], new: list[str], line: int) -> None:
    line = min(line, len(old))
    assert 1 <= moved(line, "\n".join(old), "\n".join(new)) <= len(new)


def test_a_line_that_is_being_changed_stays_put() -> None:
    assert moved(2, "a\nb\nc", "a\nbb\nc") == 2


def _follow(line: str, before: list[str], after: list[str]) -> str:
    number = moved(before.index(line) + 1, "\n".join(before), "\n".join(after))
    return after[number - 1]
