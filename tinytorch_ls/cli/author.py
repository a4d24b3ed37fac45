"""`tinytorch check`: proves a curriculum for its author."""

from __future__ import annotations

import difflib
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinytorch_ls.cli.context import json_option, print_json
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.refused import Refused

if TYPE_CHECKING:
    from tinytorch_ls.check.run import CheckReport, Outcome


def register(commands: Any) -> None:
    parser = commands.add_parser("check", help="for authors: prove that the lessons are sound")
    parser.add_argument("curriculum", nargs="?", type=Path, default=curriculum_folder())
    parser.add_argument("--module", metavar="ID", action="append", help="only this module")
    parser.add_argument("--step", metavar="STEP", action="append", help="only this step")
    parser.add_argument("--fresh", action="store_true", help="prove again what was sound before")
    json_option(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Print every complaint with its file and line. 0 if there is none, else 1."""
    from tinytorch_ls.check.run import check

    if not (options.curriculum / "course.toml").is_file():
        raise Refused(f"{options.curriculum} has no course.toml")
    course = read_course(options.curriculum)
    modules = [course.module_id(name) for name in options.module] if options.module else None
    _known("module", modules, [module.id for module in course.modules])
    _known("step", options.step, list(course.steps))
    report = check(
        course,
        modules=modules,
        steps=options.step,
        fresh=options.fresh,
        told=_quiet if options.json else _print,
    )
    if options.json:
        print_json(
            {
                "steps": [asdict(step) for step in report.steps],
                "complaints": [
                    {"file": str(c.file), "line": c.line, "message": c.message}
                    for c in report.complaints
                ],
                "notRun": [
                    {
                        "module": m.module,
                        "step": m.step,
                        "reason": m.lack.reason,
                        "command": m.lack.command,
                    }
                    for m in report.not_run
                ],
            }
        )
    else:
        print(_sum(report))
    return 1 if report.complaints else 0


def _known(kind: str, asked: Sequence[str] | None, there: Sequence[str]) -> None:
    for name in asked or ():
        if name not in there:
            near = difflib.get_close_matches(name, there, 5) or there
            raise Refused(
                f"the course has no {kind} `{name}`; it has "
                f"{', '.join(near) or 'none that can be read'}"
            )


def _print(outcome: Outcome) -> None:
    if step := outcome.report:
        print(
            f"{step.id:<28} {step.tests:>2} tests  {step.mistakes:>2} mistakes caught  "
            f"{step.killed:>3} of {step.mutants:>3} mutants caught",
            flush=True,
        )
    for complaint in outcome.complaints:
        print(complaint, flush=True)

    if missed := outcome.not_run:
        way = f": run `{missed.lack.command}`" if missed.lack.command else ""
        print(f"{missed.about}: not run, because {missed.lack.reason}{way}", flush=True)


def _sum(report: CheckReport) -> str:
    """What came of it all, with what is wrong once more; what was not run is not passed over."""
    text = "\n".join([*map(str, report.complaints), f"{len(report.steps)} steps"])
    text += f", {len(report.complaints)} complaints"
    steps = sum(bool(each.step) for each in report.not_run)
    modules = len(report.not_run) - steps
    for count, what in ((modules, "module"), (steps, "step")):
        text += f", {count} {what}{'s' * (count > 1)} not run" if count else ""
    return text


def _quiet(_: Outcome) -> None:
    """A document of JSON is printed as a whole."""
