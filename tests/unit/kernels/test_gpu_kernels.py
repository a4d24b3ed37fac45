"""The library's Python kernels, simulated: right on every shape, and never accused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tinytorch.kernels import gpu
from tinytorch_ls.simulator.simulate import simulated

FEW = settings(max_examples=12)
SIDE = st.integers(1, 37)


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def close(ours: Any, theirs: Any, tolerance: float = 1e-5) -> None:
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=tolerance, atol=tolerance)


@FEW
@given(size=st.integers(1, 600))
def test_vector_add(size: int) -> None:
    a, b = draw(size), draw(size, seed=1)
    with simulated():
        close(gpu.vector_add(a, b), a + b)


@FEW
@given(rows=SIDE, columns=SIDE)
def test_transpose(rows: int, columns: int) -> None:
    a = draw(rows, columns)
    with simulated():
        close(gpu.transpose(a), a.T)


@pytest.mark.parametrize("matmul", [gpu.naive_matmul, gpu.tiled_matmul])
@FEW
@given(n=SIDE, k=SIDE, m=SIDE)
def test_matmul(matmul: Any, n: int, k: int, m: int) -> None:
    a, b = draw(n, k), draw(k, m, seed=1)
    with simulated():
        close(matmul(a, b), a @ b)


@FEW
@given(size=st.integers(1, 3000))
def test_block_sum(size: int) -> None:
    values = draw(size)
    with simulated() as reports:
        total = gpu.block_sum(values)
    close(total, [values.sum(dtype=np.float64)], 1e-4)
    assert len(reports) == (1 if size <= 256 else 2)


def test_block_sum_adds_up_blocks_until_one_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "THREADS", 4)
    with simulated() as reports:
        assert gpu.block_sum(np.ones(65, np.float32)) == 65
    assert [report.grid[0] for report in reports] == [17, 5, 2, 1]


@FEW
@given(rows=st.integers(1, 5), columns=st.integers(1, 100), scale=st.sampled_from([1.0, 300.0]))
def test_online_softmax(rows: int, columns: int, scale: float) -> None:
    x = draw(rows, columns) * np.float32(scale)
    with simulated():
        close(gpu.online_softmax(x), torch.softmax(torch.from_numpy(x), 1))


def test_online_softmax_of_what_overflows_and_of_what_is_masked() -> None:
    x = np.array([[1e4, 1e4, -np.inf], [-np.inf, 3.0, -np.inf], [-1e30, -1e30, 5.0]], np.float32)
    with simulated():
        close(gpu.online_softmax(x), torch.softmax(torch.from_numpy(x), 1))
        assert np.isnan(gpu.online_softmax(np.full((1, 40), -np.inf, np.float32))).all()


@FEW
@given(rows=SIDE, columns=SIDE)
def test_bias_gelu(rows: int, columns: int) -> None:
    x, bias = draw(rows, columns), draw(columns, seed=1)
    theirs = functional.gelu(torch.from_numpy(x) + torch.from_numpy(bias))
    with simulated():
        close(gpu.fused_bias_gelu(x, bias), theirs)


@FEW
@given(rows=st.integers(1, 4), columns=st.integers(2, 100), offset=st.sampled_from([0.0, 1000.0]))
def test_layer_norm(rows: int, columns: int, offset: float) -> None:
    x, weight, bias = draw(rows, columns) + np.float32(offset), draw(columns), draw(columns, seed=1)
    vectors = torch.from_numpy(weight), torch.from_numpy(bias)
    theirs = functional.layer_norm(torch.from_numpy(x), (columns,), vectors[0], vectors[1])
    with simulated():
        close(gpu.layer_norm(x, weight, bias), theirs, 2e-3 if offset else 1e-5)


def test_adam_over_several_steps() -> None:
    start, lr, betas, eps = draw(7, 41), 0.01, (0.8, 0.95), 1e-6
    theirs = torch.from_numpy(start.copy()).requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr, betas, eps)
    ours, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    with simulated():
        for step in range(1, 5):
            gradient = draw(7, 41, seed=step)
            theirs.grad = torch.from_numpy(gradient)
            optimizer.step()
            gpu.adam_update(ours, gradient, mean, square, step, lr, betas, eps)
            close(ours, theirs.detach())


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: gpu.vector_add(draw(3), draw(4)), ["(3,)", "(4,)"]),
        (lambda: gpu.tiled_matmul(draw(2, 3), draw(4, 5)), ["(2, 3)", "(4, 5)", "3 and 4"]),
        (lambda: gpu.naive_matmul(draw(2), draw(2, 2)), ["(2,)"]),
        (lambda: gpu.fused_bias_gelu(draw(2, 3), draw(2)), ["(3,)", "(2, 3)", "(2,)"]),
        (lambda: gpu.block_sum(draw(0)), ["not 0"]),
    ],
)
def test_shapes_that_do_not_fit_are_named(call: Any, parts: list[str]) -> None:
    with simulated(), pytest.raises(ValueError, match=r"needs|by") as caught:
        call()
    assert all(part in str(caught.value) for part in parts)


def test_a_kernel_says_how_it_wants_to_be_called() -> None:
    with pytest.raises(TypeError, match=r"vector_add_kernel\[blocks, threads_per_block\]"):
        gpu.vector_add_kernel(draw(3), draw(3), draw(3))
    with pytest.raises(TypeError, match="only a kernel can call it"):
        gpu.warp_sum(1.0)
