"""The line that is marked: in the step's own functions, where the value or the error came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

LIBRARY = """\
from contextlib import contextmanager
from functools import wraps


def operation(function):
    @wraps(function)
    def recorded(*args):
        return function(*args)

    return recorded


def given(x):
    return 1.0 / x


@contextmanager
def quiet():
    yield


@operation
def grow(x):
    return x + 1.0


class Box:
    def __init__(self, value):
        self.value = value

    @property
    def half(self):
        return self.value / 2.0

    def rows(self):
        yield self.value
"""
TESTS = """\
def through(function, *args):
    return function(*args)

@step("try")
def test_grow(expect):
    expect(through(lab.grow, 3.0)).equals(4.0, because="one more")
    expect.raises(TypeError, lab.grow, "a", because="text doesn't grow")

@step("try")
def test_half(expect):
    expect((lab.Box(3.0).half, lab.Box(5.0).half)).equals((1.5, 2.5), because="halves")

@step("try")
def test_rows(expect):
    expect([row for row in lab.Box(3.0).rows()]).equals([3.0], because="one row")
"""
GROW = "@operation\ndef grow(x):\n    return x + 1.0\n"
HALF = "        return self.value / 2.0\n"
ROWS = "        yield self.value\n"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=("grow", "Box.half", "Box.rows"))


def _marked(lab: Lab, old: str, new: str) -> dict[str, str]:
    """The text of the line that is marked for each function."""
    assert LIBRARY.count(old) == 1
    code = LIBRARY.replace(old, new)
    verdict = lab.judge(code).verdict
    lines = code.splitlines()
    assert all(mark.where for mark in verdict.marks)
    return {m.function: lines[m.where.line - 1].strip() for m in verdict.marks if m.where}


def _grow(*body: str) -> str:
    return "@operation\ndef grow(x):\n" + "".join(f"    {line}\n" for line in body)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (("x = x + 2.0", "return x"), "return x"),
        (("y = x + 1.0", "print(y)"), "print(y)"),
        (("with quiet():", "    return x", "x = 0"), "return x"),
        (("try:", "    return x + 5.0", "finally:", "    x = 0"), "return x + 5.0"),
        (("return (", "    x", "    + 2.0", ")"), "return ("),
        (("if x > 5:", "    return 0.0", "return x"), "return x"),
        (("inner = lambda y: y + 3.0", "return inner(x)"), "return inner(x)"),
        (("def inner(y):", "    return y", "return inner(x)"), "return inner(x)"),
        (("return given(0.0)",), "return given(0.0)"),
        (("inner = lambda y: y.missing", "return inner(x)"), "inner = lambda y: y.missing"),
        (("for _ in range(3):", "    x += missing", "return x"), "x += missing"),
    ],
)
def test_a_function_is_marked_where_its_value_or_its_error_came_from(
    lab: Lab, body: tuple[str, ...], line: str
) -> None:
    found = _marked(lab, GROW, _grow(*body))["grow"]
    assert found in (line, "x", "+ 2.0") if line == "return (" else found == line


def test_an_error_that_is_missing_marks_the_function_that_was_called(lab: Lab) -> None:
    silent = _grow("return x if isinstance(x, str) else x + 1.0")
    assert _marked(lab, GROW, silent) == {"grow": "def grow(x):"}


def test_another_error_marks_the_line_that_raised_it(lab: Lab) -> None:
    own = _grow("if isinstance(x, str):", "    raise KeyError(x)", "return x + 1.0")
    assert _marked(lab, GROW, own) == {"grow": "raise KeyError(x)"}


def test_a_property_and_a_generator_are_marked_inside(lab: Lab) -> None:
    assert _marked(lab, HALF, "        return self.value\n") == {"Box.half": "return self.value"}
    assert _marked(lab, ROWS, "        yield self.missing\n") == {"Box.rows": "yield self.missing"}


def test_a_missing_import_marks_the_line_that_needs_it_alone(lab: Lab) -> None:
    code = LIBRARY.replace("    @property\n", "    @halved\n").replace("self.value / 2.0", "1.0")
    verdict = lab.judge(code).verdict
    lines = code.splitlines()
    marked = [lines[mark.where.line - 1].strip() for mark in verdict.marks if mark.where]
    assert marked == ["@halved"]
