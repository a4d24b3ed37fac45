"""The script that *Debug step* starts: one step's tests in plain Python, with nothing in between.

Arguments: the student's folder, the module's test file, the step's name, and as JSON a `Brief`. An
expectation that is not met leaves as an AssertionError that nobody catches, so that a debugger
stops at it: on its line of the test, or of the lesson's example.
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

import json
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
    lesson: str = ""  # the file in which it stands
    line: int = 1  # of its heading
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
        lines = Path(told.lesson).read_text(encoding="utf-8").splitlines()
        first = lines.index(told.example.splitlines()[0], told.line - 1)
    else:
        return
    unmet = expect.observations[-1]
    stop = f"{chr(10) * (first + unmet.line - 1)}raise error"
    error = AssertionError(_said(expect))
    exec(compile(stop, told.lesson, "exec"), {"error": error})  # on that line of the lesson


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
