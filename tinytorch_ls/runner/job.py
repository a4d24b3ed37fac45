"""What a process is asked to run, and what both sides of the wall agree on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.limits import DEFAULT_LIMITS, Limits
from tinytorch_ls.runner.report import Frame

OUTPUT = "output.txt"  # in the scratch folder: what student code printed
STACK = "stack.txt"  # there too: the stack of a process that can't report any more
TALLY = "tally"  # there too: how far the tests had come, for another run that is to stop there
READY = b'{"ready": true}\n'  # what a warm process says first
CUT_OFF = 70  # the exit status of a process that could not send its results
GRACE_SECONDS = 1.0  # beyond its limit, for a process that can't answer the alarm

LaunchesTold: TypeAlias = Literal["", "counted", "traced"]
"""Of launches: nothing, what they moved, or each turn of their first block as well."""


@dataclass(frozen=True)
class Draft:
    """A text that is being written: likely to be what the next run is of."""

    place: str  # the file that it is of
    text: str

    def save(self, path: Path) -> None:
        path.write_text(as_json(self), encoding="utf-8")

    @staticmethod
    def load(path: str) -> Draft:
        return Draft(**json.loads(Path(path).read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Replacement:
    """Another definition of a function."""

    file: str  # "tinytorch/tensor.py"
    name: str  # qualified: "Tensor.add"
    code: str
    line: int = 0  # where its code is to be shown in the file, 1-based; 0: nowhere


Variant: TypeAlias = tuple[Replacement, ...]
"""Definitions that are tried together: of one file from above, if their lines are known."""


@dataclass(frozen=True)
class Come:
    """How far the tests of a step have come."""

    seed: int
    looks: int  # at the statements of the tests and at the operands of their calls, since it began


@dataclass(frozen=True)
class Job:
    """One run: some steps of one module, on one folder's code."""

    root: str  # the folder whose `tinytorch/` comes first
    library: str  # the folder that holds the reference `tinytorch/`
    tests: str  # the module's test file, or its pictures
    module: str
    steps: tuple[str, ...]  # ids
    symbols: dict[str, list[tuple[str, str]]]  # step id -> (file, qualified name) of its symbols
    scratch: str  # a folder of this run's own, the only one it may write in
    overlay: dict[str, str] = field(default_factory=dict[str, str])  # file -> its text in this run
    blocked: tuple[str, ...] = ()  # modules of the library that must not be imported
    seed: int = 0
    more_seeds: tuple[int, ...] = ()  # a step that passes is tested again with each of these
    limits: Limits = DEFAULT_LIMITS
    seconds: dict[str, float] = field(default_factory=dict[str, float])  # that steps state
    cache: str = ""  # a folder that outlives the run, for what libraries keep
    picture: bool = False
    values: dict[str, float] = field(default_factory=dict[str, float])  # of the picture's sliders
    strokes: dict[str, list[list[float]]] = field(default_factory=dict[str, list[list[float]]])
    """What was written in the picture's pads: each stroke as x, y, x, y…, from 0 to 1."""
    examples: dict[str, str] = field(default_factory=dict[str, str])  # by the id of the step
    modules: tuple[str, ...] = ()  # whose names the examples use
    needs: tuple[str, ...] = ()  # the extras whose packages the module's steps import
    brief: bool = False  # end a step at its first test that fails
    watched: bool = True  # see what a step's own functions do in a test that fails
    conditions: bool = False  # tell of a step that fails, after it, which condition is why
    bindings: bool = False  # tell of a step that passes, after it, what its variables were
    launches: LaunchesTold = ""  # what to tell of the launches of the student's kernels
    codes: bool = False  # tell of a step that passes, after it, what a compiler makes of these
    endless: tuple[Frame, ...] = ()  # where the code was seen not to come to an end
    variants: tuple[Variant, ...] = ()
    """To tell of each what comes of the one step with it; where it is brief, whether it passes."""
    survey: bool = False  # of the reference: note which symbols each test calls
    until: Come | None = None  # tell what the one step's tests are at once they have come so far
    reference: dict[str, str] = field(default_factory=dict[str, str])
    """What a survey told of each step, as JSON: {test: {"facts": {place: ...}, "values": ...}}."""

    def limits_of(self, *steps: str) -> Limits:
        """The limits of these steps: of several, the longest."""
        seconds = (self.seconds.get(step, self.limits.seconds) for step in steps)
        return self.limits.of(max(seconds, default=None))

    def save(self) -> str:
        """Write the job into its scratch folder and return the file's path."""
        path = Path(self.scratch, "job.json")
        path.write_text(as_json(self), encoding="utf-8")
        return str(path)

    @staticmethod
    def load(path: str) -> Job:
        """The job that `save` wrote."""
        fields = json.loads(Path(path).read_text(encoding="utf-8"))
        fields["limits"] = Limits(**fields["limits"])
        fields["steps"] = tuple(fields["steps"])
        fields["blocked"] = tuple(fields["blocked"])
        fields["more_seeds"] = tuple(fields["more_seeds"])
        fields["modules"] = tuple(fields["modules"])
        fields["needs"] = tuple(fields["needs"])
        fields["until"] = Come(**fields["until"]) if fields["until"] else None
        fields["endless"] = tuple(Frame(**each) for each in fields["endless"])
        variants = fields["variants"]
        fields["variants"] = tuple(tuple(Replacement(**r) for r in each) for each in variants)
        return Job(**fields)
