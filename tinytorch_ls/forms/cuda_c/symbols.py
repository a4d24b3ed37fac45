"""Where every function of a text of CUDA C begins and ends, to the character."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from tinytorch_ls.forms.cuda_c.tokens import Token, code_tokens, error_at, partners, tokens
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.text import Span, Text
from tinytorch_ls.forms.texts import is_empty
from tinytorch_ls.libclang import unit
from tinytorch_ls.libclang.words import in_words

_HOLDERS = ("struct", "class", "union", "namespace")
_NO_NAMES = ("__launch_bounds__", "__align__", "__attribute__", "alignas", "decltype", "noexcept")


@dataclass(frozen=True)
class Function(Definition):
    """A kernel or a device function: the parts that stubs and transplants work with."""

    body: Span  # between its braces
    words: Span | None  # the comment with which the body begins
    above: str  # the comment that ends on the line before it
    parameters: tuple[str, ...]  # as they are written, without blanks that mean nothing
    result: str  # its type and what stands before it: `extern "C" __global__ void`


@lru_cache(maxsize=64)
def definitions(source: str) -> Mapping[str, Function]:
    """Every function by its name, those of a struct behind its name, in the order of the text.

    Raises SyntaxError: at a bracket without a partner, or where libclang is, at what can't be read.
    """
    found = parts(source)
    if unit.is_here():
        first = next(unit.errors_in("/kernel.cu", source), None)
        if first and first.kind == "grammar":  # others may follow from what it means
            place = (None, first.line, first.column + 1, None)
            raise SyntaxError(in_words(first.message), place)
    return found


@lru_cache(maxsize=64)
def parts(source: str) -> Mapping[str, Function]:
    """The same by the brackets alone. Raises SyntaxError."""
    if "\0" in source and not is_empty(source):
        raise error_at(source, source.index("\0"), "A NUL byte stands in this line")
    if (half := next((n for n, c in enumerate(source) if "\ud800" <= c <= "\udfff"), -1)) >= 0:
        raise error_at(source, half, "Half of a character stands in this line")
    text, everything = Text(source), code_tokens(source)
    heads = _functions(source, everything, 0, len(everything), "")
    try:
        return MappingProxyType({name: _definition(text, name, *head) for name, head in heads})
    except RecursionError:
        raise SyntaxError("structs nest too deeply here") from None


@lru_cache(maxsize=64)
def holders(source: str) -> frozenset[str]:
    """The names of structs and the like. Raises SyntaxError."""
    everything = code_tokens(source)
    return frozenset(
        name
        for first, opened in _blocks(source, everything, 0, len(everything))
        if (name := _held_by(everything[first:opened]))
    )


Head = tuple[int, int, int, int]
"""Places among the tokens: of the first, of the name, of the brace that opens, of its partner."""


def _functions(
    source: str, everything: tuple[Token, ...], first: int, end: int, prefix: str
) -> Iterator[tuple[str, Head]]:
    for start, opened in _blocks(source, everything, first, end):
        head, closed = everything[start:opened], partners(source)[opened]
        name = _name_in(source, everything, start, opened)
        if name is not None:
            yield prefix + everything[name].text, (start, name, opened, closed)
        elif (held := _held_by(head)) or _is_linkage(head):
            inside = f"{prefix}{held}." if held else prefix
            yield from _functions(source, everything, opened + 1, closed, inside)


def _blocks(
    source: str, everything: tuple[Token, ...], first: int, end: int
) -> Iterator[tuple[int, int]]:
    """What stands in braces between two places: where its head begins, and the brace that opens."""
    pairs, start, at = partners(source), first, first
    while at < end:
        token = everything[at]
        if token.text == "{":
            yield start, at
            at = pairs[at]
            start = at + 1
        elif token.text in ("(", "["):
            at = pairs[at]
        elif token.text == ";" or token.kind == "directive":
            start = at + 1
        at += 1


def _name_in(source: str, everything: tuple[Token, ...], start: int, opened: int) -> int | None:
    """The place of the name in a function's head; None where it is the head of none."""
    pairs, found, at = partners(source), None, start
    while at < opened:
        token = everything[at]
        if token.text == "=" and found is None:
            return None  # an array and its values
        if token.text in ("(", "["):
            before = everything[at - 1] if at > start else None
            if found is None and token.text == "(" and before and before.kind == "word":
                found = at - 1 if before.text not in _NO_NAMES else None
            at = pairs[at]
        at += 1
    return found


def _held_by(head: tuple[Token, ...]) -> str:
    """The name of the struct or namespace that a head begins; "" where it begins none."""
    for place, token in enumerate(head[:-1]):
        if token.text in _HOLDERS and (place == 0 or head[place - 1].text not in ("<", ",")):
            names = [t.text for t in head[place + 1 :] if t.kind == "word"]
            return next((name for name in names if name not in _NO_NAMES), "")
    return ""


def _is_linkage(head: tuple[Token, ...]) -> bool:
    return len(head) == 2 and head[0].text == "extern"


def _definition(
    text: Text, name: str, first: int, named: int, opened: int, closed: int
) -> Function:
    source, everything = text.source, code_tokens(text.source)
    start, brace, end = everything[first], everything[opened], everything[closed]
    identifier = everything[named]
    body = Span(text.at_offset(brace.end), text.at_offset(end.start))
    words = _words(text, body)
    inside = everything[opened + 1 : closed]
    return Function(
        name=name,
        whole=Span(text.at_offset(start.start), text.at_offset(end.end)),
        signature=Span(text.at_offset(start.start), text.at_offset(brace.start)),
        identifier=Span(text.at_offset(identifier.start), text.at_offset(identifier.end)),
        first_statement=text.at_offset(inside[0].start) if inside else body.start,
        body=body,
        words=words,
        above=_above(text, start.start),
        parameters=tuple(_parameters(source, everything, named + 1)),
        result=" ".join(token.text for token in everything[first:named]),
    )


def _words(text: Text, body: Span) -> Span | None:
    """The comment below the head with which a body begins: one in /* */, or all that are //."""
    found: list[Token] = []
    line, everything = body.start.line, tokens(text.source)
    first = bisect_left(everything, body.start.offset, key=lambda token: token.start)
    for at in range(first, len(everything)):
        token = everything[at]
        if token.kind != "comment" or text.at_offset(token.start).line != line + 1:
            break
        if found and token.text.startswith("/*"):
            break
        found.append(token)
        line = text.at_offset(token.end).line
        if token.text.startswith("/*"):
            break
    return Span(text.at_offset(found[0].start), text.at_offset(found[-1].end)) if found else None


def _above(text: Text, start: int) -> str:
    """The comment whose last line is the one before a place."""
    found: list[str] = []
    line, everything = text.at_offset(start).line, tokens(text.source)
    after = bisect_right(everything, start, key=lambda token: token.end)
    for at in reversed(range(after)):
        token = everything[at]
        if token.kind != "comment" or text.at_offset(token.end).line != line - 1:
            break
        place = text.at_offset(token.start)
        line = place.line
        if text.lines[line - 1][: place.column].strip():
            break  # it stands behind code
        found.append(token.text)
    return "\n".join(reversed(found))


def _parameters(source: str, everything: tuple[Token, ...], opened: int) -> Iterator[str]:
    """The parameters between two brackets, each as it is written."""
    pairs, part = partners(source), list[str]()
    at, closed = opened + 1, pairs[opened]
    while at < closed:
        token = everything[at]
        if token.text == ",":
            yield " ".join(part)
            part.clear()
        elif token.text in ("(", "[", "{"):
            part += [each.text for each in everything[at : pairs[at] + 1]]
            at = pairs[at]
        else:
            part.append(token.text)
        at += 1
    if part and part != ["void"]:
        yield " ".join(part)
