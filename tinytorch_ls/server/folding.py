"""Folding ranges: the scaffold of each step, and what is indented, as an editor folds it itself."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.text import line_before
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of
from tinytorch_ls.server.session import OpenFile
from tinytorch_ls.workspace.stub import SCAFFOLD

_TAB = 4


def folding_range(
    ls: TinyTorchServer, params: types.FoldingRangeParams
) -> list[types.FoldingRange] | None:
    """What can be folded in a file; one that is none of the course is left to the editor."""
    found = ls.sessions.opened(params.text_document.uri)
    if found is None:
        return None
    _, opened = found
    scaffolds = [each for step in opened.steps for each in scaffolds_of(opened, step)]
    ours = {start for start, _ in scaffolds}
    plain = [each for each in _indented(lines_of(opened.text)) if each[0] not in ours]
    comment = types.FoldingRangeKind.Comment
    return [
        *(types.FoldingRange(start, end, kind=comment) for start, end in scaffolds),
        *(types.FoldingRange(start, end) for start, end in plain),
    ]


FEATURES = {types.TEXT_DOCUMENT_FOLDING_RANGE: folding_range}


def scaffolds_of(opened: OpenFile, step: Step) -> Iterator[tuple[int, int]]:
    """The first and last line of each scaffold of a step, 0-based: what tells how to do it.

    While the text can't be read they are where they were, moved with what was written above.
    """
    source = opened.good_text
    for symbol in step.symbols:
        if symbol.file != opened.file or symbol.name not in opened.good:
            continue
        if not (place := form_of(opened.file).documentation(source, symbol.name)):
            continue
        first, last = place.start.line - 1, place.end.line - 1
        lines = lines_of(source)[first : last + 1]
        heads = [n for n, line in enumerate(lines, first) if line.strip() in SCAFFOLD]
        if heads and heads[0] < last:
            yield _now(opened, heads[0]), _now(opened, last)


def _now(opened: OpenFile, line: int) -> int:
    """Where a line of the last text that could be read stands in the text as it is."""
    return line_before(opened.text, opened.good_text, line)


def _indented(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Each line with deeper ones below it, and the last of them."""
    open_at: list[tuple[int, int]] = []  # depth and number of the lines above, deepest last
    last = 0
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        depth = _depth(line)
        while open_at and open_at[-1][0] >= depth:
            start = open_at.pop()[1]
            if last > start:
                yield start, last
        open_at.append((depth, number))
        last = number
    yield from ((start, last) for _, start in open_at if last > start)


def _depth(line: str) -> int:
    blanks = line[: len(line) - len(line.lstrip(" \t\f"))]
    return len(blanks.replace("\f", "").expandtabs(_TAB))
