"""Functions of a module that one of its functions might compute by mistake, as mistakes."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.course.model import Mistake, Module, Step, Symbol
from tinytorch_ls.course.symbols import definitions

Function = ast.FunctionDef | ast.AsyncFunctionDef


def siblings(module: Module, step: Step, library: Path) -> Iterator[Mistake]:
    """For each function of the step, every other one of its file that takes the same arguments."""
    for symbol in step.symbols:
        known = definitions((library / symbol.file).read_text(encoding="utf-8"))
        function = known.get(symbol.name)
        if function is None or _is_special(symbol.name, function.node):
            continue
        for other in _others(module, symbol):
            call = _call(symbol, other, function.node, known[other].node) if other in known else ""
            if call:
                yield _mistake(symbol, other, function.node, call)


def _others(module: Module, symbol: Symbol) -> Iterator[str]:
    """The names of the other functions that the module teaches in the same file."""
    for step in module.steps:
        yield from (o.name for o in step.symbols if o.file == symbol.file and o != symbol)


def _call(symbol: Symbol, other: str, one: Function, two: Function) -> str:
    """How the symbol's function would call the other with its own arguments; "" if it can't."""
    ours, theirs = _names(one.args), _names(two.args)
    home, beside = symbol.name.rpartition(".")[0], other.rpartition(".")[0]
    if _is_special(other, two):
        return ""
    given = ours if home == beside else ours[1:] if home and not beside else None
    if given is None or not len(theirs) - len(two.args.defaults) <= len(given) <= len(theirs):
        return ""
    if any(name in theirs and theirs.index(name) != at for at, name in enumerate(given)):
        return ""
    return _method(other, ours) if home and beside else f"{_last(other)}({', '.join(given)})"


def _method(name: str, arguments: list[str]) -> str:
    return f"{arguments[0]}.{_last(name)}({', '.join(arguments[1:])})"


def _is_special(name: str, function: Function) -> bool:
    """Whether a function is a property, or one that Python calls by itself."""
    decorators = map(ast.unparse, function.decorator_list)
    return _last(name).startswith("__") or any(name != "operation" for name in decorators)


def _names(arguments: ast.arguments) -> list[str]:
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]


def _mistake(symbol: Symbol, other: str, function: Function, call: str) -> Mistake:
    """The function as it would be if it were the other one."""
    name, sibling = _last(symbol.name), _last(other)
    code = f"def {name}({ast.unparse(function.args)}):\n    return {call}\n"
    if home := symbol.name.rpartition(".")[0]:
        code = f"class {home}:\n{textwrap.indent(code, '    ')}"
    told = f"For the same input, your `{name}` gives what `{sibling}` gives."
    return Mistake(f"Computes `{sibling}`", code, told, 0)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
