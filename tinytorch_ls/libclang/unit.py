"""The tree that libclang makes of a `.cu` file, and what it says of the text."""

from __future__ import annotations

import atexit
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from tinytorch_ls.libclang.prelude import prelude

_FIRST = "/prelude/cuda.h"
_OF_THE_GRAMMAR = ("Parse Issue", "Lexical or Preprocessor Issue")
_LINE_END = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Error:
    """Why a text is no CUDA C."""

    kind: Literal["grammar", "name", "meaning"]  # it can't be read; a name is unknown; the rest
    line: int  # 1-based
    column: int  # 0-based, in characters
    end_column: int
    message: str  # libclang's


@lru_cache(maxsize=1)
def is_here() -> bool:
    """Whether libclang is installed and can be loaded."""
    try:
        return installed().conf.lib is not None
    except Exception:  # its binding has an error of its own for a library that does not load
        return False


def installed() -> Any:
    """libclang. Raises ImportError that says how to get it."""
    try:
        from clang import cindex  # pyright: ignore
    except ImportError as error:
        words = "simulating CUDA C needs libclang: pip install 'tinytorch[cuda]'"
        raise ImportError(words) from error
    return cindex


@lru_cache(maxsize=64)
def unit_of(file: str, text: str) -> Any:
    """The tree of a text, with errors or without. Raises ImportError."""
    cindex = installed()
    arguments = ["-x", "c++", "-std=c++17", "-include", _FIRST, "-Wno-everything", "-nostdinc"]
    return cindex.Index.create().parse(
        file, args=arguments, unsaved_files=[(_FIRST, prelude()), (file, text)]
    )


atexit.register(unit_of.cache_clear)  # while libclang can still take its trees apart


def errors_in(file: str, text: str) -> Iterator[Error]:
    """What keeps a text from being CUDA C, in the order in which it was found. ImportError."""
    cindex = installed()
    lines = _LINE_END.split(text)
    for each in unit_of(file, text).diagnostics:
        if each.severity >= cindex.Diagnostic.Error:
            line = min(max(each.location.line, 1), len(lines))
            code = lines[line - 1]
            before = code.encode()[: max(each.location.column - 1, 0)].decode(errors="replace")
            found = _WORD.match(code, len(before))
            end = found.end() if found else len(before) + 1
            yield Error(_kind(each), line, len(before), end, each.spelling)


def _kind(diagnostic: Any) -> Literal["grammar", "name", "meaning"]:
    if diagnostic.category_name in _OF_THE_GRAMMAR:
        return "grammar"
    words = diagnostic.spelling
    return "name" if "undeclared" in words or "unknown type name" in words else "meaning"
