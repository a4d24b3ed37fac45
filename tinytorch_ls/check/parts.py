"""Proof: each step and each lesson has the parts that a student needs, and enough of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from tinytorch_ls.course.model import (
    CLOSING,
    PYTORCH,
    QUESTIONS,
    Complaint,
    Module,
    Section,
    Step,
)
from tinytorch_ls.forms.texts import text_of

_HINTS = 3
_MISTAKES = 2
_QUESTIONS = (1, 2)
_CODE = re.compile(r"`[^`]*`|\$[^$]*\$")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_TABLE = re.compile(r"^\s*\|?\s*:?-+:?\s*\|", re.MULTILINE)
_IMAGE = re.compile(r"!\[[^\]]*\]\(")


def step_parts(module: Module, step: Step, drawn: Collection[str]) -> Iterator[Complaint]:
    """What a step has too little of; `drawn` are the names of the steps that have a picture."""
    if step.symbols:
        yield from _writing(module, step)
    elif not (step.example or step.name in drawn or _shows(step.explanation)):
        message = f"{step.id} shows nothing: give it an `### Example`, a picture or a table"
        yield Complaint(module.lesson, step.line, message)
    if step.real_world and not any(letter.isdigit() for letter in step.real_world):
        line = step.lines.get("In the real world", step.line)
        yield Complaint(module.lesson, line, f"{step.id}: the real world needs a number")
    line = step.lines.get("When it passes")
    if line and (count := _sentences(step.unlocked)) != 1:
        message = f"{step.id}: `### When it passes` has {count} sentences; it says one"
        yield Complaint(module.lesson, line, message)


def module_parts(module: Module) -> Iterator[Complaint]:
    """The closing sections that a lesson lacks, or that stand before its last step."""
    last = max((step.line for step in module.steps), default=1)
    for title in (CLOSING, PYTORCH, QUESTIONS):
        section = module.section(title)
        if section is None or not section.text:
            line = section.line if section else _end(module)
            yield Complaint(module.lesson, line, f"the lesson has no `## {title}` with a text")
        elif section.line < last:
            message = f"`## {title}` stands before the last step; it closes the lesson"
            yield Complaint(module.lesson, section.line, message)
    yield from _questions(module, module.section(QUESTIONS))


def _questions(module: Module, section: Section | None) -> Iterator[Complaint]:
    if section is None or not section.text:
        return
    if (count := len(section.questions)) not in _QUESTIONS:
        message = f"`## {QUESTIONS}` lists {count} questions; it asks one or two"
        yield Complaint(module.lesson, section.line, message)
    for question in section.questions:
        if not question.answer:
            message = "a question has no answer: below it, in its item, a paragraph `Answer: …`"
            yield Complaint(module.lesson, question.line, message)


def _writing(module: Module, step: Step) -> Iterator[Complaint]:
    if len(step.hints) < _HINTS:
        message = f"{step.id} has {len(step.hints)} hints; it needs {_HINTS} rungs"
        yield Complaint(module.lesson, step.lines.get("Hints", step.line), message)
    if len(step.mistakes) < _MISTAKES:
        message = f"{step.id} has {len(step.mistakes)} mistakes; it needs {_MISTAKES}"
        yield Complaint(module.lesson, step.lines.get("Mistakes", step.line), message)


def _shows(explanation: str) -> bool:
    """Whether an explanation has a table or a picture in it."""
    return bool(_TABLE.search(explanation) or _IMAGE.search(explanation))


def _sentences(text: str) -> int:
    """How many sentences a text has; what is code or a formula ends none."""
    return len(_SENTENCE_END.findall(_CODE.sub("code", text)))


def _end(module: Module) -> int:
    """The last line of a lesson."""
    return len(text_of(module.lesson).splitlines())
