"""What is given says so in a docstring; the checks at the head of a body are told by form."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from tinytorch_ls.forms.python.given import given_functions, given_names, prologue
from tinytorch_ls.forms.python.prologue import with_prologue
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


CHECKED = '''\
class Box:
    def add(self, other):
        """Add."""
        if not isinstance(other, Box):
            raise TypeError(
                f"a box takes a box, not {other!r}"
            )
        return Box(self.value + other.value)
'''
_CHECK = (
    "if not isinstance(other, Box):",
    "    raise TypeError(",
    '        f"a box takes a box, not {other!r}"',
    "    )",
)


@pytest.mark.parametrize(
    ("code", "indent"),
    [
        ("def add(self, other):\n    return other\n", 4),
        ("class Box:\n    def add(self, other):\n        return other\n", 8),
        ("class Box:\n  def add(self, other):\n      return other\n", 6),
    ],
)
def test_a_lessons_code_gets_the_checks_at_its_own_depth(
    code: str, indent: int, tmp_path: Path
) -> None:
    whole = with_prologue(code, "Box.add", CHECKED, tmp_path)
    checks = "".join(f"{' ' * indent}{line}\n" for line in _CHECK)
    head, _, last = code.rpartition(" " * indent)
    assert whole == f"{head}{checks}{' ' * indent}{last}"
    assert with_prologue(whole, "Box.add", CHECKED, tmp_path) == whole


def test_a_body_on_the_line_of_its_colon_gets_them_below_it(tmp_path: Path) -> None:
    whole = with_prologue("def add(self, other): return other\n", "Box.add", CHECKED, tmp_path)
    checks = "".join(f"    {line}\n" for line in _CHECK)
    assert whole == f"def add(self, other): \n{checks}    return other\n"
