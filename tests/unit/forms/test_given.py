"""What is given says so in a docstring; the checks at the head of a body are told by form."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from tinytorch_ls.forms.python.given import given_functions, given_names, prologue
from tinytorch_ls.forms.python.symbols import definitions

HELPERS = '''\
def check(x):
    """Raises if x is bad. Given."""


def given_to_nobody(x):
    """Given names are no word of ours. It grows."""


class Plumbing:
    """What boxes share. Given."""

    def first(self):
        def inner(): ...

    @property
    def size(self): ...

    @size.setter
    def size(self, size): ...


class Box:
    def _sound(self):
        """Given."""

    @property
    def side(self):
        """A length. Given."""

    @side.setter
    def side(self, side): ...

    def add(self, x):
        """Add x."""
'''


def _checks(*lines: str) -> list[str]:
    """The first line of each check at the head of `Box.add` with these lines."""
    source = HELPERS + textwrap.indent("\n".join(lines), " " * 8)
    found = prologue(definitions(source)["Box.add"], given_functions(source))
    return [ast.unparse(statement).splitlines()[0] for statement in found]


def test_what_is_given_says_so_itself_or_its_class_does() -> None:
    assert given_functions(HELPERS) == {
        "check",
        "Plumbing.first",
        "Plumbing.first.<locals>.inner",
        "Plumbing.size",
        "Plumbing.size.setter",
        "Box._sound",
        "Box.side",
        "Box.side.setter",
    }


def test_all_of_a_file_is_given_that_says_so() -> None:
    assert "Box.add" in given_functions('"""Plumbing. Given."""\n' + HELPERS)


def test_leading_checks_are_kept() -> None:
    found = _checks(
        "check(x)",
        "self._sound()",
        "if x < 0:",
        "    raise ValueError(x)",
        "y = x",
        "check(y)",
        "return y",
    )
    assert found == ["check(x)", "self._sound()", "if x < 0:"]


@pytest.mark.parametrize(
    "line",
    [
        "x = check(x)",
        "return check(x)",
        "given_to_nobody(x)",
        "other._sound()",
        "if x < 0:\n    return x",
        "if x < 0:\n    raise ValueError\nelse:\n    x = 1",
        "for y in x:\n    check(y)",
    ],
)
def test_what_does_more_than_check_is_the_students(line: str) -> None:
    assert _checks(*line.splitlines(), "return x") == []


def test_checks_that_are_all_of_a_body_are_what_is_taught() -> None:
    assert _checks("check(x)", "if x < 0:", "    raise ValueError(x)") == []


def test_an_imported_check_is_given_by_the_name_it_is_imported_as(tmp_path: Path) -> None:
    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch/helpers.py").write_text(HELPERS, encoding="utf-8")
    source = "from tinytorch.helpers import check as sound, given_to_nobody\nimport os\n"
    assert given_names(source, tmp_path) == {"sound"}
    assert given_names("from tinytorch.gone import check\n", tmp_path) == frozenset()
