"""The same kernels on a real GPU, where there is one; elsewhere each says "not run: no GPU"."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinytorch.activations import softmax
from tinytorch.kernels import compiled, gpu
from tinytorch.kernels.fused import bias_gelu
from tinytorch.layers import layer_norm
from tinytorch.tensor import Tensor


@pytest.fixture(scope="module")
def cupy() -> Any:
    """CuPy, on a GPU."""
    try:
        import cupy  # pyright: ignore[reportMissingImports]

        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:
        pytest.skip(f"not run: no GPU ({type(error).__name__})")
    if not count:
        pytest.skip("not run: no GPU")
    return cupy


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def close(ours: Any, wanted: Any, tolerance: float = 1e-4) -> None:
    array = ours.to("cpu").data if isinstance(ours, Tensor) else ours.get()
    np.testing.assert_allclose(array, wanted, rtol=tolerance, atol=tolerance)


def exact_softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def exact_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    x = x.astype(np.float64)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(
        x.var(-1, keepdims=True) + 1e-5
    ) * weight + bias


@pytest.mark.parametrize("shape", [(1, 1, 1), (37, 19, 50), (128, 64, 256), (130, 129, 131)])
def test_matmuls(cupy: Any, shape: tuple[int, int, int]) -> None:
    n, k, m = shape
    a, b = draw(n, k), draw(k, m, seed=1)
    on_gpu = cupy.asarray(a), cupy.asarray(b)
    for matmul in (gpu.naive_matmul, gpu.tiled_matmul, compiled.matmul):
        close(matmul(*on_gpu), a @ b, 1e-3)


@pytest.mark.parametrize("columns", [1, 33, 1024, 4096, 5000, 9001])
def test_rows(cupy: Any, columns: int) -> None:
    x, weight, bias = draw(5, columns), draw(columns, seed=1), draw(columns, seed=2)
    arrays = [cupy.asarray(each) for each in (x, weight, bias)]
    close(gpu.online_softmax(arrays[0]), exact_softmax(x))
    close(compiled.softmax_rows(arrays[0]), exact_softmax(x))
    close(gpu.layer_norm(arrays[0], arrays[1], arrays[2]), exact_norm(x, weight, bias), 1e-3)
    close(
        compiled.layer_norm_rows(arrays[0], arrays[1], arrays[2], 1e-5),
        exact_norm(x, weight, bias),
        1e-3,
    )


@pytest.mark.parametrize("size", [1, 255, 257, 100_001])
def test_vectors(cupy: Any, size: int) -> None:
    a, b = draw(size), draw(size, seed=1)
    on_gpu = cupy.asarray(a), cupy.asarray(b)
    close(gpu.vector_add(*on_gpu), a + b)
    close(compiled.vector_add(*on_gpu), a + b)
    close(gpu.block_sum(on_gpu[0]), [a.sum(dtype=np.float64)], 1e-2)


def test_transpose(cupy: Any) -> None:
    a = draw(37, 50)
    close(gpu.transpose(cupy.asarray(a)), a.T)


def test_operations_on_cuda_agree_with_the_cpu_forward_and_gradient(cupy: Any) -> None:
    assert cupy is not None

    def results(device: str) -> list[np.ndarray]:
        arrays = draw(6, 33), draw(33, 20, seed=1), draw(20, seed=2), draw(20, seed=3)
        leaves = [Tensor(each).to(device).requires_grad_() for each in arrays]
        x, w, bias, scale = leaves
        hidden = layer_norm(bias_gelu(x @ w, bias), (20,), scale, bias)
        output = softmax(hidden, 1)
        (output * output).sum().backward()
        return [output.detach().to("cpu").data, *(gradient(leaf) for leaf in leaves)]

    def gradient(leaf: Tensor) -> np.ndarray:
        assert leaf.grad is not None
        return leaf.grad.to("cpu").data

    for ours, wanted in zip(results("cuda"), results("cpu"), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-3, atol=1e-4)


def test_adam(cupy: Any) -> None:
    start = draw(1000)
    arrays = [cupy.asarray(each) for each in (start, draw(1000, seed=1))]
    moments = [cupy.zeros(1000, dtype=np.float32) for _ in range(2)]
    gpu.adam_update(*arrays, *moments, step=1, lr=0.01)
    close(arrays[0], start - 0.01 * np.sign(draw(1000, seed=1)), 1e-3)
