"""Many variants of a function of the library, each tried in a fork of one process."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.runner.client import RunRequest
from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.job import Replacement
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.report import StepRun

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")


@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_each_is_told_by_itself(bench: Any) -> None:
    bodies = {
        "def first(x):\n    return 1 + x\n": True,
        "def first(x):\n    return x - 1\n": False,
        "def first(x):\n    raise ValueError\n": False,
        "def first(x):\n    while True:\n        x = x\n": False,
        "def first(x):\n    import os\n    os._exit(0)\n": False,
    }
    request = RunRequest("box", ("box/first",), brief=True, limits=Limits(seconds=1.0))
    variants = [(Replacement("tinytorch/box.py", "first", body),) for body in bodies]
    assert await bench.runner.variants(request, variants) == list(bodies.values())


BOTH = """\
def first(x):
    two = 2
    return x + two


def second(x):
    return first(x) * 2
"""
LONGER = """\
def first(x):
    x = x
    x = x
    return second(x)


def second(x):
    return x * None
"""
ERROR = """\
def first(x):
    return second(x) + 1


def second(x):
    y = x
    raise ValueError(y)
"""


@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_the_report_of_each_is_that_of_the_whole_files(bench: Any) -> None:
    request = RunRequest("box", ("box/first",), watched=False)
    texts = [BOTH, ERROR, LONGER]
    variants = [
        tuple(
            Replacement("tinytorch/box.py", name, found.whole.of(text), found.whole.start.line)
            for name, found in definitions(text).items()
        )
        for text in texts
    ]
    told = await bench.runner.variant_runs(request, variants)
    whole = [
        run
        for text in texts
        async for run in bench.runner.run(replace(request, overlay={"tinytorch/box.py": text}))
    ]
    assert list(map(essence, told)) == list(map(essence, whole))


def essence(run: StepRun) -> object:
    """What a run says but for times and memory."""
    tests = [replace(test, seconds=0.0) for test in run.tests]
    return run.step, run.limit, tests


KERNEL = """\
@cuda.jit
def vector_add_kernel(a, b, out):
    out[0] = a[0]
"""


@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_what_can_t_be_put_in_is_left_open(bench: Any) -> None:
    request = RunRequest("box", ("box/first",), brief=True)
    variants = [
        (Replacement("tinytorch/box.py", "nobody", "def nobody(x):\n    return x\n"),),
        (Replacement("tinytorch/nowhere.py", "first", "def first(x):\n    return x\n"),),
        (Replacement("tinytorch/box.py", "first", "def first(x:\n"),),
        (Replacement("tinytorch/box.py", "first", "def first(x, y=1):\n    return x + y\n"),),
        (Replacement("tinytorch/box.py", "first", "def first(x):\n    return x\n"),),
        (Replacement("tinytorch/kernels/gpu.py", "vector_add_kernel", KERNEL),),
    ]
    assert await bench.runner.variants(request, variants) == [None, None, None, None, False, None]
    runs = await bench.runner.variant_runs(request, variants)
    assert [run and run.passed for run in runs] == [None, None, None, None, False, None]
