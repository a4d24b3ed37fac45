"""Inlay hints of kernels: beside each access what warps moved there in the last run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from lsprotocol import types

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.traffic_words import traffic_label, traffic_tooltip
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.text import Position
from tinytorch_ls.machine.report import Moved, Place, Report
from tinytorch_ls.server.positions import lines_of, position
from tinytorch_ls.server.session import OpenFile, Session


@dataclass(frozen=True)
class _Access:
    """What an access in the source moved, whatever arrays it was to."""

    place: Place
    memory: str
    moved: Moved
    launch: Report


def kernel_hints(session: Session, opened: OpenFile) -> Iterator[types.InlayHint]:
    """What each access of the file's kernels moved, in lines that are as they were then."""
    accesses = _accesses(session, opened)
    if not accesses:
        return
    lines, moved_by = lines_of(opened.text), _shifts(session, opened)
    tested = lines_of(session.tested.get(opened.file, ""))
    for access in accesses:
        last, column = access.place.end_line, access.place.end_column
        now = last + moved_by.get(access.place.function, 0)
        if not (last <= len(tested) and now <= len(lines) and tested[last - 1] == lines[now - 1]):
            continue
        if label := traffic_label(access.moved, access.memory):
            tooltip = traffic_tooltip(access.moved, access.memory, access.launch)
            yield types.InlayHint(
                position(lines, Position(0, now, column)),
                label,
                tooltip=types.MarkupContent(types.MarkupKind.Markdown, tooltip),
                padding_left=True,
            )


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


def _shifts(session: Session, opened: OpenFile) -> dict[str, int]:
    """By how many lines each function has moved since the file was tested."""
    try:
        before = form_of(opened.file).definitions(session.tested.get(opened.file, ""))
    except SyntaxError:
        return {}
    return {
        name: found.first_line - before[name].first_line
        for name, found in opened.good.items()
        if name in before
    }
