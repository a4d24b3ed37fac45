"""Inlay hints of kernels: what warps moved at each access in the last run, and which lines compute
in double precision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.traffic_words import double_tooltip, traffic_label, traffic_tooltip
from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.text import Position
from tinytorch_ls.machine.report import Moved, Place, Report
from tinytorch_ls.server.positions import lines_of, position, units
from tinytorch_ls.server.session import OpenFile, Session


@dataclass(frozen=True)
class _Access:
    """What an access in the source moved, whatever arrays it was to."""

    place: Place
    memory: str
    moved: Moved
    launch: Report


def kernel_hints(session: Session, opened: OpenFile) -> Iterator[types.InlayHint]:
    """What is said of the file's kernels, in lines that are as they were when these ran."""
    accesses, doubles = _accesses(session, opened), _double_lines(session, opened)
    if not (accesses or doubles):
        return
    lines, file = lines_of(opened.text), _Tested.of(session, opened)
    for access in accesses:
        now = file.line_now(access.place.end_line)
        if now and (label := traffic_label(access.moved, access.memory)):
            tooltip = traffic_tooltip(access.moved, access.memory, access.launch)
            yield _hint(position(lines, Position(0, now, access.place.end_column)), label, tooltip)
    for line, compiled in doubles.items():
        if now := file.line_now(line):
            end = types.Position(now - 1, units(lines[now - 1]))
            yield _hint(end, "float64", double_tooltip(compiled=compiled))


def _hint(place: types.Position, label: str, tooltip: str) -> types.InlayHint:
    said = types.MarkupContent(types.MarkupKind.Markdown, tooltip)
    return types.InlayHint(place, label, tooltip=said, padding_left=True)


def launches_of(session: Session, step: Step, file: str) -> Iterator[Report]:
    """The last launches of the kernels that a step teaches in a file."""
    verdict = session.verdicts.get(step.id)
    names = {symbol.name for symbol in step.symbols if symbol.file == file}
    if verdict is not None:
        yield from (launch for launch in verdict.launches if launch.kernel in names)


def _accesses(session: Session, opened: OpenFile) -> list[_Access]:
    """Those in the file, also in given functions that kernels call: of these the last kernel's."""
    own = str(session.folder.root / opened.file)
    found: dict[tuple[Place, str], _Access] = {}
    launches = (launches_of(session, step, opened.file) for step in opened.steps)
    for launch in chain.from_iterable(launches):
        sums: defaultdict[tuple[Place, str], Moved] = defaultdict(Moved)
        for each in launch.traffic:
            if each.place.file == own:
                sums[each.place, each.memory] += each
        for (place, memory), moved in sums.items():
            found[place, memory] = _Access(place, memory, moved, launch)
    return list(found.values())


def _double_lines(session: Session, opened: OpenFile) -> dict[int, bool]:
    """The lines of the file that compute in double precision, and whether the compiler said so:
    where it was not asked the simulator says it, by the same rules."""
    own = str(session.folder.root / opened.file)
    found: dict[int, bool] = {}
    for step in opened.steps:
        for launch in launches_of(session, step, opened.file):
            if code := session.verdicts[step.id].codes.get(launch.kernel):
                found.update(dict.fromkeys(code.double_lines, True))
            else:
                lines = (place.line for place in launch.doubles if place.file == own)
                found.update(dict.fromkeys(lines, False))
    return found


@dataclass(frozen=True)
class _Tested:
    """A file as it was tested, beside what an editor has."""

    lines: list[str]
    functions: Mapping[str, Definition]
    now: OpenFile

    @staticmethod
    def of(session: Session, opened: OpenFile) -> _Tested:
        text = session.tested.get(opened.file, "")
        functions: Mapping[str, Definition] = {}
        with suppress(SyntaxError):
            functions = form_of(opened.file).definitions(text)
        return _Tested(lines_of(text), functions, opened)

    def line_now(self, line: int) -> int | None:
        """Where a line is by now, which moves with its function; None where it reads otherwise."""
        around = (f for f in self.functions.values() if f.first_line <= line <= f.last_line)
        function = next((f for f in around if f.name in self.now.good), None)
        moved = self.now.good[function.name].first_line - function.first_line if function else 0
        lines = lines_of(self.now.text)
        if not (line <= len(self.lines) and line + moved <= len(lines)):
            return None
        return line + moved if self.lines[line - 1] == lines[line + moved - 1] else None
