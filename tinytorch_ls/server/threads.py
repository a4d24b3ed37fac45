"""The map of threads and addresses: a launch of the student's kernel, turn by turn."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

from tinytorch_ls.feedback.standing_in import standing_texts
from tinytorch_ls.feedback.traffic_words import extent_text, source_of
from tinytorch_ls.forms.texts import text_of
from tinytorch_ls.machine import report
from tinytorch_ls.machine.report import Report
from tinytorch_ls.runner.client import RunRequest
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of
from tinytorch_ls.server.protocol import THREADS, StepParams, ThreadMap, Turn


async def threads(ls: TinyTorchServer, params: StepParams) -> ThreadMap | None:
    """The largest launch of a step's tests; None where they launch no kernel of the student's."""
    step, session = ls.step(params.step), ls.session(params.folder)
    if session is None or not ls.trusted or session.state(step) == "todo":
        return None
    module = session.course.module(step.module_id)
    request = RunRequest(
        step.module_id,
        (step.id,),
        root=session.folder.root,
        overlay=standing_texts(session.folder, module),
        launches="traced",
    )
    names = {symbol.name for symbol in step.symbols}
    found: dict[str, Report] = {}
    async for run in session.runner.run(request):
        found.update((launch.kernel, launch) for launch in run.launches if launch.turns)
    own = [launch for launch in found.values() if launch.kernel in names]
    launch = max(own or found.values(), key=lambda launch: prod(launch.grid), default=None)
    return _map(launch) if launch else None


FEATURES = {THREADS: threads}


def _map(launch: Report) -> ThreadMap:
    files = {turn.place.file for turn in launch.turns}
    lines = {file: lines_of(text_of(Path(file))) for file in files}
    turns = tuple(_turn(turn, lines[turn.place.file]) for turn in launch.turns)
    block = extent_text(launch.block)
    return ThreadMap(launch.kernel, block, prod(launch.block), turns, source_of(launch))


def _turn(turn: report.Turn, lines: Sequence[str]) -> Turn:
    place = turn.place
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    end = place.end_column if place.end_line == place.line else None
    return Turn(
        line=place.line - 1,
        text=line[place.column : end],
        **{name: part for name, part in vars(turn).items() if name != "place"},
    )
