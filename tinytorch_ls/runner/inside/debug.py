"""The script that *Debug step* starts: one step's tests in plain Python, with nothing in between.

Arguments: the student's folder, the module's test file, the step's name, and as JSON a `Brief`. An
expectation that is not met leaves as an AssertionError that nobody catches, so that a debugger
stops at it: on its line of the test, or of the example in the student's own TODO.
"""

# ruff: noqa: E402 - the path is mended before anything else is imported

from __future__ import annotations

import os
import sys

# Neither this folder nor the student's may stand before Python's own names; ours must be found.
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
_ROOT = os.path.abspath(f"{_HERE}/../../..")  # noqa: PTH100
sys.path[:] = [place for place in sys.path if place not in ("", _HERE)]
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

import atexit
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch_ls.runner.decode import told_by_test
from tinytorch_ls.runner.inside.example import Example
from tinytorch_ls.runner.inside.expect import Expect, Unmet, unmet_text
from tinytorch_ls.runner.inside.randomness import seed_everything
from tinytorch_ls.runner.inside.rewrite import script_of
from tinytorch_ls.runner.inside.sources import StudentFinder
from tinytorch_ls.runner.inside.witness import Witness
from tinytorch_ls.runner.report import EXAMPLE, Told


@dataclass(frozen=True)
class Brief:
    """What the course knows of a step beside its tests."""

    reference: str = "{}"  # what a survey told of its tests
    example: str = ""
    modules: tuple[str, ...] = ()  # whose names the example uses
    functions: tuple[tuple[str, str], ...] = ()  # of the student's: the file, and the name in it
    overlay: Mapping[str, str] = field(default_factory=dict[str, str])  # texts laid over files


def main(root: str, tests: str, step: str, brief: str = "{}") -> None:
    """Run the tests of a step up to the first that fails."""
    told, witness = Brief(**json.loads(brief)), Witness()
    StudentFinder(Path(root), Path(_ROOT), told.overlay).install()
    file = script_of(Path(tests).read_text(encoding="utf-8"), tests)
    names: dict[str, Any] = {"__name__": "step_tests", "__file__": tests, **witness.hooks()}
    exec(file.code, names)
    if told.example:
        _run_example(told, Expect({}, witness, _of(told, EXAMPLE).facts))
    for name, test in names.items():
        if getattr(test, "tinytorch_step", None) == step:
            print(f"{name} …", flush=True)
            _run(test, Expect(file.calls, witness, _of(told, name).facts))
    print("All tests of this step pass.", flush=True)


def _of(brief: Brief, name: str) -> Told:
    return told_by_test(brief.reference).get(name, Told())


def _run_example(told: Brief, expect: Expect) -> None:
    print("the example …", flush=True)
    seed_everything(0)
    try:
        Example(told.example, told.modules, _of(told, EXAMPLE).values).run(expect)
    except Unmet:
        error = AssertionError(_said(expect))
    else:
        return
    file, line = _seen_in(told, expect.observations[-1].line)
    stop = f"{chr(10) * (line - 1)}raise error"
    exec(compile(stop, file, "exec"), {"error": error})  # on that line of the student's file


def _seen_in(told: Brief, line: int) -> tuple[str, int]:
    """Where a student sees a line of the example: in the TODO; where a function begins that was
    tidied up; of a step without functions in a file that has the example alone. The lesson has it
    too, and would tell too much."""
    example = [each.strip() for each in told.example.splitlines()]
    heads: list[tuple[str, int]] = []
    for file, name in told.functions:
        lines = [each.strip() for each in Path(file).read_text(encoding="utf-8").splitlines()]
        for above in range(len(lines) - len(example) + 1):
            if lines[above : above + len(example)] == example:
                return file, above + line
        head = re.compile(rf"(?:async )?def {re.escape(name.rpartition('.')[2])}\b")
        heads += [(file, number) for number, each in enumerate(lines, 1) if head.match(each)]
    if heads:
        return heads[0]
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # a debugger reads it until then
    alone = Path(folder, "example.py")
    alone.write_text(told.example, encoding="utf-8")
    return str(alone), line


def _run(test: Any, expect: Expect) -> None:
    expect.witness.forget()
    seed_everything(0)
    fixtures: dict[str, Any] = {"expect": expect, "rng": np.random.default_rng(0)}
    with tempfile.TemporaryDirectory() as folder:
        fixtures["tmp_path"] = Path(folder)
        wanted = test.__code__.co_varnames[: test.__code__.co_argcount]
        place = None
        try:
            test(**{name: fixtures[name] for name in wanted})
        except Unmet as unmet:
            place = unmet.__traceback__
        if place:  # outside of `except`: a chained error would show the student two stacks
            raise AssertionError(_said(expect)).with_traceback(place)


def _said(expect: Expect) -> str:
    message = unmet_text(expect.observations[-1])
    print(f"✗ {message}", flush=True)
    return message


if __name__ == "__main__":
    main(*sys.argv[1:5])
