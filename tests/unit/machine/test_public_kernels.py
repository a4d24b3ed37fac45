"""Kernels that courses and samples teach, some with a planted fault: verdicts and counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels.source import SourceKernel
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep

pytest.importorskip("clang.cindex")
FILE = Path(__file__).with_name("public_kernels.cu")


def run(name: str, grid: Any, block: Any, *arguments: Any, shared: int = 0) -> Report:
    return in_lockstep(SourceKernel(FILE, name), grid, block, arguments, dynamic_shared=shared)


def floats(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def whole(count: int, dtype: str = "i4", top: int = 50) -> Any:
    return np.random.default_rng(0).integers(0, top, count).astype(dtype)


FAULTS = {
    "reduce_volatile_wrong": ("race", 1, 64, (whole(64), whole(1)), 384),
    "transpose_no_barrier_wrong": ("race", (2, 2), (32, 8), (floats(64, 64), floats(64, 64)), 0),
    "stencil_halo_wrong": ("uninitialised", 2, 64, (whole(134), whole(128)), 0),
    "histogram_wrong": ("race", 2, 256, (whole(2000, "u1", 256), 2000, whole(256, "u4")), 0),
    "dot_return_wrong": ("divergent barrier", 2, 64, (floats(300), floats(300), floats(2), 100), 0),
    "half_warp_mask_wrong": ("divergent barrier", 1, 32, (floats(32), floats(1)), 0),
    "scan_in_place_wrong": ("race", 1, 64, (floats(64),), 0),
    "blur_unsigned_wrong": ("out of bounds", 1, 64, (floats(60), floats(60), 60), 0),
    "grayscale_guard_wrong": (
        "out of bounds", (2, 2), (32, 16), (whole(800, "u1"), whole(2400, "u1"), 40, 20), 0,
    ),
    "offset_overflow_wrong": ("out of bounds", 1, 32, (floats(100), 65536, 65537), 0),
    "no_fence_wrong": ("race", 10, 32, (floats(10), floats(10), floats(1), whole(1, "u4", 1)), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str) -> None:
    kind, grid, block, arguments, shared = FAULTS[name]
    copies = [np.copy(each) if isinstance(each, np.ndarray) else each for each in arguments]
    assert {fault.kind for fault in run(name, grid, block, *copies, shared=shared).faults} == {kind}


def test_reductions_part_or_conflict_as_the_slides_say() -> None:
    """128 threads: in turn s = 1 … 16 four warps have even lanes, then two warps, then one: 23.

    By strided index 64, 32, 16, … threads add: 2-way conflicts in two warps, then 4-way ones.
    """
    x, out = whole(128), whole(1)
    report = run("reduce_modulo", 1, 128, x, out)
    assert report.faults == ()
    assert out[0] == x.sum()
    assert [(each.warps, each.divergent) for each in report.branches[1:]] == [(28, 23), (4, 1)]
    assert {(each.requests, each.conflicts) for each in report.on("sdata", "read")} == {
        (23, 0), (1, 0),
    }  # fmt: skip
    report = run("reduce_strided", 1, 128, x, out)
    assert out[0] == x.sum()
    far = report.on("sdata", "read")[0]
    assert (far.requests, far.conflicts) == (8, 2 + 3 + 3 + 3 + 3 + 1)


def test_a_transpose_without_padding_takes_32_turns() -> None:
    image, out = floats(64, 64), floats(64, 64)
    report = run("transpose_no_padding", (2, 2), (32, 8), out, image)
    assert report.faults == ()
    assert (out == image.T).all()
    (read,) = report.on("tile", "read")
    assert (read.requests, read.conflicts) == (128, 128 * 31)
    assert [each.sectors for each in (*report.on("idata"), *report.on("odata"))] == [512, 512]


def test_one_member_of_an_array_of_structs_costs_a_sector_a_lane_or_nearly() -> None:
    particles = floats(64, 6)
    report = run("array_of_structs", 1, 64, particles, np.float32(0.5), 64)
    assert {(each.requests, each.sectors) for each in report.on("p")} == {(2, 48)}
    vectors = floats(32, 4)
    wanted = vectors.copy()
    wanted[:, 1] = wanted[:, 0] + 1
    report = run("one_of_four", 1, 32, vectors)
    assert {(each.requests, each.sectors, each.ideal_sectors) for each in report.on("v")} == {
        (1, 16, 4)
    }
    assert (vectors == wanted).all()


def test_a_matmul_with_a_tile_a_thread() -> None:
    a, b, c = floats(64, 16), floats(16, 32), floats(64, 32)
    wanted = 2 * a @ b + 0.5 * c
    arguments = (64, 32, 16, np.float32(2), a, b, np.float32(0.5), c)
    report = run("sgemm_4x4", (1, 2), 64, *arguments)
    assert report.faults == ()
    assert report.precision == "single"
    np.testing.assert_allclose(c, wanted, rtol=1e-4, atol=1e-4)
    assert {(each.requests, each.conflicts) for each in report.on("As", "write")} == {(8, 8)}
    (stored,) = report.on("Bs", "write")
    assert (stored.requests, stored.conflicts) == (8, 0)


def test_softmax_with_a_pointer_that_moves_and_carved_shared_memory() -> None:
    x, out = floats(3, 200), floats(3, 200)
    assert run("softmax_forward", 3, 64, out, x, 3, 200, shared=16).faults == ()
    np.testing.assert_allclose(out, np.exp(x) / np.exp(x).sum(1, keepdims=True), rtol=1e-4)
    out = floats(64)
    assert run("carved", 1, 64, out, 64, shared=768).faults == ()
    assert out.tolist() == [3.0 * (63 - i) for i in range(64)]


def test_bodies_in_float4_and_sums_by_swaps() -> None:
    at, force = floats(64, 4), np.zeros((64, 3), np.float32)
    assert run("n_body", 2, 32, at, force, 64).faults == ()
    apart = at[None, :, :3] - at[:, None, :3]
    near = (apart**2).sum(-1) + 0.01
    np.testing.assert_allclose(
        force, (apart * (at[:, 3] * near**-1.5)[..., None]).sum(1), rtol=1e-3, atol=1e-3
    )
    total, x = np.zeros(1), np.arange(64.0)
    assert run("add_by_cas", 1, 64, total, x).faults == ()
    assert total[0] == x.sum()
