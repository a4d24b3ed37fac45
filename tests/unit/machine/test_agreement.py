"""The machine and the thread-by-thread simulator agree: on results, faults and traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated_kernels import program
from hypothesis import given, settings

from tinytorch.kernels import gpu
from tinytorch.kernels.device import cuda
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep
from tinytorch_ls.simulator.threads import simulate_threads


def both(kernel: Any, grid: Any, block: Any, *arguments: Any) -> tuple[Report, Report, Any, Any]:
    """The reports of both, and what each made of the arguments."""
    mine, theirs = ([a.copy() if isinstance(a, np.ndarray) else a for a in arguments] for _ in "ab")
    return (
        in_lockstep(kernel, grid, block, tuple(mine)),
        simulate_threads(kernel, grid, block, *theirs),
        mine,
        theirs,
    )


def floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


LIBRARY = [
    (gpu.vector_add_kernel, 3, 32, floats(70), floats(70), floats(70)),
    (gpu.transpose_kernel, (2, 3), (16, 16), floats(40, 20), floats(20, 40)),
    (gpu.naive_matmul_kernel, (2, 2), (16, 16), floats(20, 9), floats(9, 30), floats(20, 30)),
    (gpu.tiled_matmul_kernel, (2, 2), (16, 16), floats(20, 40), floats(40, 30), floats(20, 30)),
    (gpu.block_sum_kernel, 2, 256, floats(400), floats(2)),
    (gpu.online_softmax_kernel, 3, 32, floats(3, 50), floats(3, 50)),
    (gpu.fused_bias_gelu_kernel, (1, 2), (16, 16), floats(20, 9), floats(9), floats(20, 9)),
]


@pytest.mark.parametrize("launch", LIBRARY, ids=lambda launch: launch[0].__name__)
def test_they_agree_on_the_library_s_kernels(launch: Any) -> None:
    mine, theirs, a, b = both(*launch)
    assert mine.faults == theirs.faults == ()
    assert mine.traffic == theirs.traffic  # the ideal is the machine's alone and not compared
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=1e-5)


@settings(max_examples=60)
@given(text=program())
def test_they_agree_on_kernels_that_nobody_wrote(text: str, tmp_path_factory: Any) -> None:
    """Straight, branching and looping integer code between barriers, with races or without."""
    file = tmp_path_factory.mktemp("generated") / "kernel.py"
    Path(file).write_text(text, encoding="utf-8")
    names: dict[str, Any] = {"cuda": cuda, "np": np}
    exec(compile(text, str(file), "exec"), names)
    arguments = np.arange(64), np.zeros(64, np.int64)
    mine, theirs, a, b = both(names["kernel"], 2, 32, *arguments)
    kinds = [{fault.kind for fault in report.faults} for report in (mine, theirs)]
    assert kinds[0] == kinds[1], text
    if not kinds[0]:
        assert (a[1] == b[1]).all(), text
        assert mine.total("shared").accesses == theirs.total("shared").accesses
        assert mine.total("global").accesses == theirs.total("global").accesses
