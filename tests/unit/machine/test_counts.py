"""What warps move where lanes part ways, against counts derived by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.kernels.device import cuda
from tinytorch_ls.machine.report import Branch, Report, Traffic
from tinytorch_ls.simulator.simulate import in_lockstep, simulate


def only(report: Report, array: str, kind: str = "read") -> Traffic:
    (found,) = report.on(array, kind)
    return found


def floats(*shape: int) -> Any:
    return np.ones(shape, np.float32)


@cuda.jit
def lower_triangle(a, out):
    t = cuda.threadIdx.x
    total = np.float32(0.0)
    for k in range(32):
        if k >= t:
            total += a[k, t]
    out[t] = total


def test_a_turn_in_which_some_lanes_sit_out_is_one_request() -> None:
    """In turn k lanes 0 to k read neighbours: 8 floats a sector, so 8 · (1 + 2 + 3 + 4) sectors."""
    read = only(in_lockstep(lower_triangle, 1, 32, (floats(32, 32), floats(32))), "a")
    assert (read.requests, read.accesses, read.sectors) == (32, 528, 80)
    assert read.lanes == 528 / (32 * 32)


@cuda.jit
def convolution(image, kernel, out):
    j, i = cuda.grid(2)
    if i < image.shape[0] and j < image.shape[1]:
        total = np.float32(0.0)
        for di in range(-1, 2):
            for dj in range(-1, 2):
                y, x = i + di, j + dj
                if y >= 0 and y < image.shape[0] and x >= 0 and x < image.shape[1]:
                    total += image[y, x] * kernel[di + 1, dj + 1]
        out[i, j] = total


def test_a_convolution_reads_what_lies_inside_the_image() -> None:
    """A warp is a row of 32: shifted by dj it reads 32, 31 or 31 pixels.

    Straight on they fill 4 sectors. To the left of column 1 one lane sits out and 31 pixels from
    the first on are 4 sectors, too; to the right the 31 pixels from the second on as well. A row of
    the image is read from above, beside and below, but for the first and last: 32 · 3 - 2 times.
    """
    report = in_lockstep(
        convolution, (1, 32), (32, 1), (floats(32, 32), floats(3, 3), floats(32, 32))
    )
    read, taps = only(report, "image"), only(report, "kernel")
    rows = 32 * 3 - 2
    assert (read.requests, read.accesses) == (3 * rows, rows * (32 + 31 + 31))
    assert read.sectors == rows * 3 * 4
    assert (taps.requests, taps.sectors) == (3 * rows, 3 * rows)  # one address for the whole warp


@cuda.jit
def strided(a, out):
    t = cuda.threadIdx.x
    out[t] = a[t * 8]


def test_the_ideal_is_as_many_bytes_side_by_side() -> None:
    report = in_lockstep(strided, 1, 32, (floats(256), floats(32)))
    read, written = only(report, "a"), only(report, "out", "write")
    assert (read.sectors, read.ideal_sectors) == (32, 4)
    assert (written.sectors, written.ideal_sectors) == (4, 4)


@cuda.jit
def parting(out):
    t = cuda.threadIdx.x
    if t < 48:
        out[t] = 1.0
    if t < 32:
        out[t] = 2.0


def test_a_branch_parts_the_lanes_of_those_warps_that_disagree() -> None:
    report = in_lockstep(parting, 1, 64, (floats(64),))
    assert [(each.warps, each.divergent) for each in report.branches] == [(2, 1), (2, 0)]
    assert isinstance(report.branches[0], Branch)


@cuda.jit
def conflicts_in_turns(out):
    s = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    s[t] = 1.0
    s[t + 32] = 1.0
    cuda.syncthreads()
    total = np.float32(0.0)
    for k in range(t % 2 + 1):
        total += s[t * (k + 1)]
    out[t] = total


def test_bank_conflicts_are_those_of_the_lanes_that_take_part() -> None:
    """All lanes read their neighbours at first; then the 16 odd ones go on in steps of two words.

    Words 2, 6, 10, …, 62: 16 words in 8 banks, two in each, so one extra turn.
    """
    read = only(in_lockstep(conflicts_in_turns, 1, 32, (floats(32),)), "s")
    assert (read.requests, read.accesses, read.conflicts) == (2, 48, 1)


@cuda.jit
def half_in_double(a, out):
    i = cuda.grid(1)
    out[i] = 0.5 * a[i]


@cuda.jit
def half_in_single(a, out):
    i = cuda.grid(1)
    out[i] = np.float32(0.5) * a[i]


def test_a_number_with_a_point_makes_the_arithmetic_double() -> None:
    a = np.ones(32, np.float32)
    assert simulate(half_in_double, 1, 32, a, a.copy()).precision == "double"
    assert simulate(half_in_single, 1, 32, a, a.copy()).precision == "single"
