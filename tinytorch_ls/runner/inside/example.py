"""A step's example as its first test: what a student reads is what is tried first."""

from __future__ import annotations

import ast
import doctest
import importlib
import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType
from typing import Any, TextIO, get_args

from tinytorch_ls.course.freedom import as_shown, free_in
from tinytorch_ls.runner.inside.expect import Expect, Value
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.inside.rewrite import Operands
from tinytorch_ls.runner.report import Expected, Fact
from tinytorch_ls.runner.values import Plain

_MOST_PRINTED = 10_000  # characters of one line of an example
_FILE = "<example>"  # of its code
PRINTED = "printed text"
BECAUSE = "this is the example of the TODO"


@dataclass(frozen=True)
class Example:
    """The lines of an example, and what the reference makes of them."""

    text: str
    modules: Sequence[str]  # whose names it uses: "tinytorch.tensor"
    values: Mapping[str, Plain]  # by place; none while the reference itself is surveyed

    def run(self, expect: Expect) -> None:
        """Run the lines one after the other, and expect what the reference gives."""
        names: dict[str, Any] = {"__name__": "example", **expect.witness.hooks()}
        for module in self.modules:
            found = vars(importlib.import_module(module))
            names.update((name, value) for name, value in found.items() if name[0] != "_")
        for line in lines_of(self.text):
            self._run_line(line, names, expect)

    def _run_line(self, line: doctest.Example, names: dict[str, Any], expect: Expect) -> None:
        printed = _Printed(sys.stdout)
        expect.line = (_call(line), names)
        expect.witness.begin()
        with redirect_stdout(printed):
            value = _evaluated(line.source, names)
        if not line.want:
            return
        number = line.lineno + 1
        place = expect.place(number)
        facts = expect.witness.facts(value)
        told = (expect.reference or {}).get(place)
        if value is None and (told is None or told.kind == PRINTED):
            value, facts = printed.text.rstrip(), replace(facts, kind=PRINTED)
        found = Value(plain(value), facts)
        wanted = self.values.get(place, found.plain)
        free = tuple(fact for fact in get_args(Fact) if fact in free_in(line.source))
        expected = Expected(wanted, rtol=1e-5, atol=1e-7, free=free)
        expect.record(number, names, found, expected, BECAUSE, call=_call(line))


class _Printed(io.TextIOBase):
    """Passes on what a student's code prints, and keeps as much of it all as an example has."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.text = ""

    def write(self, text: str, /) -> int:
        if len(self.text) < _MOST_PRINTED:
            self.text += text[:_MOST_PRINTED]
        printer = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - `print` has none itself
        return len(text) if printer.f_code.co_filename == _FILE else self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()


@lru_cache(maxsize=1024)
def lines_of(text: str) -> tuple[doctest.Example, ...]:
    """The lines of an example that are run: those that end in an error are for the reader."""
    lines = doctest.DocTestParser().get_examples(text)
    return tuple(line for line in lines if line.exc_msg is None)


def _call(line: doctest.Example) -> str:
    return as_shown(line.source).strip()


def _evaluated(source: str, names: dict[str, Any]) -> Any:
    """The value of a line; None of a statement."""
    return eval(compiled(source), names)


@lru_cache(maxsize=1024)
def compiled(source: str) -> CodeType:
    """A line, its operands seen. Raises SyntaxError."""
    tree = Operands(source.encode("utf-8").splitlines(keepends=True)).visit(ast.parse(source))
    match tree.body:
        case [ast.Expr(value=expression)]:
            return compile(ast.Expression(expression), _FILE, "eval", dont_inherit=True)
        case _:
            return compile(tree, _FILE, "exec", dont_inherit=True)
