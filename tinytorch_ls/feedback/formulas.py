"""Formulas of a lesson as a terminal can show them: `$x^2$` in Markdown becomes x²."""

from __future__ import annotations

import re

from tinytorch_ls.feedback.plain_math import UnknownFormulaError, plain_math

_CODE = r"(?P<code>^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=fence)[^\n]*$|\Z)"
_SPAN = r"|(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)|\\\$)"
_SHOWN = r"|\$\$(?P<shown>.+?)\$\$"
_INLINE = r"|\$(?P<inline>(?! )(?:\\.|[^$\\\n]|\n(?!\n))+?)(?<! )\$(?!\d)"
_MARKS = re.compile(r"(`+|\*+)(?=\S)(.+?)(?<=\S)\1", re.S)
_TICKED = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_PARTS = re.compile(_CODE + _SPAN + _SHOWN + _INLINE, re.S | re.M)


def with_plain_formulas(markdown: str) -> str:
    """The Markdown with its formulas in plain characters; code, and what is no formula, stays."""
    return _PARTS.sub(_plain, markdown)


def as_plain_text(sentence: str) -> str:
    """A sentence of a lesson for a place that shows no Markdown: no formulas, no marks of code."""
    return _MARKS.sub(r"\2", with_plain_formulas(sentence))


def without_ticks(text: str) -> str:
    """A text for a place that shows no Markdown: code loses its backticks, all else stays."""
    return _TICKED.sub(r"\2", text)


def _plain(part: re.Match[str]) -> str:
    formula = part["shown"] or part["inline"]
    if formula is None:
        return part[0]
    try:
        return plain_math(formula)
    except UnknownFormulaError:
        return part[0]
