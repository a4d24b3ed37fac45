"""The script of *Debug step* stops where the course says that a step fails."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import indent

from runner.conftest import Bench

from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.processes import DEBUG_SCRIPT, PACKAGE_ROOT, debug_environment


async def debugged(
    bench: Bench, example: str = "", functions: tuple[str, ...] = ("first",)
) -> subprocess.CompletedProcess[str]:
    """The script on step `first`, with what a survey of the reference tells it."""
    (module,) = bench.runner.course.modules
    steps = tuple(replace(step, example=example) for step in module.steps)
    course = replace(bench.runner.course, modules=(replace(module, steps=steps),))
    bench.runner.course = course
    surveys = await bench.runner.surveyed("box", ("box/first",))
    brief = {
        "reference": surveys["box/first"].told,
        "example": example,
        "modules": ["tinytorch.box"],
        "functions": [(str(bench.file), name) for name in functions],
    }
    return subprocess.run(
        [
            sys.executable,
            str(PACKAGE_ROOT / DEBUG_SCRIPT),
            str(bench.root),
            str(bench.tests),
            "first",
            as_json(brief),
        ],
        env=debug_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


async def test_it_stops_at_the_test_that_is_not_met(bench: Bench) -> None:
    bench.write("def first(x):\n    return x - 1\n")
    run = await debugged(bench)
    assert run.returncode == 1
    assert f'File "{bench.tests}", line 8, in test_first' in run.stderr


async def test_it_stops_where_the_kind_is_not_the_references(bench: Bench) -> None:
    bench.write("def first(x):\n    return float(x + 1)\n")
    run = await debugged(bench)
    assert "kind: float" in run.stdout
    assert f'File "{bench.tests}", line 8, in test_first' in run.stderr


EXAMPLE = ">>> first(3)\n4\n>>> first(7) + 0\n8"
WRONG = "    return x - 1 if x == 7 else x + 1\n"


async def test_it_stops_at_the_example_on_its_line_of_the_todo(bench: Bench) -> None:
    todo = indent(f'"""Adds 1.\n\nEXAMPLE:\n{EXAMPLE}\n"""\n', "    ")
    bench.write(f"def first(x):\n{todo}{WRONG}")
    run = await debugged(bench, EXAMPLE)
    assert "first(7) + 0 gave 6, expected 8" in run.stdout
    assert f'File "{bench.file}", line 7, in <module>' in run.stderr


async def test_it_stops_at_the_function_where_the_todo_is_gone(bench: Bench) -> None:
    bench.write(f"# Mine.\ndef first(x):\n{WRONG}")
    run = await debugged(bench, EXAMPLE)
    assert f'File "{bench.file}", line 2, in <module>' in run.stderr


async def test_the_example_of_a_step_without_functions_stands_alone(bench: Bench) -> None:
    bench.write(f"def first(x):\n{WRONG}")
    run = await debugged(bench, EXAMPLE, functions=())
    seen = r'File "(.*example\.py)", line 3, in <module>\n +>>> first\(7\)'
    found = re.search(seen, run.stderr)
    assert found
    assert not Path(found[1]).exists()


async def test_it_passes_what_passes(bench: Bench) -> None:
    bench.write("def first(x):\n    return 1 + x\n")
    run = await debugged(bench)
    assert run.stdout.splitlines() == ["test_first …", "All tests of this step pass."]
