"""Reads a curriculum folder: `course.toml` and the lesson of each module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinytorch_ls.course.lesson import read_lesson
from tinytorch_ls.course.locate import library_of, library_root
from tinytorch_ls.course.model import Complaint, Course, Milestone, Module
from tinytorch_ls.course.translation import (
    differences,
    translated,
    translations_of,
)
from tinytorch_ls.forms.texts import text_of
from tinytorch_ls.messages import language_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


_LISTS = {
    "modules": 'write it as ["01_first", "02_second"]',
    "milestones": "begin each with [[milestones]]",
}


def read_course(folder: Path, locale: str = "") -> Course:
    """The course in `folder`: whatever could be read, and a complaint for whatever could not.

    A lesson that has a sound translation for the locale is in its words.
    """
    folder = folder.resolve()
    file = folder / "course.toml"
    complaints: list[Complaint] = []
    table = _table(file, complaints)
    modules: list[Module] = []
    names = _list(file, table, "modules", complaints)
    for name in names:
        module, found = _module(file, str(name))
        module = _with_uses(module, modules) if module else None
        flaw = _clash(file, module, modules) if module else None
        complaints += [*found, *([flaw] if flaw else [])]
        complaints += _untaught(module, modules) if module else []
        if module and not flaw:
            module, found = _in_words(module, locale)
            complaints += found
            modules.append(module)
    if not complaints and not modules:
        complaints.append(Complaint(file, 1, "the course names no modules"))
    complaints += _unknown(file, table)
    read = bool(names) and len(modules) == len(names)
    steps = {s.id for m in modules for s in m.steps}
    milestones = _milestones(file, table, steps, complaints, whole=read)
    title = str(table.get("title", "TinyTorch"))
    library = _library(file, table, complaints)
    return Course(title, folder, tuple(modules), milestones, tuple(complaints), library, locale)


def _library(file: Path, table: dict[str, Any], complaints: list[Complaint]) -> Path:
    """The folder of the library that is taught: the one that is named, else the one beside."""
    named = table.get("library")
    if named is None:
        return library_of(file.parent)
    library = (file.parent / str(named)).resolve()
    if (library / "tinytorch").is_dir():
        return library
    message = f"the library `{named}` has no folder tinytorch"
    complaints.append(Complaint(file, _line(file, "library"), message))
    return library_root()


def _module(file: Path, name: str) -> tuple[Module | None, list[Complaint]]:
    """The module in the folder `name` beside `file`, and what is wrong with it."""
    number, _, module_id = name.partition("_")
    lesson = file.parent / name / "lesson.md"
    if not number.isdecimal() or not module_id:
        message = f"module `{name}` is not of the form NN_id"
        return None, [Complaint(file, _line(file, name), message)]
    if not lesson.is_file():
        return None, [Complaint(file, _line(file, name), f"module `{name}` has no lesson.md")]
    module, found = read_lesson(lesson, int(number))
    if module and module.id != module_id:
        message = f"the folder is {name}, but the id is `{module.id}`"
        return None, [*found, Complaint(lesson, _line(lesson, f"id: {module.id}"), message)]
    return module, list(found)


def _in_words(module: Module, locale: str) -> tuple[Module, list[Complaint]]:
    """The module in the words of a locale, and what is wrong with each of its translations."""
    sound: dict[str, Module] = {}
    complaints: list[Complaint] = []
    for language, path in translations_of(module).items():
        other, found = read_lesson(path, module.number)
        wrong = [*found, *(differences(module, other, path) if other else ())]
        if other and not wrong:
            sound[language] = translated(module, other)
        complaints += wrong
    chosen = (sound[language] for language in language_of(locale) if language in sound)
    return next(chosen, module), complaints


def _clash(file: Path, module: Module, others: list[Module]) -> Complaint | None:
    """What a module has that an earlier one has already."""
    for other in others:
        if other.id == module.id:
            line = _last_line(file, module.folder.name)
            return Complaint(file, line, f"the module `{module.id}` stands twice in the course")
        if shared := next((name for name in module.files if name in other.files), None):
            message = f"{shared} is a file of the module `{other.id}` already"
            return Complaint(module.lesson, _line(module.lesson, "files:"), message)
    return None


def _with_uses(module: Module, before: list[Module]) -> Module:
    """A module whose `uses` are files: those of a module that it names by its id."""
    files = {each.id: each.files for each in (*before, module)}
    used = [file for name in module.uses for file in files.get(name, (name,))]
    return replace(module, uses=tuple(dict.fromkeys(used)))


def _untaught(module: Module, before: list[Module]) -> list[Complaint]:
    """The files that a module uses and that neither it nor an earlier one teaches."""
    taught = {file for other in (*before, module) for file in other.files}
    line = _line(module.lesson, "uses:")
    return [
        Complaint(module.lesson, line, f"no module up to `{module.id}` teaches {file}")
        for file in module.uses
        if file not in taught
    ]


def _list(file: Path, table: dict[str, Any], name: str, complaints: list[Complaint]) -> list[Any]:
    found = table.get(name, [])
    if isinstance(found, list):
        return found  # pyright: ignore[reportUnknownVariableType]
    message = f"`{name}` is not a list: {_LISTS[name]}"
    complaints.append(Complaint(file, _line(file, name), message))
    return []


def _table(file: Path, complaints: list[Complaint]) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(file))
    except OSError as error:
        complaints.append(Complaint(file, 1, f"the course can't be read: {error.strerror}"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        complaints.append(Complaint(file, _toml_line(str(error)), f"not valid TOML: {error}"))
    return {}


def _unknown(file: Path, table: dict[str, Any]) -> list[Complaint]:
    """Names that nobody reads; the most frequent reason is a slip of the pen."""
    known = ("title", "library", *_LISTS)
    return [
        Complaint(file, _line(file, name), f"`{name}` is none of {', '.join(known)}")
        for name in table
        if name not in known
    ]


def _toml_line(message: str) -> int:
    _, found, rest = message.partition("(at line ")
    return int(rest.split(",")[0]) if found else 1


def _milestones(
    file: Path, table: dict[str, Any], steps: set[str], complaints: list[Complaint], *, whole: bool
) -> tuple[Milestone, ...]:
    """Those of these steps; which others there are is known where the `whole` course is read."""
    milestones: list[Milestone] = []
    for number, entry in enumerate(_list(file, table, "milestones", complaints)):
        match entry:
            case {"year": int(year), "title": str(title), "step": str(step)}:
                if step in steps:
                    milestones.append(Milestone(year, title, step))
                elif whole:
                    message = f"the milestone names the step `{step}`, which no lesson has"
                    complaints.append(Complaint(file, _line(file, f'"{step}"'), message))
            case _:
                message = "a milestone needs `year` (int), `title` (str) and `step` (str)"
                lines = [*_lines_with(file, "[[milestones]]"), _line(file, "milestones")]
                complaints.append(Complaint(file, lines[min(number, len(lines) - 1)], message))
    return tuple(milestones)


def _line(file: Path, text: str) -> int:
    """The first line of `file` that has `text` in it, else 1."""
    return next(_lines_with(file, text), 1)


def _last_line(file: Path, text: str) -> int:
    return max(_lines_with(file, text), default=1)


def _lines_with(file: Path, text: str) -> Iterator[int]:
    lines = text_of(file).splitlines()
    return (number for number, line in enumerate(lines, 1) if text in line)
