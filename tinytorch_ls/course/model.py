"""What a course is: modules, their steps, and the mistakes that students make in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tinytorch_ls.course.freedom import as_shown
from tinytorch_ls.course.locate import library_root


@dataclass(frozen=True)
class Complaint:
    """Something wrong with a lesson, at the place where its author can mend it."""

    file: Path
    line: int  # 1-based; 1 where the whole file is meant
    message: str
    stops: bool = False  # nothing can be proven of the module, or of its pictures, while it stands

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Symbol:
    """A function or method of the library, taught by one step."""

    file: str  # with forward slashes, from the folder that holds it: "tinytorch/tensor.py"
    name: str  # "relu" or "Tensor.add"

    def __str__(self) -> str:
        return f"{Path(self.file).name}: {self.name}"


@dataclass(frozen=True)
class Mistake:
    """A plausible wrong body, and what a student is told whose code behaves like it."""

    title: str
    code: str  # one or more whole definitions (`def add(self, other): ...`) of the step's symbols
    feedback: str  # Markdown: the fact, then the way out
    line: int


@dataclass(frozen=True)
class Equivalent:
    """A change to the reference that no test can notice, and why not."""

    old: str  # the line as it stands in the library, blanks collapsed
    new: str  # the line as the change would have it; "" where it is removed
    reason: str
    line: int


@dataclass(frozen=True)
class Step:
    """One concept: explained, written by the student in a few lines, tested at once."""

    id: str  # "tensor/add"
    title: str
    explanation: str  # Markdown
    symbols: tuple[Symbol, ...]  # empty for an integration step, which runs what stands already
    instructions: tuple[str, ...]  # the step-by-step, one Markdown string an item
    example: str  # a doctest, or ""; what a line of it leaves open is said behind the line
    hints: tuple[str, ...]  # rungs, from a nudge to the shape of the code
    mistakes: tuple[Mistake, ...]
    real_world: str  # Markdown
    line: int  # of its heading in lesson.md
    unlocked: str = ""  # one sentence for its pass: what it makes possible
    equivalents: tuple[Equivalent, ...] = ()
    seconds: float | None = None  # of processor time, where a step needs more or less than others
    lines: dict[str, int] = field(default_factory=dict[str, int], compare=False)
    """The line of each `###` heading: {"Write": 31, "Hints": 52}."""
    instruction_lines: tuple[int, ...] = field(default=(), compare=False)

    @property
    def shown_example(self) -> str:
        """The example as a student reads it."""
        return as_shown(self.example)

    @property
    def name(self) -> str:
        """The part of the id after the module: "add"."""
        return self.id.partition("/")[2]

    @property
    def module_id(self) -> str:
        return self.id.partition("/")[0]


@dataclass(frozen=True)
class Question:
    """Something to think about at the end of a lesson, and what there is to find."""

    text: str  # Markdown
    answer: str  # Markdown
    line: int


@dataclass(frozen=True)
class Section:
    """Prose of a lesson that is no step: the systems note, the reflection, what comes next."""

    title: str
    text: str  # Markdown
    line: int
    questions: tuple[Question, ...] = ()  # of "Think about it"


CLOSING = "What you can do now"
PYTORCH = "How PyTorch does it"
QUESTIONS = "Think about it"
"""The sections with which every lesson ends."""


@dataclass(frozen=True)
class Module:
    """One lesson: a row of steps that fill one file of the library."""

    id: str  # "tensor"
    number: int  # 1 for the folder 01_tensor
    title: str
    folder: Path
    files: tuple[str, ...]
    minutes: int
    outcomes: tuple[str, ...]
    introduction: str  # Markdown
    steps: tuple[Step, ...]
    sections: tuple[Section, ...]
    needs: tuple[str, ...] = ()  # extras without which its steps can't be run
    uses: tuple[str, ...] = ()  # files whose student's version its integration steps run on

    @property
    def lesson(self) -> Path:
        return self.folder / "lesson.md"

    def section(self, title: str) -> Section | None:
        """The section of that title."""
        return next((section for section in self.sections if section.title == title), None)

    @property
    def closing(self) -> str:
        """What is said once every step passes, as Markdown."""
        section = self.section(CLOSING)
        return section.text if section else ""

    @property
    def imports(self) -> tuple[str, ...]:
        """The files that Python imports, by its names: "tinytorch.tensor"."""
        return tuple(
            file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for file in self.files
            if file.endswith(".py")
        )

    @property
    def tests(self) -> Path:
        return self.folder / f"test_{self.id}.py"

    @property
    def pictures(self) -> Path:
        return self.folder / "pictures.py"


@dataclass(frozen=True)
class Milestone:
    """A moment in the history of the field that the student's own code reaches."""

    year: int
    title: str
    step: str  # the step whose tick reaches it

    def __str__(self) -> str:
        return f"{self.year}: {self.title}"


@dataclass(frozen=True)
class Course:
    """The whole curriculum, as far as it could be read; `complaints` says what could not."""

    title: str
    folder: Path
    modules: tuple[Module, ...]
    milestones: tuple[Milestone, ...]
    complaints: tuple[Complaint, ...] = ()
    library: Path = field(default_factory=library_root)
    """The folder that holds the reference `tinytorch/`, which this course teaches."""
    locale: str = ""  # in whose words its lessons are, where they have them

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Every step by its id, in the order of the course."""
        return {step.id: step for module in self.modules for step in module.steps}

    def module(self, module_id: str) -> Module:
        """The module of that id. Raises KeyError."""
        for module in self.modules:
            if module.id == module_id:
                return module
        raise KeyError(module_id)

    def module_id(self, name: str) -> str:
        """The id of a module that is called by it, its folder or its number: "tensor" of "01".

        A name that no module has comes back as it is.
        """
        for module in self.modules:
            number = module.number
            if name in (module.id, module.folder.name, f"{number:02}", str(number)):
                return module.id
        return name

    def module_of(self, file: str) -> Module:
        """The module that teaches a file. Raises KeyError."""
        for module in self.modules:
            if file in module.files:
                return module
        raise KeyError(file)

    def milestone(self, step: Step) -> Milestone | None:
        """The milestone that a step's tick reaches."""
        return next((each for each in self.milestones if each.step == step.id), None)

    def next_step(self, step_id: str) -> Step | None:
        """The step after this one, across modules; None after the last."""
        ids = list(self.steps)
        following = ids.index(step_id) + 1
        return self.steps[ids[following]] if following < len(ids) else None
