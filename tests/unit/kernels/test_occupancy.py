"""Blocks on a multiprocessor, against NVIDIA's occupancy calculator worked by hand."""

from __future__ import annotations

import pytest

from tinytorch_ls.compile.occupancy import Occupancy, occupancy
from tinytorch_ls.compile.result import Resources


@pytest.mark.parametrize(
    ("registers", "shared", "threads", "architecture", "blocks", "warps", "limiter"),
    [
        (32, 0, 256, "sm_90", 8, 64, "threads"),  # 2,048 threads
        (16, 0, 32, "sm_90", 32, 32, "blocks"),  # 32 blocks of one warp: half full
        (64, 0, 256, "sm_90", 4, 32, "registers"),  # 64 x 32 = 2,048 a warp: 8 in a quarter
        (65, 0, 256, "sm_90", 3, 24, "registers"),  # rounded to 2,304: 7 in a quarter, 28
        (255, 0, 1024, "sm_90", 0, 0, "registers"),  # 8 warps fit, the block has 32
        (32, 48 * 1024, 256, "sm_90", 4, 32, "shared memory"),  # 49 KiB each of 228
        (32, 48 * 1024, 256, "sm_80", 3, 24, "shared memory"),  # of 164
        (0, 0, 100, "sm_80", 16, 64, "threads"),  # 100 threads take 4 warps
    ],
)
def test_the_scarcest_resource_decides(
    registers: int,
    shared: int,
    threads: int,
    architecture: str,
    blocks: int,
    warps: int,
    limiter: str,
) -> None:
    found = occupancy(Resources(registers, shared, 0), threads, architecture)
    assert (found.blocks, found.warps, found.limiter) == (blocks, warps, limiter)
    assert found.share == warps / 64


def test_a_share_is_of_all_warps() -> None:
    assert Occupancy(4, 32, 64, "registers").share == 0.5
