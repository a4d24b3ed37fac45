"""`tinytorch status`: how the student's steps stand."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tinytorch_ls.cli.context import json_option, next_words, print_json, the_folder
from tinytorch_ls.cli.standing import Standing, standings
from tinytorch_ls.course.model import Module
from tinytorch_ls.course.titles import numbered
from tinytorch_ls.feedback.not_run import needs_words
from tinytorch_ls.messages import say
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
                "steps": _steps_data(folder, module),
            }
            for module in folder.course.modules
        ],
    }


def _steps_data(folder: StudentFolder, module: Module) -> list[dict[str, Any]]:
    known = standings(folder, module)
    return [
        {
            "id": step.id,
            "title": step.title,
            "state": known[step.id].state,
            "tested": known[step.id].tested,
            "hints": folder.progress.of(step.id).hints,
        }
        for step in module.steps
    ]


def _more(standing: Standing) -> str:
    """What the sign of a step does not say."""
    return "" if standing.tested else f" — {standing.label[:1].lower()}{standing.label[1:]}"


def _print_status(folder: StudentFolder) -> None:
    tested = True
    for module in folder.course.modules:
        known = standings(folder, module)
        passed = sum(each.state == "passed" and each.tested for each in known.values())
        print(f"{numbered(module)}  {passed}/{len(known)}")
        if folder.begun(module):
            for step in module.steps:
                print(f"   {known[step.id].sign} {step.id:<28} {step.title}{_more(known[step.id])}")
            if words := needs_words(module):
                print(f"   {words}")
        tested = tested and all(each.tested for each in known.values())
    if not tested:
        print(say("`tinytorch test` tests what is not tested yet."))
    print(next_words(folder))
