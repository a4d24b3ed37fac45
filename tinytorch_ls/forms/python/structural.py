"""Structural mutants: the right numbers in another form, or with something else changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

from tinytorch_ls.forms.python.exchanges import exchanges
from tinytorch_ls.forms.python.in_place import in_place
from tinytorch_ls.forms.python.mutant import Change, Mutant, changed
from tinytorch_ls.forms.python.symbols import FunctionNode, bound_at, definitions

_TENSOR = "Tensor"
_CASTS = {
    _TENSOR: tuple(f"Tensor(VALUE, '{dtype}')" for dtype in ("float64", "float32")),
    "np.ndarray": tuple(f"VALUE.astype('{dtype}')" for dtype in ("float64", "float32")),
    "float": ("int(VALUE)",),
    "int": ("float(VALUE)",),
    "bool": ("int(VALUE)",),
}
_OTHER_KINDS = {
    _TENSOR: ("VALUE.tolist()", "VALUE.data"),
    "np.ndarray": ("VALUE.tolist()",),
    "list": ("tuple(VALUE)",),
    "tuple": ("list(VALUE)",),
    "item": ("float(VALUE)",),
}
_OTHER_NUMBERS = {
    _TENSOR: ("VALUE.abs()", "Tensor(VALUE.data.clip(-6, 6))"),
    "np.ndarray": ("abs(VALUE)", "VALUE.clip(-6, 6)"),
}
_WRITES = {
    _TENSOR: "result = VALUE; ARGUMENT.data[...] = 0; return result",
    "np.ndarray": "result = VALUE; ARGUMENT[...] = 0; return result",
    "list": "result = VALUE; ARGUMENT.clear(); return result",
    "dict": "result = VALUE; ARGUMENT.clear(); return result",
}
_IN_PLACE = {
    _TENSOR: "ARGUMENT.data = VALUE.data; return ARGUMENT",
    "np.ndarray": "ARGUMENT[...] = VALUE; return ARGUMENT",
}


def structural_mutants(source: str, name: str) -> Iterator[Mutant]:
    """The structural mutants of the definition `name` of a file of the library."""
    function = definitions(source)[name].node
    owner = name.rpartition(".")[0]
    kinds = _arguments(function, owner)
    tensors = [arg for arg, kind in kinds.items() if kind == _TENSOR]
    arrays = [arg for arg, kind in kinds.items() if kind in _IN_PLACE]
    yield from chain(
        _of_results(source, function, owner),
        exchanges(source, function, owner, tensors),
        in_place(function, arrays),
    )


def _of_results(source: str, function: FunctionNode, owner: str) -> Iterator[Mutant]:
    """Mutants of what the function returns, and of what it leaves of its arguments."""
    returns = set(_returns(function.body))
    arguments = _arguments(function, owner)
    made = bound_at(source, _TENSOR) is not None  # so that a mutant can make one

    def changes(node: ast.AST) -> Iterator[Change]:
        if not isinstance(node, ast.Return) or node not in returns or node.value is None:
            return
        if _is_none(node.value):
            return
        kind = _kind(function.returns) or _kind_of_value(node.value, owner)
        for text in _other_values(function, node.value, kind):
            if made or "Tensor(" not in text:
                yield from _filled(f"return {text}", node.value, "")
        for argument, of_kind in arguments.items():
            for text in _other_ends(of_kind, same=of_kind == kind):
                yield _filled(text, node.value, argument)

    yield from changed(function, changes)


def _returns(statements: list[ast.stmt]) -> Iterator[ast.Return]:
    """The `return`s of a function itself, not those of functions inside of it."""
    for statement in statements:
        if isinstance(statement, ast.Return):
            yield statement
        elif not isinstance(statement, ast.ClassDef | FunctionNode):
            blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
            blocks += [handler.body for handler in getattr(statement, "handlers", [])]
            blocks += [case.body for case in getattr(statement, "cases", [])]
            for block in blocks:
                yield from _returns(block)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _arguments(function: FunctionNode, owner: str) -> dict[str, str]:
    """The kind of each parameter that has one; `self` is of its class."""
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    kinds = {p.arg: kind for p in parameters if (kind := _kind(p.annotation))}
    return {**({"self": owner} if parameters and parameters[0].arg == "self" else {}), **kinds}


def _kind(annotation: ast.expr | None) -> str | None:
    """What an annotation says: "Tensor", "list" for `list[int]`; None where it leaves it open.

    Of `Tensor | None` it is "Tensor".
    """
    if annotation is None:
        return None
    text = ast.unparse(annotation).strip("'\"").removesuffix(" | None").removeprefix("None | ")
    return None if text in ("Any", "object", "None") or "|" in text else text.partition("[")[0]


def _kind_of_value(value: ast.expr, owner: str) -> str | None:
    """What the code shows where the annotation says nothing."""
    match value:
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Tuple():
            return "tuple"
        case ast.Call(func=ast.Name(id="list" | "tuple" as name)):
            return name
        case ast.Call(func=ast.Attribute(attr="item")):
            return "item"
        case ast.Call(func=ast.Name(id=name)) if name == owner:
            return owner
        case _:
            return None


def _other_values(function: FunctionNode, value: ast.expr, kind: str | None) -> Iterator[str]:
    """What could be returned in the place of VALUE."""
    if kind is None:
        return
    yield from _OTHER_KINDS.get(kind, ())
    yield from _CASTS.get(kind, ())
    if not _compares(value) and function.name != "abs":  # which would call itself
        yield from _OTHER_NUMBERS.get(kind, ())


def _compares(value: ast.expr) -> bool:
    """Whether a value is bools: `a < b`, or a call that wraps it."""
    match value:
        case ast.Compare() | ast.Call(func=ast.Name(), args=[ast.Compare(), *_]):
            return True
        case _:
            return False


def _other_ends(kind: str, *, same: bool) -> Iterator[str]:
    """How a function could end that spoils or returns an ARGUMENT, which the result is like."""
    if kind in _WRITES:
        yield _WRITES[kind]
    if same:
        yield "return ARGUMENT"
        if kind in _IN_PLACE:
            yield _IN_PLACE[kind]


def _filled(template: str, value: ast.expr, argument: str) -> list[ast.stmt]:
    """The statements of a template with its names replaced."""
    return [_Fill(value, argument).visit(statement) for statement in ast.parse(template).body]


class _Fill(ast.NodeTransformer):
    def __init__(self, value: ast.expr, argument: str) -> None:
        self.value = value
        self.argument = argument

    def visit_Name(self, node: ast.Name) -> ast.expr:
        match node.id:
            case "VALUE":
                return self.value
            case "ARGUMENT":
                return ast.Name(self.argument, node.ctx)
            case _:
                return node
