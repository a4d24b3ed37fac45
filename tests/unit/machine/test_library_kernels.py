"""Every kernel of the library's `.cu` files on the machine, launched as on a GPU."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from inspect import unwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels import compiled
from tinytorch.kernels.source import SourceKernel
from tinytorch.optim import adam_update
from tinytorch.tensor import Tensor
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep

pytest.importorskip("clang.cindex")
FOLDER = Path(compiled.__file__).parent
TAUGHT = {"vector_add", "tiled_matmul", "row_softmax"}  # which the steps' tests launch

Launched = dict[str, Report]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Launched]:
    """What `compiled.py` launches goes to the machine; the reports, by kernel, with no fault."""
    reports: Launched = {}

    def launch(file: str, name: str, grid: Any, block: Any, *arguments: Any) -> None:
        kernel = SourceKernel(FOLDER / f"{file}.cu", name)
        reports[name] = in_lockstep(kernel, grid, block, arguments)

    monkeypatch.setattr(compiled, "launch", launch)
    monkeypatch.setattr(compiled, "multiprocessors", lambda: 2)
    monkeypatch.setattr(compiled, "contiguous", lambda *arrays: arrays)
    monkeypatch.setattr(compiled, "on_16_bytes", lambda *_: True)
    yield reports
    assert all(report.faults == () for report in reports.values())


def numbers(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


MATMULS = {
    "matmul_16_aligned": ((130, 24), (24, 260)),
    "matmul_16_ragged": ((129, 17), (17, 259)),
    "matmul_8_aligned": ((70, 8), (8, 136)),
    "matmul_8_ragged": ((3, 2, 19), (3, 19, 5)),
}


@pytest.mark.parametrize("name", MATMULS)
def test_matmul(launched: Launched, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _, rows, _ = name.split("_")
    monkeypatch.setattr(compiled, "rows_of_a_thread", lambda *_: int(rows))
    a, b = (np.round(numbers(*shape) * 4) for shape in MATMULS[name])  # sums that are exact
    assert (compiled.matmul(a, b) == a @ b).all()
    assert set(launched) == {name}


@pytest.mark.parametrize("rows", [8, 16])
def test_no_two_lanes_of_matmul_meet_in_a_bank(
    launched: Launched, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(compiled, "rows_of_a_thread", lambda *_: rows)
    compiled.matmul(numbers(128, 16), numbers(16, 128))
    tiles = launched[f"matmul_{rows}_aligned"].on("tiles")
    assert len(tiles) > 5
    assert sum(access.conflicts for access in tiles) == 0


SOFTMAXES = {"4_2": 40, "4_4": 8192, "4_8": 16400, "1_4": 15, "1_8": 4099, "any": 33000}


@pytest.mark.parametrize(("suffix", "columns"), SOFTMAXES.items())
def test_softmax_and_layer_norm(launched: Launched, suffix: str, columns: int) -> None:
    x, weight, bias = numbers(3, columns), numbers(columns), numbers(columns)
    wanted = np.exp(x - x.max(1, keepdims=True))
    wanted /= wanted.sum(1, keepdims=True)
    np.testing.assert_allclose(compiled.softmax_rows(x), wanted, rtol=1e-4, atol=1e-7)
    normal = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    ours = compiled.layer_norm_rows(x, weight, bias, 1e-5)
    np.testing.assert_allclose(ours, normal * weight + bias, rtol=1e-3, atol=1e-4)
    assert set(launched) == {f"softmax_{suffix}", f"layer_norm_{suffix}"}


@pytest.mark.parametrize(("columns", "name"), [(40, "bias_gelu_4"), (37, "bias_gelu_1")])
def test_bias_gelu_and_its_gradient(launched: Launched, columns: int, name: str) -> None:
    x, bias, gradient = numbers(50, columns), numbers(columns), numbers(50, columns)
    z = x.astype(float) + bias
    below = np.vectorize(lambda v: 0.5 * (1 + math.erf(v / math.sqrt(2))))(z)
    slope = below + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(compiled.bias_gelu_rows(x, bias), z * below, rtol=1e-3, atol=1e-5)
    ours = compiled.bias_gelu_gradient_rows(gradient, x, bias)
    np.testing.assert_allclose(ours, gradient * slope, rtol=1e-3, atol=1e-5)
    assert set(launched) == {name, "bias_gelu_gradient"}


def test_adam(launched: Launched) -> None:
    start = [*numbers(3, 700), np.ones(700, np.float32)]
    ours, taught = ([each.copy() for each in start] for _ in "ab")
    settings: Any = (3, 0.01, (0.9, 0.999), 1e-8)
    compiled.adam_in_place(*ours, *settings)
    parameter = Tensor(taught[0])
    unwrap(adam_update)(parameter, *taught[1:], *settings)
    taught[0] = parameter.data
    for one, other in zip(ours, taught, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert set(launched) == {"adam"}


def test_every_kernel_of_the_library_is_here() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cu")]
    found = {
        name
        for text in texts
        for name in re.findall(r"__global__ void (?:__launch_bounds__\(.*?\)\s*)?(\w+)\(", text)
    }
    here = set(MATMULS) | {f"{kind}_{s}" for kind in ("softmax", "layer_norm") for s in SOFTMAXES}
    elementwise = {"adam", "bias_gelu_1", "bias_gelu_4", "bias_gelu_gradient"}
    assert found == here | elementwise | TAUGHT
