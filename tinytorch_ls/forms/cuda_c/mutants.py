"""The mutants of a kernel that a test has to notice, by libclang's tree of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinytorch_ls.forms.cuda_c.statements import statements
from tinytorch_ls.forms.cuda_c.symbols import Function, definitions
from tinytorch_ls.forms.cuda_c.tokens import code_tokens
from tinytorch_ls.forms.form import Mutant
from tinytorch_ls.forms.text import Text
from tinytorch_ls.libclang.unit import unit_of

_SWAPPED = {
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "<<": (">>",), ">>": ("<<",),
    "<": ("<=", ">"), "<=": ("<", ">"), ">": (">=", "<"), ">=": (">", "<"), "==": ("!=",),
    "!=": ("==",), "&&": ("||",), "||": ("&&",), "+=": ("-=", "="), "-=": ("+=", "="),
    "*=": ("/=", "="), "/=": ("*=", "="),
}  # fmt: skip
_ONE_SIDE = ("+", "-", "*", "/", "%", "&&", "||")
_EXCHANGED = {
    "fmaxf": "fminf", "fminf": "fmaxf", "max": "min", "min": "max", "atomicAdd": "atomicMax",
    "__shfl_xor_sync": "__shfl_down_sync", "__shfl_down_sync": "__shfl_up_sync",
}  # fmt: skip
_AXES = {"x": "y", "y": "x"}
_INDICES = ("threadIdx", "blockIdx", "blockDim", "gridDim")


@dataclass(frozen=True)
class _Edit:
    """Another text in the place of a part of the source."""

    start: int
    end: int
    text: str


def mutants(source: str, name: str, library: Path) -> tuple[Mutant, ...]:  # noqa: ARG001
    """A function with one change, in all ways; each once. Raises SyntaxError, ImportError."""
    function = definitions(source)[name]
    tree = unit_of("/kernel.cu", source)
    places = _Places(source)
    edits = (e for node in _bodies(tree.cursor, function, places) for e in _edits(node, places))
    made = (_mutant(source, function, edit) for edit in dict.fromkeys(edits))
    return tuple({mutant.code: mutant for mutant in made}.values())


class _Places:
    """Where nodes of libclang's stand, in characters: it counts bytes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.data = source.encode()

    def at(self, byte: int) -> int:
        return byte if self.source.isascii() else len(self.data[:byte].decode(errors="replace"))

    def of(self, node: Any) -> tuple[int, int]:
        extent = node.extent
        return self.at(extent.start.offset), self.at(extent.end.offset)

    def text(self, node: Any) -> str:
        start, end = self.of(node)
        return self.source[start:end]


def _bodies(cursor: Any, function: Function, places: _Places) -> Iterator[Any]:
    """All nodes inside of a function's braces."""
    for node in cursor.get_children():
        if "/prelude/" in str(node.location.file):
            continue
        start, end = places.of(node)
        if function.body.start.offset <= start and end <= function.body.end.offset:
            yield node
        if end > function.body.start.offset and start < function.body.end.offset:
            yield from _bodies(node, function, places)


def _edits(node: Any, places: _Places) -> Iterator[_Edit]:
    children, (start, end) = list(node.get_children()), places.of(node)
    kind = node.kind.name
    match kind, children:
        case (("BINARY_OPERATOR" | "COMPOUND_ASSIGNMENT_OPERATOR"), [left, right]):
            yield from _operator(left, right, start, end, places)
        case "CONDITIONAL_OPERATOR", [_, first, second]:
            yield _Edit(start, end, places.text(first))
            yield _Edit(start, end, places.text(second))
        case "UNARY_OPERATOR", [operand] if places.text(node)[0] in "-!~":
            yield _Edit(start, end, places.text(operand))
        case "IF_STMT", [test, *_]:
            yield _Edit(*places.of(test), "true")
            yield _Edit(*places.of(test), "false")
        case (("INTEGER_LITERAL" | "FLOATING_LITERAL"), _):
            yield from (_Edit(start, end, text) for text in _numbers(places.text(node)))
        case "MEMBER_REF_EXPR", _:
            yield from _axis(node, places)
        case "CALL_EXPR", _:
            yield from _call(node, start, end, places)
        case _:
            pass
    yield from _left_out(kind, children, places)


def _operator(left: Any, right: Any, start: int, end: int, places: _Places) -> Iterator[_Edit]:
    between = places.of(left)[1], places.of(right)[0]
    sign = places.source[slice(*between)]
    name = sign.strip()
    for other in _SWAPPED.get(name, ()):
        yield _Edit(*between, sign.replace(name, other))
    if name in _ONE_SIDE:
        yield _Edit(start, end, places.text(left))
        yield _Edit(start, end, places.text(right))


def _numbers(text: str) -> Iterator[str]:
    if text.lower().startswith("0x"):
        return
    digits = text.rstrip("fFuUlL")
    value = float(digits) if "." in digits or "e" in digits else int(digits)
    suffix = text[len(digits) :]
    if abs(value) > 1e30:
        yield f"0.0{suffix}"
        return
    yield f"{value + 1}{suffix}"
    yield f"({value - 1}{suffix})" if value < 1 else f"{value - 1}{suffix}"


def _axis(node: Any, places: _Places) -> Iterator[_Edit]:
    """x for y, of what tells a thread where it stands."""
    text = places.text(node)
    whole, _, axis = text.rpartition(".")
    if whole in _INDICES and axis in _AXES:
        yield _Edit(*places.of(node), f"{whole}.{_AXES[axis]}")


def _call(node: Any, start: int, end: int, places: _Places) -> Iterator[_Edit]:
    arguments = list(node.get_arguments())
    text = places.text(node)
    name = text.partition("(")[0]
    if other := _EXCHANGED.get(name):
        yield _Edit(start, start + len(name), other)
    if len(arguments) == 1:
        yield _Edit(start, end, f"({places.text(arguments[0])})")


def _left_out(kind: str, children: Iterable[Any], places: _Places) -> Iterator[_Edit]:
    """Statements of a block that do something and declare nothing: each without itself."""
    inside = list(children)
    blocks = {"COMPOUND_STMT": inside, "FOR_STMT": inside[-1:], "WHILE_STMT": inside[-1:],
              "IF_STMT": inside[1:]}  # fmt: skip
    for each in blocks.get(kind, ()):
        if each.kind.name not in ("DECL_STMT", "COMPOUND_STMT", "NULL_STMT"):
            begin, finish = places.of(each)
            closed = places.source[finish : finish + 1] == ";"
            yield _Edit(begin, finish, "" if closed else ";")


def _mutant(source: str, function: Function, edit: _Edit) -> Mutant:
    start, end = function.whole.start.offset, function.whole.end.offset
    changed = source[: edit.start] + edit.text + source[edit.end :]
    moved = len(edit.text) - (edit.end - edit.start)
    place = _statement(source, function, edit)
    old, new = source[place[0] : place[1]], changed[place[0] : place[1] + moved]
    line = Text(source).at_offset(edit.start).line
    return Mutant(changed[start : end + moved], line, _in_one_line(old), _in_one_line(new))


def _statement(source: str, function: Function, edit: _Edit) -> tuple[int, int]:
    """Where the smallest statement or head stands that has a change; else the change itself."""
    for statement in statements(source, function):
        first, last = statement.tokens[0].start, statement.tokens[-1].end
        if first <= edit.start and edit.end <= last:
            return first, last
    return edit.start, edit.end


def _in_one_line(text: str) -> str:
    """A piece of code without comments, in one line."""
    said, at = "", 0
    for token in code_tokens(text):
        said += " " if said and text[at : token.start] else ""
        said, at = said + token.text, token.end
    return said.strip("; ")
