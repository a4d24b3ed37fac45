"""A definition is found in a text that Python can't read; errors elsewhere are refused."""

from __future__ import annotations

import pytest

from tinytorch_ls.forms.python.broken import mended
from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.forms.refused import Refused

ABOVE = '''\
"""Boxes."""

import math


class Box:
    """A box."""

    def __init__(self, value):
        self.value = value

    @math.log
'''
BELOW = '''

    # of the next one
    def sub(self, other):
        """Its own docstring."""
        return 2


def helper(x):
    return x
'''
BROKEN = {
    "open bracket": "    def add(self, other):\n        return (1 + (2",
    "open string": '    def add(self, other):\n        """Doc.\n        return 1',
    "no colon": "    def add(self, other)\n        return 1",
    "misspelt def": "    dfe add(self, other):\n        return 1",
    "open parameters": "    def add(self, other:\n        return 1",
    "too deep": "    def add(self, other):\n        x = 1\n            return x",
    "at the margin": "    def add(self, other):\n        if x:\nreturn 1\n        else: pass",
    "conflict": "    def add(self, other):\n<<<<<<< mine\n        return 1\n=======\n        pass",
    "half a line": "    def add(self, other):\n        return 1 +",
    "no body": "    def add(self, other):",
    "long signature": "    def add(\n        self,\n        other,\n    ):\n        return ((1)",
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_the_lines_of_the_broken_one_are_taken(case: str, end: str) -> None:
    source = (ABOVE + BROKEN[case] + BELOW).replace("\n", end)
    found = mended(source, ["Box.add"])
    written = BROKEN[case].lstrip().replace("\n", end)
    assert found.broken == {"Box.add": written}
    assert found.text == source.replace(written, "def add(): ...")
    assert list(definitions(found.text)) == ["Box.__init__", "Box.add", "Box.sub", "helper"]


def test_of_two_broken_ones_both_are_found_if_both_are_named() -> None:
    source = ABOVE + BROKEN["open bracket"] + BELOW.replace("return 2", "return [2")
    assert set(mended(source, ["Box.add", "Box.sub"]).broken) == {"Box.add", "Box.sub"}
    with pytest.raises(Refused, match="syntax error in line"):
        mended(source, ["Box.add"])


def test_an_error_elsewhere_is_refused_with_its_line() -> None:
    source = ABOVE + "    def add(self): return 1" + BELOW.replace("return x", "return )")
    line = source[: source.index("return )")].count("\n") + 1
    with pytest.raises(Refused, match=rf"your file has a syntax error in line {line}: .*mend it"):
        mended(source, ["Box.add"])


def test_a_text_without_an_error_is_left_as_it_is() -> None:
    assert mended("x = 1\n", ["add"]).text == "x = 1\n"


@pytest.mark.parametrize(
    "decorators",
    [
        "@math.log(1",
        "@math.log(\n        1,",
        "@math.log(1\n    @math.exp",
        "@math.log\n    @math.exp)",
        "@math.log[\n    # why\n        1,\n    )",
        "@",
    ],
)
@pytest.mark.parametrize("body", ["return 1", "return (1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_error_in_a_decorator_is_one_of_the_definition_below(
    decorators: str, body: str, end: str
) -> None:
    written = f"{decorators}\n    def add(self):\n        {body}".replace("\n", end)
    above = ABOVE.removesuffix("    @math.log\n").replace("\n", end)
    source = f"{above}    {written}{BELOW.replace(chr(10), end)}"
    found = mended(source, ["Box.add"])
    assert found.broken == {"Box.add": written}
    assert found.text == source.replace(written, "def add(): ...")
    with pytest.raises(Refused):
        mended(source, ["Box.sub"])


def test_a_broken_function_of_the_file_is_found() -> None:
    source = "def first():\n    return 1\n\n\nasync def grow(x):\n    return {x\n\n\ndef z(): ...\n"
    assert mended(source, ["grow"]).broken == {"grow": "async def grow(x):\n    return {x"}


@pytest.mark.parametrize(
    "own",
    [
        "def grow(x):\n    return x\n\ndef mine(x):\ny = x\nreturn y",  # `grow` is whole
        "def grow(x):\nreturn x\n\n\ndef mine(x):\ny = x\nreturn y",  # `mine` stands apart
        "def grow(x):\n    return (x\n\ndef mine(x):\ny = x\nreturn y",
        "def grow(x): return x\ndef mine(x):\ny = x\nreturn y",
        "def grow(x):\n    return x\ndef mine(x):\ny = x\nreturn y",
    ],
)
def test_a_broken_function_below_is_no_part_of_one(own: str) -> None:
    with pytest.raises(Refused):
        mended(f"{own}\n\n\ndef z(): ...\n", ["grow"])


def test_what_is_left_of_a_method_does_not_take_the_others_in() -> None:
    body = "self.x = other\n\n\nif other:\n    self.y = other"
    found = mended(f"{ABOVE}    def add(self, other):\n{body}{BELOW}", ["Box.add"])
    assert list(definitions(found.text)) == ["Box.__init__", "Box.add", "Box.sub", "helper"]
