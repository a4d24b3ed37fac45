"""`tinytorch test`: runs the tests of a step, a module, or all that was begun."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from itertools import groupby, zip_longest
from textwrap import indent
from typing import Any

from tinytorch_ls.cli.context import (
    json_option,
    mark,
    next_words,
    print_json,
    save_progress,
    the_folder,
    the_steps,
)
from tinytorch_ls.course.model import CLOSING, Milestone, Module, Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.feedback.verdict import Mark, Verdict
from tinytorch_ls.feedback.words import failure_text, printed_text
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.workspace.folder import StudentFolder


def register(commands: Any) -> None:
    parser = commands.add_parser("test", help="test a step, a module, or all that you have begun")
    parser.add_argument("name", nargs="?", metavar="MODULE[/STEP]")
    json_option(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Test and report. 0 if every step passed, else 1."""
    folder = the_folder()
    if options.name:
        steps = the_steps(folder.course, options.name)
        _refuse_not_begun(folder, steps[0].module_id)
    else:
        steps = [step for module in _begun(folder) for step in module.steps]
    if not steps:
        raise Refused(say("you have begun no module; `tinytorch start` begins the first"))
    verdicts = asyncio.run(_test(folder, steps, show=not options.json))
    save_progress(folder)
    passed = sum(verdict.state == "passed" for verdict in verdicts)
    if options.json:
        print_json({"passed": passed, "total": len(verdicts), "steps": [*map(_data, verdicts)]})
    else:
        print(say("{passed} of {total} steps pass.", passed=passed, total=len(verdicts)))
        if passed:
            print(next_words(folder))
    return 0 if passed == len(verdicts) else 1


def _begun(folder: StudentFolder) -> list[Module]:
    """The modules with a file of the student's, and those of which one was tested and is gone."""
    tested = {
        folder.course.steps[step].module_id
        for step, known in folder.progress.steps.items()
        if step in folder.course.steps and known.state in ("passed", "failing", "blocked")
    }
    return [m for m in folder.course.modules if folder.begun(m) or m.id in tested]


def _refuse_not_begun(folder: StudentFolder, module_id: str) -> None:
    module = folder.course.module(module_id)
    for file in module.files:
        if not folder.path(file).exists():
            start = f"tinytorch start --module {module_id}"
            raise Refused(
                say("{file} is not there; `{start}` begins its module", file=file, start=start)
            )


async def _test(folder: StudentFolder, steps: list[Step], *, show: bool) -> list[Verdict]:
    """The last word on each step: its verdict comes first, and what more is known of it later."""
    runner = Runner(folder.course)
    tester = Tester(folder, runner)
    verdicts: dict[str, Verdict] = {}
    try:
        for _, module in groupby(steps, key=lambda step: step.module_id):
            tested = list(module)
            before, reached = folder.all_passed(tested[0].module_id), folder.reached()
            async for verdict in tester.test(tested):
                verdicts[verdict.step] = verdict
            if show:
                print_verdicts(folder, [verdicts[step.id] for step in tested])
                print_milestones(folder, reached)
            if show and not before and folder.all_passed(tested[0].module_id):
                print_closing(folder.course.module(tested[0].module_id))
    finally:
        await runner.close()
    return [verdicts[step.id] for step in steps]


def print_verdicts(folder: StudentFolder, verdicts: list[Verdict]) -> None:
    """Each step of a module; what is said of several of them stands below the last."""
    for verdict, following in zip_longest(verdicts, verdicts[1:]):
        same = following is not None and verdict.failure == following.failure
        _print(folder, verdict, told=not same)


def _print(folder: StudentFolder, verdict: Verdict, *, told: bool) -> None:
    step = folder.course.steps[verdict.step]
    count = f" ({verdict.count})" if verdict.count else ""
    print(f"{mark(verdict.state)} {step.id:<28} {step.title}{count}")
    if verdict.state == "passed" and step.unlocked:
        print(f"    {step.unlocked}")
    for note in verdict.notes:
        print(indent(failure_text(note.failure), "    "))
    if verdict.state == "passed" and verdict.output.strip():
        print(indent(printed_text(verdict.output), "    "))
    if verdict.failure and told:
        for each in _told(verdict):
            where = verdict.where if each is verdict.marks[0] else each.where
            place = f"{where.file}:{where.line}: " if where else ""
            for line in (place + failure_text(each.failure)).splitlines():
                print(f"    {line}")
        for line in _awaited(folder, verdict):
            print(f"    {line}")


def _told(verdict: Verdict) -> Iterator[Mark]:
    """What is said of a step: of several functions that fail, of each."""
    first, *others = verdict.marks
    yield first
    failing = {each.name for each in verdict.functions if each.state == "failing"}
    yield from (mark for mark in others if mark.function in failing - {first.function})


def _awaited(folder: StudentFolder, verdict: Verdict) -> Iterator[str]:
    """Where the step is that a blocked one waits for, as a terminal makes a link of it."""
    other = folder.course.steps.get(verdict.blocked_by or "")
    for symbol in other.symbols[:1] if other else ():
        with suppress(Refused, SyntaxError):  # its own steps say that its file can't be read
            known = form_of(symbol.file).definitions(folder.source(symbol.file))
            if other and (found := known.get(symbol.name)):
                line = found.identifier.start.line
                here = say("{step} is here", step=titled(other))
                yield f"{folder.path(symbol.file)}:{line}: {here}"


def print_milestones(folder: StudentFolder, before: tuple[Milestone, ...]) -> None:
    """The milestones that were reached since `before`."""
    for milestone in folder.reached():
        if milestone not in before:
            print(f"\n{milestone}.")


def print_closing(module: Module) -> None:
    """What a student can do once every step of a module passes, the first time that they do."""
    if module.closing:
        done = say("{title}: every step passes.", title=module.title)
        print(f"\n{done} {say(CLOSING)}:\n\n{module.closing}\n")


def _data(verdict: Verdict) -> dict[str, Any]:
    """The documented part of a verdict; what else an editor shows may change."""
    data = asdict(verdict)
    return {
        "step": verdict.step,
        "state": verdict.state,
        "failure": asdict(verdict.failure) if verdict.failure else None,
        "where": data["where"],
        "expectation": asdict(verdict.expectation) if verdict.expectation else None,
        "blocked_by": verdict.blocked_by,
        "functions": data["functions"],
        "seconds": verdict.seconds,
        "output": verdict.output,
    }
