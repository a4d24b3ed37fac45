"""Answers to the course's steps by people who had seen neither its tests nor its mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinytorch_ls.course.model import Course, Step, Symbol
from tinytorch_ls.forms.known import form_of

FOLDER = Path(__file__).parent
_ANSWER = re.compile(
    r"^## ([\w/-]+)(?: ([\w.]+))?: (.+?)\n+```(?:python|cuda)\n(.*?)^```", re.M | re.S
)


@dataclass(frozen=True)
class Answer:
    """The bodies of some functions of a step."""

    kind: Literal["right", "wrong"]
    step: str
    title: str
    code: str
    symbol: str = ""  # which one is meant, where several end in the same name

    def functions(self, step: Step) -> list[Symbol]:
        """The functions of the step that it defines."""
        meant = [symbol for symbol in step.symbols if self._means(symbol)]
        assert meant, f"{self} defines no function of {step.id}"
        return meant

    def put_into(self, texts: dict[str, str], step: Step) -> None:
        """Put this answer in place of the one that stands in these files of the step's module."""
        for symbol in self.functions(step):
            form = form_of(symbol.file)
            texts[symbol.file] = form.transplant(texts[symbol.file], symbol.name, self.code)

    def _means(self, symbol: Symbol) -> bool:
        if self.symbol:
            return symbol.name == self.symbol
        defined = form_of(symbol.file).definitions(self.code)
        return symbol.name in defined or symbol.name.rpartition(".")[2] in defined


def answers(kind: Literal["right", "wrong"]) -> Iterator[Answer]:
    """All answers of a kind, in the order of their files."""
    for file in sorted(FOLDER.glob(f"*.{kind}.md")):
        for step, symbol, title, code in _ANSWER.findall(file.read_text(encoding="utf-8")):
            yield Answer(kind, step, title, code, symbol)


def unknown(course: Course, found: Iterator[Answer]) -> list[Answer]:
    """Answers to steps that the course does not have."""
    return [answer for answer in found if answer.step not in course.steps]
