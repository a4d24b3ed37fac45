"""`tinytorch check`: proves a curriculum for its author."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinytorch_ls.cli.context import json_option, print_json
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.refused import Refused


def register(commands: Any) -> None:
    parser = commands.add_parser("check", help="for authors: prove that the lessons are sound")
    parser.add_argument("curriculum", nargs="?", type=Path, default=curriculum_folder())
    parser.add_argument("--module", metavar="ID", action="append", help="only this module")
    json_option(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Print every complaint with its file and line. 0 if there is none, else 1."""
    from tinytorch_ls.check.run import check

    if not (options.curriculum / "course.toml").is_file():
        raise Refused(f"{options.curriculum} has no course.toml")
    course = read_course(options.curriculum)
    known = [module.id for module in course.modules]
    for module_id in options.module or ():
        if module_id not in known:
            read = ", ".join(known) or "none that can be read"
            raise Refused(f"the course has no module `{module_id}`; it has {read}")
    report = check(course, modules=options.module)
    if options.json:
        print_json(
            {
                "steps": [asdict(step) for step in report.steps],
                "complaints": [
                    {"file": str(c.file), "line": c.line, "message": c.message}
                    for c in report.complaints
                ],
            }
        )
    else:
        for step in report.steps:
            print(
                f"{step.id:<28} {step.tests:>2} tests  {step.mistakes:>2} mistakes caught  "
                f"{step.killed:>3} of {step.mutants:>3} mutants caught"
            )
        for complaint in report.complaints:
            print(complaint)
        print(f"{len(report.steps)} steps, {len(report.complaints)} complaints")
    return 1 if report.complaints else 0
