"""The custom operation: PyTorch's values and gradients, through a kernel of our own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tinytorch.autograd import gradient_check
from tinytorch.kernels.fused import bias_gelu, kernel_matmul
from tinytorch.tensor import Tensor


def draw(shape: Any, seed: int = 0, dtype: Any = np.float32) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@settings(max_examples=20)
@given(
    leading=st.lists(st.integers(1, 4), max_size=3),
    columns=st.integers(1, 9),
    learns=st.sampled_from([(True, True), (True, False), (False, True)]),
)
def test_forward_and_gradient(leading: list[int], columns: int, learns: Any) -> None:
    arrays = draw((*leading, columns)), draw(columns, 1)
    ours = [Tensor(a).requires_grad_(on) for a, on in zip(arrays, learns, strict=True)]
    theirs = [torch.from_numpy(a).requires_grad_(on) for a, on in zip(arrays, learns, strict=True)]
    upstream = draw((*leading, columns), 2)
    output, wanted = bias_gelu(*ours), functional.gelu(theirs[0] + theirs[1])
    output.backward(Tensor(upstream))
    wanted.backward(torch.from_numpy(upstream))
    np.testing.assert_allclose(output.data, wanted.detach(), rtol=1e-5, atol=1e-6)
    for mine, their in zip(ours, theirs, strict=True):
        assert (mine.grad is None) == (their.grad is None)
        if mine.grad is not None:
            np.testing.assert_allclose(mine.grad.data, np.asarray(their.grad), rtol=1e-4, atol=1e-5)


def test_the_gradient_agrees_with_finite_differences() -> None:
    gradient_check(bias_gelu, Tensor(draw((3, 4))), Tensor(draw(4, 1)))


def test_a_product_by_the_kernel_has_the_gradients_of_any_product() -> None:
    ours, theirs = ([Tensor(draw(shape)).requires_grad_() for shape in ((5, 3), (3, 4))]
                    for _ in range(2))  # fmt: skip
    for product, pair in ((kernel_matmul, ours), (Tensor.matmul, theirs)):
        product(*pair).backward(Tensor(draw((5, 4), 2)))
    for mine, their in zip(ours, theirs, strict=True):
        assert mine.grad is not None
        assert their.grad is not None
        np.testing.assert_allclose(mine.grad.data, their.grad.data, rtol=1e-5, atol=1e-6)


def test_a_bias_that_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(2,\)"):
        bias_gelu(Tensor(draw((2, 3))), Tensor(draw(2)))


def test_whole_numbers_and_mixed_dtypes_are_refused() -> None:
    with pytest.raises(TypeError, match="not float32 and float64"):
        bias_gelu(Tensor(draw((2, 3))), Tensor(draw(3, dtype=np.float64)))
    with pytest.raises(TypeError, match="not int64 and int64"):
        bias_gelu(Tensor(np.ones((2, 3), np.int64)), Tensor(np.ones(3, np.int64)))
