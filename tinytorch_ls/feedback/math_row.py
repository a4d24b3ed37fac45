"""The parts of a formula in one line, with the blanks and brackets that LaTeX has no need of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinytorch_ls.feedback.math_signs import LOWERED, RAISED

_LOW = re.escape("".join(LOWERED.values()))
_HIGH = re.escape("".join(RAISED.values()))
_ONE = r"(?:\d+(?:\.\d+)?|[^\W\d_][\u0300-\u036f\u20d7]?|[∞ᵀ…])"
_PLAIN = re.compile(_ONE)
_ATOM = re.compile(rf"{_ONE}[{_LOW}]*")
_POWER = re.compile(rf"[√∂∇]?{_ONE}[{_LOW}]*[{_HIGH}]*(?:\^{_ONE})?")
_CALL = re.compile(r"[^\W\d_]*(?=\()")
_BETWEEN_TERMS = re.compile(r" (?:[^\w\s(|√∑∏∫∂∇…]) ")


@dataclass(frozen=True)
class Part:
    """A piece of a formula."""

    text: str
    kind: Literal["letter", "word", "fraction", "operator", "mark", "blank"]


def row_text(parts: Sequence[Part]) -> str:
    """Parts in one line, with blanks where their neighbours would run into each other."""
    text = ""
    before = Part("", "mark")
    solid = [part for part in parts if part.kind != "blank"]
    place = 0
    for part in parts:
        if part.kind == "blank":
            text += part.text
            continue
        place += 1
        after = solid[place] if place < len(solid) else Part("", "mark")
        shown = _set_apart(before, part, after)
        text += f" {shown}" if _needs_blank(before, part) else shown
        if part.kind == "operator" and _is_operand(before):
            text += " "
        before = part
    return re.sub(r"\s+", " ", text).strip()


def _set_apart(before: Part, part: Part, after: Part) -> str:
    """A fraction in brackets, where its neighbour would be read as a part of it."""
    if part.kind != "fraction":
        return part.text
    joined = after.kind in ("letter", "word", "fraction") or after.text[:1] in ("(", "[")
    return bracketed(part.text) if joined or before.text == "/" else part.text


def _needs_blank(before: Part, part: Part) -> bool:
    match part.kind:
        case "operator" | "word" | "fraction":
            return _is_operand(before)
        case "letter":
            return before.kind in ("word", "fraction")
        case _:
            opens = part.text[:1] in ("(", "[")
            return opens and (before.kind == "fraction" or before.text[:1] in ("∑", "∏", "∫"))


def _is_operand(part: Part) -> bool:
    """Whether an operator behind it stands between two things, and a word apart from it."""
    return part.kind in ("letter", "word", "fraction") or part.text[:1] in tuple(")]}⌋⌉⟩′")


def is_plain(text: str) -> bool:
    """Whether it is one letter or number."""
    return bool(_PLAIN.fullmatch(text))


def is_atom(text: str) -> bool:
    """Whether it is one letter or number, with what may be lowered at it."""
    return bool(_ATOM.fullmatch(text))


def is_factor(text: str) -> bool:
    """Whether it can be divided by without brackets: a letter, a power, a call."""
    if _POWER.fullmatch(text):
        return True
    call = _CALL.match(text)
    return bool(call) and _closing(text, call.end()) == len(text) - 1


def is_sum(text: str) -> bool:
    """Whether it has several terms, or two sides."""
    depth = 0
    flat = ""
    for letter in text:
        depth -= letter in ")]"
        flat += "x" if depth else letter
        depth += letter in "(["
    return bool(_BETWEEN_TERMS.search(flat))


def bracketed(text: str) -> str:
    """A text that nothing behind or before it is read into."""
    return f"({text})"


def _closing(text: str, start: int) -> int:
    """Where the bracket closes that opens at `start`; -1 if it doesn't."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return -1
