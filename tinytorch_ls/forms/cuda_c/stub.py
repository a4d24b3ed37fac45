"""Takes the bodies of kernels out, and tells what is a stub from what is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from tinytorch_ls.forms.cuda_c.comments import block, said
from tinytorch_ls.forms.cuda_c.symbols import Function, definitions
from tinytorch_ls.forms.cuda_c.tokens import code_tokens
from tinytorch_ls.forms.form import Hole
from tinytorch_ls.forms.text import Text
from tinytorch_ls.forms.unwritten import step_of_message, stub_message

KEPT = re.compile(r"__trap\(\);[ \t]*(?://|/\*)[ \t]*(\S+/\S+ is yours to write)\b")
"""The line of a stub. Any compiler takes it, so that the rest of the file works; what runs it stops
at once, and says whose it is."""
_BODY = "__trap ( ) ;"


@lru_cache(maxsize=64)  # every failure is held against it
def stub(source: str, holes: tuple[Hole, ...], library: Path) -> str:  # noqa: ARG001
    """A file of the library with a scaffold in place of each body taken out. SyntaxError."""
    found = definitions(source)
    for hole in sorted(holes, key=lambda hole: found[hole.name].whole.start, reverse=True):
        place = found[hole.name].body
        body = _body(source, found[hole.name], hole)
        source = source[: place.start.offset] + body + source[place.end.offset :]
    return source


@lru_cache(maxsize=16)
def unwritten(source: str) -> Mapping[str, str]:
    """The symbols that are still stubs, each with the id of its step. Raises SyntaxError."""
    found = ((name, _step_of_stub(source, each)) for name, each in definitions(source).items())
    return MappingProxyType({name: step for name, step in found if step})


def _step_of_stub(source: str, function: Function) -> str | None:
    body = function.body.of(source)
    kept = KEPT.search(body)
    alone = " ".join(token.text for token in code_tokens(body)) == _BODY
    return step_of_message(kept[1]) if kept and alone else None


def _body(source: str, function: Function, hole: Hole) -> str:
    fact = said(function.words.of(source)) if function.words else ""
    first, _, rest = hole.scaffold.partition("\n")
    text = "\n\n".join(part for part in (first, fact, rest.strip("\n")) if part)
    margin = indent_of(source, function)
    indent = margin + "    "
    line = f"__trap();  // {stub_message(hole.step)}"
    return f"\n{indent}{block(text, indent)}\n{indent}{line}\n{margin}"


def indent_of(source: str, function: Function) -> str:
    """The blanks before a function."""
    line = Text(source).lines[function.first_line - 1]
    return line[: len(line) - len(line.lstrip(" \t"))]
