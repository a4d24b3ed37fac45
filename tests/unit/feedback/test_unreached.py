"""A test that ends before an expectation to which it comes with the library's code fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

LIBRARY = """\
def halves(items):
    middle = len(items) // 2
    yield items[:middle]
    yield items[middle:]


class Guard:
    def __enter__(self):
        return 1

    def __exit__(self, kind, error, trace):
        return False
"""
TESTS = """\
@step("try")
def test_each_half(expect):
    for half in lab.halves([1, 2, 3, 4]):
        expect(len(half)).equals(2, because="half of four")

@step("try")
def test_guard(expect):
    with lab.Guard() as one:
        expect(one + 1).equals(2, because="one and one")
"""
GUARD = LIBRARY[LIBRARY.index("class") :]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=("halves", "Guard.__exit__"))


def test_the_library_comes_to_all(lab: Lab) -> None:
    assert lab.judge(LIBRARY).verdict.state == "passed"


@pytest.mark.parametrize(
    "body", ["    return []", "    return iter(())", "    return (item for item in items[:0])"]
)
def test_what_has_nothing_to_go_through_fails_where_it_is_made(lab: Lab, body: str) -> None:
    verdict = lab.judge(f"def halves(items):\n{body}\n\n\n{GUARD}").verdict
    assert verdict.state == "failing"
    (mark,) = verdict.marks
    assert mark.failure.headline == "The test came to its end, and never to `len(half)`."
    assert "empty here" in mark.failure.help
    assert mark.failure.test == "test_each_half"
    assert (mark.function, mark.where and mark.where.line) == ("halves", 2)
    assert mark.expectation
    assert mark.expectation.line == TESTS.count("\n", 0, TESTS.index("expect(len")) + 6


def test_an_error_that_is_swallowed_on_the_way_is_no_pass(lab: Lab) -> None:
    swallowing = LIBRARY.replace("return 1", "return None").replace("return False", "return True")
    verdict = lab.judge(swallowing).verdict
    assert verdict.state == "failing"
    assert verdict.failure
    assert verdict.failure.headline == "The test came to its end, and never to `one + 1`."


def test_more_in_one_line_than_the_library_has_is_no_matter(lab: Lab) -> None:
    more = (
        "def halves(items):\n    yield items[:2]\n    yield items[2:]\n    yield items[1:3]\n\n\n"
    )
    assert lab.judge(more + GUARD).verdict.state == "passed"
