"""What is said beyond LSP, as data. `vscode-extension/src/protocol.ts` mirrors it; a test compares.

A name in snake_case here is one in camelCase there, a tuple an array, and a field with a default
one that may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Final, cast

from lsprotocol.types import Position, Range

from tinytorch_ls.feedback.verdict import State

COURSE: Final = "tinytorch/course"
LESSON: Final = "tinytorch/lesson"
PAGE: Final = "tinytorch/page"
STEP_AT: Final = "tinytorch/stepAt"
ENTRY: Final = "tinytorch/entry"
REFERENCE: Final = "tinytorch/reference"
PICTURE: Final = "tinytorch/picture"
THREADS: Final = "tinytorch/threads"
DEBUG_CONFIGURATION: Final = "tinytorch/debugConfiguration"

COURSE_CHANGED: Final = "tinytorch/courseChanged"
STEP_PASSED: Final = "tinytorch/stepPassed"
STEP_OUTPUT: Final = "tinytorch/stepOutput"
SHOW_OUTPUT: Final = "tinytorch/showOutput"
TRUST_GRANTED: Final = "tinytorch/trustGranted"

RUN_STEP: Final = "tinytorch.runStep"
RUN_MODULE: Final = "tinytorch.runModule"
HINT: Final = "tinytorch.hint"
RESET_STEP: Final = "tinytorch.resetStep"
SOLVE_STEP: Final = "tinytorch.solveStep"
TIDY_STEP: Final = "tinytorch.tidyStep"
UNDO: Final = "tinytorch.undo"
TAKE_BACK: Final = "tinytorch.takeBack"
BEGIN_MODULE: Final = "tinytorch.beginModule"
START_COURSE: Final = "tinytorch.startCourse"

DEBUG_STEP: Final = "tinytorch.debugStep"
EXPLAIN_STEP: Final = "tinytorch.explainStep"
INSTALL: Final = "tinytorch.install"
GO_TO_STEP: Final = "tinytorch.goToStep"
SHOW_THREADS: Final = "tinytorch.showThreads"


@dataclass(frozen=True)
class Nothing:
    """The params of a message that needs none."""


@dataclass(frozen=True)
class CourseParams:
    """Whose course is asked for; without a folder that of the one that is worked in."""

    folder: str | None = None


@dataclass(frozen=True)
class StepParams:
    """Which step is asked for, and in whose folder."""

    step: str
    folder: str | None = None


@dataclass(frozen=True)
class PageParams:
    """Which lesson, or page of the lesson view, is asked for: a step's or a module's."""

    step: str | None = None
    module: str | None = None
    folder: str | None = None


@dataclass(frozen=True)
class PlaceParams:
    """Whose step is asked for: what stands at a line of an open file, counted from 0."""

    uri: str
    line: int


@dataclass(frozen=True)
class HintCount:
    shown: int
    total: int


@dataclass(frozen=True)
class StepNode:
    """A step in the tree."""

    id: str
    title: str
    state: State
    running: bool
    label: str  # the state in a word or three
    detail: str | None  # what the last run said, in a sentence
    uri: str | None
    range: Range | None
    hints: HintCount
    debugs: bool  # whether a debugger stops in its code
    waits_for: str | None  # the step that has to be written or mended before


@dataclass(frozen=True)
class Lack:
    """What keeps the steps of a module from being run here."""

    reason: str  # "onnx is not installed"
    install: tuple[str, ...]  # the program that brings it, and its arguments; none if none does


@dataclass(frozen=True)
class ModuleNode:
    """A module in the tree."""

    id: str
    number: int
    title: str
    begun: bool
    passed: int
    total: int
    lack: Lack | None
    steps: tuple[StepNode, ...]


@dataclass(frozen=True)
class LessonComplaint:
    """What is wrong with a lesson, and where."""

    file: str
    line: int
    message: str


@dataclass(frozen=True)
class CourseTree:
    """The course as one student has it."""

    title: str
    folder: str | None
    folders: tuple[str, ...]  # of all courses that are served
    trusted: bool
    complaints: tuple[LessonComplaint, ...]
    modules: tuple[ModuleNode, ...]
    next: str | None


@dataclass(frozen=True)
class Lesson:
    title: str
    markdown: str
    step: str | None


@dataclass(frozen=True)
class PageRef:
    """A page that can be turned to."""

    title: str
    step: str | None  # None: the page of the module itself
    module: str


@dataclass(frozen=True)
class PagePart:
    """A part of a page, as Markdown; the first has no title."""

    title: str
    markdown: str


@dataclass(frozen=True)
class PageQuestion:
    """Something to think about, as Markdown, and its answer, which is folded at first."""

    question: str
    answer: str


@dataclass(frozen=True)
class Input:
    """A value that a call got, as text."""

    name: str
    text: str


@dataclass(frozen=True)
class FunctionResult:
    """One function of a step that has several."""

    name: str
    state: str  # as a step's, or "waiting"
    sign: str  # of the state


@dataclass(frozen=True)
class Result:
    """What the last run of a step said, in parts: facts first, help apart."""

    state: State
    sign: str  # one character, of what the label says
    label: str  # the state in a word or three
    running: bool
    seconds: float  # of computing, after which a run is stopped
    headline: str  # one sentence, plain text; of a pass what it made possible
    count: str  # "2 of 5 functions right", of a step that fails and has several
    functions: tuple[FunctionResult, ...]
    inputs: tuple[Input, ...]
    call: str
    got: str
    expected: str
    difference: str
    because: str
    mistake: str  # what the code behaves like
    help: str  # Markdown
    output: str  # what the code printed
    uri: str | None  # of the student's file that the failure is in
    range: Range | None  # and where
    function: str  # the student's function that stands there, if one does
    test: Place | None  # the line of the lesson that was not met
    waits_for: PageRef | None  # the step that has to be written or mended before


@dataclass(frozen=True)
class Page:
    """What the lesson view shows of a step or of a module."""

    module: str
    number: int  # of the module
    module_title: str
    step: str | None
    title: str
    position: int  # of the step in its module; 0 for the module's own page
    total: int  # steps of the module
    passed: int
    milestone: str | None  # "1958: the perceptron learns to see"
    writes: bool  # whether the student writes something in this step
    debugs: bool  # whether a debugger stops in its code
    parts: tuple[PagePart, ...]
    questions: tuple[PageQuestion, ...]
    hints: tuple[str, ...]  # Markdown: those that were shown
    rungs: int  # how many there are
    result: Result | None
    previous: PageRef | None
    following: PageRef | None


@dataclass(frozen=True)
class Reference:
    """The student's file with the library's code in place of a step's, below their own words."""

    uri: str
    text: str


@dataclass(frozen=True)
class PictureParams:
    """Which step's picture is asked for, in whose folder, and what its controls were set to."""

    step: str
    folder: str | None = None
    values: Mapping[str, float] | None = None  # of the sliders
    strokes: Mapping[str, tuple[tuple[float, ...], ...]] | None = None  # in the pads


@dataclass(frozen=True)
class Slider:
    """A number of a picture that can be changed, between two others."""

    name: str
    label: str
    least: float
    most: float
    value: float
    step: float


@dataclass(frozen=True)
class Pad:
    """A field of a picture that can be written in; a stroke is x, y, x, y… from 0 to 1."""

    name: str
    label: str


@dataclass(frozen=True)
class Picture:
    png: str  # base64
    caption: str
    sliders: tuple[Slider, ...]
    pads: tuple[Pad, ...]


@dataclass(frozen=True)
class Turn:
    """One access by threads of the first block, all at once, and which elements they touched."""

    line: int  # counted from 0
    text: str  # of the access
    array: str
    memory: str  # "global", "shared"
    kind: str  # "read", "write", "atomic"
    shape: tuple[int, ...]  # of the array; empty where its elements have no index
    itemsize: int  # bytes
    width: int  # bytes that a thread moves at once
    origin: int  # the byte at which element 0 lies, from a boundary of 256
    threads: tuple[int, ...]  # counted in the block, x fastest
    elements: tuple[int, ...]  # one for each thread


@dataclass(frozen=True)
class ThreadMap:
    """A launch turn by turn: what the threads of its first block touched."""

    kernel: str
    block: str  # "(16, 16)"
    threads: int  # of a block
    turns: tuple[Turn, ...]
    source: str  # which launch it is of, and who counted; Markdown


@dataclass(frozen=True)
class PathRule:
    """Whether a debugger steps into the files of a pattern; debugpy's own form."""

    path: str
    include: bool


@dataclass(frozen=True)
class Place:
    uri: str
    line: int  # counted from 0


@dataclass(frozen=True)
class Entry:
    """How a step is opened: where its student goes on writing, and what is folded."""

    uri: str
    head: Range  # of the first function, from `def` to the colon
    writing: Position  # the placeholder of a stub, else where the code starts
    scaffolds: tuple[int, ...]  # the first lines of what is folded, counted from 0


@dataclass(frozen=True)
class DebugConfiguration:
    """How a client starts debugging a step."""

    name: str
    program: str
    args: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    python: str
    rules: tuple[PathRule, ...]
    breakpoint: Place | None


@dataclass(frozen=True)
class StepPassed:
    """A step went from not passed to passed."""

    folder: str
    step: str
    title: str
    unlocked: str  # a sentence, plain text: what the pass makes possible
    next: str | None
    module_done: bool
    milestone: str | None


@dataclass(frozen=True)
class StepOutput:
    """What a student's code printed in the last run of a step."""

    folder: str
    step: str
    title: str
    label: str  # what came of the run, in words
    output: str


@dataclass(frozen=True)
class StepOutcome:
    """The result of a command that ran a step."""

    step: str
    state: State


@dataclass(frozen=True)
class HintShown:
    """The result of a command that showed a hint."""

    shown: int
    total: int
    markdown: str


@dataclass(frozen=True)
class Changed:
    """The result of a command that changed files: those that are open, and unsaved now."""

    uris: tuple[str, ...]
    did: str  # a sentence: what was done
    change: str  # by which `takeBack` knows it


@dataclass(frozen=True)
class Undone:
    """The result of an undo: as `Changed`, and what was taken back."""

    uris: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Begun:
    """The result of beginning a module: its first file."""

    uri: str


@dataclass(frozen=True)
class Started:
    """The result of starting the course."""

    folder: str
    made: tuple[str, ...]


PARAMS: Mapping[str, type[Any]] = {
    COURSE: CourseParams,
    LESSON: PageParams,
    PAGE: PageParams,
    STEP_AT: PlaceParams,
    ENTRY: StepParams,
    REFERENCE: StepParams,
    PICTURE: PictureParams,
    THREADS: StepParams,
    DEBUG_CONFIGURATION: StepParams,
    TRUST_GRANTED: Nothing,
}
"""What a client's messages of ours carry."""


def as_json(value: Any) -> Any:
    """A message of ours as JSON; what is LSP's own stays as it is."""
    if value is None or isinstance(value, (str, int, float)):  # most parts of a tree
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: as_json(getattr(value, own)) for own, name in _names(type(value))}
    if isinstance(value, (tuple, list)):
        return [as_json(item) for item in cast("list[Any]", value)]
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value


@cache
def _names(kind: type[Any]) -> tuple[tuple[str, str], ...]:
    """The fields of a message: as they are called here, and there."""
    return tuple((field.name, _camel(field.name)) for field in fields(kind))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
