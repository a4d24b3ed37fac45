"""`tinytorch status`: how the student's steps stand."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tinytorch_ls.cli.context import json_option, mark, next_words, print_json, the_folder
from tinytorch_ls.feedback.not_run import needs_words, state_of
from tinytorch_ls.feedback.verdict import State
from tinytorch_ls.workspace.folder import StudentFolder


def register(commands: Any) -> None:
    status = commands.add_parser("status", help="show every step and where you are")
    json_option(status)
    status.set_defaults(run=run_status)


def run_status(options: Namespace) -> int:
    """Print the state of every step. 0 if all have passed, else 1."""
    folder = the_folder()
    if options.json:
        print_json(status_data(folder))
    else:
        _print_status(folder)
    return 0 if folder.next_step() is None else 1


def status_data(folder: StudentFolder) -> dict[str, Any]:
    """The status as data."""
    following = folder.next_step()
    return {
        "folder": str(folder.root),
        "next": following.id if following else None,
        "modules": [
            {
                "id": module.id,
                "title": module.title,
                "begun": folder.begun(module),
                "steps": [
                    {
                        "id": step.id,
                        "title": step.title,
                        "state": state_of(folder, step),
                        "hints": folder.progress.of(step.id).hints,
                    }
                    for step in module.steps
                ],
            }
            for module in folder.course.modules
        ],
    }


def _print_status(folder: StudentFolder) -> None:
    for module in folder.course.modules:
        states: list[State] = [state_of(folder, step) for step in module.steps]
        print(f"{module.number:02} {module.title}  {states.count('passed')}/{len(states)}")
        if folder.begun(module):
            for step, state in zip(module.steps, states, strict=True):
                print(f"   {mark(state)} {step.id:<28} {step.title}")
            if words := needs_words(module):
                print(f"   {words}")
    print(next_words(folder))
