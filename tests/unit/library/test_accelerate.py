"""The compiled convolution and pooling against the taught ones, and what switching them on does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from inspect import unwrap
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tinytorch import accelerate, activations, autograd, cnn, optim
from tinytorch.tensor import Tensor


@pytest.fixture(autouse=True, params=[0, 1 << 60], ids=["shared", "alone"])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test once with the work shared among the cores, however small, and once on one."""
    monkeypatch.setattr(accelerate, "_SMALL", request.param)


def numbers(shape: tuple[int, ...], dtype: Any, seed: int) -> Tensor:
    return Tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def assert_close(ours: Any, wanted: Any) -> None:
    assert ours.shape == wanted.shape
    assert ours.dtype == wanted.dtype
    tolerance = 1e-4 if ours.dtype == np.float32 else 1e-10
    np.testing.assert_allclose(ours.data, wanted.data, rtol=tolerance, atol=tolerance)


@given(
    batch=st.sampled_from([1, 2, 16, 19]),  # images are taken sixteen at a time
    channels=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    extra=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    with_bias=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
@example(2, (1, 6), (5, 5), (2, 2), (9, 5), True, np.float32)
@example(9, (11, 2), (5, 5), (0, 1), (2, 3), True, np.float32)  # more weights than FEW
@example(2, (1, 2), (1, 2), (2, 2), (3, 3), True, np.float32)  # a frame wider than the window
@settings(max_examples=40)
def test_convolution_is_the_taught_one(
    batch: int, channels: Any, kernel: Any, padding: Any, extra: Any, with_bias: bool, dtype: Any
) -> None:
    sides = tuple(max(1, k - 2 * p) + e for k, p, e in zip(kernel, padding, extra, strict=True))
    x = numbers((batch, channels[0], *sides), dtype, 0).requires_grad_()
    w = numbers((channels[1], channels[0], *kernel), dtype, 1).requires_grad_()
    b = numbers((channels[1],), dtype, 2).requires_grad_() if with_bias else None
    with autograd.no_grad():
        output = accelerate.fast_conv2d(x, w, b, 1, padding)
        assert_close(output, unwrap(cnn.conv2d)(x, w, b, 1, padding))
        gradient = numbers(output.shape, dtype, 3)
        args = (gradient, output, x, w, b, 1, padding)
        ours, taught = accelerate.fast_conv2d_vjp(*args), unwrap(autograd.conv2d_vjp)(*args)
    assert isinstance(ours, tuple)
    for one, other, argument in zip(ours, taught, (x, w, b), strict=True):
        if argument is not None:  # of what is not there the engine takes no gradient
            assert_close(one, other)


@given(
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)) | st.none(),
    sides=st.tuples(st.integers(3, 8), st.integers(3, 8)),
    ties=st.booleans(),
    padding=st.integers(0, 1),
    order=st.permutations(range(4)),
    nan=st.booleans(),
)
@settings(max_examples=60)
def test_pooling_and_its_gradient_are_the_taught_ones(
    kernel: Any, stride: Any, sides: Any, ties: bool, padding: int, order: Any, nan: bool
) -> None:
    padding = padding if min(kernel) > 1 else 0
    x = numbers((2, 3, *sides), np.float32, 4)
    x = Tensor(np.maximum(np.round(x.data), 0)) if ties else x
    in_memory = np.ascontiguousarray(x.data.transpose(order))  # in whatever order it lies
    x.data = in_memory.transpose(np.argsort(order))
    if nan:
        x.data[0, 0, 1, 1] = np.nan
    output = cnn.max_pool2d(x, kernel, stride, padding)
    ours = accelerate.fast_max_pool2d(x, kernel, stride, padding)
    np.testing.assert_array_equal(ours.data, output.data)
    args = (numbers(output.shape, np.float32, 5), output, x, kernel, stride, padding)
    assert_close(accelerate.fast_max_pool2d_vjp(*args), unwrap(autograd.max_pool2d_vjp)(*args))


@pytest.mark.parametrize("values", [[-1, 0, 2], [True, False, False]])
def test_pooling_of_other_numbers_runs_as_taught(values: Any) -> None:
    x = Tensor(np.array([values, values[::-1]]))
    ours, taught = accelerate.fast_max_pool2d(x, 2, 1), cnn.max_pool2d(x, 2, 1)
    assert ours.dtype == taught.dtype
    np.testing.assert_array_equal(ours.data, taught.data)


def test_pooling_refuses_what_the_taught_one_refuses() -> None:
    for args in ((4,), (2, 1, 2), (2, 0)):
        with pytest.raises(ValueError, match=r".") as ours:
            accelerate.fast_max_pool2d(numbers((3, 3), np.float32, 0), *args)
        with pytest.raises(ValueError, match=r".") as taught:
            cnn.max_pool2d(numbers((3, 3), np.float32, 0), *args)
        assert str(ours.value) == str(taught.value)


@pytest.mark.parametrize("shape", [(40, 70), (5, 7), (0,)])
@pytest.mark.parametrize("transposed", [True, False])
def test_the_gradient_of_relu_is_the_taught_one(shape: Any, transposed: bool) -> None:
    x, gradient = numbers(shape, np.float32, 0), numbers(shape, np.float32, 1)
    if x.size:
        x.data[0, :3] = 0, np.nan, np.inf
        gradient.data[0, :4] = np.inf, 1, np.nan, np.inf
    if transposed:
        x, gradient = Tensor(x.data.T), Tensor(gradient.data.T)
    args = gradient, activations.relu(x), x
    with np.errstate(invalid="ignore"):
        ours, taught = accelerate.fast_relu_vjp(*args), unwrap(autograd.relu_vjp)(*args)
    np.testing.assert_array_equal(ours.data, taught.data)


@pytest.mark.parametrize("shape", [(3, 1000), (5, 7), (0,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transposed", [True, False])
def test_adam_is_the_taught_one(shape: Any, dtype: Any, transposed: bool) -> None:
    ours, taught = numbers(shape, dtype, 0), numbers(shape, dtype, 0)
    averages = np.zeros((2, 2, *shape), dtype)
    for step in (1, 2, 3):
        gradient = numbers(shape[::-1] if transposed else shape, dtype, step).data
        gradient = gradient.T if transposed else gradient
        accelerate.fast_adam_update(
            ours, gradient, averages[0, 0], averages[0, 1], step, 0.01, (0.9, 0.999), 1e-6
        )
        unwrap(optim.adam_update)(
            taught, gradient, averages[1, 0], averages[1, 1], step, 0.01, (0.9, 0.999), 1e-6
        )
    assert_close(ours, taught)
    np.testing.assert_allclose(averages[0, 0], averages[1, 0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(averages[0, 1], averages[1, 1], rtol=2e-6)


def test_arrays_in_any_order_of_memory() -> None:
    x = numbers((8, 9, 2, 3), np.float32, 6).transpose(0, 3).transpose(1, 2)  # (3, 2, 9, 8)
    w = numbers((2, 4, 3, 3), np.float32, 7).transpose(0, 1)
    assert not x.data.flags.c_contiguous
    output = accelerate.fast_conv2d(x, w)
    assert_close(output, cnn.conv2d(x, w))
    backwards = Tensor(output.data[..., ::-1])
    args = (backwards, output, x.requires_grad_(), w.requires_grad_())
    ours, taught = accelerate.fast_conv2d_vjp(*args), unwrap(autograd.conv2d_vjp)(*args)
    assert isinstance(ours, tuple)
    for one, other in zip(ours[:2], taught[:2], strict=True):
        assert_close(one, other)


@pytest.mark.parametrize("stride", [2, (1, 2)])
def test_what_is_not_compiled_runs_as_taught(stride: Any) -> None:
    x, w = numbers((2, 2, 6, 7), np.float32, 9), numbers((3, 2, 3, 2), np.float32, 10)
    assert_close(accelerate.fast_conv2d(x, w, stride=stride), cnn.conv2d(x, w, stride=stride))
    mixed = numbers((3, 2, 3, 2), np.float64, 11)
    assert_close(accelerate.fast_conv2d(x, mixed), cnn.conv2d(x, mixed))


def test_nan_is_not_lost() -> None:
    x, w = numbers((1, 1, 6, 6), np.float32, 12), numbers((1, 1, 3, 3), np.float32, 13)
    x.data[0, 0, 3, 3] = np.nan
    np.testing.assert_array_equal(
        np.isnan(accelerate.fast_conv2d(x, w).data), np.isnan(cnn.conv2d(x, w).data)
    )


def test_errors_are_those_of_the_taught_one() -> None:
    with pytest.raises(ValueError, match="channels"):
        accelerate.fast_conv2d(numbers((1, 2, 5, 5), "f4", 0), numbers((1, 1, 3, 3), "f4", 0))


def test_many_threads_may_predict_at_once() -> None:
    x, w = numbers((4, 2, 9, 9), np.float32, 14), numbers((3, 2, 3, 3), np.float32, 15)
    wanted = cnn.conv2d(x, w)
    results: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda: results.extend(accelerate.fast_conv2d(x, w) for _ in range(50))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 200
    for result in results:
        assert_close(result, wanted)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_starts_threads_of_its_own() -> None:
    x, w = numbers((4, 2, 9, 9), np.float32, 16), numbers((3, 2, 3, 3), np.float32, 17)
    wanted = accelerate.fast_conv2d(x, w)
    child = os.fork()
    if child == 0:
        same = np.array_equal(accelerate.fast_conv2d(x, w).data, wanted.data)
        os._exit(0 if same else 1)
    deadline = time.monotonic() + 30
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    if ended[0] == 0:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert ended == (child, 0)


PROGRAM = """
import numpy as np
from tinytorch import accelerate, autograd, cnn
from tinytorch.tensor import Tensor
calls = []
for name in ("convolved", "correlated", "greatest", "to_the_winners", "passed"):
    kernel = getattr(accelerate, name)
    def counted(*args, name=name, kernel=kernel):
        calls.append(name)
        return kernel(*args)
    setattr(accelerate, name, counted)
x = Tensor(np.random.default_rng(0).standard_normal((8, 1, 12, 12)).astype(np.float32))
net = cnn.LeNet(12)
def gradients():
    for p in net.parameters():
        p.grad = None
    (net(x) * net(x)).sum().backward()
    return [p.grad.data for p in net.parameters()]
before = gradients()
assert not calls
accelerate._SMALL = 0
accelerate.accelerate()
after = gradients()
assert set(calls) == {"convolved", "correlated", "greatest", "to_the_winners", "passed"}, calls
for a, b in zip(before, after, strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
"""


def test_switching_it_on_changes_the_speed_and_not_the_numbers() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
