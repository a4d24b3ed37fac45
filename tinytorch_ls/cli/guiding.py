"""`tinytorch next`, `hint` and `explain`: what the lesson says of a step, or of a module."""

from __future__ import annotations

from argparse import Namespace
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tinytorch_ls.cli.context import (
    fault_words,
    here,
    json_option,
    next_words,
    print_json,
    save_progress,
    the_course,
    the_folder,
    the_step,
)
from tinytorch_ls.cli.standing import Standing, standings
from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.formulas import with_plain_formulas
from tinytorch_ls.feedback.lesson_text import (
    hint_text,
    module_markdown,
    scaffold_markdown,
    step_markdown,
)
from tinytorch_ls.feedback.not_run import needs_words
from tinytorch_ls.feedback.unreadable import fault_of
from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace.folder import StudentFolder, find_folder


def register(commands: Any) -> None:
    following = commands.add_parser("next", help="show what to write next, and where it stands")
    json_option(following)
    following.set_defaults(run=run_next)
    hint = commands.add_parser("hint", help="show the next hint of a step")
    hint.add_argument("step", nargs="?", metavar="STEP", help="default: the next step")
    hint.set_defaults(run=run_hint)
    explain = commands.add_parser("explain", help="print the lesson of a step or a module")
    explain.add_argument("name", nargs="?", metavar="STEP|MODULE", help="default: the next step")
    explain.add_argument(
        "--answers", action="store_true", help="with the answers to what a module asks at its end"
    )
    explain.set_defaults(run=run_explain)


@dataclass(frozen=True)
class _Place:
    """Where a step stands in the student's folder."""

    file: str | None  # None: nowhere; it is not begun, or has no code of its own
    line: int | None = None
    fault: Unreadable | None = None  # why its line can't be found


def run_next(options: Namespace) -> int:
    """Print the step to write next: where it stands, what to do, the hints that were shown."""
    folder = the_folder()
    step = folder.next_step()
    if options.json:
        print_json(next_data(folder, step))
    elif step is None:
        print(next_words(folder))
    else:
        _print_next(folder, step)
    return 0


def next_data(folder: StudentFolder, step: Step | None) -> dict[str, Any]:
    """The step to write next as data; null, and empty lists, where every step has passed."""
    place = _place(folder, step) if step else _Place(None)
    standing = _standing(folder, step) if step else None
    return {
        "step": step.id if step else None,
        "module": step.module_id if step else None,
        "title": step.title if step else None,
        "state": standing.state if standing else None,
        "tested": standing.tested if standing else None,
        "file": place.file,
        "line": place.line,
        "instructions": list(step.instructions) if step else [],
        "example": step.example if step else None,
        "hints": list(_shown_hints(folder, step)) if step else [],
    }


def _print_next(folder: StudentFolder, step: Step) -> None:
    standing = _standing(folder, step)
    print(f"{next_words(folder)}\n{_place_words(folder, step)}\n")
    hints = folder.progress.of(step.id).hints
    print(with_plain_formulas(scaffold_markdown(step, standing.label, hints)))
    if words := needs_words(folder.course.module(step.module_id)):
        print(f"\n{words}")
    test = say("`tinytorch test {step}` tests it, ", step=step.id) if not standing.tested else ""
    print(f"\n{test}{say('`tinytorch explain` says why, `tinytorch hint` gives a hint.')}")


def _standing(folder: StudentFolder, step: Step) -> Standing:
    return standings(folder, folder.course.module(step.module_id))[step.id]


def _place_words(folder: StudentFolder, step: Step) -> str:
    """Where to write a step, or what comes before that."""
    place = _place(folder, step)
    if not folder.begun(folder.course.module(step.module_id)):
        start = f"`tinytorch start --module {step.module_id}`"
        return say("Begin its module first: {start}.", start=start)
    if not step.symbols:
        return say(
            "Nothing is to be written: `tinytorch test {step}` runs what you wrote before.",
            step=step.id,
        )
    if place.file is None:
        start = f"tinytorch start --module {step.module_id}"
        return f"{step.symbols[0].file} is not there; `{start}` brings it back."
    if place.fault:
        return fault_words(place.file, place.fault)
    if place.line is None:
        name = step.symbols[0].name
        return f"{place.file}: `{name}` is not there; `tinytorch reset {step.id}` brings it back."
    return f"{place.file}:{place.line}"


def _place(folder: StudentFolder, step: Step) -> _Place:
    """Where the first function of a step stands."""
    symbol = next(iter(step.symbols), None)
    path = folder.path(symbol.file) if symbol else None
    if symbol is None or path is None or not path.is_file():
        return _Place(None)
    with suppress(Refused, SyntaxError):
        source = folder.source(symbol.file)
        found = form_of(symbol.file).definitions(source).get(symbol.name)
        return _Place(str(path), found.identifier.start.line if found else None)
    return _Place(str(path), fault=fault_of(path))


def run_hint(options: Namespace) -> int:
    """Show the next rung and remember it; the last rung is shown again."""
    folder = the_folder()
    step = the_step(folder.course, options.step) if options.step else _following(folder)
    named = "" if options.step else f"{titled(step)} — "
    if not step.hints:
        print(
            say(
                "{step} has no hints; `tinytorch explain {id}` has all that it needs.",
                step=titled(step),
                id=step.id,
            )
        )
        return 0
    shown = min(folder.progress.of(step.id).hints + 1, len(step.hints))
    print(named + with_plain_formulas(hint_text(step, shown)))
    folder.progress.hinted(step.id, shown)
    save_progress(folder)
    return 0


def run_explain(options: Namespace) -> int:
    """Print a step's explanation, what to do, and where the world does it; or a module's."""
    course = the_course()
    asked = course.module_id(options.name or "")
    module = next((module for module in course.modules if module.id == asked), None)
    if module:
        text = _module_text(module, answers=options.answers)
    else:
        step = the_step(course, options.name) if options.name else _following(the_folder())
        text = step_markdown(step)
    print(with_plain_formulas(text))
    return 0


def _module_text(module: Module, *, answers: bool) -> str:
    """A module's text; the answers to its questions only where they are asked for."""
    told = module_markdown(module, steps=_steps(module), answers="told" if answers else "kept back")
    more = say(
        "`tinytorch explain {module} --answers` answers what it asks to think about.",
        module=module.id,
    )
    return told if answers else f"{told}\n\n{more}"


def _steps(module: Module) -> str:
    """The steps of a module, one a line, with their states where a course is around."""
    root = find_folder(here())
    folder = StudentFolder(root, the_course()) if root else None
    known = standings(folder, module) if folder else {}
    signs = {step: f"{standing.sign} " for step, standing in known.items()}
    return "\n".join(f"{signs.get(step.id, '')}{step.id:<28} {step.title}" for step in module.steps)


def _following(folder: StudentFolder) -> Step:
    """The next step. Raises Refused where there is none."""
    step = folder.next_step()
    if step is None:
        last = next(reversed(folder.course.steps))
        raise Refused(say("every step has passed: name one, such as {last}", last=last))
    return step


def _shown_hints(folder: StudentFolder, step: Step) -> tuple[str, ...]:
    return step.hints[: folder.progress.of(step.id).hints]
