"""What a student hardly means: a kept `raise`, a second definition; each at its place."""

from __future__ import annotations

import pytest

from tinytorch_ls.forms.python.oddities import oddities

RAISE = 'raise NotImplementedError("box/add is yours to write")'


def _box(*lines: str) -> str:
    body = "\n".join(f"        {line}" for line in lines)
    return f"class Box:\n    def add(self, other):\n        '''TODO.'''\n{body}\n"


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ((RAISE, "return 1"), 4, "Your code below this"),
        (("x = 1", RAISE), 5, "Your code runs up to this"),
        (("if x:", "    return 1", RAISE), 6, "Your code runs up to this"),
        (("if x:", "    return 1", "else:", f"    {RAISE}"), 7, "This `raise"),
        (("try:", "    x()", "except OSError:", f"    {RAISE}"), 7, "This `raise"),
    ],
)
def test_a_kept_raise_is_found_on_its_line(lines: tuple[str, ...], line: int, words: str) -> None:
    source = _box(*lines)
    (found,) = oddities(source, ["Box.add"])
    assert found.symbol == "Box.add"
    assert found.place.start.line == line
    assert found.place.of(source) == RAISE
    assert found.message.startswith(words)


@pytest.mark.parametrize("lines", [(RAISE,), ("return 1",), ("return 1", RAISE)])
def test_a_stub_written_code_and_a_raise_never_reached_are_not_odd(lines: tuple[str, ...]) -> None:
    assert oddities(_box(*lines), ["Box.add"]) == ()


def test_what_the_stub_itself_has_above_its_raise_is_not_the_students() -> None:
    stub = _box("if other is None:", "    raise ValueError", RAISE)
    assert oddities(stub, ["Box.add"], stub) == ()
    (found,) = oddities(stub.replace("ValueError", "TypeError"), ["Box.add"], stub)
    assert "runs up to this" in found.message


STUB = f"""\
def grow(x, step):
    '''Grow by a step.

    TODO: Add them.

    EXAMPLE:
        >>> grow(1, 2)
        3
    '''
    {RAISE}
"""


@pytest.mark.parametrize("left", [f"    {RAISE}\n", ""])
@pytest.mark.parametrize(
    "code", ["    return x + step\n", "    total = x\n    return total + step\n", "    return x"]
)
def test_code_that_was_written_into_the_docstring_is_found_there(left: str, code: str) -> None:
    source = STUB.replace("    '''\n", f"{code}    '''\n").replace(f"    {RAISE}\n", left)
    (found,) = oddities(source, ["grow"], STUB)
    assert found.place.start.line == 9
    assert found.place.of(source) == code.strip()
    assert "stands inside the docstring" in found.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    TODO: Add them.\n", "    TODO: Add them.\n    I think it is a sum\n"),
        (RAISE, "return x + step"),
        ("    TODO: Add them.\n", ""),
        ("        3\n", "        3\n        >>> grow(2, 2)\n        4\n"),
    ],
)
def test_words_in_a_docstring_are_no_code(old: str, new: str) -> None:
    assert oddities(STUB.replace(old, new), ["grow"], STUB) == ()


def test_a_second_def_is_found_where_it_hides_the_first() -> None:
    source = "class Box:\n    def add(self): return 1\n\n    def add(self): return 2\n"
    (found,) = oddities(source, ["Box.add"])
    assert found.place.start.line == 4
    assert found.place.of(source) == "def add"
    assert "second `def add`: Python forgets the one in line 2." in found.message


def test_a_second_class_is_found_with_what_it_hides() -> None:
    source = "class Box:\n    def add(self): return 1\n\n\nclass Box:\n    pass\n"
    (found,) = oddities(source, ["Box.add"])
    assert (found.symbol, found.place.of(source)) == ("Box.add", "class Box")
    assert "line 1 with all that stands in it" in found.message


@pytest.mark.parametrize(
    "source",
    [
        "class Box:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, x): ...\n",
        "if 1:\n    def x(): ...\nelse:\n    def x(): ...\n",
        "@overload\ndef x(): ...\ndef x(): ...\n",
        "def mine(): ...\ndef mine(): ...\n",
    ],
)
def test_definitions_that_belong_together_or_are_no_steps_are_not_odd(source: str) -> None:
    assert oddities(source, ["x", "Box.x"]) == ()


@pytest.mark.parametrize(
    ("source", "symbol", "words"),
    [
        ("def grow(x):\n    return x\n\n\ngrow = abs\n", "grow", "`grow` is given something else"),
        (
            "class T:\n    def size(self):\n        return 1\n\n    size = lambda self: 3\n",
            "T.size",
            "Python forgets the `def` in line 2.",
        ),
        (
            "class T:\n    def size(self):\n        return 1\n\n\nif True:\n    T.size = len\n",
            "T.size",
            "`T.size` is given something else here",
        ),
    ],
)
def test_a_name_that_is_given_another_value_is_found_there(
    source: str, symbol: str, words: str
) -> None:
    (found,) = oddities(source, [symbol])
    assert found.place.start.line == len(source.splitlines())
    assert words in found.message


@pytest.mark.parametrize(
    "line",
    ["grow = quick(grow)", "T.size = property(T.size)", "other = 3", "grow: object", "T.other = 3"],
)
def test_a_name_that_is_wrapped_or_is_another_is_not_odd(line: str) -> None:
    size = "class T:\n    def size(self):\n        return 1\n"
    source = f"def grow(x):\n    return x\n\n\n{size}\n\n{line}\n"
    assert oddities(source, ["grow", "T.size"]) == ()


def test_a_value_above_the_function_is_not_odd() -> None:
    assert oddities("grow = None\n\n\ndef grow(x):\n    return x\n", ["grow"]) == ()


IMPORTS = "from tinytorch.tensor import Tensor\n\n\n"
HALVE = "def halve(x):\n    return Tensor([x.item() / 2])\n"
OWN = "class Tensor:\n    pass\n\n\n"


@pytest.mark.parametrize("imports", [IMPORTS, ""])
def test_a_definition_in_place_of_what_the_course_imports_is_found_there(imports: str) -> None:
    (found,) = oddities(imports + OWN + HALVE, ["halve"], f"{IMPORTS}def halve(x):\n    {RAISE}\n")
    assert found.place.of(imports + OWN) == "class Tensor"
    assert "the one from `tinytorch.tensor`" in found.message


def test_a_definition_that_the_stub_has_too_or_an_import_follows_is_not_odd() -> None:
    assert oddities(IMPORTS + OWN + HALVE, ["halve"], IMPORTS + OWN) == ()
    assert oddities(OWN + IMPORTS + HALVE, ["halve"]) == ()
    assert oddities(IMPORTS + OWN + f"def halve(x):\n    {RAISE}\n", ["halve"]) == ()
