"""Slips of the pen that Python calls invalid syntax: what each is, and the next move."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize

from tinytorch_ls.messages import say

Words = tuple[str, str]
"""A fact without a full stop, and what to do."""

_MARKS = {
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "*",
    "·": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "→": "->",
}
"""Signs of a text for which code has its own."""

_IN_CODE = {"&&": "and", "||": "or", "!": "not"}
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|#.*")


def slip_of(message: str, line: str) -> Words | None:
    """What is wrong with a line of which Python says this; None where that is not known."""
    code = _QUOTED.sub('""', line)
    for said, written, words in _KINDS:
        if re.search(said, message) and (found := re.search(written, code)):
            return words(found, message)
    return None


def _as_python_says(message: str, way_out: str) -> Words:
    return say("Python can't read this file: {message}", message=message.rstrip("?")), way_out


def _of_a_character(message: str) -> Words:
    sign = message.partition("'")[2][:1]
    plain = _MARKS.get(sign, normalize("NFKC", sign))
    fact = say("`{sign}` is no sign of Python's", sign=sign)
    if plain.isascii():
        return fact, say(
            "Code copied from a page may have it. Type `{plain}` in its place.",
            plain=plain,
        )
    return fact, say("Delete it, or put it into quotes if it belongs to a text.")


_KINDS: tuple[tuple[str, str, Callable[[re.Match[str], str], Words]], ...] = (
    (
        "",
        r"^\s*```",
        lambda _, __: (
            say("This line is a fence of Markdown, and no code"),
            say(
                "It comes along when code is copied from a chat or a page. Delete the lines that "
                "begin with three backticks and keep what stands between them."
            ),
        ),
    ),
    (
        "",
        r"^\s*(>>>|\.\.\.) ",
        lambda found, _: (
            say("`{prompt}` is what a console shows before a line, and no code", prompt=found[1]),
            say(
                "It comes along when an example is copied. Delete it in each line, and delete the "
                "lines that show an answer."
            ),
        ),
    ),
    (
        "invalid non-printable character",
        "",
        lambda _, message: (
            say("A character that can't be seen stands in this line: {code}", code=message[-6:]),
            say(
                "It comes along when code is copied from a page: U+00A0 looks like a blank, U+200B "
                "has no width. Delete it where the mark stands; where it was a blank, type one."
            ),
        ),
    ),
    ("invalid character", "", lambda _, message: _of_a_character(message)),
    (
        "Missing parentheses in call to",
        r"\b(print|exec)\b",
        lambda found, _: (
            say("`{name}` is called without parentheses here", name=found[1]),
            say("It is a function: `{name}(...)`, with its argument between them.", name=found[1]),
        ),
    ),
    (
        "Maybe you meant '=='",
        r"^\s*(if|elif|while)\b",
        lambda found, _: (
            say("`{word}` asks something, and `=` asks nothing", word=found[1]),
            say("`=` gives a name a value. `==` asks whether two values are equal."),
        ),
    ),
    (
        "cannot assign to",
        "",
        lambda _, message: _as_python_says(
            message.partition(".")[0],
            say(
                "What stands on the left of `=` gets a value: a name, `self.name` or `x[i]`. "
                "`==` asks whether two values are equal."
            ),
        ),
    ),
    (
        "expected ':'|^invalid syntax",
        r"^\s*else\s+if\b",
        lambda _, __: (
            say("`else if` is one word in Python: `elif`"),
            say("Write `elif`, the question and a colon."),
        ),
    ),
    (
        "expected ':'|^invalid syntax",
        r"^\s*(?:def|if|elif|else|for|while|class)\b.*\{\s*$",
        lambda _, __: (
            say("A colon opens a block in Python, and no brace"),
            say(
                "End this line with `:` and begin the lines of the block four blanks further in. "
                "The first line that begins further left ends it."
            ),
        ),
    ),
    (
        "expected ':'",
        "",
        lambda _, __: _as_python_says(
            "expected ':'",
            say("The line that opens a block ends in a colon: `if x > 0:`, `def f(x):`, `else:`."),
        ),
    ),
    (
        "^invalid syntax",
        r"(\w+)\s*(\+\+|--)|(\+\+|--)\s*(\w+)",
        lambda found, _: (
            say("Python has no `{sign}`", sign=found[2] or found[3]),
            say(
                "`{name} {sign} 1` changes `{name}` by one.",
                name=found[1] or found[4],
                sign=f"{(found[2] or found[3])[0]}=",
            ),
        ),
    ),
    (
        "^invalid syntax",
        r"&&|\|\||!(?!=)",
        lambda found, _: (
            say("Python writes `{sign}` as `{word}`", sign=found[0], word=_IN_CODE[found[0]]),
            say(
                "`and`, `or` and `not` join questions. Of whole arrays `&`, `|` and `~` do so, "
                "element by element."
            ),
        ),
    ),
    (
        "^invalid syntax",
        r"^\s*(\w+)\s*:=",
        lambda found, _: (
            say("`:=` can't stand in a line of its own"),
            say("`{name} = ...` gives the name its value.", name=found[1]),
        ),
    ),
    (
        "expected 'except' or 'finally' block",
        "",
        lambda _, message: _as_python_says(
            message,
            say(
                "A `try` above has neither. Put an `except` below it, as far in as the `try`, or "
                "take the `try` away."
            ),
        ),
    ),
    (
        "was never closed",
        "",
        lambda _, message: _as_python_says(
            message, say("Close it where what it holds ends: here, or in a line below.")
        ),
    ),
    (
        "^unmatched|does not match opening",
        "",
        lambda _, message: _as_python_says(
            message,
            say(
                "Each bracket is closed once, by its own kind: `(` by `)`, `[` by `]`. Count those "
                "of this line."
            ),
        ),
    ),
    (
        "unterminated",
        "",
        lambda _, message: _as_python_says(
            message,
            say(
                "A text ends with the quote that it began with, in the same line. One that has a "
                "`'` in it stands between `\"`."
            ),
        ),
    ),
    (
        "forgot a comma",
        "",
        lambda _, message: _as_python_says(
            message, say("Two values stand side by side: a comma or an operator belongs between.")
        ),
    ),
    (
        "invalid decimal literal",
        "",
        lambda _, message: _as_python_says(
            message,
            say("A name can't begin with a digit. Where a product is meant, write `2 * x`."),
        ),
    ),
)
"""What Python says, what the line has, and the words for it: the first that fits is meant."""
