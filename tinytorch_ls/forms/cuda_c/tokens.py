"""The tokens of a text of C: found with no parser, so that a text that is half written has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tinytorch_ls.forms.text import Text
from tinytorch_ls.forms.texts import BOM, is_empty

Kind = Literal["comment", "directive", "text", "number", "word", "sign"]
_TOKEN = re.compile(
    r"""(?P<comment>//(?:\\(?:\r\n|\r|\n)|[^\r\n])*|/\*.*?(?:\*/|\Z))
      |(?P<directive>(?m:^)[ \t]*\#(?:\\(?:\r\n|\r|\n)|/\*.*?\*/|(?!//|/\*)[^\r\n])*)
      |(?P<text>(?:u8|[uUL])?(?:"(?:\\.|[^"\\\r\n])*"?|'(?:\\.|[^'\\\r\n])*'?))
      |(?P<number>\.?\d(?:[eEpP][-+]|'(?=\w)|[\w.])*)
      |(?P<word>[^\W\d]\w*)
      |(?P<sign><<=|>>=|<<<|>>>|->\*?|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||::|[-+*/%&|^]=|\S)""",
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Token:
    """A piece of a text, and where it stands in it."""

    kind: Kind
    text: str
    start: int  # characters from the start of the text
    end: int


@lru_cache(maxsize=32)
def tokens(source: str) -> tuple[Token, ...]:
    """All tokens, comments too; a mark that the text begins with is none."""
    if is_empty(source):
        return ()
    start = len(BOM) if source.startswith(BOM) else 0
    return tuple(_all(source, start))


def _all(source: str, start: int) -> Iterator[Token]:
    for found in _TOKEN.finditer(source, start):
        kind: Kind = found.lastgroup  # pyright: ignore[reportAssignmentType]
        yield Token(kind, found[0], found.start(), found.end())


@lru_cache(maxsize=32)
def code_tokens(source: str) -> tuple[Token, ...]:
    """The tokens without comments."""
    return tuple(token for token in tokens(source) if token.kind != "comment")


@lru_cache(maxsize=32)
def partners(source: str) -> dict[int, int]:
    """Of each bracket among the tokens of `code_tokens` the place of its partner, both ways.

    Raises SyntaxError at the first bracket without one.
    """
    found: dict[int, int] = {}
    opened: list[int] = []
    all_of_it = code_tokens(source)
    for place, token in enumerate(all_of_it):
        if token.kind == "text" and not _is_closed(token):
            raise error_at(source, token.start, f"This {token.text[0]} is not closed")
        if token.kind != "sign":
            continue
        if token.text in _PAIRS.values():
            opened.append(place)
        elif token.text in _PAIRS:
            if not opened or all_of_it[opened[-1]].text != _PAIRS[token.text]:
                raise _unpaired(source, all_of_it, opened, token)
            found[place] = opened[-1]
            found[opened.pop()] = place
    if opened:
        first = all_of_it[opened[0]]
        raise error_at(source, first.start, f"This `{first.text}` is not closed")
    return found


def error_at(source: str, offset: int, words: str) -> SyntaxError:
    """An error at a place of a text."""
    place = Text(source).at_offset(offset)
    return SyntaxError(words, (None, place.line, place.column + 1, None))


def _unpaired(
    source: str, all_of_it: Sequence[Token], opened: list[int], token: Token
) -> SyntaxError:
    if opened and all_of_it[opened[-1]].text != "{":
        inner = all_of_it[opened[-1]]
        return error_at(source, inner.start, f"This `{inner.text}` is not closed")
    return error_at(source, token.start, f"This `{token.text}` closes nothing")


def _is_closed(token: Token) -> bool:
    text = token.text.lstrip("uULR8")
    return len(text) > 1 and text[-1] == text[0]
