"""What the commands share: the course, the student's folder, how steps are named and printed."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import Course, Step
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.states import wording
from tinytorch_ls.feedback.verdict import State
from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say, spoken
from tinytorch_ls.workspace.folder import StudentFolder, find_folder

_COLOURS: dict[State, str] = {
    "todo": "90",
    "failing": "31",
    "passed": "32",
    "blocked": "33",
    "not run": "90",
}


def the_course() -> Course:
    """The installed course."""
    return read_course(curriculum_folder(), spoken())


def the_folder() -> StudentFolder:
    """The student's folder around the working directory. Raises Refused."""
    root = find_folder(here())
    if root is None:
        raise Refused(say("there is no course in this folder; `tinytorch start` begins one"))
    return StudentFolder(root, the_course())


def here() -> Path:
    """The working directory. Raises Refused."""
    try:
        return Path.cwd()
    except OSError:
        raise Refused(say("the folder that you are in is gone; change to another")) from None


def the_step(course: Course, name: str) -> Step:
    """The step of an id such as "tensor/add", or of its last part alone. Raises Refused."""
    if name in course.steps:
        return course.steps[name]
    near = [step for step in course.steps if step.endswith(f"/{name}")]
    if len(near) == 1:
        return course.steps[near[0]]
    if near:
        raise Refused(
            say(
                "several steps are called `{name}`: name one of {names}",
                name=name,
                names=", ".join(near),
            )
        )
    module_id = course.module_id(name)
    if any(module_id == module.id for module in course.modules):
        first = _first(course, module_id)
        raise Refused(
            say("`{name}` is a module; name a step of it, such as {first}", name=name, first=first)
        )
    raise Refused(say("the course has no step `{name}`; `tinytorch status` lists them", name=name))


def _first(course: Course, module_id: str) -> str:
    return next(iter(course.module(module_id).steps)).id


def the_steps(course: Course, name: str) -> list[Step]:
    """The steps of a module, or the one of an id. Raises Refused."""
    for module in course.modules:
        if course.module_id(name) == module.id:
            return list(module.steps)
    return [the_step(course, name)]


def next_words(folder: StudentFolder) -> str:
    """Which step comes next."""
    following = folder.next_step()
    if following is None:
        return say("Every step has passed.")
    return f"{say('Next:')} {following.id} — {following.title}"


def fault_words(file: str, fault: Unreadable) -> str:
    """Why Python can't read a file, at its line, with the next move below it."""
    return f"{file}:{fault.line}: {fault.fact}.\nhelp: {fault.help}"


def mark(state: State) -> str:
    """The sign of a state, in colour on a terminal that wants it."""
    sign = wording(state).sign
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        return f"\033[{_COLOURS[state]}m{sign}\033[0m"
    return sign


def save_progress(folder: StudentFolder) -> None:
    """Save what a command learned; one that can't is carried out all the same.

    Where the memory of a course was deleted, it is made anew and says so.
    """
    try:
        folder.progress.save()
    except Refused as refused:
        print(f"tinytorch: your progress is not saved: {refused}", file=sys.stderr)
    if loss := folder.progress.loss():
        print(f"tinytorch: {loss}; `tinytorch test` brings it back", file=sys.stderr)


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2))


def json_option(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON (see docs/commands.md)")
