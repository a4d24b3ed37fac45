"""CUDA C beyond plain numbers: objects of structs, lambdas, variables of the device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels.source import SourceKernel
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep

pytest.importorskip("clang.cindex")
FILE = Path(__file__).with_name("object_kernels.cu")


def run(name: str, grid: Any, block: Any, *arguments: Any) -> Report:
    return in_lockstep(SourceKernel(FILE, name), grid, block, arguments)


def floats(*shape: int) -> Any:
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


def line_of(text: str) -> int:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_structs_are_returned_shuffled_and_kept_in_shared_memory() -> None:
    x, out = floats(300), floats(300)
    assert run("online_softmax", 1, 128, x, out, 300).faults == ()
    wanted = np.exp(x - x.max())
    np.testing.assert_allclose(out, wanted / wanted.sum(), rtol=1e-4)


def test_members_of_different_kinds_lie_side_by_side() -> None:
    x, out = np.round(floats(200), 1), np.zeros(1, np.int32)
    report = run("argmax", 1, 64, x, out, 200)
    assert report.faults == ()
    assert out[0] == np.argmax(x)
    first, *_ = (access for access in report.on("found") if access.kind == "write")
    assert first.requests == 4  # of each warp one a member,
    assert first.conflicts == 4  # 8 bytes apart, so that 32 lanes meet in half of the banks


def test_methods_constructors_and_operators() -> None:
    x, out = floats(50), floats(2)
    assert run("variance", 1, 1, x, out, 50).faults == ()
    np.testing.assert_allclose(out, [x.mean(), x.var()], rtol=1e-4)


def test_an_object_with_an_array_and_a_pointer_in_it_is_copied_and_handed_on() -> None:
    x, out = floats(10), floats(10)
    assert run("moving_sum", 1, 1, x, out, 10).faults == ()
    sums = [x[max(i - 2, 0) : i + 1].sum() for i in range(10)]
    before = [0, 0, 0, *x[:7]]
    np.testing.assert_allclose(out, np.subtract(sums, before), rtol=1e-4, atol=1e-6)


def test_addresses_of_variables_and_pointers_that_are_set_later() -> None:
    x, out = np.array([65536 * 3 + 7, 5], np.int32), np.zeros(2, np.int32)
    assert run("by_address", 1, 2, x, out).faults == ()
    assert out.tolist() == [7003, 5000]


def test_a_lambda_sees_what_it_caught() -> None:
    x, out = floats(8), floats(8)
    assert run("closures", 1, 8, x, out, 6).faults == ()
    np.testing.assert_allclose(out, np.where(np.arange(8) < 6, x * 3, 0) + 2, rtol=1e-6)


def test_variables_of_the_device_are_shared_by_the_grid_and_begin_as_written() -> None:
    x, out = floats(64), floats(1)
    for _ in range(2):
        assert run("last_block", 64, 32, x, out).faults == ()
        steps = np.where(np.arange(64) % 2 == 0, 0.5, 0.25)
        np.testing.assert_allclose(out, [(x * steps).sum()], rtol=1e-4)


def test_an_atomic_sees_a_float_as_the_whole_number_of_its_bits() -> None:
    x, out = abs(floats(64)), np.zeros(1, np.float32)
    assert run("greatest", 1, 64, x, out).faults == ()
    assert out[0] == x.max()


@pytest.mark.parametrize("x", [np.arange(32), np.full(32, 4)])
def test_lanes_reduce_and_agree(x: Any) -> None:
    out = np.zeros(128, np.int32)
    assert run("lanes", 1, 32, x.astype(np.int32), out).faults == ()
    total, top, alike, rounded = out.reshape(4, 32)
    assert (total == x.sum()).all()
    assert (top == x.max()).all()
    assert (alike == (3 if len(set(x)) == 1 else 0)).all()
    zeros = [64 - int(1 + each).bit_length() for each in x]
    assert rounded.tolist() == (np.rint(x / 2).astype(int) + zeros).tolist()


@pytest.mark.parametrize(
    ("kernel", "kind", "text"),
    [
        ("no_member", "uninitialised", "Softmax mine;  // uninitialised"),
        ("no_barrier", "race", "all[63 - threadIdx.x].sum"),
    ],
)
def test_a_fault_of_a_member_stands_on_its_line(kernel: str, kind: str, text: str) -> None:
    arguments = (floats(64), floats(64))[: 2 if kernel == "no_member" else 1]
    (fault, *_) = run(kernel, 1, 64, *arguments).faults
    assert fault.place
    assert (fault.kind, fault.place.line) == (kind, line_of(text))


def test_who_is_not_last_at_a_counter_may_not_reset_it() -> None:
    (fault,) = run("reset_at_once", 4, 1, floats(4)).faults
    assert fault.place
    assert (fault.kind, fault.place.line) == ("race", line_of("if (blockIdx.x == 0) arrived"))


def test_two_members_of_one_object_are_two_places() -> None:
    out = floats(64)
    assert run("members_of_one", 1, 64, out).faults == ()
    assert (out == 3).all()


def test_a_float3_is_three_accesses_twelve_bytes_apart() -> None:
    a, out = floats(32, 3), floats(32, 3)
    report = run("three_at_once", 1, 32, a, out)
    (read,), (written,) = report.on("a"), report.on("out")
    assert report.faults == ()
    np.testing.assert_allclose(out, np.add(a, [0, 1, 0]), rtol=1e-6)
    for moved in (read, written):  # 384 bytes are 12 sectors, and each access comes to all of them
        assert (moved.requests, moved.sectors, moved.ideal_sectors) == (3, 36, 12)
