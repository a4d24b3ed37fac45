"""What the tests said last, kept in `.tinytorch/progress.json`; a cache that a run restores."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tinytorch_ls.workspace.files import write_whole

State = Literal["todo", "failing", "passed", "blocked"]
_DAMAGES = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
STATES: tuple[State, ...] = ("todo", "failing", "passed", "blocked")


@dataclass(frozen=True)
class StepProgress:
    """One step: what its last run said of which code, and how many hints were shown."""

    state: State = "todo"
    digest: str = ""  # of the step's symbols when it was run
    hints: int = 1  # the first rung stands in the stub


class Progress:
    """The progress of one student; lost or damaged files count as none."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.steps: dict[str, StepProgress] = _load(file)

    def of(self, step: str) -> StepProgress:
        return self.steps.get(step, StepProgress())

    def tested(self, step: str, state: State, digest: str) -> None:
        """Note what a run said. Nothing is written before `save`."""
        self.steps[step] = replace(self.of(step), state=state, digest=digest)

    def hinted(self, step: str, hints: int) -> None:
        self.steps[step] = replace(self.of(step), hints=hints)

    def refresh(self) -> None:
        """Take in what another program has written since."""
        self.steps = {**self.steps, **_load(self.file)}

    def save(self) -> None:
        """Write the file in one move. Raises Refused."""
        table = {step: asdict(progress) for step, progress in self.steps.items()}
        write_whole(self.file, json.dumps({"version": 1, "steps": table}, indent=1) + "\n")


def _load(file: Path) -> dict[str, StepProgress]:
    try:
        table: Any = json.loads(file.read_text(encoding="utf-8"))["steps"]
        return {str(step): _step(fields) for step, fields in table.items()}
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ):
        return {}


def _step(fields: dict[str, Any]) -> StepProgress:
    state = fields["state"] if fields["state"] in STATES else "todo"
    return StepProgress(state, str(fields["digest"]), max(int(fields["hints"]), 1))
