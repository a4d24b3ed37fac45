"""Mutants that exchange a part: another reduction or start value, keepdim, another name."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from tinytorch_ls.forms.python.mutant import Change, Mutant, changed
from tinytorch_ls.forms.python.symbols import FunctionNode, definitions, parse

_REDUCTIONS = {
    "sum": ("mean", "max", "prod"),
    "mean": ("sum", "max"),
    "max": ("min", "mean", "sum"),
    "min": ("max", "mean"),
    "prod": ("sum", "max"),
    "any": ("all",),
    "all": ("any",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "std": ("var",),
    "var": ("std",),
    "median": ("mean",),
}
_BUILT_IN = {"sum", "max", "min", "any", "all"}
_MEDIANS = ("mean", "median_low", "median_high")
_KEEP = ("keepdim", "keepdims")
_STARTED = ("max", "min")


def exchanges(
    source: str, function: FunctionNode, owner: str, tensors: Collection[str]
) -> Iterator[Mutant]:
    """The mutants of one definition of `source`, a method if it has an `owner`.

    `tensors` are its parameters that are tensors.
    """
    names = _names(source)
    methods = {name for name in definitions(source) if name.rpartition(".")[0] == owner}
    negated = [node.operand for node in ast.walk(function) if isinstance(node, ast.UnaryOp)]
    rebound = _rebound(function)

    def changes(node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Call():
                for func in _other_reductions(node.func, methods, f"{owner}.{function.name}"):
                    yield ast.Call(func, node.args, node.keywords)
                yield from _started(node)
                yield from _keeping(node)
                yield from _renamed(node, names)
                yield from _unconverted(node, tensors)
            case ast.Assign(targets=[ast.Name(id=name)] as targets, value=ast.Subscript()):
                if name in rebound:  # a search that begins with an element
                    yield ast.Assign(targets, ast.Constant(0))
            case _:
                pass
        if isinstance(node, ast.expr) and _is_infinite(node) and node not in negated:
            yield ast.Constant(0)

    yield from changed(function, changes)


def _unconverted(call: ast.Call, tensors: Collection[str]) -> Iterator[ast.expr]:
    """The arrays of tensors as they are, where a function has made them ready for the work."""
    given = [arg.id for arg in call.args if isinstance(arg, ast.Name) and arg.id in tensors]
    if isinstance(call.func, ast.Name) and given and len(given) == len(call.args):
        arrays: list[ast.expr] = [ast.Attribute(ast.Name(name), "data") for name in given]
        yield arrays[0] if len(arrays) == 1 else ast.Tuple(arrays)


def _other_reductions(func: ast.expr, methods: set[str], own: str) -> Iterator[ast.expr]:
    """What could be called instead, as far as whoever is asked has it."""
    match func:
        case ast.Name(id=name) if name in _BUILT_IN:
            yield from (ast.Name(other) for other in _REDUCTIONS[name] if other in _BUILT_IN)
        case ast.Attribute(value=ast.Name(id="math"), attr="prod"):
            yield from (ast.Name(other) for other in _REDUCTIONS["prod"])
        case ast.Attribute(value=ast.Name(id="statistics") as value, attr="median"):
            yield from (ast.Attribute(value, other) for other in _MEDIANS)
        case ast.Attribute(value=ast.Name(id="self") as value, attr=name):
            prefix = own.rpartition(".")[0]
            others = (other for other in _REDUCTIONS.get(name, ()))
            found = (o for o in others if f"{prefix}.{o}" in methods and f"{prefix}.{o}" != own)
            yield from (ast.Attribute(value, other) for other in found)
        case ast.Attribute(value=value, attr=name):
            yield from (ast.Attribute(value, other) for other in _REDUCTIONS.get(name, ()))
        case _:
            pass


def _started(call: ast.Call) -> Iterator[ast.AST]:
    """The greatest or smallest element and 0, where it was that of the elements alone."""
    match call:
        case ast.Call(func=ast.Attribute(value=receiver, attr=name), args=[], keywords=given):
            own = isinstance(receiver, ast.Name) and receiver.id == "self"
            if name in _STARTED and not own and "initial" not in [k.arg for k in given]:
                start = ast.keyword("initial", ast.Constant(0))
                yield ast.Call(call.func, [], [*given, start])
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=[_], keywords=given
        ) if name in _STARTED and "initial" not in [k.arg for k in given]:
            start = ast.keyword("initial", ast.Constant(0))
            yield ast.Call(call.func, call.args, [*given, start])
        case _:
            pass


def _keeping(call: ast.Call) -> Iterator[ast.AST]:
    """A call that forgets `keepdim`, or that always keeps."""
    match call.args:
        case [*before, ast.Name(id=name)] if name in _KEEP:
            yield ast.Call(call.func, before, call.keywords)
        case _:
            pass
    for index, given in enumerate(call.keywords):
        if given.arg in _KEEP and not isinstance(given.value, ast.Constant):
            always = ast.keyword(given.arg, ast.Constant(True))
            keywords = [*call.keywords[:index], always, *call.keywords[index + 1 :]]
            yield ast.Call(call.func, call.args, keywords)


def _rebound(function: FunctionNode) -> set[str]:
    """The variables that are given a value more than once."""
    names = [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return {name for name in names if names.count(name) > 1}


def _is_infinite(value: ast.expr) -> bool:
    """Whether a value is the start of a search for the greatest or the smallest."""
    text = ast.unparse(value).removeprefix("-").replace('"', "'")
    return text in ("math.inf", "np.inf", "float('inf')", "float('-inf')")


Names = dict[tuple[str, int], list[str]]


def _names(source: str) -> Names:
    """The texts that a file hands to its own functions, by function and place.

    `broadcastable(self, other, "add")` names the operation for the function's error.
    """
    helpers = set(definitions(source))
    found: Names = {}
    for node in ast.walk(parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in helpers:
                for place, arg in enumerate(args):
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
                        found.setdefault((name, place), []).append(arg.value)
            case _:
                pass
    return found


def _renamed(call: ast.Call, names: Names) -> Iterator[ast.AST]:
    """A call that hands on a name which another function of the file hands on."""
    if not isinstance(call.func, ast.Name):
        return
    for place, arg in enumerate(call.args):
        own = arg.value if isinstance(arg, ast.Constant) else None
        others = (n for n in names.get((call.func.id, place), ()) if n != own)
        if isinstance(own, str) and (other := next(others, None)) is not None:
            args = [*call.args[:place], ast.Constant(other), *call.args[place + 1 :]]
            yield ast.Call(call.func, args, call.keywords)
