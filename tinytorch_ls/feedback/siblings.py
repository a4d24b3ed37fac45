"""Functions of a module that one of its functions might compute by mistake, as mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.course.model import Mistake, Module, Step, Symbol
from tinytorch_ls.forms.known import form_of


def siblings(module: Module, step: Step, library: Path) -> Iterator[Mistake]:
    """For each function of the step, every other one of its file that takes the same arguments."""
    for symbol in step.symbols:
        source = (library / symbol.file).read_text(encoding="utf-8")
        for other in _others(module, symbol):
            if code := form_of(symbol.file).delegate(source, symbol.name, other):
                name, sibling = _last(symbol.name), _last(other)
                told = f"For the same input, your `{name}` gives what `{sibling}` gives."
                yield Mistake(f"Computes `{sibling}`", code, told, 0)


def _others(module: Module, symbol: Symbol) -> Iterator[str]:
    """The names of the other functions that the module teaches in the same file."""
    for step in module.steps:
        yield from (o.name for o in step.symbols if o.file == symbol.file and o != symbol)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
