"""Makes the student's file of a lesson: the library file, with what is taught taken out."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path

from tinytorch_ls.course.model import Module, Step, Symbol
from tinytorch_ls.forms.form import Hole
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused

SCAFFOLD = ("STEP-BY-STEP IMPLEMENTATION:", "EXAMPLE USAGE:", "IMPLEMENTATION HINTS:")
"""The lines that open the parts of a scaffold; what stands above them says what to do."""

_WIDTH = 96


def stub_file(
    source: str,
    module: Module,
    file: str,
    library: Path,
    symbols: Collection[Symbol] | None = None,
) -> str:
    """The library's `source` of `file` with a scaffold in place of each body that is taught.

    It has those of some `symbols` alone where they are named. Raises Refused where the lesson
    teaches what the library doesn't have.
    """
    holes = _holes(source, module, file)
    if symbols is not None:
        names = {symbol.name for symbol in symbols if symbol.file == file}
        holes = tuple(hole for hole in holes if hole.name in names)
    return form_of(file).stub(source, holes, library)


@lru_cache(maxsize=64)  # every failure is held against the stub
def _holes(source: str, module: Module, file: str) -> tuple[Hole, ...]:
    known = form_of(file).definitions(source)
    holes = tuple(hole for step in module.steps for hole in _holes_of(step, file))
    for hole in holes:
        if hole.name not in known:
            raise Refused(f"{hole.step} teaches `{hole.name}`, which {file} of the library has not")
    return holes


def _holes_of(step: Step, file: str) -> Iterator[Hole]:
    """The functions of a step in a file; the first carries the scaffold."""
    names = [symbol.name for symbol in step.symbols if symbol.file == file]
    for name in names:
        scaffold = _scaffold(step) if name == names[0] else f"TODO: part of {names[0]}, above."
        yield Hole(name, step.id, scaffold)


def _scaffold(step: Step) -> str:
    stop = "" if step.title.endswith(("?", "!", ".")) else "."
    by_step, example, hints = SCAFFOLD
    parts = [f"TODO: {step.title}{stop}"]
    if step.instructions:
        steps = [_item(f"{n}. ", text) for n, text in enumerate(step.instructions, 1)]
        parts.append("\n".join([by_step, *steps]))
    if step.example:
        parts.append(f"{example}\n" + step.shown_example.strip("\n"))
    if step.hints:
        parts.append(f"{hints}\n" + _item("- ", step.hints[0]))
    return "\n\n".join(parts)


def _item(marker: str, text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        width=_WIDTH - 8,
        initial_indent=marker,
        subsequent_indent=" " * len(marker),
        break_long_words=False,
        break_on_hyphens=False,
    )
