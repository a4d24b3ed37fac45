"""The same kernels on a real GPU, where there is one; elsewhere each says "not run: no GPU"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tinytorch.activations import softmax
from tinytorch.kernels import compiled, cuda_c, gpu
from tinytorch.kernels.fused import bias_gelu
from tinytorch.layers import layer_norm
from tinytorch.optim import Adam
from tinytorch.tensor import Tensor


@pytest.fixture(scope="module", autouse=True)
def cupy() -> Iterator[Any]:
    """CuPy, on a GPU. Each array is an allocation of its own, so that a sanitizer sees its ends."""
    try:
        import cupy  # pyright: ignore[reportMissingImports]

        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:
        pytest.skip(f"not run: no GPU ({type(error).__name__})")
    if not count:
        pytest.skip("not run: no GPU")
    pool = cupy.cuda.get_allocator()
    cupy.cuda.set_allocator(None)
    yield cupy
    cupy.cuda.set_allocator(pool)


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def on_cuda(array: np.ndarray) -> Tensor:
    return Tensor(array).to("cuda")


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
    for matmul in (gpu.naive_matmul, gpu.tiled_matmul, cuda_c.tiled_matmul, compiled.matmul):
        close(matmul(*on_gpu), a @ b, 1e-3)


@pytest.mark.parametrize("rows", [16, 8])
@pytest.mark.parametrize("n", [1, 127, 129, 300])
@pytest.mark.parametrize("k", [1, 4, 8, 20, 41])
@pytest.mark.parametrize("m", [4, 131, 260])
def test_products_of_both_sizes_of_blocks(
    cupy: Any, n: int, k: int, m: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "rows_of_a_thread", lambda *_: rows)
    a, b = draw(n, k), draw(k, m, seed=1)
    close(compiled.matmul(cupy.asarray(a), cupy.asarray(b)), a @ b, 1e-3)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((5, 3, 4), (4, 6)),
        ((3, 4), (5, 4, 6)),
        ((2, 1, 30, 44), (5, 44, 7)),
        ((2, 5, 130, 9), (2, 5, 9, 2)),
        ((65_536, 2, 3), (65_536, 3, 2)),
    ],
)
def test_batches(left: Any, right: Any) -> None:
    a, b = draw(*left), draw(*right, seed=1)
    close(on_cuda(a) @ on_cuda(b), a @ b, 1e-3)


def test_transposed_and_sliced_matrices() -> None:
    a, b = draw(20, 9), draw(30, 24, seed=1)
    close(on_cuda(a).T @ on_cuda(b)[5:25, 1:24:2], a.T @ b[5:25, 1:24:2])


LENGTHS = [1, 2, 4, 10, 12, 33, 64, 128, 132, 500, 1000, 1025, 1028, 4096, 5001, 9001, 16_384]


@pytest.mark.parametrize("columns", [*LENGTHS, 32_768, 40_000])
def test_rows(cupy: Any, columns: int) -> None:
    rows = 5 if columns > 128 else 515
    x, weight, bias = draw(rows, columns), draw(columns, seed=1), draw(columns, seed=2)
    arrays = [cupy.asarray(each) for each in (x, weight, bias)]
    close(gpu.online_softmax(arrays[0]), exact_softmax(x))
    close(compiled.softmax_rows(arrays[0]), exact_softmax(x))
    close(gpu.layer_norm(arrays[0], arrays[1], arrays[2]), exact_norm(x, weight, bias), 1e-3)
    close(
        compiled.layer_norm_rows(arrays[0], arrays[1], arrays[2], 1e-5),
        exact_norm(x, weight, bias),
        1e-3,
    )


@pytest.mark.parametrize("columns", [3, 4, 40, 132])
def test_more_rows_than_a_grid_has_along_y(cupy: Any, columns: int) -> None:
    x, weight, bias = draw(70_001, columns), draw(columns, seed=1), draw(columns, seed=2)
    arrays = [cupy.asarray(each) for each in (x, weight, bias)]
    close(gpu.online_softmax(arrays[0]), exact_softmax(x))
    close(compiled.softmax_rows(arrays[0]), exact_softmax(x))
    close(gpu.layer_norm(*arrays), exact_norm(x, weight, bias), 1e-3)
    ours = compiled.layer_norm_rows(arrays[0], arrays[1], arrays[2], 1e-5)
    close(ours, exact_norm(x, weight, bias), 1e-3)


def test_more_blocks_than_a_grid_has_along_y(cupy: Any) -> None:
    rows = 65_536 * cuda_c.TILE + 5
    x, one = draw(rows, 1), np.full((1, 1), 2, np.float32)
    on_gpu = cupy.asarray(x), cupy.asarray(one)
    close(cuda_c.tiled_matmul(*on_gpu), 2 * x)
    close(compiled.matmul(*on_gpu), 2 * x)
    with pytest.raises(ValueError, match=r"1,048,560 rows at most"):
        gpu.tiled_matmul(*on_gpu)


@pytest.mark.parametrize("shape", [(1, 1), (70, 33), (5000, 4), (9000, 3), (3, 260)])
def test_bias_gelu_and_its_gradient(cupy: Any, shape: Any) -> None:
    x, bias, upstream = draw(*shape), draw(shape[-1], seed=1), draw(*shape, seed=2)
    close(
        gpu.fused_bias_gelu(cupy.asarray(x), cupy.asarray(bias)),
        bias_gelu(Tensor(x), Tensor(bias)).data,
    )

    def results(device: str) -> list[Tensor]:
        leaves = [Tensor(each).to(device).requires_grad_() for each in (x, bias)]
        output = bias_gelu(*leaves)
        output.backward(Tensor(upstream).to(device))
        return [output.detach(), *(each.grad for each in leaves if each.grad is not None)]

    for ours, wanted in zip(results("cuda"), results("cpu"), strict=True):
        close(ours, wanted.data, 1e-3 if shape[0] >= 5000 else 1e-4)


@pytest.mark.parametrize("size", [1, 255, 257, 100_001])
def test_vectors(cupy: Any, size: int) -> None:
    a, b = draw(size), draw(size, seed=1)
    on_gpu = cupy.asarray(a), cupy.asarray(b)
    close(gpu.vector_add(*on_gpu), a + b)
    close(cuda_c.vector_add(*on_gpu), a + b)
    close(gpu.block_sum(on_gpu[0]), [a.sum(dtype=np.float64)], 1e-2)


def test_transpose(cupy: Any) -> None:
    a = draw(37, 50)
    close(gpu.transpose(cupy.asarray(a)), a.T)


def test_operations_on_cuda_agree_with_the_cpu_forward_and_gradient() -> None:
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


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax_over_each_dimension_and_of_what_overflows(dim: int) -> None:
    x = draw(4, 5, 6)
    x[0, 0, :3], x[1, :, 2], x[2, 1, 1] = 1e30, -np.inf, np.nan
    with np.errstate(invalid="ignore"):
        wanted = np.moveaxis(exact_softmax(np.moveaxis(x, dim, -1)), -1, dim)
    close(softmax(on_cuda(x), dim), wanted)


def test_adam(cupy: Any) -> None:
    start = draw(1000)
    arrays = [cupy.asarray(each) for each in (start, draw(1000, seed=1))]
    moments = [cupy.zeros(1000, dtype=np.float32) for _ in range(2)]
    gpu.adam_update(*arrays, *moments, step=1, lr=0.01)
    close(arrays[0], start - 0.01 * np.sign(draw(1000, seed=1)), 1e-3)


def test_training_steps_on_cuda_are_those_on_the_cpu() -> None:
    def trained(device: str) -> list[np.ndarray]:
        arrays = draw(12, 33), draw(33), draw(33, 5, seed=1), draw(33, seed=2)
        x, target = Tensor(draw(8, 12, seed=3)).to(device), Tensor(draw(8, 5, seed=4)).to(device)
        parameters = [Tensor(each).to(device).requires_grad_() for each in arrays]
        first, bias, second, scale = parameters
        adam = Adam(parameters, lr=0.05)
        for _ in range(3):
            adam.zero_grad()
            hidden = layer_norm(bias_gelu(x @ first, bias), (33,), scale, bias)
            error = softmax(hidden @ second, 1) - target
            (error * error).mean().backward()
            adam.step()
        return [each.detach().to("cpu").data for each in parameters]

    for ours, wanted in zip(trained("cuda"), trained("cpu"), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=2e-3, atol=2e-4)


def test_adam_beyond_one_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "GRID_LIMIT", 3)
    start, gradient = draw(10_001), draw(10_001, seed=1)
    parameter = on_cuda(start).requires_grad_()
    parameter.grad = on_cuda(gradient)
    Adam([parameter], lr=0.01).step()
    close(parameter.detach(), start - 0.01 * np.sign(gradient), 1e-3)
