"""A failure as text for a terminal and a diagnostic, and as Markdown for a hover."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tinytorch_ls.feedback.formulas import with_plain_formulas, without_ticks
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.messages import say

_MOST_OUTPUT = 600
_MOST_FACT = 500
_MOST_HEADLINE = 300
_MOST_IN_SHORT = 48
_MOST_VALUE = 20
_OWN_NAMES = ("NumPy", "PyTorch", "Python")
_LINE_IN_PARAGRAPH = re.compile(r"(?<!\n)\n(?!\n|- |\d+\. )")


def failure_text(failure: Failure) -> str:
    """The facts, one a line, and the help below them."""
    lines = [_capped(failure.headline, _MOST_HEADLINE)]
    lines += [f"  {name:<9} {text}" for name, text in _facts(failure)]
    if failure.mistake:
        lines.append(f"{say('This behaves like:')} {failure.mistake}.")
    if failure.fact:
        lines.append(f"{say('In short:')} {_inside(failure.fact)}.")
    if failure.help:
        lines.append(f"{say('help:')} {_flowing(with_plain_formulas(failure.help))}")
    if failure.output:
        lines.append(printed_text(failure.output))
    return "\n".join(lines)


def printed_text(output: str) -> str:
    """What a student's code printed, for a terminal and a diagnostic."""
    return f"{say('Your code printed:')}\n{_capped(output.rstrip(), _MOST_OUTPUT)}"


def in_short(failure: Failure) -> str:
    """The first difference in a few words, as it stands behind a line of code."""
    got, expected = _in_a_line(failure.got), _in_a_line(failure.expected)
    difference, fits = _in_a_line(failure.difference), max(len(got), len(expected)) <= _MOST_VALUE
    if difference and len(difference) <= _MOST_IN_SHORT and not fits:
        return difference
    short, wanted = _capped(got, _MOST_VALUE), _capped(expected, _MOST_VALUE)
    if short and wanted and short != wanted:
        return say("got {got}, wanted {wanted}", got=short, wanted=wanted)
    return _capped(without_ticks(_in_a_line(failure.headline)), _MOST_IN_SHORT)


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def failure_markdown(failure: Failure) -> str:
    """The same for a hover: code in code, help apart."""
    parts = [f"**{_escaped(_capped(failure.headline, _MOST_HEADLINE))}**"]
    facts = list(_facts(failure))
    if facts:
        rows = "\n".join(f"{name:<9} {text}" for name, text in facts)
        parts.append(_fenced(rows))
    if failure.mistake:
        parts.append(f"{say('This behaves like:')} *{_escaped(failure.mistake)}*")
    if failure.fact:
        parts.append(f"{say('In short:')} *{_escaped(_inside(failure.fact))}*")
    if failure.help:
        parts.append("\n".join(f"> {line}" for line in failure.help.splitlines()))
    if failure.output:
        output = _capped(failure.output.rstrip(), _MOST_OUTPUT)
        parts.append(f"{say('Your code printed:')}\n{_fenced(output)}")
    return "\n\n".join(parts)


def _facts(failure: Failure) -> Iterator[tuple[str, str]]:
    yield from ((name, _capped(text, _MOST_FACT)) for name, text in failure.inputs)
    named = {
        say("call"): failure.call,
        say("got"): failure.got,
        say("expected"): failure.expected,
        say("first"): failure.difference,
        say("because"): failure.because,
    }
    yield from ((name, _capped(text, _MOST_FACT)) for name, text in named.items() if text)


def _inside(title: str) -> str:
    """A title as it reads inside a sentence."""
    return title if title.startswith(_OWN_NAMES) else title[:1].lower() + title[1:]


def _capped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _flowing(text: str) -> str:
    """Paragraphs in one line each, whatever width the lesson is written in; code stays as it is."""
    return text if "```" in text else _LINE_IN_PARAGRAPH.sub(" ", text)


def _fenced(text: str) -> str:
    """A block of code that no run of backticks in it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\*_[]<>`" else letter for letter in text)
