"""Which line of a text became which of another, where both differ in one stretch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch_ls.forms.text import line_before

_LINES = st.lists(st.sampled_from("abcd"), max_size=6)
_LENGTHS = st.integers(0, 6)


@given(_LENGTHS, _LINES, _LINES, _LENGTHS)
def test_lines_around_a_change_are_found_again(
    above: int, old: list[str], new: list[str], below: int
) -> None:
    head, tail = [f"above {n}" for n in range(above)], [f"below {n}" for n in range(below)]
    before, after = ["#head", *head, *old, *tail, "#tail"], ["#head", *head, *new, *tail, "#tail"]
    texts = "\n".join(before), "\n".join(after)
    for line in range(len(head) + 1):
        assert before[line_before(*texts, line)] == after[line]
    for line in range(len(after) - len(tail) - 1, len(after)):
        assert before[line_before(*texts, line)] == after[line]
    places = [line_before(*texts, line) for line in range(len(after))]
    assert places == sorted(places)  # never back
    assert all(0 <= place < len(before) for place in places)


@pytest.mark.parametrize(("line", "found"), [(0, 0), (1, 1), (2, 1), (3, 1), (4, 2)], ids=str)
def test_new_lines_belong_to_the_line_above_them(line: int, found: int) -> None:
    assert line_before("a\nb\nc", "a\nb\nnew\nnew\nc", line) == found
