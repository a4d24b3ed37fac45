"""Slips in a lesson's form that hide what stands behind them: each is told where it was made."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from tinytorch_ls.course.outline import Part

Slip = tuple[int, str]  # its line, and what is wrong there
_STUCK = re.compile(r"^ {0,3}(#{2,6}[^#\s].*)$", re.MULTILINE)
_NAME = re.compile(r"\{\s*([\w-]+)\s*\}\s*$")
_STEP, _PART, _MISTAKE = 2, 3, 4  # the levels on which they stand


def open_blocks(parts: Collection[Part]) -> Iterator[Slip]:
    """Blocks of code that swallow what was to stand behind them."""
    for part in parts:
        for block in part.blocks:
            if not block.closed:
                yield (
                    block.line,
                    "the code that begins here is not closed: end it with ```",
                )


def stuck_headings(parts: Collection[Part]) -> Iterator[Slip]:
    """Lines that were to be headings."""
    for part in parts:
        for block in part.blocks:
            for found in _STUCK.finditer(block.text) if block.kind == "paragraph_open" else ():
                line = block.line + block.text[: found.start()].count("\n")
                yield line, f"`{found[1]}` is no heading: put a blank behind the #"


def unnamed(part: Part) -> str | None:
    """What is wrong with a heading whose `{name}` is not read as one."""
    found = _NAME.search(part.title) if part.level == _STEP and part.anchor is None else None
    return f"`{found[0].strip()}` names no step: write `{{#{found[1]}}}`" if found else None


def levelled(parts: Collection[Part], known: Collection[str]) -> tuple[list[Part], list[Slip]]:
    """The parts on the levels that their titles ask for, and each that stood on another."""
    found: list[Part] = []
    slips: list[Slip] = []
    in_step, current = False, ""
    for part in parts:
        level = _level(part, known, in_step, current)
        if level != part.level:
            kind = {_STEP: "a step", _PART: "a part of a step", _MISTAKE: "a mistake"}[level]
            marks = "#" * level
            message = f"`{part.title}` is a heading of level {part.level}; {kind} has {marks}"
            slips.append((part.line, message))
        if level <= _STEP:
            in_step, current = part.anchor is not None, ""
        elif level == _PART:
            current = part.title
        found.append(replace(part, level=level))
    return found, slips


def _level(part: Part, known: Collection[str], in_step: bool, current: str) -> int:
    if part.level and part.anchor is not None:
        return _STEP
    if in_step and part.title in known:
        return _PART
    if current == "Mistakes" and part.level >= _PART and _is_mistake(part, known):
        return _MISTAKE
    return part.level


def _is_mistake(part: Part, known: Collection[str]) -> bool:
    """Whether a heading below the mistakes is one: it has code, and is no part of the step."""
    code = any(block.kind == "fence" for block in part.blocks)
    return code and (part.level != _PART or near(part.title, known) is None)


def near(title: str, known: Collection[str]) -> str | None:
    """The name that a misspelled one was to be."""
    names = {name.lower().replace("-", " "): name for name in known}
    found = difflib.get_close_matches(title.lower().replace("-", " "), names, 1, 0.8)
    return names[found[0]] if found else None
