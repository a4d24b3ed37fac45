"""A function that returns nothing is judged by what it leaves behind, and in words that fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

from tinytorch_ls.feedback.verdict import Failure

LIBRARY = """\
class Box:
    def __init__(self):
        self.items = None


def fill(box, item) -> None:
    box.items = [item]
"""
SILENT = "fill(box, item) -> None"


def _failure(tmp_path: Path, observed: str, new: str, library: str = LIBRARY) -> Failure:
    body = f"box = lab.Box()\n    lab.fill(box, 3)\n    {observed}"
    tests = f'@step("try")\ndef test_fill(expect):\n    {body}\n'
    lab = Lab(tmp_path, library, tests, symbols=("fill",))
    failure = lab.judge_change("box.items = [item]", new).verdict.failure
    assert failure
    return failure


def test_what_is_still_none_is_no_missing_return(tmp_path: Path) -> None:
    observed = "expect(box.items.count(3)).equals(1, because='it is there once')"
    failure = _failure(tmp_path, observed, "pass")
    assert failure.fact == "A value is still `None`"
    assert failure.help == "Nothing was put where the test looks."


def test_none_in_an_attribute_was_not_given_by_the_function(tmp_path: Path) -> None:
    observed = "expect(box.items).equals([3], because='it was put there')"
    failure = _failure(tmp_path, observed, "pass")
    assert failure.headline == "`box.items` is None; a list of int was wanted."
    assert "return" not in failure.help


def test_an_index_on_what_is_still_none_is_no_missing_return_either(tmp_path: Path) -> None:
    observed = "expect(box.items[0]).equals(3, because='it is the first')"
    assert "return" not in _failure(tmp_path, observed, "pass").help


def test_where_something_should_come_back_a_missing_return_is_told(tmp_path: Path) -> None:
    library = LIBRARY.replace(SILENT, "fill(box, item)") + "    return box.items\n"
    observed = "expect(lab.fill(box, 3).count(3)).equals(1, because='it comes back')"
    failure = _failure(tmp_path, observed, "return", library)
    assert failure.headline == "`fill` gave None."
    assert "`return` is missing" in failure.help


def test_what_is_read_from_an_object_is_not_said_to_be_given(tmp_path: Path) -> None:
    observed = "expect(box.items).equals([3], because='it was put there')"
    failure = _failure(tmp_path, observed, "box.items = (item,)")
    assert failure.headline == "`box.items` is a tuple of int; a list of int was wanted."


@pytest.mark.parametrize(
    ("new", "fact"),
    [
        ("box.items = [item, 1]", "Gives more parts than the test takes"),
        ("box.items = []", "Gives fewer parts than the test takes"),
    ],
)
def test_parts_that_a_test_takes_apart_are_counted(tmp_path: Path, new: str, fact: str) -> None:
    observed = "(one,) = box.items\n    expect(one).equals(3, because='it is the only one')"
    assert _failure(tmp_path, observed, new).fact == fact
