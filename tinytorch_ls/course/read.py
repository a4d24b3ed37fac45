"""Reads a curriculum folder: `course.toml` and the lesson of each module."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tinytorch_ls.course.lesson import read_lesson
from tinytorch_ls.course.model import Complaint, Course, Milestone, Module

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_course(folder: Path) -> Course:
    """The course in `folder`: whatever could be read, and a complaint for whatever could not."""
    file = folder / "course.toml"
    complaints: list[Complaint] = []
    table = _table(file, complaints)
    modules: list[Module] = []
    for name in table.get("modules", []):
        number, _, module_id = str(name).partition("_")
        lesson = folder / str(name) / "lesson.md"
        if not number.isdigit() or not module_id:
            message = f"module `{name}` is not of the form NN_id"
            complaints.append(Complaint(file, _line(file, str(name)), message))
        elif not lesson.is_file():
            message = f"module `{name}` has no lesson.md"
            complaints.append(Complaint(file, _line(file, str(name)), message))
        else:
            module, found = read_lesson(lesson, int(number))
            complaints.extend(found)
            if module and module.id != module_id:
                message = f"the folder is {name}, but the id is `{module.id}`"
                complaints.append(Complaint(lesson, 2, message))
            elif module:
                modules.append(module)
    milestones = _milestones(file, table, {s.id for m in modules for s in m.steps}, complaints)
    title = str(table.get("title", "TinyTorch"))
    return Course(title, folder, tuple(modules), milestones, tuple(complaints))


def _table(file: Path, complaints: list[Complaint]) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        complaints.append(Complaint(file, 1, f"the course can't be read: {error.strerror}"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        complaints.append(Complaint(file, _toml_line(str(error)), f"not valid TOML: {error}"))
    return {}


def _toml_line(message: str) -> int:
    _, found, rest = message.partition("(at line ")
    return int(rest.split(",")[0]) if found else 1


def _milestones(
    file: Path, table: dict[str, Any], steps: set[str], complaints: list[Complaint]
) -> tuple[Milestone, ...]:
    milestones: list[Milestone] = []
    for entry in table.get("milestones", []):
        step = str(entry.get("step", ""))
        if step in steps:
            milestones.append(Milestone(int(entry["year"]), str(entry["title"]), step))
        else:
            message = f"the milestone names the step `{step}`, which no lesson has"
            complaints.append(Complaint(file, _line(file, step), message))
    return tuple(milestones)


def _line(file: Path, text: str) -> int:
    """The first line of `file` that has `text` in it, else 1."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)
