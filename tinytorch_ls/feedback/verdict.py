"""What is said of a step after a run; the editor and the terminal both show these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinytorch_ls.runner.report import Binding, Frame

State = Literal["todo", "failing", "passed", "blocked"]
"""`todo`: not written yet. `blocked`: it calls a step that is not written yet."""


@dataclass(frozen=True)
class Failure:
    """A failing step in parts: facts first, help apart."""

    headline: str  # one sentence
    call: str = ""  # the student's call as written in the test
    inputs: tuple[tuple[str, str], ...] = ()
    got: str = ""
    expected: str = ""
    difference: str = ""  # the first: index, shape or dtype
    because: str = ""
    mistake: str = ""  # title of the recorded mistake that behaves the same
    help: str = ""  # Markdown; the mistake's feedback, or the next move
    test: str = ""
    output: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one step."""

    step: str
    state: State
    failure: Failure | None = None
    where: Frame | None = None  # the student's own line
    expectation: Frame | None = None  # the line of the test that was not met
    blocked_by: str | None = None
    seconds: float = 0.0
    bindings: tuple[Binding, ...] = ()  # the arrays that the step's variables were
