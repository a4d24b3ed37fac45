"""The LaTeX of lessons in plain characters: `\\frac{1}{1 + e^{-x}}` becomes 1 / (1 + e⁻ˣ)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tinytorch_ls.feedback import math_signs as signs
from tinytorch_ls.feedback.math_row import (
    Part,
    bracketed,
    is_atom,
    is_factor,
    is_plain,
    is_sum,
    row_text,
)

_MOST_DEPTH = 30
_NO_LINE = re.compile(r"\\\\|\\(?:begin|end)\b|(?<!\\)&")  # tables, and lines one below the other
_TOKEN = re.compile(r"\\([A-Za-z]+)\s*|\\(.)|(\s+)|(\d+(?:\.\d+)?|.)", re.S)
_NAME = re.compile(r"[^\W\d_]+", re.ASCII)
_OPERATORS = {"+": "+", "-": "-", "−": "-", "=": "=", "<": "<", ">": ">"}


class UnknownFormulaError(Exception):
    """A formula that is not put into plain characters."""


def plain_math(latex: str) -> str:
    """A formula, without its dollars, in plain characters; commands not known here stay.

    Raises UnknownFormulaError where it is no formula, or one that fills more than a line.
    """
    if _NO_LINE.search(latex):
        raise UnknownFormulaError
    return _Reader(latex).read()


@dataclass(frozen=True)
class _Token:
    """A command without its backslash, or a number, or a character."""

    text: str
    command: bool
    source: str


def _tokens(latex: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(latex):
        word, sign, blank, plain = found.groups()
        if word or sign:
            yield _Token(word or sign, True, found[0])
        else:
            yield _Token(" " if blank else plain, False, found[0])


class _Reader:
    """Reads a formula from its first token to its last."""

    def __init__(self, latex: str) -> None:
        self.tokens = list(_tokens(latex))
        self.place = 0
        self.depth = 0

    def read(self) -> str:
        text = self._row()
        if self._peek():  # a brace that nothing opened
            raise UnknownFormulaError
        return text

    def _peek(self) -> str:
        """The next token as it is written; "" at the end."""
        return self.tokens[self.place].source if self.place < len(self.tokens) else ""

    def _next(self) -> _Token:
        if not self._peek():
            raise UnknownFormulaError
        self.place += 1
        return self.tokens[self.place - 1]

    def _row(self) -> str:
        """What stands up to the end of the group, as one line."""
        parts: list[Part] = []
        while (source := self._peek()) and source != "}":
            if source in ("^", "_"):
                while parts and parts[-1].kind == "blank":
                    parts.pop()
                parts.append(self._scripts(parts.pop() if parts else Part("", "mark")))
            else:
                parts.append(self._part())
        return row_text(parts)

    def _argument(self) -> str:
        """What a command, `^` or `_` is about: a group, or the one thing behind it."""
        while self._peek().isspace():
            self.place += 1
        if (source := self._peek())[:1].isdigit() and source[1:]:  # of a number, the first digit
            self.tokens[self.place : self.place + 1] = [*_tokens(source[0]), *_tokens(source[1:])]
        return self._part().text

    def _part(self) -> Part:
        """One group, command or character."""
        token = self._next()
        if token.command:
            return self._command(token)
        if token.text in ("}", "^", "_"):
            raise UnknownFormulaError
        if token.text == "{":
            return self._group()
        if token.text in _OPERATORS:
            return Part(_OPERATORS[token.text], "operator")
        if token.text in (" ", "~"):
            return Part(" ", "blank")
        is_letter = token.text.isalnum() or "." in token.text[1:]
        return Part("′" if token.text == "'" else token.text, "letter" if is_letter else "mark")

    def _group(self) -> Part:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise UnknownFormulaError
        text = self._row()
        if self._next().source != "}":
            raise UnknownFormulaError
        self.depth -= 1
        return Part(text, "letter")

    def _command(self, token: _Token) -> Part:
        match token.text:
            case name if name in signs.LETTERS:
                return Part(signs.LETTERS[name], "letter")
            case name if name in signs.MARKS:
                return Part(signs.MARKS[name], "mark")
            case name if name in signs.SUMS:
                return Part(signs.SUMS[name], "word")
            case name if name in signs.OPERATORS:
                return Part(signs.OPERATORS[name], "operator")
            case name if name in signs.BLANKS:
                return Part(signs.BLANKS[name], "blank")
            case name if name in signs.WORDS:
                return Part(name, "word")
            case name if name in signs.SIZES:
                return self._size()
            case _:
                return self._with_argument(token)

    def _with_argument(self, token: _Token) -> Part:
        match token.text:
            case name if name in signs.FRACTIONS:
                return _fraction(self._argument(), self._argument())
            case name if name in signs.NAMES:
                text = self._argument()
                return Part(text, "word" if len(text) > 1 else "letter")
            case name if name in signs.FACES:
                return Part(self._argument(), "letter")
            case name if name in signs.ACCENTS:
                return Part(_accented(self._argument(), signs.ACCENTS[name]), "letter")
            case "mathbb":
                text = self._argument()
                return Part("".join(signs.DOUBLE.get(each, each) for each in text), "letter")
            case "sqrt":
                return self._root()
            case _:
                return self._unknown(token)

    def _size(self) -> Part:
        """A command for the size of what is behind it; a dot there stands for no bracket."""
        if self._peek() == ".":
            self.place += 1
        return Part("", "blank")

    def _root(self) -> Part:
        degree = ""
        if self._peek() == "[":
            self.place += 1
            while (token := self._next()).source != "]":
                degree += token.text
        text = self._argument()
        raised = _script(degree, signs.RAISED, "") if degree else ""
        return Part(f"{raised}√{text if is_atom(text) else bracketed(text)}", "letter")

    def _scripts(self, base: Part) -> Part:
        """A part with what is lowered and raised at it."""
        lowered = raised = ""
        while self._peek() in ("^", "_"):
            if self._next().source == "_":
                lowered += _script(self._argument(), signs.LOWERED, "_")
            else:
                raised += _script(self._argument(), signs.RAISED, "^")
        if base.kind == "fraction" or (base.kind == "letter" and is_sum(base.text)):
            base = Part(bracketed(base.text), "letter")
        return Part(f"{base.text}{lowered}{raised}", base.kind)

    def _unknown(self, token: _Token) -> Part:
        """A command that is not known here, with the groups behind it, as it is written."""
        text, depth = token.source, 0
        while depth or self._peek() == "{":
            part = self._next().source
            text += part
            depth += {"{": 1, "}": -1}.get(part, 0)
        return Part(text.rstrip(), "word")


def _fraction(above: str, below: str) -> Part:
    if vulgar := signs.VULGAR.get(f"{above}/{below}"):
        return Part(vulgar, "letter")
    above = bracketed(above) if is_sum(above) or "/" in above or above[:1] == "-" else above
    below = below if is_factor(below) else bracketed(below)
    return Part(f"{above} / {below}", "fraction")


def _script(text: str, table: dict[str, str], sign: str) -> str:
    """A text in raised or lowered letters; behind `^` or `_` where there are none for it."""
    close = text.replace(" ", "")
    if all(letter in table for letter in close):
        return "".join(table[letter] for letter in close)
    return (
        f"{sign}{text}" if is_plain(text) or _NAME.fullmatch(text) else f"{sign}{bracketed(text)}"
    )


def _accented(text: str, accent: str) -> str:
    if len(text) != 1:
        raise UnknownFormulaError
    return unicodedata.normalize("NFC", text + accent)
