"""A step that comes to where another one found no end is not given all its time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tinytorch_ls.runner.report import Frame

BOTH = """\
def first(x):
    while x:
        x = abs(x)
    return x
"""


async def test_a_step_that_calls_what_has_no_end_is_stopped_sooner(
    bench: Any,
) -> None:
    bench.state_seconds(8.0)
    bench.write(BOTH, "def second(x):\n    return first(x)\n")
    one, other = await bench.run("first", "second")
    assert (one.limit.kind, one.limit.detail) == ("endless", "8 s of computing")
    assert other.limit.kind == "endless"
    assert other.stopped_in == one.stopped_in
    assert float(other.limit.detail.split()[0]) < 4


async def test_where_it_is_known_from_an_earlier_run_too(bench: Any) -> None:
    bench.state_seconds(8.0)
    bench.write(BOTH, "def second(x):\n    return first(x)\n")
    known = Frame(str(bench.file), "first", 2, 3)
    request = replace(bench.request("second"), endless=(known,))
    (run,) = [run async for run in bench.runner.run(request)]
    assert run.stopped_in == known
    assert float(run.limit.detail.split()[0]) < 4


async def test_code_that_comes_out_of_it_is_not_stopped(bench: Any) -> None:
    bench.write(
        "def first(x):\n    while x < 0:\n        x = abs(x)\n    return x\n",
        "def second(x):\n    while x < 6:\n        x += 1\n    return x\n",
    )
    places = (Frame(str(bench.file), "first", 2, 3), Frame(str(bench.file), "second", 8, 9))
    request = replace(bench.request("second"), endless=places)
    (run,) = [run async for run in bench.runner.run(request)]
    assert run.passed
