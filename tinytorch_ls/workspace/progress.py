"""What the tests said last, kept in `.tinytorch/progress.json`; a cache that a run restores.

A terminal and several editors may write it: each reads it again under the folder's lock and adds
what it has learned itself.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from tinytorch_ls.workspace.files import write_whole
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.paths import MARK, place

State = Literal["todo", "failing", "passed", "blocked", "not run"]
STATES: tuple[State, ...] = get_args(State)
_DAMAGES = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)

_MOST_BYTES = 8 * 2**20  # a larger file is none of ours


@dataclass(frozen=True)
class StepProgress:
    """One step: what its last run said of which code, and how many hints were shown."""

    state: State = "todo"
    digest: str = ""  # of the step's symbols when it was run
    hints: int = 1  # the first rung stands in the stub


@dataclass(frozen=True)
class Loss:
    """A progress file that was gone or could not be read."""

    kept: str = ""  # the file in which what stood there is kept

    def __str__(self) -> str:
        kept = f"; what stood there is kept in {self.kept}" if self.kept else ""
        return f"your progress could not be read{kept}"


class Progress:
    """The progress of one student; lost or damaged files count as none."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / MARK / "progress.json"
        self.steps: dict[str, StepProgress] = {}
        self._tested: dict[str, tuple[State, str]] = {}  # not saved yet
        self._hinted: dict[str, int] = {}
        self._seen: object = None  # the file that was read last
        self._loss = None if _can_be_read(self.file) else Loss()  # what nobody was told of
        self.refresh()

    def of(self, step: str) -> StepProgress:
        return self.steps.get(step, StepProgress())

    def tested(self, step: str, state: State, digest: str) -> None:
        """Note what a run said. Nothing is written before `save`."""
        self.steps[step] = replace(self.of(step), state=state, digest=digest)
        self._tested[step] = (state, digest)

    def hinted(self, step: str, hints: int) -> None:
        self.steps[step] = replace(self.of(step), hints=hints)
        self._hinted[step] = hints

    def refresh(self) -> bool:
        """Take in what another program has saved since; True if that changed anything.

        What is not saved yet stays, and so does everything if the file is gone or damaged.
        """
        now = self._stamp()
        if now == self._seen:
            return False
        self._seen = now
        before = self.steps
        self.steps = self._with_ours({**before, **_load(self.file)})
        return self.steps != before

    def save(self) -> None:
        """Add what was noted since the last time to the file, in one move. Raises Refused.

        Where nothing was, a file that can be read stays as it is.
        """
        if not (self._tested or self._hinted) and _can_be_read(self.file):
            return
        with locked(self.root):
            self.refresh()
            self._keep_damaged()
            table = {step: asdict(progress) for step, progress in self.steps.items()}
            text = json.dumps({"version": 1, "steps": table}, indent=1) + "\n"
            write_whole(place(self.root, f"{MARK}/{self.file.name}"), text)
            self._seen = self._stamp()
        self._tested.clear()
        self._hinted.clear()

    def damaged(self) -> bool:
        """Whether there is a file, and it can't be read."""
        return self.file.exists() and not _can_be_read(self.file)

    def loss(self) -> Loss | None:
        """What could not be read since this was asked last; a file is kept once it is saved."""
        loss, self._loss = self._loss, None
        return loss

    def _keep_damaged(self) -> None:
        """Set a file aside that can't be read, before another takes its place. Raises Refused."""
        with suppress(OSError):
            status = self.file.lstat()
            kept = stat.S_ISREG(status.st_mode) and 0 < status.st_size <= _MOST_BYTES
            if kept and not _can_be_read(self.file):
                text = self.file.read_text(encoding="utf-8", errors="replace")
                aside = place(self.root, f"{MARK}/progress.damaged.json")
                write_whole(aside, text)
                self._loss = Loss(aside.file)

    def _with_ours(self, steps: Mapping[str, StepProgress]) -> dict[str, StepProgress]:
        """The steps as others left them, with what is noted here and not saved yet."""
        merged = dict(steps)
        for step, (state, digest) in self._tested.items():
            merged[step] = replace(merged.get(step, StepProgress()), state=state, digest=digest)
        for step, hints in self._hinted.items():
            theirs = merged.get(step, StepProgress())
            merged[step] = replace(theirs, hints=max(theirs.hints, hints))
        return merged

    def _stamp(self) -> object:
        """What tells a file from the one that replaces it; None if there is none."""
        try:
            status = self.file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _can_be_read(file: Path) -> bool:
    """Whether a file is one that this version of the course has written."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return False
        table: Any = json.loads(file.read_text(encoding="utf-8"))
        return table["version"] == 1 and isinstance(table["steps"], dict)
    except _DAMAGES:
        return False


def _load(file: Path) -> dict[str, StepProgress]:
    """The steps of a file; damaged ones are passed over."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return {}
        table: dict[Any, Any] = json.loads(file.read_text(encoding="utf-8"))["steps"]
        fields = {str(step): value for step, value in table.items()}
    except _DAMAGES:
        return {}
    found = {step: _step(value) for step, value in fields.items()}
    return {step: progress for step, progress in found.items() if progress}


def _step(fields: Any) -> StepProgress | None:
    try:
        state: State = fields["state"] if fields["state"] in STATES else "todo"
        return StepProgress(state, str(fields["digest"]), max(int(fields["hints"]), 1))
    except _DAMAGES:
        return None
