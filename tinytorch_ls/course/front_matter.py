"""Reads the front matter of a lesson: names and values, with a complaint for each flaw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol, cast

import yaml

from tinytorch_ls.course.needs import PACKAGES
from tinytorch_ls.course.outline import Outline

_WANTED: dict[str, type] = {
    "id": str,
    "title": str,
    "files": list,
    "minutes": int,
    "outcomes": list,
}
_OPTIONAL = ("needs", "uses", "seconds")
_FILE = re.compile(r"tinytorch/(?:\w+/)*\w+\.\w+")
_FILE_OR_ID = re.compile(rf"{_FILE.pattern}|[a-z][a-z0-9_-]*")
_MOST_SECONDS = 600


class Complain(Protocol):
    """Takes a flaw: its line, what is wrong, and whether the module can't be proven with it."""

    def __call__(self, line: int, message: str, *, stops: bool = False) -> None: ...


@dataclass(frozen=True)
class FrontMatter:
    """What a lesson says of itself."""

    id: str
    title: str
    files: tuple[str, ...]
    minutes: int
    outcomes: tuple[str, ...]
    needs: tuple[str, ...]  # extras without which the module can't be run
    uses: tuple[str, ...]  # files of which an integration step needs the student's own version
    seconds: Mapping[str, float]  # of processor time, by step
    seconds_line: int


def read_front_matter(outline: Outline, complain: Complain) -> FrontMatter | None:
    """The front matter; None where it lacks what every lesson has."""
    reader = _Reader(outline, complain)
    front = reader.table()
    if front is None:
        return None
    return FrontMatter(
        id=str(front["id"]),
        title=str(front["title"]),
        files=reader.files("files", front["files"]),
        minutes=int(front["minutes"]),
        outcomes=tuple(str(outcome) for outcome in front["outcomes"]),
        needs=reader.needs(front.get("needs")),
        uses=reader.files("uses", _listed(front.get("uses"))),
        seconds=reader.seconds(front.get("seconds")),
        seconds_line=reader.line("seconds"),
    )


class _Reader:
    def __init__(self, outline: Outline, complain: Complain) -> None:
        self.outline = outline
        self.complain = complain

    def table(self) -> dict[str, Any] | None:
        front = self.yaml()
        if front is None:
            return None
        for name in front:
            if name not in _WANTED and name not in _OPTIONAL:
                self.complain(self.line(str(name)), _unknown(str(name)))
        self.tell_doubles()
        flaws = [name for name, kind in _WANTED.items() if not isinstance(front.get(name), kind)]
        for name in flaws:
            message = f"the front matter needs `{name}` ({_WANTED[name].__name__})"
            self.complain(self.line(name), message)
        if not flaws and (type(front["minutes"]) is bool or front["minutes"] < 1):
            self.complain(self.line("minutes"), "`minutes` is not 1 or more")
        return None if flaws else front

    def tell_doubles(self) -> None:
        """Names that stand twice, of which YAML takes the last in silence."""
        seen: set[str] = set()
        for number, line in enumerate((self.outline.front_matter or "").split("\n")):
            name = line.partition(":")[0]
            if name in seen and (name in _WANTED or name in _OPTIONAL):
                place = self.outline.front_matter_line + number
                self.complain(place, f"`{name}` stands twice in the front matter")
            seen.add(name)

    def yaml(self) -> dict[str, Any] | None:
        if self.outline.front_matter is None:
            begun = self.outline.lines[0].strip() == "---"
            message = "the front matter is not closed: end it with a line of ---"
            self.complain(
                1, message if begun else "the lesson has no front matter between two lines of ---"
            )
            return None
        try:
            front: Any = yaml.safe_load(self.outline.front_matter)
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date
            mark = getattr(error, "problem_mark", None)
            line = self.outline.front_matter_line + (mark.line if mark else 0)
            self.complain(line, f"the front matter is not YAML: {getattr(error, 'problem', error)}")
            return None
        if not isinstance(front, dict):
            self.complain(1, "the front matter is not a list of `name: value` lines")
            return None
        return cast("dict[str, Any]", front)

    def line(self, name: str) -> int:
        """The line of a name in the front matter; 1 where it is not there."""
        lines = (self.outline.front_matter or "").split("\n")
        places = (number for number, line in enumerate(lines) if line.startswith(f"{name}:"))
        return self.outline.front_matter_line + next(places, 1 - self.outline.front_matter_line)

    def files(self, key: str, names: list[Any]) -> tuple[str, ...]:
        """Files of the library; only those inside `tinytorch/` can be a student's.

        Nothing can be proven without those that the module teaches, `files`. What it `uses` may be
        the id of a module: all of its files.
        """
        form = _FILE if key == "files" else _FILE_OR_ID
        good = tuple(str(name) for name in names if form.fullmatch(str(name)))
        for name in names:
            if str(name) not in good:
                message = f"the file `{name}` is not of the form tinytorch/name.py"
                self.complain(self.line(key), message, stops=key == "files")
        if not names and key == "files":
            self.complain(self.line(key), "the module names no file", stops=True)
        return good

    def needs(self, names: Any) -> tuple[str, ...]:
        listed = _listed(names)
        good = tuple(str(name) for name in listed if str(name) in PACKAGES)
        for name in listed:
            if str(name) not in good:
                message = f"the need `{name}` is none of {', '.join(PACKAGES)}"
                self.complain(self.line("needs"), message)
        return good

    def seconds(self, table: Any) -> dict[str, float]:
        if table is None:
            return {}
        if not isinstance(table, dict):
            self.complain(self.line("seconds"), "write `seconds` as {step: number}")
            return {}
        found: dict[str, float] = {}
        for name, value in cast("dict[Any, Any]", table).items():
            if type(value) in (int, float) and 0 < value <= _MOST_SECONDS:
                found[str(name)] = float(value)
            else:
                message = f"`seconds` of `{name}` is no number from 0 to {_MOST_SECONDS}"
                self.complain(self.line("seconds"), message)
        return found


def _listed(names: Any) -> list[Any]:
    """A list, whether one name was written or several."""
    if names is None:
        return []
    return cast("list[Any]", names) if isinstance(names, list) else [names]


def _unknown(name: str) -> str:
    known = [*_WANTED, *_OPTIONAL]
    near = get_close_matches(name, known, 1)
    way = f"did you mean `{near[0]}`?" if near else f"it may have {', '.join(known)}"
    return f"the front matter has an unknown name `{name}`: {way}"
