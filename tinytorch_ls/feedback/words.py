"""A failure as text for a terminal and a diagnostic, and as Markdown for a hover."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tinytorch_ls.feedback.verdict import Failure

_MOST_OUTPUT = 600


def failure_text(failure: Failure) -> str:
    """The facts, one a line, and the help below them."""
    lines = [failure.headline]
    lines += [f"  {name:<9} {text}" for name, text in _facts(failure)]
    if failure.mistake:
        lines.append(f"This behaves like: {failure.mistake}.")
    if failure.help:
        lines.append(f"help: {failure.help}")
    if failure.output:
        lines += ["Your code printed:", failure.output[:_MOST_OUTPUT].rstrip()]
    return "\n".join(lines)


def failure_markdown(failure: Failure) -> str:
    """The same for a hover: code in code, help apart."""
    parts = [f"**{_escaped(failure.headline)}**"]
    facts = list(_facts(failure))
    if facts:
        rows = "\n".join(f"{name:<9} {text}" for name, text in facts)
        parts.append(_block(rows))
    if failure.mistake:
        parts.append(f"This behaves like: *{_escaped(failure.mistake)}*")
    if failure.help:
        parts.append("\n".join(f"> {line}" for line in failure.help.splitlines()))
    if failure.output:
        parts.append(f"Your code printed:\n{_block(failure.output[:_MOST_OUTPUT].rstrip())}")
    return "\n\n".join(parts)


def _facts(failure: Failure) -> Iterator[tuple[str, str]]:
    yield from ((name, text) for name, text in failure.inputs)
    named = {
        "call": failure.call,
        "got": failure.got,
        "expected": failure.expected,
        "first": failure.difference,
        "because": failure.because,
    }
    yield from ((name, text) for name, text in named.items() if text)


def _block(text: str) -> str:
    """A code block that holds `text`, whatever backticks are in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}text\n{text}\n{fence}"


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\*_[]<>`" else letter for letter in text)
