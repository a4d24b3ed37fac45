"""A lesson in another language, such as `lesson.de.md`: other words, all else the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tinytorch_ls.course.model import (
    CLOSING,
    PYTORCH,
    QUESTIONS,
    Complaint,
    Mistake,
    Module,
    Section,
    Step,
)

_NAME = re.compile(r"lesson\.([a-z]{2,3}(?:-[a-z0-9]+)*)\.md")
_FIXED = (CLOSING, PYTORCH, QUESTIONS)  # the course knows these sections by their titles


def translations_of(module: Module) -> dict[str, Path]:
    """The lessons in other languages that stand beside a module's own, by their languages."""
    found = ((_NAME.fullmatch(path.name), path) for path in sorted(module.folder.iterdir()))
    return {match[1]: path for match, path in found if match}


def differences(module: Module, other: Module, path: Path) -> Iterator[Complaint]:
    """What a translation has that is no matter of words."""
    for name in ("id", "files", "minutes", "needs", "uses"):
        if getattr(module, name) != getattr(other, name):
            yield Complaint(path, 1, f"`{name}` is not what lesson.md has")
    yield from _counted(path, 1, "outcomes", len(module.outcomes), len(other.outcomes))
    ours, theirs = [s.name for s in module.steps], [s.name for s in other.steps]
    if ours != theirs:
        line = next(
            (s.line for s, name in zip(other.steps, ours, strict=False) if s.name != name), 1
        )
        yield Complaint(path, line, f"the steps are not those of lesson.md: {', '.join(ours)}")
    else:
        for step, translated in zip(module.steps, other.steps, strict=True):
            yield from _step_differences(step, translated, path)
    yield from _section_differences(module, other, path)


def translated(module: Module, other: Module) -> Module:
    """The module in the words of its translation; lines stay those of `lesson.md`."""
    return replace(
        module,
        title=other.title,
        outcomes=other.outcomes,
        introduction=other.introduction,
        steps=tuple(map(_step, module.steps, other.steps)),
        sections=tuple(map(_section, module.sections, other.sections)),
    )


def _step(step: Step, other: Step) -> Step:
    return replace(
        step,
        title=other.title,
        explanation=other.explanation,
        instructions=other.instructions,
        hints=other.hints,
        mistakes=tuple(map(_mistake, step.mistakes, other.mistakes)),
        real_world=other.real_world,
        unlocked=other.unlocked,
    )


def _mistake(mistake: Mistake, other: Mistake) -> Mistake:
    return replace(mistake, title=other.title, feedback=other.feedback)


def _section(section: Section, other: Section) -> Section:
    return replace(section, title=other.title, text=other.text, questions=other.questions)


def _step_differences(step: Step, other: Step, path: Path) -> Iterator[Complaint]:
    if step.symbols != other.symbols:
        line, known = _line(other, "Write"), ", ".join(map(str, step.symbols))
        yield Complaint(path, line, f"`{step.name}` does not write what lesson.md has: {known}")
    if step.example != other.example:
        message = f"the example of `{step.name}` is not that of lesson.md, to the character"
        yield Complaint(path, _line(other, "Example"), message)
    for title, ours, theirs in (
        ("Step-by-step", step.instructions, other.instructions),
        ("Hints", step.hints, other.hints),
        ("Mistakes", step.mistakes, other.mistakes),
    ):
        what = f"items of `### {title}` in `{step.name}`"
        yield from _counted(path, _line(other, title), what, len(ours), len(theirs))
    for mistake, translated in zip(step.mistakes, other.mistakes, strict=False):
        if mistake.code != translated.code:
            message = f"the code is not that of `{mistake.title}` in lesson.md"
            yield Complaint(path, translated.line, message)


def _section_differences(module: Module, other: Module, path: Path) -> Iterator[Complaint]:
    yield from _counted(path, 1, "sections", len(module.sections), len(other.sections))
    for ours, theirs in zip(module.sections, other.sections, strict=False):
        if ours.title != theirs.title and {ours.title, theirs.title} & {*_FIXED}:
            message = f"lesson.md has `## {ours.title}` here; the editor translates such a title"
            yield Complaint(path, theirs.line, message)
        asked, answered = len(ours.questions), len(theirs.questions)
        yield from _counted(path, theirs.line, "questions", asked, answered)


def _counted(path: Path, line: int, what: str, ours: int, theirs: int) -> Iterator[Complaint]:
    if ours != theirs:
        yield Complaint(path, line, f"{theirs} {what}, where lesson.md has {ours}")


def _line(step: Step, heading: str) -> int:
    return step.lines.get(heading, step.line)
