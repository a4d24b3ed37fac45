"""Many variants of a function of the library, each tried in a fork of one process."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tinytorch_ls.runner.client import RunRequest
from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.job import Variant
from tinytorch_ls.runner.limits import Limits

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
    variants = [Variant("tinytorch/box.py", "first", body) for body in bodies]
    assert await bench.runner.variants(request, variants) == list(bodies.values())


KERNEL = """\
@cuda.jit
def vector_add_kernel(a, b, out):
    out[0] = a[0]
"""


@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_what_can_t_be_put_in_is_left_open(bench: Any) -> None:
    request = RunRequest("box", ("box/first",), brief=True)
    variants = [
        Variant("tinytorch/box.py", "nobody", "def nobody(x):\n    return x\n"),
        Variant("tinytorch/nowhere.py", "first", "def first(x):\n    return x\n"),
        Variant("tinytorch/box.py", "first", "def first(x:\n"),
        Variant("tinytorch/box.py", "first", "def first(x, y=1):\n    return x + y\n"),
        Variant("tinytorch/box.py", "first", "def first(x):\n    return x\n"),
        Variant("tinytorch/kernels/gpu.py", "vector_add_kernel", KERNEL),
    ]
    assert await bench.runner.variants(request, variants) == [None, None, None, None, False, None]
