"""A text that Python can't read: the line that is at fault, and its own sentence."""

from __future__ import annotations

import ast

import pytest

from tinytorch_ls.forms.python.unreadable import Unreadable, fault_in_bytes, unreadable

NUL_WORDS = "source code string cannot contain null bytes"


def _fault(source: str) -> Unreadable:
    with pytest.raises(SyntaxError) as caught:
        ast.parse(source)
    error = caught.value
    return unreadable(source, type(error).__name__, error.msg, error.lineno or 1)


def _compiled_fault(source: str) -> Unreadable:
    with pytest.raises(SyntaxError) as caught:
        compile(source, "x.py", "exec")
    error = caught.value
    return unreadable(source, type(error).__name__, error.msg, error.lineno or 1)


@pytest.mark.parametrize(
    ("source", "line", "fact"),
    [
        ("def f():\n    if 1:\n\treturn 2\n", 3, "Tabs and blanks are mixed"),
        (
            "x = 1\n<<<<<<< HEAD\nx = 2\n=======\nx = 3\n>>>>>>> other\n",
            2,
            "A merge left its marks",
        ),
        ("x = 1\n=======\nx = 3\n", 2, "A merge left its marks"),
        (
            'def f():\n    """Gives 1.\n    return 1\n\n\ndef g():\n    """It doesn\'t."""\n',
            2,
            'The text that begins with `"""` in this line has no end',
        ),
        (
            'TEXT = "a"  # """\n"""One: # two"""\n\'\'\'Open\n\n\n@kept\ndef g():\n    """So."""\n',
            3,
            "The text that begins with `'''` in this line has no end",
        ),
        ('"""Shows\n\ndef f(x):\n"""\nx = (1,\n', 5, "Python can't read this file"),
        ("def f():\r\n    x = 1\r\n=======\r\n    x = 3\r\n", 3, "A merge left its marks"),
        ("x = 1\n||||||| base\nx = 3\n", 2, "A merge left its marks"),
        ('"""Headed\n=======\n"""\nx = (1,\n', 4, "Python can't read this file"),
        ("x = 1\n  y = 2\n", 2, "The indentation is wrong"),
        ("def f():\nreturn 1\n", 2, "The indentation is wrong"),
        ("def f():\n        x = 1\n    return x\n", 3, "The indentation is wrong"),
        ("x = “a”\n", 1, "These are quotes of a text"),
        ("x = (1,\n", 1, "Python can't read this file"),
        ("def f()\n    return 1\n", 1, "Python can't read this file"),
    ],
)
def test_each_fault_of_a_text_has_its_line_and_its_sentence(
    source: str, line: int, fact: str
) -> None:
    found = _fault(source)
    assert found.line == line
    assert found.fact.startswith(fact)
    assert found.help


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("import numpy\n", 1),
        ('"""Tensors."""\n# a comment\n\nimport numpy\n', 4),
        ('"""Tensors\nin two lines."""\nx = 1\n', 3),
    ],
)
def test_the_line_above_a_future_import_is_marked_and_not_the_import(above: str, line: int) -> None:
    found = _compiled_fault(above + "from __future__ import annotations\n")
    assert (found.line, found.fact) == (line, "A line stands above `from __future__`")


@pytest.mark.parametrize(
    ("data", "line", "encoding"),
    [
        ("x = 1\n".encode("utf-16"), 1, "UTF-16"),
        ("x = 1\n# Grüße\n".encode("latin-1"), 2, "another encoding"),
    ],
)
def test_another_encoding_is_named(data: bytes, line: int, encoding: str) -> None:
    found = fault_in_bytes(data)
    assert found
    assert found.line == line
    assert encoding in found.fact
    assert "*Change File Encoding*" in found.help  # the palette has no *Save with Encoding*


def test_utf_8_is_no_fault() -> None:
    assert fault_in_bytes("x = 'Grüße'\n".encode()) is None


def test_a_nul_byte_is_named_at_its_line() -> None:
    fault = unreadable("x = 1\ny = \0\n", "SyntaxError", NUL_WORDS, 1)
    assert (fault.line, "NUL" in fault.fact, "UTF-8" in fault.fact) == (2, True, False)
