"""Proof: the mutants of a step's code are caught, or declared equivalent with a reason."""

from __future__ import annotations

import asyncio
import difflib
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from tinytorch_ls.check.lab import Lab
from tinytorch_ls.course.model import Complaint, Equivalent, Module, Step, Symbol
from tinytorch_ls.forms.form import Mutant
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.runner.job import Replacement


@dataclass(frozen=True)
class MutantReport:
    """How many mutants were made and caught, and what is wrong with the rest."""

    made: int
    killed: int
    declared: int
    complaints: tuple[Complaint, ...]


async def mutant_report(lab: Lab, module: Module, step: Step) -> MutantReport:
    """Try every mutant of the step's symbols."""
    made = [(symbol, m) for symbol in step.symbols for m in _mutants_of(lab, symbol)]
    variants = [(Replacement(symbol.file, symbol.name, mutant.code),) for symbol, mutant in made]
    noticed = await lab.notices(step, variants) if variants else []
    left = [pair for pair, is_noticed in zip(made, noticed, strict=True) if not is_noticed]
    texts = ({symbol.file: _text(lab, symbol, mutant)} for symbol, mutant in left)
    runs = await asyncio.gather(*(lab.run(step, laid, brief=True) for laid in texts))
    alive = [pair for pair, run in zip(left, runs, strict=True) if run.passed]
    declared = {_key(e.old, e.new): e for e in step.equivalents}
    used: set[str] = set()
    complaints: list[Complaint] = []
    for symbol, mutant in alive:
        key = _key(mutant.old, mutant.new)
        used.add(key)
        if key not in declared:
            message = f"no test of {step.id} notices `{mutant.old}` → `{mutant.new}`"
            complaints.append(Complaint(lab.library / symbol.file, mutant.line, message))
    complaints += _unused(module, declared, used, [m for _, m in made])
    spared = len([pair for pair in alive if _key(pair[1].old, pair[1].new) in declared])
    return MutantReport(len(made), len(made) - len(alive), spared, tuple(complaints))


def _mutants_of(lab: Lab, symbol: Symbol) -> tuple[Mutant, ...]:
    return form_of(symbol.file).mutants(lab.source(symbol.file), symbol.name, lab.library)


def _text(lab: Lab, symbol: Symbol, mutant: Mutant) -> str:
    """The library's file with the mutant in it."""
    source = lab.source(symbol.file)
    whole = form_of(symbol.file).definitions(source)[symbol.name].whole
    line = whole.start.offset - whole.start.column
    code = textwrap.indent(textwrap.dedent(mutant.code), source[line : whole.start.offset])
    return source[:line] + code + source[whole.end.offset :]


def _unused(
    module: Module, declared: dict[str, Equivalent], used: set[str], made: list[Mutant]
) -> Iterator[Complaint]:
    known = {_key(mutant.old, mutant.new) for mutant in made}
    for key, equivalent in declared.items():
        if key not in known:
            message = f"no mutant changes `{equivalent.old}` into `{equivalent.new}`"
            if near := difflib.get_close_matches(key, known, 1, 0.4):
                old, _, new = near[0].partition("\n")
                message += f"; one changes `{old}` into `{new}`"
            yield Complaint(module.lesson, equivalent.line, message)
        elif key not in used:
            message = f"`{equivalent.new}` is declared equivalent, but a test catches it"
            yield Complaint(module.lesson, equivalent.line, message)


def _key(old: str, new: str) -> str:
    return " ".join(old.split()) + "\n" + " ".join(new.split())
