"""A symbol that a lesson names and the library has not: what it is there, or may be meant."""

from __future__ import annotations

import difflib
from pathlib import Path

from tinytorch_ls.course.model import Complaint, Module, Step, Symbol
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.texts import text_of


def missing_symbol(module: Module, step: Step, symbol: Symbol, library: Path) -> Complaint:
    """What is wrong with the item of `### Write` that names it."""
    source = text_of(library / symbol.file)
    form = form_of(symbol.file)
    names = [name for name in form.definitions(source) if "<locals>" not in name]
    message = f"the library has no `{symbol}`"
    if form.is_class(source, symbol.name):
        own = ", ".join(f"`{name}`" for name in names if name.startswith(f"{symbol.name}."))
        message = f"`{symbol}` is a class; name the functions that the step teaches: {own}"
    elif near := _near(symbol.name, names):
        message += f"; it has `{near}`"
    return Complaint(module.lesson, _line(module, step, symbol), message, stops=True)


def _near(name: str, names: list[str]) -> str | None:
    """The method of that name in a class, or one that is spelled nearly so."""
    last = name.rpartition(".")[2]
    methods = [other for other in names if other.rpartition(".")[2] == last]
    return next(iter(methods or difflib.get_close_matches(name, names, 1)), None)


def _line(module: Module, step: Step, symbol: Symbol) -> int:
    """The line of the lesson that names it, else that of the heading above."""
    first = step.lines.get("Write", step.line)
    lines = text_of(module.lesson).split("\n")
    named = (n for n, line in enumerate(lines[first:], first + 1) if f"{symbol.name}`" in line)
    return next(named, first)
