"""The `.cu` files, simulated on the host: their text, compiled and run on fibers.

That proves what they compute, at ragged edges too, and that they stay inside their arrays; it says
nothing of speed. Every test runs twice: with the threads in order, and in an order drawn at random.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from host_cuda import HostModule, on_host_gpu
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tinytorch.activations import softmax
from tinytorch.kernels import compiled, cuda_c, source
from tinytorch.kernels.fused import bias_gelu
from tinytorch.layers import layer_norm
from tinytorch.optim import Adam
from tinytorch.tensor import Tensor

pytestmark = pytest.mark.usefixtures("host_gpu")
FEW = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
EDGES = st.sampled_from([1, 3, 8, 31, 64, 127, 128, 129, 140, 256])


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def on_gpu(array: np.ndarray, requires_grad: bool = False) -> Tensor:
    tensor = Tensor(array).to("cuda")
    assert tensor.device == "cuda"
    return tensor.requires_grad_(requires_grad)


def close(ours: Any, theirs: Any, tolerance: float = 1e-5) -> None:
    ours = ours.to("cpu").data if isinstance(ours, Tensor) else ours.get()
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("size", [1, 255, 256, 1000])
def test_vector_add(size: int) -> None:
    a, b = draw(size), draw(size, seed=1)
    close(cuda_c.vector_add(on_host_gpu(a), on_host_gpu(b)), a + b)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 31), (9, 100), (17, 33)])
def test_row_softmax(rows: int, columns: int) -> None:
    x = 50 * draw(rows, columns)
    close(cuda_c.row_softmax(on_host_gpu(x)), torch.softmax(torch.from_numpy(x), 1))


@FEW
@given(n=st.integers(1, 40), k=st.integers(1, 40), m=st.integers(1, 40))
def test_tiled_matmul(n: int, k: int, m: int) -> None:
    a, b = draw(n, k), draw(k, m, seed=1)
    close(cuda_c.tiled_matmul(on_host_gpu(a), on_host_gpu(b)), a @ b, 1e-4)


def test_what_a_kernel_would_misread_is_refused() -> None:
    a, b = on_host_gpu(draw(2, 3)), on_host_gpu(draw(3, 2))
    with pytest.raises(ValueError, match=r"tiled_matmul needs .* not \(2, 3\) and \(2, 3\)"):
        cuda_c.tiled_matmul(a, a)
    with pytest.raises(TypeError, match="the CUDA C kernels take float32, not float64"):
        cuda_c.tiled_matmul(a, on_host_gpu(np.zeros((3, 2))))
    assert cuda_c.tiled_matmul(a, b).shape == (2, 2)


@FEW
@given(n=EDGES, k=st.integers(1, 40), m=EDGES)
def test_matmul(n: int, k: int, m: int) -> None:
    a, b = draw(n, k), draw(k, m, seed=1)
    close(on_gpu(a) @ on_gpu(b), a @ b, 1e-4)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((5, 3, 4), (4, 6)),
        ((3, 4), (5, 4, 6)),
        ((5, 3, 4), (5, 4, 6)),
        ((2, 1, 3, 4), (5, 4, 7)),
        ((2, 5, 3, 9), (2, 5, 9, 2)),
    ],
)
def test_batches_broadcast(left: Any, right: Any) -> None:
    a, b = draw(*left), draw(*right, seed=1)
    close(on_gpu(a) @ on_gpu(b), a @ b)


def test_transposed_and_sliced_matrices_are_read_as_they_are_seen() -> None:
    a, b = draw(20, 9), draw(30, 24, seed=1)
    close(on_gpu(a).T @ on_gpu(b)[5:25, 1:24:2], a.T @ b[5:25, 1:24:2])


def test_which_matmul_runs_follows_from_lengths_and_places(monkeypatch: Any) -> None:
    names = names_of_what_runs(monkeypatch)
    whole = on_gpu(draw(9, 8))
    for left, right in [
        (whole, on_gpu(draw(8, 4))),
        (whole, on_gpu(draw(8, 5))),
        (on_gpu(draw(2, 7)), on_gpu(draw(7, 4))),
        (whole.reshape(72)[1:65].reshape(8, 8), on_gpu(draw(8, 4))),
    ]:
        close(left @ right, left.data.get() @ right.data.get())
    assert names == ["matmul_8_aligned", *["matmul_8_ragged"] * 3]


def names_of_what_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    run = HostModule.run
    monkeypatch.setattr(
        HostModule, "run", lambda self, name, *rest: (names.append(name), run(self, name, *rest))
    )
    return names


@pytest.mark.parametrize(
    ("n", "k", "m", "name"),
    [
        (64, 8, 128, "matmul_8_aligned"),
        (193, 8, 128, "matmul_16_aligned"),
        (256, 20, 260, "matmul_16_aligned"),
        (150, 12, 4, "matmul_8_aligned"),  # three blocks in place of four
        (129, 17, 130, "matmul_8_ragged"),
        (255, 9, 1, "matmul_16_ragged"),
    ],
)
def test_large_blocks_make_a_product_where_small_ones_would_not_end_sooner(
    n: int, k: int, m: int, name: str, monkeypatch: Any
) -> None:
    names = names_of_what_runs(monkeypatch)
    a, b = draw(n, k), draw(k, m, seed=1)
    close(on_gpu(a) @ on_gpu(b), a @ b, 1e-4)
    assert names == [name]


def test_a_matrix_is_cut_for_the_multiprocessors_there_are(monkeypatch: Any) -> None:
    def rows(count: int, side: int, batch: int = 1) -> int:
        monkeypatch.setattr(compiled, "multiprocessors", lambda: count)
        return compiled.rows_of_a_thread(side, side, batch)

    sides = 128, 512, 1024, 1280, 2048, 3072, 4096, 5120
    assert [rows(132, side) for side in sides] == [8, 8, 8, 8, 16, 8, 16, 8]
    assert rows(132, 128, batch=264) == 16
    assert rows(32, 1024) == 16


@pytest.mark.parametrize("k", [5, 8, 41, 44])
def test_infinities_stay_in_their_rows_and_columns(k: int) -> None:
    a, b = draw(130, k), draw(k, 132, seed=1)
    a[3, 4], b[4, 7] = np.inf, -np.inf
    a[128, k - 1] = np.nan
    with np.errstate(invalid="ignore"):
        close(on_gpu(a) @ on_gpu(b), a @ b, 1e-4)


def test_what_the_matmul_kernel_is_not_made_for_is_left_to_the_arrays() -> None:
    a, v = draw(3, 4), draw(4)
    close(on_gpu(a) @ on_gpu(v), a @ v)
    double = on_gpu(a.astype(np.float64)) @ on_gpu(a.T.astype(np.float64))
    assert double.dtype == np.float64
    assert (on_gpu(draw(2, 0)) @ on_gpu(draw(0, 3))).tolist() == [[0.0] * 3] * 2
    with pytest.raises(ValueError, match="inner lengths 4 and 3 differ"):
        on_gpu(a).matmul(on_gpu(a))


COLUMNS = [1, 4, 5, 12, 33, 128, 132, 512, 1000, 2049, 5000, 8197, 9001, 20_000, 32_772]


@pytest.mark.parametrize("columns", COLUMNS)
def test_softmax_and_layer_norm_of_rows_of_every_plan(columns: int) -> None:
    rows = 3 if columns > 128 else 67  # more than share a block, and not a multiple of those
    x, weight, bias = draw(rows, columns) * 9 + 5, draw(columns, seed=1), draw(columns, seed=2)
    close(softmax(on_gpu(x), 1), torch.softmax(torch.from_numpy(x), 1))
    ours = layer_norm(on_gpu(x), (columns,), on_gpu(weight), on_gpu(bias))
    vectors = torch.from_numpy(weight), torch.from_numpy(bias)
    close(ours, functional.layer_norm(torch.from_numpy(x), (columns,), *vectors), 1e-4)


def test_the_columns_above_use_every_plan() -> None:
    plans = {columns: compiled.row_plan(columns, aligned=True) for columns in COLUMNS}
    held = {f"{width}_{count}" for width, each in compiled.HELD.items() for count, _ in each}
    assert {plan[0] for plan in plans.values()} == {*held, "any"}
    assert plans[4] == ("4_2", (1, 256))
    assert plans[12] == ("4_2", (2, 128))
    assert plans[132] == ("4_2", (32, 8))
    assert plans[512] == ("4_2", (64, 1))
    assert plans[20_000] == ("4_8", (640, 1))
    assert plans[5] == ("1_4", (2, 128))
    assert compiled.row_plan(512, aligned=False) == ("1_8", (64, 1))


@given(columns=st.integers(1, 100_000), aligned=st.booleans())
def test_a_plan_holds_the_whole_row_and_is_a_block_that_a_gpu_takes(
    columns: int, aligned: bool
) -> None:
    held, (threads, rows) = compiled.row_plan(columns, aligned)
    assert threads * rows in (compiled.BLOCK, threads)
    assert threads * rows % compiled.WARP == 0
    assert threads * rows <= 1024
    if rows > 1:
        assert threads in (1, 2, 4, 8, 16, 32)
    if held != "any":
        width, count = map(int, held.split("_"))
        assert threads * count * width >= columns
        assert width == 1 or (aligned and columns % 4 == 0)


def test_rows_beyond_65_535_find_their_place() -> None:
    x = draw(70_001, 1)
    x[65_536] = np.nan
    wide = np.tile(x, (1, 5))
    close(softmax(on_gpu(wide), 1), torch.softmax(torch.from_numpy(wide), 1))
    one = np.ones((1, 1), np.float32)
    close(on_gpu(x) @ on_gpu(one), x)


def test_more_blocks_than_fit_along_y_are_launched_in_bands(monkeypatch: Any) -> None:
    for module in (compiled, cuda_c):
        monkeypatch.setattr(module, "GRID_LIMIT", 2)
    a, b = draw(100, 7), draw(7, 20, seed=1)
    close(cuda_c.tiled_matmul(on_host_gpu(a), on_host_gpu(b)), a @ b, 1e-4)
    names = names_of_what_runs(monkeypatch)
    wide = draw(7, 300, seed=2)
    close(on_gpu(a) @ on_gpu(wide), a @ wide, 1e-4)
    close(on_gpu(a[None].repeat(3, 0)) @ on_gpu(b[None].repeat(3, 0)), [a @ b] * 3, 1e-4)
    assert names == []  # left to the arrays


@pytest.mark.parametrize("columns", [7, 8, 4096])
def test_softmax_of_what_overflows_is_masked_or_is_nan(columns: int) -> None:
    x = draw(4, columns)
    x[0, :3] = 1e30
    x[1, 1:] = -np.inf
    x[2, 2] = np.nan
    x[3] = -np.inf
    close(softmax(on_gpu(x), 1), torch.softmax(torch.from_numpy(x), 1))


@pytest.mark.parametrize("dim", [0, 1, -1, -3])
def test_softmax_over_each_dimension(dim: int) -> None:
    x = draw(4, 5, 6)
    close(softmax(on_gpu(x), dim), torch.softmax(torch.from_numpy(x), dim))


def test_layer_norm_keeps_its_digits_far_from_zero_and_without_a_weight() -> None:
    x = draw(3, 2, 8) + 1000
    close(layer_norm(on_gpu(x), (8,)), functional.layer_norm(torch.from_numpy(x), (8,)), 1e-3)
    weight, bias = draw(2, 8, seed=1), draw(2, 8, seed=2)
    wanted = functional.layer_norm(
        torch.from_numpy(x), (2, 8), torch.from_numpy(weight), torch.from_numpy(bias)
    )
    close(layer_norm(on_gpu(x), (2, 8), on_gpu(weight), on_gpu(bias)), wanted, 1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (9, 4), (70, 33), (2, 3, 8), (5000, 4), (3, 260)])
def test_bias_gelu_and_its_gradient(shape: Any) -> None:
    arrays = draw(*shape) * 3, draw(shape[-1], seed=1)
    upstream = draw(*shape, seed=2)
    ours, theirs = [on_gpu(a, True) for a in arrays], [torch.from_numpy(a) for a in arrays]
    for each in theirs:
        each.requires_grad_()
    output, wanted = bias_gelu(*ours), functional.gelu(theirs[0] + theirs[1])
    close(output, wanted.detach())
    output.backward(on_gpu(upstream))
    wanted.backward(torch.from_numpy(upstream))
    for mine, their in zip(ours, theirs, strict=True):
        assert mine.grad is not None
        close(mine.grad, their.grad, 1e-3 if shape[0] == 5000 else 1e-4)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (300, 7)])
def test_adam_steps_as_pytorch_s_does(shape: Any) -> None:
    ours, theirs = on_gpu(draw(*shape), True), torch.from_numpy(draw(*shape)).requires_grad_()
    adam, wanted = Adam([ours], lr=0.02), torch.optim.Adam([theirs], lr=0.02)
    for step in range(4):
        gradient = draw(*shape, seed=step + 1)
        ours.grad, theirs.grad = on_gpu(gradient), torch.from_numpy(gradient)
        adam.step()
        wanted.step()
        close(ours.detach(), theirs.detach())


def test_a_training_step_on_cuda_is_the_step_on_the_cpu() -> None:
    def trained(device: str) -> list[np.ndarray]:
        arrays = draw(12, 33), draw(33), draw(33, 5, seed=1), draw(33, seed=2)
        x, target = Tensor(draw(8, 12, seed=3)).to(device), Tensor(draw(8, 5, seed=4)).to(device)
        first, bias, second, scale = (Tensor(a).to(device).requires_grad_() for a in arrays)
        shift = Tensor(np.zeros(33, np.float32)).to(device).requires_grad_()
        parameters = [first, bias, second, scale, shift]
        adam = Adam(parameters, lr=0.05)
        for _ in range(3):
            adam.zero_grad()
            hidden = layer_norm(bias_gelu(x @ first, bias), (33,), scale, shift)
            error = softmax(hidden @ second, 1) - target
            (error * error).mean().backward()
            adam.step()
        return [p.detach().to("cpu").data for p in parameters]

    for on_cpu, on_cuda in zip(trained("cpu"), trained("cuda"), strict=True):
        np.testing.assert_allclose(on_cuda, on_cpu, rtol=2e-3, atol=2e-4)


BREAKAGE = {
    "no barrier before a tile is used": (
        "matmul",
        "feed.put(tiles[now]);\n                __syncthreads();",
        "feed.put(tiles[now]);",
    ),
    "one buffer in place of two": ("matmul", "now = 1 - now;", ""),
    "more lines than the first step has": ("matmul", "i * 4 < lines", "i * 4 < 8"),
    "a column too many is written": ("matmul", "if (i < count)", "if (i <= count)"),
    "a row too many is written": ("matmul", "if (out_row < m)", "if (out_row <= m)"),
    "neighbouring rows are added up": ("softmax", "(value, blockDim.x)", "(value, 32)"),
    "warps do not wait for each other": (
        "softmax",
        "of_warp[warp] = value;\n    __syncthreads();",
        "of_warp[warp] = value;",
    ),
    "a barrier that some do not reach": (
        "softmax",
        "    __syncthreads();  // of_warp",
        "    if (lane) __syncthreads();  // of_warp",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKAGE)
def test_a_kernel_that_was_broken_on_purpose_is_found_out(name: str, monkeypatch: Any) -> None:
    file, right, wrong = BREAKAGE[name]
    source = (Path(compiled.__file__).parent / f"{file}.cu").read_text(encoding="utf-8")
    assert right in source
    broken = HostModule(source.replace(right, wrong), ("--std=c++17",))
    sound = compiled.module
    monkeypatch.setattr(compiled, "module", lambda name: broken if name == file else sound(name))
    monkeypatch.setattr(HostModule, "seed", 7)
    a, b, x = draw(130, 44), draw(44, 132, seed=1), draw(3, 4096)
    b[5, 1] = np.inf

    def check() -> None:
        close(on_gpu(a) @ on_gpu(b), a @ b, 1e-4)
        close(on_gpu(a[:, :41]) @ on_gpu(b[:41, :131]), a[:, :41] @ b[:41, :131], 1e-4)
        for rows in (x, x[:, :32]):
            close(softmax(on_gpu(rows), 1), torch.softmax(torch.from_numpy(rows), 1))

    with pytest.raises(AssertionError):
        check()


def test_without_cupy_a_kernel_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setitem(sys.modules, "cupy", None)
    for each in (compiled.module, source.loaded):
        each.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'tinytorch\[gpu\]'"):
        compiled.module("softmax")
