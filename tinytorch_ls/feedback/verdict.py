"""What is said of a step after a run; the editor and the terminal both show these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tinytorch_ls.compile.result import KernelCode
from tinytorch_ls.machine.report import Report
from tinytorch_ls.messages import say
from tinytorch_ls.runner.report import Binding, Frame

State = Literal["todo", "failing", "passed", "blocked", "not run"]
"""`todo`: not written yet. `blocked`: it calls a step that is not written yet, or one that fails.
`not run`: something that it needs is not here, such as a package or a GPU."""
FunctionState = Literal["todo", "failing", "passed", "waiting"]
"""`waiting`: it is written, and its tests need a function of the step that is not."""


@dataclass(frozen=True)
class Failure:
    """A failing step in parts: facts first, help apart."""

    headline: str  # one sentence
    call: str = ""  # the student's call as written in the test
    inputs: tuple[tuple[str, str], ...] = ()  # as they were before the call
    got: str = ""
    expected: str = ""
    difference: str = ""  # the first: index, shape or dtype
    because: str = ""
    mistake: str = ""  # what the code behaves like
    fact: str = ""  # what its error or its wrong values show
    help: str = ""  # Markdown; the mistake's feedback, or the next move
    test: str = ""
    output: str = ""


@dataclass(frozen=True)
class FunctionVerdict:
    """One function of a step that has several."""

    name: str  # "Tensor.sub"
    state: FunctionState


@dataclass(frozen=True)
class Cause:
    """That a step fails because of what stands somewhere else."""

    step: str  # as a sentence calls it: "“Sum”"
    headline: str  # of the step's failure
    proven: bool  # whether the step passes with the library's code in that place


@dataclass(frozen=True)
class Mark:
    """A failure at its place: the student's own line, and the line of the test."""

    failure: Failure
    where: Frame | None = None
    expectation: Frame | None = None
    function: str = ""  # the symbol that it is about, where that is known
    related: tuple[tuple[Frame, str], ...] = ()  # other places of the student's, and what they are
    cause: Cause | None = None  # it stands where a step's failure comes from


@dataclass(frozen=True)
class Verdict:
    """The outcome of one step."""

    step: str
    state: State
    marks: tuple[Mark, ...] = ()  # one for each function that fails, the first test's first
    where: Frame | None = None  # the student's own line
    blocked_by: str | None = None
    functions: tuple[FunctionVerdict, ...] = ()  # of a step that has several
    seconds: float = 0.0
    bindings: tuple[Binding, ...] = ()  # the arrays that the step's variables were
    launches: tuple[Report, ...] = ()  # of the step's kernels, the largest of each
    codes: Mapping[str, KernelCode] = field(default_factory=dict[str, KernelCode])
    """What a compiler made of these kernels, by name."""
    output: str = ""  # what the code printed
    notes: tuple[Mark, ...] = ()  # of a step that passes: what its tests don't ask for

    def until_told(self, former: Verdict | None) -> Verdict:
        """The first word on a run: where it passes, what its variables were is told later, and what
        they were in the run before stays until then, so that no hint flickers."""
        if self.state != "passed" or former is None:
            return self
        return replace(self, bindings=former.bindings)

    @property
    def failure(self) -> Failure | None:
        """What is shown first."""
        return self.marks[0].failure if self.marks else None

    @property
    def expectation(self) -> Frame | None:
        """The line of the test that was not met first."""
        return self.marks[0].expectation if self.marks else None

    @property
    def reported(self) -> tuple[FunctionVerdict, ...]:
        """How each function stands, of a step of several of which one is begun and not all pass."""
        begun = any(function.state != "todo" for function in self.functions)
        return self.functions if begun and self.state in ("failing", "todo") else ()

    @property
    def count(self) -> str:
        """ "2 of 5 functions right", of such a step; else "". Of some it may not be known."""
        states = [function.state for function in self.reported]
        told = {"right": states.count("passed"), "total": len(states)}
        if "waiting" in states:
            return say("{right} of {total} functions known to be right", **told)
        return say("{right} of {total} functions right", **told) if states else ""
