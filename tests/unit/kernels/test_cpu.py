"""The CPU's kernels against NumPy, on ragged shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tinytorch.kernels import cpu

FEW = settings(max_examples=20)
SHAPES = st.tuples(*[st.integers(1, 20) | st.sampled_from([63, 64, 65, 130])] * 3)
MATMULS = [cpu.matmul_vectorized, cpu.matmul_blocked, cpu.matmul_parallel]


def draw(*shape: int, seed: int = 0, dtype: Any = np.float32) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("matmul", MATMULS, ids=lambda f: f.__name__)
@FEW
@given(shape=SHAPES, dtype=st.sampled_from([np.float32, np.float64]))
def test_matmul(matmul: Any, shape: tuple[int, int, int], dtype: Any) -> None:
    n, k, m = shape
    a, b = draw(n, k, dtype=dtype), draw(k, m, seed=1, dtype=dtype)
    ours = matmul(a, b)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, a @ b, rtol=1e-4, atol=1e-4)


@FEW
@given(shape=st.tuples(*[st.integers(1, 9)] * 3))
def test_matmul_from_loops(shape: tuple[int, int, int]) -> None:
    n, k, m = shape
    a, b = draw(n, k), draw(k, m, seed=1)
    np.testing.assert_allclose(cpu.matmul_loops(a, b), a @ b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("matmul", [cpu.matmul_loops, *MATMULS], ids=lambda f: f.__name__)
def test_no_terms_add_up_to_zero(matmul: Any) -> None:
    assert (matmul(np.ones((2, 0), "f"), np.ones((0, 3), "f")) == np.zeros((2, 3))).all()


@FEW
@given(shape=SHAPES, seed=st.integers(0, 9))
def test_int8_is_exact_in_int32(shape: tuple[int, int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(-128, 128, each, dtype=np.int8) for each in (shape[:2], shape[1:]))
    ours = cpu.matmul_int8(a, b)
    assert ours.dtype == np.int32
    assert (ours == a.astype(np.int64) @ b.astype(np.int64)).all()


def test_int8_adds_up_as_many_of_the_greatest_products_as_it_allows() -> None:
    a = np.full((1, cpu.INT8_TERMS), -128, np.int8)
    assert cpu.matmul_int8(a, a.T) == 128 * 128 * cpu.INT8_TERMS
    too_long = np.full((1, cpu.INT8_TERMS + 1), -128, np.int8)
    with pytest.raises(ValueError, match="may overflow int32"):
        cpu.matmul_int8(too_long, too_long.T)
    with pytest.raises(TypeError, match="not int8 and float32"):
        cpu.matmul_int8(a, a.T.astype(np.float32))


@pytest.mark.parametrize("matmul", [cpu.matmul_loops, *MATMULS], ids=lambda f: f.__name__)
def test_matrices_that_do_not_fit_are_named(matmul: Any) -> None:
    with pytest.raises(ValueError, match=rf"{matmul.__name__} needs .*\(2, 3\) and \(4, 5\)"):
        matmul(draw(2, 3), draw(4, 5))


@FEW
@given(rows=st.integers(1, 20), columns=st.integers(1, 20), scale=st.sampled_from([1.0, 30.0]))
def test_bias_gelu_and_its_gradient(rows: int, columns: int, scale: float) -> None:
    x, bias, upstream = (draw(rows, columns) * np.float32(scale), draw(columns, seed=1),
                         draw(rows, columns, seed=2))  # fmt: skip
    theirs = torch.from_numpy(x).requires_grad_()
    output = functional.gelu(theirs + torch.from_numpy(bias))
    output.backward(torch.from_numpy(upstream))
    np.testing.assert_allclose(
        cpu.bias_gelu_forward(x, bias), output.detach(), rtol=1e-5, atol=1e-6
    )
    ours = cpu.bias_gelu_backward(upstream, x, bias)
    np.testing.assert_allclose(ours, np.asarray(theirs.grad), rtol=1e-4, atol=1e-5)


def test_whole_numbers_are_not_cut_off_by_gelu() -> None:
    whole = np.ones((2, 3), np.int64)
    with pytest.raises(TypeError, match="bias_gelu_forward needs floats, not int64 and float32"):
        cpu.bias_gelu_forward(whole, draw(3))
    with pytest.raises(TypeError, match="bias_gelu_backward needs floats"):
        cpu.bias_gelu_backward(draw(2, 3), whole, draw(3))
