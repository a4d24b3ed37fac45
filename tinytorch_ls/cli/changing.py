"""`tinytorch solve`, `reset`, `tidy`, `undo` and `update`: changes of the student's files."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tinytorch_ls.cli.context import the_folder, the_step, the_steps
from tinytorch_ls.course.model import Course
from tinytorch_ls.course.titles import titled
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace import changes
from tinytorch_ls.workspace import tidy as tidying
from tinytorch_ls.workspace.undo import undo

_TIDY = "Nothing to tidy up: no step of these passes and still has its TODO."


def register(commands: Any) -> None:
    solve = commands.add_parser("solve", help="put the library's code in place of yours")
    solve.add_argument("name", nargs="?", metavar="STEP|MODULE")
    solve.add_argument("--all", action="store_true", help="every step of the course")
    solve.set_defaults(run=run_solve)
    reset = commands.add_parser("reset", help="put the TODO of a step back")
    reset.add_argument("step", metavar="STEP")
    reset.set_defaults(run=run_reset)
    tidy = commands.add_parser("tidy", help="put the library's words in place of passed TODOs")
    tidy.add_argument("name", nargs="?", metavar="STEP|MODULE")
    tidy.set_defaults(run=run_tidy)
    back = commands.add_parser("undo", help="take the last reset, solve or update back")
    back.add_argument("--skip", action="store_true", help="pass over what can't be taken back now")
    back.set_defaults(run=run_undo)
    update = commands.add_parser("update", help="bring unwritten TODOs to the installed course")
    update.set_defaults(run=run_update)


def run_solve(options: Namespace) -> int:
    folder = the_folder()
    if options.all == bool(options.name):
        raise Refused(say("name a step, a module, or --all"))
    course = folder.course
    steps = list(course.steps.values()) if options.all else the_steps(course, options.name)
    written = [step for step in steps if step.symbols]
    what = _what(course, options.name)
    if not written:
        raise Refused(say(changes.NO_CODE, step=what))
    for path in changes.solve(folder, written, what):
        print(f"changed {path.relative_to(folder.root)}")
    print("`tinytorch undo` brings yours back.")
    return 0


def run_reset(options: Namespace) -> int:
    folder = the_folder()
    step = the_step(folder.course, options.step)
    for path in changes.reset(folder, step):
        print(f"changed {path.relative_to(folder.root)}")
    print("`tinytorch undo` brings yours back.")
    return 0


def run_tidy(options: Namespace) -> int:
    """Tidy up a step, a module, or all that passes."""
    folder = the_folder()
    course = folder.course
    steps = the_steps(course, options.name) if options.name else list(course.steps.values())
    written = tidying.tidy(folder, steps, _what(course, options.name))
    for path in written:
        print(f"changed {path.relative_to(folder.root)}")
    print("`tinytorch undo` brings yours back." if written else _TIDY)
    return 0


def run_undo(options: Namespace) -> int:
    undone = undo(the_folder(), skip=options.skip)
    changed = ", ".join(undone.change.files) or "nothing was left to change"
    print(f"undone: {undone.snapshot.reason} ({changed})")
    if undone.kept and not undone.kept.undone:
        print("What you had written in its place is kept: `tinytorch undo` brings it back.")
    return 0


def run_update(_options: Namespace) -> int:
    folder = the_folder()
    written = changes.update(folder)
    for path in written:
        print(f"changed {path.relative_to(folder.root)}")
    if not written:
        print("Your files are up to date.")
    return 0


def _what(course: Course, name: str | None) -> str:
    """What is changed, as an undo calls it."""
    if not name:
        return "the course"
    module_id = course.module_id(name)
    modules = (module for module in course.modules if module.id == module_id)
    return titled(next(modules, None) or the_step(course, name))
