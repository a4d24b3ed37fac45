"""What a text of CUDA C no longer has that the rest of its file calls."""

from __future__ import annotations

import re

from tinytorch_ls.forms.cuda_c.symbols import definitions
from tinytorch_ls.forms.cuda_c.tokens import tokens


def lost(source: str, stub: str) -> tuple[str, ...]:
    """The functions of a file's stub that a text has not. Raises SyntaxError."""
    ours = definitions(source)
    return tuple(name for name in definitions(stub) if name not in ours)


def with_lost(source: str, stub: str) -> str:
    """A text with what it has lost, each in one line: C calls only what stands above.

    They stand before the first function, on its line, so that no line is moved. Raises SyntaxError.
    """
    known = definitions(stub)
    text = "".join(_in_one_line(known[name].whole.of(stub)) for name in lost(source, stub))
    first = next(iter(definitions(source).values()), None)
    if first is None:
        return f"{source}\n{text}"
    start = first.whole.start.offset
    return source[:start] + text + source[start:]


def _in_one_line(function: str) -> str:
    pieces = (
        f"/* {token.text.removeprefix('//').strip()} */" if token.text[:2] == "//" else token.text
        for token in tokens(function)
    )
    text = re.sub(r"\s+", " ", " ".join(pieces))
    return re.sub(r"__trap \( \) ;", "__trap();", text) + " "
