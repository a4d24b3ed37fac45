"""What an author has open of the course, and what is known to be wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lsprotocol import types

from tinytorch_ls.course.model import Complaint


@dataclass(frozen=True)
class Proven:
    """A complaint of a proof, and the text of its file that was proven."""

    complaint: Complaint
    text: str

    def now(self, text: str) -> Complaint:
        """The complaint where its line stands in the text as it is now."""
        return replace(self.complaint, line=moved(self.complaint.line, self.text, text))


@dataclass
class Desk:
    """Of an author; a student's stays empty."""

    uris: dict[Path, str] = field(default_factory=dict[Path, str])  # the client's, of what is open
    texts: dict[Path, str] = field(default_factory=dict[Path, str])  # as they are in the editor
    modules: set[Path] = field(default_factory=set[Path])  # the folders of those looked into
    seen: tuple[Complaint, ...] = ()  # by reading the files
    proven: dict[str, dict[str, list[Proven]]] = field(
        default_factory=dict[str, dict[str, list[Proven]]]
    )  # by module, and by what of it they are about
    shown: dict[str, list[types.Diagnostic]] = field(
        default_factory=dict[str, list[types.Diagnostic]]
    )  # by URI
    waiting: list[str] = field(default_factory=list[str])  # the modules that are to be proven
    looking: asyncio.Task[None] | None = None
    proving: asyncio.Task[None] | None = None
    place: asyncio.Lock = field(default_factory=asyncio.Lock)  # one proof at a time

    def file(self, uri: str) -> Path | None:
        """The file that the client has open under a URI."""
        return next((file for file, known in self.uris.items() if known == uri), None)

    def complaints(self) -> Iterator[Complaint]:
        """All that is known to be wrong, where it stands in the texts as they are now."""
        yield from self.seen
        for found in self.proven.values():
            for proven in (each for about in found.values() for each in about):
                yield proven.now(self.texts.get(proven.complaint.file, proven.text))

    def note(self, module: str, about: str, found: Sequence[Proven]) -> None:
        """A proof said this, in the place of what it said before."""
        self.proven.setdefault(module, {})[about] = list(found)

    def keep(self, module: str, abouts: set[str]) -> None:
        """A proof of a module has ended, and was about these: there is nothing else any more."""
        found = self.proven.pop(module, {})
        self.proven[module] = {about: found[about] for about in abouts & found.keys()}


def moved(line: int, old: str, new: str) -> int:
    """Where a line of an old text stands in a new one; one that is being changed stays put."""
    before, after = old.split("\n"), new.split("\n")
    if line <= _common(before, after):
        return line
    if len(before) - line < _common(before[::-1], after[::-1]):
        return line + len(after) - len(before)
    return min(line, len(after))


def _common(one: list[str], other: list[str]) -> int:
    """How many lines at the beginning of two texts are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
