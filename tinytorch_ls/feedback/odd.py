"""Says in a verdict what is odd in the student's text: a kept `raise`, a lost check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from tinytorch_ls.feedback.blame import Code
from tinytorch_ls.feedback.verdict import Failure, Mark, Verdict
from tinytorch_ls.forms.form import Form, Oddity
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.runner.report import Frame

Stub = Callable[[str], str]
"""The text with which a file begins, by the file's name. Raises Refused."""
Look = Callable[[Form], Callable[[str, Sequence[str], str], Iterable[Oddity]]]
"""What of a form is asked about a text, its symbols and the stub."""


def with_oddities(verdict: Verdict, code: Code, stub: Stub) -> Verdict:
    """The verdict of a step that did not pass, with a mark for each oddity before the others."""
    found = tuple(_marks(code, stub))
    if not found:
        return verdict
    odd = {mark.function for mark in found}
    functions = tuple(
        replace(each, state="failing") if each.name in odd else each for each in verdict.functions
    )
    failed = verdict.marks if verdict.state == "failing" else ()
    return replace(
        verdict,
        state="failing",
        marks=(*found, *failed),
        where=found[0].where,
        blocked_by=None,
        functions=functions,
    )


def lost_checks(code: Code, stub: Stub) -> tuple[Mark, ...]:
    """A mark for each check that the step was given, and that is gone: no test tells that."""
    return tuple(_marks(code, stub, lambda form: form.lost_checks))


def _marks(code: Code, stub: Stub, look: Look = lambda form: form.oddities) -> Iterator[Mark]:
    files = dict.fromkeys(symbol.file for symbol in code.step.symbols)
    for file in files:
        names = [symbol.name for symbol in code.step.symbols if symbol.file == file]
        try:
            found = look(form_of(file))(code.text(code.root / file), names, stub(file))
        except (Refused, SyntaxError, RecursionError):
            continue
        yield from (_mark(code, file, oddity) for oddity in found)


def _mark(code: Code, file: str, oddity: Oddity) -> Mark:
    start, end = oddity.place.start, oddity.place.end
    where = Frame(
        str(code.root / file), oddity.symbol, start.line, end.line, start.column, end.column
    )
    fact, _, advice = oddity.message.partition(". ")
    return Mark(Failure(f"{fact.rstrip('.')}.", help=advice), where, function=oddity.symbol)
