"""What a run reports, as plain data that crosses processes as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tinytorch_ls.compile.result import KernelCode
from tinytorch_ls.machine.report import Report
from tinytorch_ls.runner.values import (
    Bounds,
    Fault,
    Parts,
    Plain,
    Wanted,
    WantedCode,
    WantedError,
)

UNREADABLE = "unreadable tests"  # the name of the test that a lesson's broken test file becomes
IMPORT = "import"  # of the one that stands for all where the tests could not be imported
MODULE = "<module>"  # the function of a frame that is in none
KIND = ": kind"  # behind the path of a place: of what kind it is, and whether it was there before
EXAMPLE = "example"  # the name of the test that a step's example is


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
class NoneRead:
    """An expression that was None, where an error says that something was."""

    text: str  # "tensor.grad_fn", "scale(…)"
    kind: Literal["call", "read", "parameter", "name"]  # what gave it; a variable of many: "name"
    where: Frame


@dataclass(frozen=True)
class Raised:
    """An exception that left student code."""

    type: str
    message: str
    frames: tuple[Frame, ...]  # outermost first; only the test's and the student's files
    unwritten: str | None = None  # the step id of a stub that was called
    syntax_error: bool = False
    by_hand: bool = False  # a `raise` statement of the student's made it
    fault: Fault | None = None  # of a kernel, or of what a compiler was given
    other: Frame | None = None  # where the second thread of a fault was
    nones: tuple[NoneRead, ...] = ()  # what was None, the innermost first, and who handed it on
    missing: tuple[str, ...] = ()  # the modules that an import did not find, and why it failed
    package: str = ""  # that the code uses, and inside of which the first of them was looked for
    broken: str = ""  # the package, this one or one that it needs, whose own import failed


@dataclass(frozen=True)
class Expected:
    """What a test wanted of one value."""

    value: Wanted
    rtol: float = 0.0
    atol: float = 0.0
    dtype: str | None = None  # wanted exactly, where given
    free: tuple[Fact, ...] = ()  # what may be otherwise than in the reference

    @property
    def kind(self) -> Literal["equals", "raises", "mentions", "between", "compiles"]:
        match self.value:
            case WantedError():
                return "raises"
            case WantedCode():
                return "compiles"
            case Parts():
                return "mentions"
            case Bounds():
                return "between"
            case _:
                return "equals"


Fact = Literal["kind", "dtype", "memory", "changes"]
"""What a test needs not say of a value, because the reference says it."""


@dataclass(frozen=True)
class Change:
    """What a call did to one of its operands."""

    label: str  # as written in the test: "x", or "layer.weight" for a part of `layer`
    place: str  # "[0, 1]"; "" for the whole
    before: str
    after: str
    form: bool = False  # its shape or its dtype is another, whatever became of its values


@dataclass(frozen=True)
class Facts:
    """What came with a value, for comparison with the reference at the same place."""

    kind: str  # "Tensor", "list of float"
    dtypes: tuple[str, ...] = ()  # of the arrays and tensors in it
    shares: tuple[str, ...] = ()  # operands whose memory the value uses
    changes: tuple[Change, ...] = ()
    watched: tuple[str, ...] = ()  # operands, and parts of them, that could have been changed
    items: tuple[str, ...] = ()  # the kinds of what is in a short tuple
    yields: tuple[str, ...] = ()  # the kinds of what generators gave to the test on the way


@dataclass(frozen=True)
class Deviation:
    """A fact in which a value differs from the reference's."""

    fact: Fact
    got: str
    wanted: str
    change: Change | None = None
    at: int | None = None  # in a tuple, the item that it is about
    yields: bool = False  # it is about what a generator gave turn by turn


@dataclass(frozen=True)
class Effect:
    """What a call wrote into one place of what it was given."""

    path: str  # "0.weight", "2['square_avg']": the number of the argument, and the way from there
    values: tuple[Plain, ...]  # after each line that wrote it
    wheres: tuple[Frame, ...] = ()  # these lines; of the reference nobody asks for them
    made: bool = False  # it was not there before


@dataclass(frozen=True)
class Call:
    """A test's own call of one of the step's functions, and what came of it."""

    function: str  # the step's symbol
    value: Plain | None  # None: it is too large to be told
    shares: tuple[str, ...]  # operands whose memory the value uses
    changes: tuple[str, ...]  # operands that it changed
    returned_from: Frame | None = None
    trail: tuple[int, ...] = ()  # its last lines, in the order in which they ran
    raised: bool = False  # an error ended it: it has no value
    effects: tuple[Effect, ...] = ()
    left_wrong: bool = False  # it wrote otherwise than the reference's call does
    miswrote: Frame | None = None  # the line that did, where it is known


@dataclass(frozen=True)
class Writing:
    """The first line of a step's function after which an operand was another."""

    where: Frame
    parameter: str  # as which the function knows the operand; "" if as none


@dataclass(frozen=True)
class Observation:
    """One value that student code produced, beside what the test wanted of it."""

    call: str  # as written in the test: "a.add(b)"
    line: int  # in the test file; in an example, its line
    value: Plain
    expected: Expected
    because: str
    passed: bool
    inputs: dict[str, str] = field(default_factory=dict[str, str])  # as they were before the call
    facts: Facts = Facts("")
    deviation: Deviation | None = None  # why it failed, where its value is as wanted
    got: str = ""  # the value as text
    wanted: str = ""
    difference: str = ""
    likenesses: tuple[str, ...] = ()  # what a wrong value has to do with the wanted one
    frames: tuple[Frame, ...] = ()  # of an error where another was wanted, of what isn't compiled
    called: tuple[str, ...] = ()  # the step's symbols that ran for it, in a survey of the reference
    calls: tuple[Call, ...] = ()  # for it; in a survey, and where a test that failed was watched


@dataclass(frozen=True)
class Told:
    """What a survey of the reference tells of one test, by the places of its values: "12:0"."""

    facts: dict[str, Facts] = field(default_factory=dict[str, Facts])
    values: dict[str, Plain] = field(default_factory=dict[str, Plain])  # of an example only


UNREACHED = "Unreached"
"""The type of the error of a test that came to its end, and not to an expectation to which it comes
with the reference; its message is what that is of."""


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
    trail: tuple[int, ...] = ()  # the last lines of that call, in the order in which they ran
    called: tuple[str, ...] = ()  # the step's symbols that it ran, in a survey of the reference
    seconds: float = 0.0  # of processor time
    call: str = ""  # what the test called when `raised` left it
    inputs: dict[str, str] = field(default_factory=dict[str, str])  # of that call, before it
    wrote: Writing | None = None  # where an operand was changed, if that is why the test failed
    strayed: Call | None = None  # the first call that did not do what the reference's does
    turned: Frame | None = None  # the condition with another one in whose place it passes
    calls: tuple[Call, ...] = ()  # since the last expectation, where `raised` left a watched test
    nested: tuple[tuple[str, str], ...] = ()  # which of the step's symbols ran inside which, then
    not_run: str = ""  # why it ended early without a fault: a compiler or a package is not here
    install: tuple[str, ...] = ()  # what brings it, where that is known

    @property
    def passed(self) -> bool:
        met = all(observation.passed for observation in self.observations)
        return met and self.raised is None and not self.not_run


Walked = Literal["iterator", "sentinel", "growing", "generator", "__next__", "__getitem__"]
"""What a `for` goes through that gives it no end."""


@dataclass(frozen=True)
class Limit:
    """A limit that a run reached, or a way in which its process ended."""

    kind: Literal[
        "endless",  # `stopped_in` is the loop that one call did not come out of
        "slow",  # calls come and go, or a loop goes on whose end is in sight
        "stuck",  # one line did not come back
        "waiting",  # the wall-clock limit, with little computed
        "busy",  # no process began: no fault of the code
        "memory",
        "processes",
        "network",
        "file-size",
        "write",
        "exit",
        "crash",
    ]
    detail: str  # "10 s", "1 GiB", "exit status 3", "signal SIGSEGV", the path of a refused write
    walked: Walked | None = None  # why a `for` is endless: `stopped_in` is there what gives no end


@dataclass(frozen=True)
class UnderWay:
    """What a test was at when its run was stopped."""

    test: str  # its name
    line: int  # in the test file; in an example 0
    call: str  # as written in the test; "" where it is none
    inputs: dict[str, str] = field(default_factory=dict[str, str])  # of that call, before it


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
    stack: tuple[Frame, ...] = ()  # the student's calls that were under way then, outermost first
    under_way: UnderWay | None = None  # then, if a test had begun
    seed: int = 0
    launches: tuple[Report, ...] = ()  # of the student's kernels, where they were asked for
    codes: Mapping[str, KernelCode] = field(default_factory=dict[str, KernelCode])
    """What a compiler made of the kernels that were launched, by name, where that was asked."""
    told_again: bool = False  # when it is known which conditions are why its tests failed

    @property
    def passed(self) -> bool:
        return self.limit is None and bool(self.tests) and all(test.passed for test in self.tests)

    @property
    def endless_at(self) -> tuple[Frame, ...]:
        """Where it did not come to an end: one place, or none."""
        endless = self.limit is not None and self.limit.kind == "endless"
        return (self.stopped_in,) if endless and self.stopped_in else ()

    @property
    def importing(self) -> Frame | None:
        """The line at which a file of the student's was, that was being imported when a limit was
        reached: no step had begun then."""
        if not (self.limit and self.stack and self.stack[0].function == MODULE):
            return None
        return next(frame for frame in reversed(self.stack) if frame.function == MODULE)

    @property
    def not_run(self) -> str:
        """Why a step whose other tests all pass can't be tested to its end here; else ""."""
        reasons = [test.not_run for test in self.tests if not test.passed]
        return reasons[0] if self.limit is None and reasons and all(reasons) else ""

    @property
    def install(self) -> tuple[str, ...]:
        """The program that brings what was missing then, where it is known."""
        return next((test.install for test in self.tests if test.not_run), ())
