"""Runs wrong answers to a step: those that differ in the code of functions, in forks of one
process; the others, each in its own, with the whole files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tinytorch_ls.course.model import Step
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.form import Form
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.texts import text_of
from tinytorch_ls.runner.job import Replacement, Variant
from tinytorch_ls.runner.report import StepRun

Texts = Mapping[str, str]
"""The library's files with a wrong answer in them, by their path below the root."""


async def wrong_runs(
    step: Step,
    answers: Sequence[Texts],
    library: Path,
    forked: Callable[[Sequence[Variant]], Awaitable[Sequence[StepRun | None]]],
    whole: Callable[[Texts], Awaitable[StepRun]],
) -> list[StepRun]:
    """What comes of a step with each of the answers: what `forked` says of its functions, else what
    `whole` says of its files.

    One that passes in a fork is run as a whole too, as what the library has kept there may be why;
    and so is one that ends in a limit.
    """
    variants: list[Variant | None] = []
    for texts in answers:
        variants.append(variant_of(step, texts, library))
        await asyncio.sleep(0)  # a text takes its time: others have their turn between two
    told = iter(await forked([variant for variant in variants if variant]))
    runs = [next(told) if variant else None for variant in variants]
    return [
        run if run and not (run.passed or run.limit) else await whole(texts)
        for run, texts in zip(runs, answers, strict=True)
    ]


def variant_of(step: Step, texts: Texts, library: Path) -> Variant | None:
    """A wrong answer as other code of functions; None where more is otherwise than their code."""
    found: list[Replacement] = []
    for file, text in texts.items():
        names = tuple(symbol.name for symbol in step.symbols if symbol.file == file)
        edited = _Edited(form_of(file), text_of(library / file), text, names)
        own = edited.changed()
        if own is None:
            return None
        places = sorted(own.items(), key=lambda item: item[1].line)
        found += [Replacement(file, name, placed.code, placed.line) for name, placed in places]
    return tuple(found) or None


@dataclass(frozen=True)
class _Placed:
    """The code of a definition, and its first line in its file."""

    code: str
    line: int


@dataclass(frozen=True)
class _Edited:
    """A file of the library, and a text of it in which some functions may be otherwise."""

    form: Form
    reference: str
    text: str
    names: tuple[str, ...]

    def changed(self) -> dict[str, _Placed] | None:
        """The functions whose code is otherwise, or elsewhere; None where more is otherwise."""
        found = self.form.definitions(self.reference)
        if any(name not in found for name in self.names):
            return None  # a class
        after = self._after(found)
        if after is None:
            return None
        before = {name: _placed(found[name], self.reference) for name in self.names}
        changed = {name: placed for name, placed in after.items() if placed != before[name]}
        if any(self._head(before[name]) != self._head(placed) for name, placed in changed.items()):
            return None
        return changed

    def _after(self, before: Mapping[str, Definition]) -> dict[str, _Placed] | None:
        """The functions in the text; None where it is not the reference but for them."""
        if len(self.names) == 1:  # the text need not be read for that
            (name,), whole = self.names, before[self.names[0]].whole
            above, below = (
                self.reference[: whole.start.offset],
                self.reference[whole.end.offset :],
            )
            end = len(self.text) - len(below)
            if end < len(above) or not self.text.startswith(above) or self.text[end:] != below:
                return None
            code = " " * whole.start.column + self.text[len(above) : end]
            return {name: _Placed(code, whole.start.line)}
        found = self.form.definitions(self.text)
        rests = (self.form.meaning(each, self.names) for each in (self.reference, self.text))
        if any(name not in found for name in self.names) or len(set(rests)) > 1:
            return None
        return {name: _placed(found[name], self.text) for name in self.names}

    def _head(self, placed: _Placed) -> tuple[object, ...]:
        """What a definition does where its module is loaded, not where it is called: what stands
        above its head, such as decorators, and its parameters with their defaults."""
        source = dedent(placed.code)
        found = next(iter(self.form.definitions(source).values()))
        return source[: found.signature.start.offset], self.form.signature(source, found.name)


def _placed(definition: Definition, text: str) -> _Placed:
    whole = definition.whole
    return _Placed(" " * whole.start.column + whole.of(text), whole.start.line)
