"""What is asked of the form of a step's file: one interface, whatever language the file is in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tinytorch_ls.forms.definition import Definition
from tinytorch_ls.forms.text import Position, Span

Part = tuple[int, int, int]
"""Where a part of a line begins, in characters, and the line and the place where it ends."""


@dataclass(frozen=True)
class Hole:
    """A definition whose body is taken out, and what a student finds in its place."""

    name: str
    step: str  # whose stub it is
    scaffold: str  # what to do


@dataclass(frozen=True)
class Mended:
    """A text that can be read, with a hole in place of each definition that could not."""

    text: str
    broken: Mapping[str, str] = field(default_factory=dict[str, str])
    """What stood in each hole: the definition as it is written, with decorators that are broken."""


@dataclass(frozen=True)
class Unreadable:
    """A fault of a file's text."""

    line: int  # 1-based
    fact: str  # without a full stop
    help: str


@dataclass(frozen=True)
class Oddity:
    """Something that is hardly meant, and where it stands."""

    symbol: str  # of the course: "Tensor.add"
    place: Span
    message: str  # a sentence or two for the student


@dataclass(frozen=True)
class Import:
    """A name that a text imports, and where."""

    line: int
    name: str  # dotted


@dataclass(frozen=True)
class Bound:
    """A name to which a line of a function gives a value."""

    line: int
    name: str
    end: Position  # of the name


@dataclass(frozen=True)
class Giving:
    """The line that gave what a function gave."""

    line: int
    whole: bool  # all of it is meant: no place in it is known


@dataclass(frozen=True)
class Mutant:
    """One change of one function."""

    code: str  # the whole definition
    line: int  # of the change, 1-based, in the library's file
    old: str  # the smallest statement or header that has the change, in one line
    new: str


class Reading(Protocol):
    """What is in a text, and what is wrong with it. A text that can't be read is a SyntaxError."""

    def definitions(self, source: str) -> Mapping[str, Definition]:
        """Every function and method by qualified name, in the order of the text."""
        ...

    def is_class(self, source: str, name: str) -> bool:
        """Whether a name is that of something that holds methods."""
        ...

    def has_no_code(self, source: str) -> bool:
        """Whether nothing is in a text but comments."""
        ...

    def imports(self, source: str, package: str) -> tuple[Import, ...]:
        """What a text in a package imports, by dotted names; some may be no module."""
        ...

    def meaning(self, source: str, without: Collection[str] = ()) -> str:
        """What a text means without some of its definitions: two that are equal do the same."""
        ...

    def symbol_digest(self, source: str, name: str) -> str:
        """A digest of what a definition does; "" where it is not there."""
        ...

    def words(self, source: str, name: str) -> tuple[str | None, list[str]]:
        """What is said in a definition and does nothing: its documentation, its comments."""
        ...

    def documentation(self, source: str, name: str) -> Span | None:
        """Where the documentation of a definition stands; None where it has none."""
        ...

    def writing_place(self, source: str, name: str) -> Position | None:
        """Where a student goes on writing: the placeholder of a stub, else where code starts."""
        ...

    def plain_line(self, source: str, line: int, part: Part | None = None) -> str:
        """A line, or what works in a part of it, without what does not matter.

        Two that read the same do the same.
        """
        ...

    def spot(self, source: str, line: int, part: Part | None = None) -> tuple[str, str, str]:
        """The definition around a place, which of its statements stands there, what it reads like.

        The same fault of two texts has the same: names, comments and layout do not count.
        """
        ...

    def bound(self, source: str, name: str) -> Iterator[Bound]:
        """The names to which a definition gives values, parameters by its first line."""
        ...

    def reads(self, source: str, name: str) -> frozenset[str]:
        """The names that a definition uses and does not make itself; none where it is not there."""
        ...

    def giving(self, source: str, name: str, lines: Sequence[int]) -> Giving | None:
        """The line of a definition that gave its result, of those that ran last, newest first."""
        ...

    def gives_nothing(self, source: str, name: str) -> bool:
        """Whether a definition says that it returns nothing; False where it is not there."""
        ...

    def parameters(self, source: str, name: str) -> tuple[str, ...]:
        """The parameters of a definition by position; () where it is not there."""
        ...

    def unwritten(self, source: str) -> Mapping[str, str]:
        """The symbols that are still stubs, each with the id of its step."""
        ...

    def oddities(self, source: str, symbols: Collection[str], stub: str = "") -> tuple[Oddity, ...]:
        """What is odd about these symbols; what the course's `stub` has is not the student's."""
        ...

    def lost_checks(self, source: str, symbols: Collection[str], stub: str) -> tuple[Oddity, ...]:
        """The checks that the `stub` gives these symbols and that are not there any more."""
        ...

    def fault_in(self, source: str) -> Unreadable | None:
        """What keeps a text from being read; None where nothing does."""
        ...

    def fault_in_bytes(self, data: bytes) -> Unreadable | None:
        """What keeps a file from being a text; None where nothing does."""
        ...

    def unreadable(self, source: str, kind: str, message: str, line: int) -> Unreadable:
        """What is wrong with a text that gave an error of this kind, with these words, there."""
        ...


class Writing(Protocol):
    """How a text is changed. A change that can't be made is Refused."""

    def stub(self, source: str, holes: tuple[Hole, ...], library: Path) -> str:
        """A file of the library with holes in it; the checks that students are given stay."""
        ...

    def transplant(self, into: str, name: str, donor: str, *, as_it_was: bool = False) -> str:
        """`into` with a definition of the donor's; every other byte stays as it is."""
        ...

    def lost(self, source: str, stub: str) -> tuple[str, ...]:
        """The functions and classes of a file's stub of which a text has nothing."""
        ...

    def with_lost(self, source: str, stub: str) -> str:
        """A text with what it has lost, as stubs at its end: no line is moved."""
        ...

    def with_imports(self, into: str, names: Iterable[str], donor: str) -> str:
        """`into` with those of the donor's imports that it needs for these definitions."""
        ...

    def with_prologue(self, code: str, name: str, reference: str, library: Path) -> str:
        """A lesson's code whose definition begins with the checks that students are given in it."""
        ...

    def with_documentation(self, into: str, name: str, donor: str) -> str:
        """`into` with the donor's documentation of a definition; every other byte stays."""
        ...

    def mended(self, source: str, names: Iterable[str], whose: str = "your file") -> Mended:
        """The text, where need be with holes for those of `names` in which an error lies."""
        ...


class Proving(Protocol):
    """What an author's proofs and the names of mistakes ask of the library's code."""

    def given_functions(self, source: str) -> frozenset[str]:
        """The functions that say that they are given."""
        ...

    def taught_lines(self, source: str, name: str, library: Path) -> int:
        """How many lines of a definition a student writes."""
        ...

    def taught_work(self, source: str, name: str, library: Path) -> frozenset[str]:
        """What a student's part of a definition computes, as `work_in` tells it."""
        ...

    def work_in(self, code: str) -> frozenset[str]:
        """What a piece of code computes, in a form that blanks and brackets don't change."""
        ...

    def loose_lines(self, code: str) -> tuple[int, ...]:
        """Where a text has something else than definitions."""
        ...

    def lambdas(self, source: str) -> Mapping[str, int]:
        """Functions that are no definitions and can say nothing of themselves, with their lines."""
        ...

    def signature(self, source: str, name: str) -> tuple[str, ...]:
        """How a definition is called, whatever it is annotated with: ("x", "step=1")."""
        ...

    def delegate(self, source: str, name: str, other: str) -> str:
        """A definition that calls another with its own arguments; "" where it can't."""
        ...

    def mutants(self, source: str, name: str, library: Path) -> tuple[Mutant, ...]:
        """A definition with one change, in all the ways that a test has to notice."""
        ...


class Form(Reading, Writing, Proving, Protocol):
    """The form of the files of one language."""

    @property
    def name(self) -> str:
        """What a student calls it: "Python"."""
        ...

    @property
    def fence(self) -> str:
        """The language of its blocks in a lesson: "python"."""
        ...

    @property
    def head(self) -> str:
        """The line with which a definition begins, in words: "`def` line"."""
        ...

    @property
    def placeholder(self) -> str:
        """The line of a stub in whose place a student writes, in words."""
        ...

    @property
    def debugs(self) -> bool:
        """Whether a debugger stops in what is written."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """What has to be installed beside the course for its files to be run."""
        ...

    @property
    def extra(self) -> str:
        """The extra of `tinytorch` that brings them; "" where there are none."""
        ...
