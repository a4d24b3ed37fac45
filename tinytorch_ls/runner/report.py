"""What a run reports, as plain data that crosses processes as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

UNREADABLE = "unreadable tests"  # the name of the test that a lesson's broken test file becomes

Plain = dict[str, Any]
"""A value of student code as data: {"kind": "array" | "number" | "string" | "none" | "bool" |
"sequence" | "mapping" | "type" | "other" | "raised", ...}; `plain.py` makes and reads them."""


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback. Lines are 1-based; columns are 0-based characters, not bytes."""

    file: str
    function: str
    line: int
    end_line: int
    column: int | None = None  # None where Python 3.10 doesn't record columns
    end_column: int | None = None


@dataclass(frozen=True)
class Raised:
    """An exception that left student code."""

    type: str
    message: str
    frames: tuple[Frame, ...]  # outermost first; only the test's and the student's files
    unwritten: str | None = None  # the step id of a stub that was called
    syntax_error: bool = False


@dataclass(frozen=True)
class Expected:
    """What a test wanted of one value."""

    kind: Literal["equals", "raises", "mentions", "between"]
    value: Plain
    rtol: float = 0.0
    atol: float = 0.0
    dtype: str | None = None  # wanted exactly, where given


@dataclass(frozen=True)
class Observation:
    """One value that student code produced, beside what the test wanted of it."""

    call: str  # as written in the test: "a.add(b)"
    line: int  # in the test file
    value: Plain
    expected: Expected
    because: str
    passed: bool
    inputs: dict[str, str] = field(default_factory=dict[str, str])  # names in `call` -> short text


@dataclass(frozen=True)
class TestRun:
    """One test function: its observations up to the first that failed."""

    __test__ = False

    name: str
    line: int
    observations: tuple[Observation, ...]
    raised: Raised | None = None  # an exception outside `expect(...).raises`
    returned_from: Frame | None = (
        None  # where the step's symbol last returned, if an expectation failed
    )

    @property
    def passed(self) -> bool:
        return self.raised is None and all(o.passed for o in self.observations)


@dataclass(frozen=True)
class Limit:
    """A limit that a run reached, or a way in which its process ended."""

    kind: Literal["time", "memory", "processes", "file-size", "write", "exit", "crash"]
    detail: str  # "10 s", "1 GiB", "exit status 3", "signal SIGSEGV", the path of a refused write


@dataclass(frozen=True)
class Binding:
    """A variable of a step's function, as a line of it bound it last: an array or a Tensor."""

    function: str  # the step's symbol: "Tensor.add"
    line: int  # counted from the function's first line, its decorators included; 0: a parameter
    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class StepRun:
    """The run of one step's tests."""

    step: str
    tests: tuple[TestRun, ...]
    limit: Limit | None = None
    stopped_in: Frame | None = None  # student's line that ran when the limit was reached, if known
    output: str = ""  # what student code printed, capped
    seconds: float = 0.0
    bindings: tuple[Binding, ...] = ()  # from the test that failed, else from the last one

    @property
    def passed(self) -> bool:
        return self.limit is None and bool(self.tests) and all(test.passed for test in self.tests)
