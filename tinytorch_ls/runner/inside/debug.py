"""The script that *Debug step* starts: one step's tests in plain Python, with nothing in between.

Arguments: the student's folder, the module's test file, the step's name. An expectation that is not
met leaves as an AssertionError that nobody catches, so that a debugger stops at it.
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

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.expect import Expect, Unmet, unmet_text
from tinytorch_ls.runner.inside.rewrite import calls_by_line
from tinytorch_ls.runner.inside.sources import StudentFinder


def main(root: str, tests: str, step: str) -> None:
    """Run the tests of a step up to the first that fails."""
    StudentFinder(Path(root), Path(_ROOT), {}).install()
    source = Path(tests).read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "step_tests", "__file__": tests}
    exec(compile(source, tests, "exec", dont_inherit=True), names)
    expect = Expect(calls_by_line(source))
    for name, test in names.items():
        if getattr(test, "tinytorch_step", None) == step:
            print(f"{name} …", flush=True)
            _call(test, expect)
    print("All tests of this step pass.", flush=True)


def _call(test: Any, expect: Expect) -> None:
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
            message = unmet_text(expect.observations[-1])
            print(f"✗ {message}", flush=True)
            raise AssertionError(message).with_traceback(place)


if __name__ == "__main__":
    main(*sys.argv[1:4])
