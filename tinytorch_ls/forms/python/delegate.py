"""A function of Python as it would be if it called another one of its file instead."""

from __future__ import annotations

import ast
import textwrap

from tinytorch_ls.forms.python.symbols import FunctionNode, definitions


def delegate(source: str, name: str, other: str) -> str:
    """The definition `name` that calls `other` with its own arguments; "" where it can't.

    Raises SyntaxError.
    """
    known = definitions(source)
    if name not in known or other not in known or _is_special(name, known[name].node):
        return ""
    function = known[name].node
    call = _call(name, other, function, known[other].node)
    if not call:
        return ""
    code = f"def {_last(name)}({ast.unparse(function.args)}):\n    return {call}\n"
    home = name.rpartition(".")[0]
    return f"class {home}:\n{textwrap.indent(code, '    ')}" if home else code


def _call(name: str, other: str, one: FunctionNode, two: FunctionNode) -> str:
    """How a function would call the other with its own arguments; "" if it can't."""
    ours, theirs = _names(one.args), _names(two.args)
    home, beside = name.rpartition(".")[0], other.rpartition(".")[0]
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


def _is_special(name: str, function: FunctionNode) -> bool:
    """Whether a function is a property, or one that Python calls by itself."""
    decorators = map(ast.unparse, function.decorator_list)
    return _last(name).startswith("__") or any(name != "operation" for name in decorators)


def _names(arguments: ast.arguments) -> list[str]:
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
