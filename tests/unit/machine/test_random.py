"""Random numbers in kernels: numba's own; and arrays of records."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch.kernels import random
from tinytorch.kernels.device import cuda
from tinytorch.kernels.random import (
    create_xoroshiro128p_states,
    xoroshiro128p_normal_float32,
    xoroshiro128p_normal_float64,
    xoroshiro128p_uniform_float32,
    xoroshiro128p_uniform_float64,
)
from tinytorch_ls.machine.refused import UnsupportedError
from tinytorch_ls.simulator.simulate import in_lockstep, simulated


@cuda.jit
def draws(states, single, double):
    i = cuda.grid(1)
    single[i, 0] = xoroshiro128p_uniform_float32(states, i)
    single[i, 1] = xoroshiro128p_normal_float32(states, i)
    double[i, 0] = xoroshiro128p_uniform_float64(states, i)
    double[i, 1] = xoroshiro128p_normal_float64(states, i)


def made(n: int, seed: int, start: int = 0) -> Any:
    with simulated():
        return create_xoroshiro128p_states(n, seed, start)


@pytest.mark.parametrize(("seed", "start"), [(1, 0), (2**40 + 5, 2)])
def test_they_are_numba_s(seed: int, start: int) -> None:
    numba = pytest.importorskip("numba.cuda.random")
    theirs = np.zeros(32, numba.xoroshiro128p_dtype)
    numba.init_xoroshiro128p_states_cpu(theirs, seed, start)
    mine = np.asarray(made(32, seed, start))
    assert (mine == theirs).all()
    single, double = np.zeros((32, 2), np.float32), np.zeros((32, 2))
    assert in_lockstep(draws, 1, 32, (mine, single, double)).faults == ()
    for i in range(32):
        wanted = [
            getattr(numba, f"xoroshiro128p_{name}")(theirs, i)
            for name in ("uniform_float32", "normal_float32", "uniform_float64", "normal_float64")
        ]
        assert [single[i, 0], double[i, 0]] == wanted[::2]
        np.testing.assert_allclose([single[i, 1], double[i, 1]], wanted[1::2], rtol=1e-5)
    assert (mine == theirs).all()


def test_numba_s_own_functions_run_on_the_machine() -> None:
    numba = pytest.importorskip("numba.cuda.random")
    uniform = numba.xoroshiro128p_uniform_float32

    @cuda.jit
    def kernel(states, out):
        i = cuda.grid(1)
        out[i] = uniform(states, i)

    mine, theirs = made(8, 3), made(8, 3)
    out = np.zeros(8, np.float32)
    assert in_lockstep(kernel, 1, 8, (mine, out)).faults == ()
    assert out.tolist() == [uniform(np.asarray(theirs), i) for i in range(8)]


def test_two_threads_that_draw_from_one_state_race() -> None:
    @cuda.jit
    def kernel(states, out):
        i = cuda.grid(1)
        out[i] = xoroshiro128p_uniform_float32(states, i // 2)

    report = in_lockstep(kernel, 1, 8, (made(8, 3), np.zeros(8, np.float32)))
    (fault, *_) = report.faults
    assert fault.kind == "race"
    assert fault.place
    assert fault.place.file == random.__file__


MIXED = np.dtype([("key", np.int32), ("weight", np.float64), ("on", np.bool_)], align=True)


@cuda.jit
def mixed(records, out):
    i = cuda.grid(1)
    record = records[i]
    record["key"] += 1
    records[i].weight = record.weight * 2.0
    records[i]["on"] = record["key"] > 3
    out[i] = record["weight"]


def test_records_of_mixed_sizes_lie_as_numpy_lays_them() -> None:
    records, out = np.zeros(8, MIXED), np.zeros(8)
    records["key"], records["weight"] = np.arange(8), np.arange(8) / 4
    report = in_lockstep(mixed, 1, 8, (records, out))
    assert report.faults == ()
    assert records["key"].tolist() == list(range(1, 9))
    assert records["on"].tolist() == [False] * 3 + [True] * 5
    assert out.tolist() == (np.arange(8) / 2).tolist()
    keys = next(t for t in report.on("records", "read") if t.place.line)
    assert (keys.requests, keys.sectors) == (1, 6)  # 24 bytes apart: 8 of them reach over 192 bytes


def test_a_record_is_written_field_by_field() -> None:
    @cuda.jit
    def kernel(records):
        records[0] = records[1]

    with pytest.raises(UnsupportedError, match="field by field"):
        in_lockstep(kernel, 1, 1, (np.zeros(8, MIXED),))
