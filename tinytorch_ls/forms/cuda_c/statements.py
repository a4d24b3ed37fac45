"""The statements of a function of CUDA C, and a line without what does not matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tinytorch_ls.forms.cuda_c.symbols import Function, parts
from tinytorch_ls.forms.cuda_c.tokens import Token, code_tokens, partners
from tinytorch_ls.forms.form import Part
from tinytorch_ls.forms.text import Text

_HEADS = ("if", "for", "while", "switch")
_ASSIGNING = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
_KEPT = {
    "threadIdx", "blockIdx", "blockDim", "gridDim", "warpSize", "int", "float", "double", "bool",
    "unsigned", "long", "short", "char", "void", "const", "constexpr", "static", "auto", "if",
    "else", "for", "while", "do", "return", "break", "continue", "true", "false", "sizeof",
    "__shared__", "__restrict__",
}  # fmt: skip
"""Words that are no variable's."""


@dataclass(frozen=True)
class Statement:
    """A statement, or the head of one that holds others."""

    tokens: tuple[Token, ...]

    @property
    def kind(self) -> str:
        """What it does: the word that it begins with where that says it, "=" if it assigns."""
        first = self.tokens[0].text
        if first in (*_HEADS, "else", "do", "return", "break", "continue"):
            return first
        return "=" if any(token.text in _ASSIGNING for token in self.tokens) else "call"

    @property
    def steers(self) -> bool:
        """Whether it says what is done next, or when."""
        return self.kind not in ("=", "call") or self.tokens[0].text.startswith("__sync")

    def covers(self, offset: int) -> bool:
        return self.tokens[0].start <= offset < self.tokens[-1].end


def statements(source: str, function: Function) -> Iterator[Statement]:
    """The statements of a function, in the order of the text; braces are parts of none."""
    everything, pairs = code_tokens(source), partners(source)
    start, end = function.body.start.offset, function.body.end.offset
    first = next((n for n, token in enumerate(everything) if token.start >= start), 0)
    last = next((n for n, token in enumerate(everything) if token.start >= end), len(everything))
    at = begin = first
    while at < last:
        token = everything[at]
        if token.text in ("(", "["):
            at = pairs[at]
            if everything[begin].text in _HEADS and everything[begin + 1].start <= token.start:
                yield Statement(everything[begin : at + 1])
                begin = at + 1
        elif token.text == "{" and begin < at:  # the values of an array
            at = pairs[at]
        elif token.text in ("{", "}", "else", "do"):
            if token.kind == "word":
                yield Statement((token,))
            begin = at + 1
        elif token.text == ";":
            if begin < at:
                yield Statement(everything[begin:at])
            begin = at + 1
        at += 1
    if begin < last:
        yield Statement(everything[begin:last])


@lru_cache(maxsize=256)
def spot(source: str, line: int, part: Part | None = None) -> tuple[str, str, str]:
    """The function around a place, which of its statements stands there, and what it reads like.

    It is told by what steers before it: heads, ways out and barriers. How many variables are
    declared, and in how many lines, is style. An access is told by its array, by the name of it
    where that is a parameter: how its place was worked out is style too.
    """
    function = _around(source, line)
    if function is None:
        return "", "", ""
    here = Text(source).at_character(line, part[0]).offset if part else None
    before, kind = list[str](), ""
    for statement in statements(source, function):
        on_it = statement in _on(source, line) if here is None else statement.covers(here)
        if on_it:
            kind = statement.kind
            break
        if statement.steers:
            before.append(statement.kind)
    if not kind:
        return function.name, "", ""
    inside = _in_part(source, line, part) if part else []
    read = _access(inside, function) or plain_line(source, line, part)
    return function.name, " ".join([*before, kind]), read


@lru_cache(maxsize=256)
def plain_line(source: str, line: int, part: Part | None = None) -> str:
    """What stands in that part of a line, its variables renamed in their order.

    All statements of the line where no part is given, or it is but a name; "" if it is unknown.
    """
    if part and len(inside := _in_part(source, line, part)) > 1:
        return _plain(inside)
    return "; ".join(_plain(statement.tokens) for statement in _on(source, line))


def _on(source: str, line: int) -> list[Statement]:
    """The statements that stand, at least in part, on a line."""
    function, text = _around(source, line), Text(source)
    return [
        statement
        for statement in (statements(source, function) if function else ())
        if text.at_offset(statement.tokens[0].start).line
        <= line
        <= text.at_offset(statement.tokens[-1].end).line
    ]


def _around(source: str, line: int) -> Function | None:
    try:
        found = parts(source).values()
    except SyntaxError:
        return None
    return next((each for each in found if each.first_line <= line <= each.last_line), None)


def _in_part(source: str, line: int, part: Part) -> list[Token]:
    text = Text(source)
    start = text.at_character(line, part[0]).offset
    end = text.at_character(part[1], part[2]).offset
    return [token for token in code_tokens(source) if start <= token.start and token.end <= end]


def _access(found: Sequence[Token], function: Function) -> str:
    """An element as its array and how many indices it takes; "" of anything else."""
    if len(found) < 2 or found[0].kind != "word" or found[1].text != "[":
        return ""
    depth = count = 0
    for token in found[1:]:
        count += token.text == "[" and depth == 0
        depth += (token.text == "[") - (token.text == "]")
    names = [each.split()[-1] for each in function.parameters]
    return (found[0].text if found[0].text in names else "own") + "[]" * count


def _plain(found: Sequence[Token]) -> str:
    names: dict[str, str] = {}
    said: list[str] = []
    for place, token in enumerate(found):
        before = found[place - 1].text if place else ""
        behind = found[place + 1].text if place + 1 < len(found) else ""
        own = token.kind == "word" and before not in (".", "->") and behind != "("
        renamed = own and token.text not in _KEPT
        said.append(names.setdefault(token.text, f"name{len(names)}") if renamed else token.text)
    return " ".join(said)
