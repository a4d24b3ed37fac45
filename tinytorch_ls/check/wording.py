"""Proof: a step-by-step says what to do and leaves the code to the hints, and those climb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.course.model import Complaint, Module, Step
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.texts import text_of

_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_WORD = re.compile(r"\S+")
_OPERATORS = re.compile(r"[-+*/@%<>=(\[]")
_LONGEST = 8  # words of an expression that stands in prose
_Written = dict[str, frozenset[str]]  # what a student's part of a step computes, by its files
_SIGNS = str.maketrans("−×·÷", "-**/")  # as a formula has them


def wording_complaints(module: Module, step: Step, library: Path) -> Iterator[Complaint]:
    """Code of the reference in the step-by-step or the first hint, and a hint that comes twice."""
    written = _work(step, library)
    for item, line in zip(step.instructions, step.instruction_lines, strict=True):
        for start, code in _shown(item, written):
            message = (
                f"step-by-step shows code of the reference, `{code}`: "
                "say it in words, and leave the code to a hint"
            )
            yield Complaint(module.lesson, line + item[:start].count("\n"), message)
    yield from _hints(module, step, written)


def _hints(module: Module, step: Step, written: _Written) -> Iterator[Complaint]:
    """Rungs on which nobody climbs."""
    line = step.lines.get("Hints", step.line)
    for _, code in _shown(step.hints[0], written) if step.hints else ():
        message = f"the first hint of {step.id} shows code of the reference, `{code}`: nudge first"
        yield Complaint(module.lesson, line, message)
    seen: dict[str, int] = {}
    for number, hint in enumerate(step.hints, 1):
        said = " ".join(hint.casefold().split()).strip(".:!?")
        if said in seen:
            message = f"hint {number} of {step.id} says what hint {seen[said]} says"
            yield Complaint(module.lesson, line, message)
        seen.setdefault(said, number)


def _shown(text: str, written: _Written) -> Iterator[tuple[int, str]]:
    """Each piece of code of the reference in a text, and where it begins."""
    for start, code in _code(text):
        plain = code.translate(_SIGNS)
        if any(form_of(file).work_in(plain) & work for file, work in written.items()):
            yield start, code


def _code(item: str) -> Iterator[tuple[int, str]]:
    """Where code may stand in a text, and the code: between backticks, or among the words."""
    for match in _SPAN.finditer(item):
        yield match.start(), match[2]
    prose = _SPAN.sub(lambda match: " " * len(match[0]), item)
    words = list(_WORD.finditer(prose))
    for first, word in enumerate(words):
        for last in words[first : first + _LONGEST]:
            text = prose[word.start() : last.end()].rstrip(".,;:")
            if _OPERATORS.search(text.translate(_SIGNS)):
                yield word.start(), text


def _work(step: Step, library: Path) -> _Written:
    """What the bodies compute that a student writes, by their files."""
    found: _Written = {}
    for file, name in ((symbol.file, symbol.name) for symbol in step.symbols):
        work = form_of(file).taught_work(text_of(library / file), name, library)
        found[file] = found.get(file, frozenset()) | work
    return found
