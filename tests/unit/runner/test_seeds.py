"""One process tests a step with several seeds, one after the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from runner.conftest import Bench

_UNLUCKY = """\
import random

def first(x):
    drawn = random.random()
    return x if drawn in [random.Random(seed).random() for seed in ({seeds})] else x + 1
"""


@pytest.mark.parametrize(("seeds", "told"), [("5, 7", 5), ("0,", 0), ("9,", 8)])
async def test_the_first_seed_with_which_a_step_fails_is_told(
    bench: Bench, seeds: str, told: int
) -> None:
    bench.write(_UNLUCKY.format(seeds=seeds))
    request = replace(bench.request("first"), more_seeds=tuple(range(1, 9)))
    (run,) = [run async for run in bench.runner.run(request)]
    assert (run.seed, run.passed) == (told, told == 8)


async def test_each_step_is_tested_with_all_of_them(bench: Bench) -> None:
    bench.write("def first(x):\n    print('1', end='')\n    return x + 1")
    request = replace(bench.request("first", "second"), more_seeds=(1, 2))
    runs = [run async for run in bench.runner.run(request)]
    assert [(run.step, run.seed, run.output) for run in runs] == [
        ("box/first", 2, "111"),
        ("box/second", 2, ""),
    ]
