"""`tinytorch status`, `hint` and `explain`: what the course says of the student's steps."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tinytorch_ls.cli.context import (
    json_option,
    mark,
    print_json,
    save_progress,
    the_course,
    the_folder,
    the_step,
)
from tinytorch_ls.feedback.lesson_text import hint_text, module_markdown, step_markdown
from tinytorch_ls.feedback.not_run import needs_words, state_of
from tinytorch_ls.feedback.verdict import State
from tinytorch_ls.workspace.folder import StudentFolder


def register(commands: Any) -> None:
    status = commands.add_parser("status", help="show every step and where you are")
    json_option(status)
    status.set_defaults(run=run_status)
    hint = commands.add_parser("hint", help="show the next hint of a step")
    hint.add_argument("step", metavar="STEP", help="such as tensor/add")
    hint.set_defaults(run=run_hint)
    explain = commands.add_parser("explain", help="print the lesson of a step or a module")
    explain.add_argument("step", metavar="STEP|MODULE")
    explain.set_defaults(run=run_explain)


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


def run_hint(options: Namespace) -> int:
    """Show the next rung and remember it; the last rung is shown again."""
    folder = the_folder()
    step = the_step(folder.course, options.step)
    if not step.hints:
        print(f"{step.id} has no hints; `tinytorch explain {step.id}` has all that it needs.")
        return 0
    shown = min(folder.progress.of(step.id).hints + 1, len(step.hints))
    print(hint_text(step, shown))
    folder.progress.hinted(step.id, shown)
    save_progress(folder)
    return 0


def run_explain(options: Namespace) -> int:
    """Print a step's explanation, what to do, and where the world does it; or a whole module's."""
    course = the_course()
    module = next((module for module in course.modules if module.id == options.step), None)
    print(module_markdown(module) if module else step_markdown(the_step(course, options.step)))
    return 0


def _print_status(folder: StudentFolder) -> None:
    for module in folder.course.modules:
        states: list[State] = [state_of(folder, step) for step in module.steps]
        print(f"{module.number:02} {module.title}  {states.count('passed')}/{len(states)}")
        if folder.begun(module):
            for step, state in zip(module.steps, states, strict=True):
                print(f"   {mark(state)} {step.id:<28} {step.title}")
            if words := needs_words(module):
                print(f"   {words}")
    following = folder.next_step()
    if following:
        print(f"Next: {following.id} — {following.title}")
    else:
        print("Every step has passed.")
