"""A function's syntax tree, and places in it."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import FunctionType

from tinytorch_ls.machine.refused import LocatedError, Refusal, RefusedError, UnsupportedError
from tinytorch_ls.machine.report import Place


class NoSourceError(Exception):
    """The source of a kernel could not be found."""


class Source:
    """One function."""

    def __init__(self, function: FunctionType) -> None:
        code = function.__code__
        self.file = code.co_filename
        self.name = function.__name__
        text = "".join(linecache.getlines(self.file))
        found = definition(parsed(text), self.name, code.co_firstlineno)
        if found is None:
            raise NoSourceError(f"the source of kernel {self.name} is not in {self.file} any more")
        self.node = found
        self.lines = text.splitlines()

    @property
    def head(self) -> Place:
        """The function's own name."""
        start = self._character(self.node.lineno, self.node.col_offset)
        end = start + len(f"def {self.node.name}")
        return Place(self.file, self.node.lineno, start, self.node.lineno, end, self.name)

    def place(self, node: ast.stmt | ast.expr) -> Place:
        """Where a node is."""
        end = node.end_lineno or node.lineno
        start = self._character(node.lineno, node.col_offset)
        stop = self._character(end, node.end_col_offset or 0)
        return Place(self.file, node.lineno, start, end, stop, self.name)

    def refused(
        self, node: ast.stmt | ast.expr, why: str, kind: Refusal = "unsupported"
    ) -> LocatedError:
        """What to raise where numba would not compile it."""
        words = f"numba can't compile `{shortened(node)}`: {why}"
        place = self.place(node)
        return LocatedError(RefusedError(words, kind, place), place)

    def unsupported(self, node: ast.stmt | ast.expr, why: str) -> LocatedError:
        """What to raise where numba compiles it and the simulator can't run it."""
        words = f"the simulator does not run `{shortened(node)}`: {why}"
        return LocatedError(UnsupportedError(words), self.place(node))

    def _character(self, line: int, byte_column: int) -> int:
        if line > len(self.lines) or self.lines[line - 1].isascii():
            return byte_column
        return len(self.lines[line - 1].encode()[:byte_column].decode(errors="replace"))


def shortened(node: ast.stmt | ast.expr) -> str:
    """A node's source, or its beginning."""
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 60 else f"{text[:57]}..."


@lru_cache(maxsize=16)
def parsed(text: str) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(text.removeprefix("\ufeff"))


def definition(tree: ast.Module, name: str, line: int) -> ast.FunctionDef | None:
    """The function whose first line, decorators included, is `line`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if line in (start, node.lineno):
                return node
    return None


def source_of(function: FunctionType) -> Source:
    """A function's source. Raises NoSourceError."""
    return Source(function)
