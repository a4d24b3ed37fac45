"""All mutants of a function of Python that a test has to notice."""

from __future__ import annotations

import ast
from pathlib import Path

from tinytorch_ls.forms.form import Mutant
from tinytorch_ls.forms.python.given import body_of, given_names, prologue
from tinytorch_ls.forms.python.operators import operator_mutants
from tinytorch_ls.forms.python.structural import structural_mutants
from tinytorch_ls.forms.python.symbols import definitions


def mutants(source: str, name: str, library: Path) -> tuple[Mutant, ...]:
    """The usual mutants and the structural ones, each once. Raises SyntaxError.

    None changes the checks that a student is given: it would say nothing of a test.
    """
    definition = definitions(source)[name]
    found = [*operator_mutants(definition.node), *structural_mutants(source, name)]
    checks = list(map(ast.unparse, prologue(definition, given_names(source, library))))
    kept = [mutant for mutant in found if _head(mutant.code, len(checks)) == checks]
    return tuple({mutant.code: mutant for mutant in reversed(kept)}.values())[::-1]


def _head(code: str, count: int) -> list[str]:
    """The first statements of a definition's body."""
    definition = next(iter(definitions(code).values()))
    return [ast.unparse(statement) for statement in body_of(definition)[:count]]
