"""A step's example as its first test: what a student reads is what is tried first."""

from __future__ import annotations

import ast
import doctest
import importlib
import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from tinytorch_ls.runner.inside.expect import Expect, Value
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.inside.rewrite import SEE, Operands
from tinytorch_ls.runner.report import Expected, Plain

BECAUSE = "this is the example of the TODO"


@dataclass(frozen=True)
class Example:
    """The lines of an example, and what the reference makes of them."""

    text: str
    modules: Sequence[str]  # whose names it uses: "tinytorch.tensor"
    values: Mapping[str, Plain]  # by place; none while the reference itself is surveyed

    def run(self, expect: Expect) -> None:
        """Run the lines one after the other, and expect what the reference gives."""
        names: dict[str, Any] = {"__name__": "example", SEE: expect.witness.see}
        for module in self.modules:
            found = vars(importlib.import_module(module))
            names.update((name, value) for name, value in found.items() if name[0] != "_")
        for line in doctest.DocTestParser().get_examples(self.text):
            if line.exc_msg is None:
                self._run_line(line, names, expect)

    def _run_line(self, line: doctest.Example, names: dict[str, Any], expect: Expect) -> None:
        printed = io.StringIO()
        expect.line = (line.source.strip(), names)
        with redirect_stdout(printed):
            try:
                value = _evaluated(line.source, names)
            finally:
                sys.stderr.write(printed.getvalue())
        if not line.want:
            return
        if value is None:
            value = printed.getvalue().rstrip()
        number = line.lineno + 1
        found = Value(plain(value), expect.witness.facts(value))
        wanted = self.values.get(expect.place(number), found.plain)
        expected = Expected("equals", wanted, rtol=1e-5, atol=1e-7)
        expect.record(number, names, found, expected, BECAUSE, call=line.source.strip())


def _evaluated(source: str, names: dict[str, Any]) -> Any:
    """The value of a line; None of a statement."""
    lines = source.encode("utf-8").splitlines(keepends=True)
    tree = ast.parse(source)
    tree = Operands(lines).visit(tree)
    match tree.body:
        case [ast.Expr(value=expression)]:
            return eval(compile(ast.Expression(expression), "<example>", "eval"), names)
        case _:
            exec(compile(tree, "<example>", "exec", dont_inherit=True), names)
            return None
