"""A text that Python can't read: the line that is at fault, and its own sentence."""

from __future__ import annotations

import ast
import codecs

import pytest

from tinytorch_ls.forms.python.form import PYTHON
from tinytorch_ls.forms.python.unreadable import Unreadable, fault_in_bytes, unreadable
from tinytorch_ls.forms.texts import BOM, is_empty

RAISE = 'raise NotImplementedError("box/add is yours to write")'
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
        (f"def f():\n    return 1{RAISE}\n", 2, "Your code and the `raise"),
        (f"def f():\n    return 1{RAISE[-12:]}\n", 2, "Your code and the `raise"),
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
    ("source", "line", "fact"),
    [
        (
            "class A:\n    def f(self):\n        x = 1\n    return x\n",
            4,
            "This `return` stands outside of every function",
        ),
        ("def f():\n    x = 1\nyield 1\n", 3, "This `yield` stands outside of every function"),
        ("def f():\n    x = 1\n    break\n", 3, "This `break` stands outside of every loop"),
        ("def f():\n    continue\n", 2, "This `continue` stands outside of every loop"),
    ],
)
def test_what_python_refuses_once_it_has_the_tree_is_a_fault_too(
    source: str, line: int, fact: str
) -> None:
    """`ast.parse` takes these, and the file can't be imported all the same."""
    found = PYTHON.fault_in(source)
    assert found
    assert (found.line, found.fact) == (line, fact)


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
        ("x = 1\n".encode("utf-32"), 1, "UTF-32"),
        (codecs.BOM_UTF32_BE + "x = 1\n".encode("utf-32-be"), 1, "UTF-32"),
        ("x = 1  # Grüße\n".encode("utf-16-le"), 1, "UTF-16"),
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


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_wide_encoding_without_a_mark_is_named_and_not_its_nuls(encoding: str) -> None:
    source = "x = 1\n\n\ndef f():\n    return x\n".encode(encoding).decode("utf-8")
    fault = unreadable(source, "SyntaxError", NUL_WORDS, 1)
    assert (fault.line, encoding[:6].upper() in fault.fact) == (1, True)
    assert "*Change File Encoding*" in fault.help


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"# coding: klingon\nx = 1\n", 1),
        (b"# Text.\n# -*- coding: rot13 -*-\nx = 1\n", 2),
        (b"# vim: set fileencoding=utf-16 :\nx = 1\n", 1),
        (b"# coding: ascii\nx = '\xc3\xbc'\n", 1),
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", 1),
    ],
)
def test_a_comment_that_names_another_encoding_is_marked(source: bytes, line: int) -> None:
    with pytest.raises(SyntaxError) as caught:
        compile(source, "x.py", "exec")
    fault = unreadable(source.decode("utf-8-sig"), "SyntaxError", caught.value.msg, 1)
    assert (fault.line, "This line says" in fault.fact) == (line, True)
    assert fault.help.startswith("Delete the line")


def test_a_name_in_another_error_is_no_word_of_an_encoding() -> None:
    fault = _compiled_fault("# coding: utf-8\ndef f(encoding, encoding):\n    return 1\n")
    assert "Python can't read this file" in fault.fact


def test_nuls_alone_are_an_empty_text() -> None:
    assert is_empty(BOM + "\0\0 \n")
    assert not is_empty("\0x\0")
    assert PYTHON.has_no_code("\0\0")
    assert "no text" in unreadable("\0\0", "SyntaxError", NUL_WORDS, 1).fact
    assert PYTHON.mended("\0\0", ["f"]).text == "\0\0"


def test_a_nul_byte_is_named_at_its_line() -> None:
    fault = unreadable("x = 1\ny = \0\n", "SyntaxError", NUL_WORDS, 1)
    assert (fault.line, "NUL" in fault.fact, "UTF-8" in fault.fact) == (2, True, False)


@pytest.mark.parametrize(
    ("source", "line", "fact", "way_out"),
    [
        (
            "x\u00a0= 1\n",
            1,
            "A character that can't be seen stands in this line: U+00A0",
            "a blank",
        ),
        (
            "x\u200b = 1\n",
            1,
            "A character that can't be seen stands in this line: U+200B",
            "Delete",
        ),
        ("x = 3 – 1\n", 1, "`–` is no sign of Python's", "Type `-`"),
        ("x = 3 × 1\n", 1, "`×` is no sign of Python's", "Type `*`"),
        ("x = ☃\n", 1, "`☃` is no sign of Python's", "Delete it"),
        ("x = 1\nprint 'hello'\n", 2, "`print` is called without parentheses here", "`print(...)`"),
        ("if x = 0:\n    y = 1\n", 1, "`if` asks something, and `=` asks nothing", "`==`"),
        ("while x.y = 0:\n    y = 1\n", 1, "`while` asks something", "`==`"),
        ("f(x) = 0\n", 1, "Python can't read this file: cannot assign to function call", "`x[i]`"),
        ("if x:\n    y = 1\nelse if z:\n    y = 2\n", 3, "`else if` is one word", "`elif`"),
        ("i++\nx = 1\n", 1, "Python has no `++`", "`i += 1`"),
        ("i--\nx = 1\n", 1, "Python has no `--`", "`i -= 1`"),
        ("if x && y:\n    z = 1\n", 1, "Python writes `&&` as `and`", "`&`"),
        ("if !x:\n    z = '&&'\n", 1, "Python writes `!` as `not`", "`~`"),
        ("y := 3\n", 1, "`:=` can't stand in a line of its own", "`y = ...`"),
        ("def f():\n    >>> y = 1\n", 2, "`>>>` is what a console shows", "Delete it in each line"),
        ("x = 1\n... y = 1\n", 2, "`...` is what a console shows", "Delete it in each line"),
        ("```python\nx = 1\n```\n", 1, "This line is a fence of Markdown", "backticks"),
        ("def f():\n```\n    x = 1\n", 2, "This line is a fence of Markdown", "backticks"),
        (
            "def f() {\n    x = 1\n}\n",
            1,
            "A colon opens a block in Python",
            "End this line with `:`",
        ),
        ("if x\n    y = 1\n", 1, "Python can't read this file: expected ':'", "ends in a colon"),
        ("try:\n    x = 1\ny = 2\n", 3, "Python can't read this file: expected 'except'", "`try`"),
        (
            "class A:\n    @property\ndef f():\n    x = 1\n",
            3,
            "The indentation is wrong",
            "further left",
        ),
        ("x = (1,\n", 1, "Python can't read this file: '(' was never closed", "Close it"),
        ("x = 1)\n", 1, "Python can't read this file: unmatched ')'", "Each bracket"),
        ("x = (1]\n", 1, "Python can't read this file: closing", "Each bracket"),
        ("x = 'abc\n", 1, "Python can't read this file: unterminated string", "with the quote"),
        ("x = [1 2]\n", 1, "Python can't read this file: invalid syntax. Perhaps", "a comma"),
        ("x = 2y\n", 1, "Python can't read this file: invalid decimal literal", "`2 * x`"),
        ("x = 3 $ 1\n", 1, "Python can't read this file: invalid syntax", "a missing colon"),
    ],
)
def test_each_slip_of_the_pen_has_its_own_sentence(
    source: str, line: int, fact: str, way_out: str
) -> None:
    found = _compiled_fault(source)
    assert found.line == line
    assert found.fact.startswith(fact)
    assert not found.fact.endswith(("?", "."))
    assert way_out in found.help
    assert ("a missing colon" in found.help) == (way_out == "a missing colon")
