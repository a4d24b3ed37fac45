"""Gradients of every operation against PyTorch, over generated shapes, dtypes and settings."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from differentiable import CHECKED, values
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch.nn import functional as F  # noqa: N812 - PyTorch's name for it

from tinytorch import activations, cnn, layers
from tinytorch.autograd import gradient_check
from tinytorch.tensor import Tensor, linear

FLOATS = st.sampled_from([np.float32, np.float64])
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)
SOME = settings(max_examples=25)


def same_gradients(
    ours: Callable[..., Tensor],
    theirs: Callable[..., torch.Tensor],
    *inputs: np.ndarray,
    float32_atol: float = 1e-5,
) -> None:
    """Outputs and the gradients of all inputs agree, for a gradient with no two numbers alike."""
    mine = [Tensor(array).requires_grad_() for array in inputs]
    torchs = [torch.from_numpy(array.copy()).requires_grad_() for array in inputs]
    output, wanted = ours(*mine), theirs(*torchs)
    assert_same(output, wanted.detach())
    gradient = values(output.shape, output.dtype, seed=99)
    output.backward(Tensor(gradient))
    wanted.backward(torch.from_numpy(gradient))
    for tensor, reference in zip(mine, torchs, strict=True):
        assert tensor.grad is not None
        assert reference.grad is not None
        assert_same(tensor.grad, reference.grad, float32_atol)


def assert_same(ours: Tensor, theirs: torch.Tensor, float32_atol: float = 1e-5) -> None:
    wanted = theirs.numpy()
    assert ours.shape == wanted.shape
    assert ours.dtype == wanted.dtype
    rtol, atol = (1e-4, float32_atol) if ours.dtype == np.float32 else (1e-9, 1e-11)
    np.testing.assert_allclose(ours.numpy(), wanted, rtol=rtol, atol=atol)


@pytest.mark.parametrize(
    "apply", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
)
@given(shapes=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=4), dtype=FLOATS)
@SOME
def test_arithmetic_of_broadcast_shapes(apply: Any, shapes: Any, dtype: Any) -> None:
    a, b = (values(shape, dtype, seed) for seed, shape in enumerate(shapes.input_shapes))
    if apply is operator.pow:
        a = np.asarray(abs(a))
    same_gradients(apply, apply, a, b)
    a = np.asarray(abs(a))
    for number in (2, 0.75, -1.5):
        same_gradients(lambda x, n=number: apply(x, n), lambda x, n=number: apply(x, n), a)
        positive = abs(number)
        same_gradients(lambda x, n=positive: apply(n, x), lambda x, n=positive: apply(n, x), a)


@given(shapes=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=3), dtype=FLOATS)
@SOME
def test_remainders_of_broadcast_shapes(shapes: Any, dtype: Any) -> None:
    a, b = (values(shape, dtype, seed) for seed, shape in enumerate(shapes.input_shapes))
    same_gradients(operator.mod, operator.mod, np.asarray(a * 3, dtype), b)
    for number in (2, 0.75, -1.5):
        same_gradients(lambda x, n=number: x % n, lambda x, n=number: x % n, a)


def test_a_quotient_rounded_down_has_no_gradient_but_a_value() -> None:
    x, theirs = Tensor([7.0]).requires_grad_(), torch.tensor([7.0]).requires_grad_()
    y, wanted = x // 2, theirs // 2
    assert y.tolist() == wanted.tolist()
    for each in (y, wanted):
        with pytest.raises(RuntimeError):
            each.backward()


@pytest.mark.parametrize("exponent", [-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("as_tensor", [True, False])
def test_powers_of_numbers_at_and_around_zero(exponent: float, as_tensor: bool) -> None:
    base = np.array([0.0, 2.0, -1.5, 0.5])
    if exponent == 0.5:
        base = abs(base)
    if as_tensor:
        powers = np.full(4, exponent)
        same_gradients(operator.pow, operator.pow, abs(base), powers)
    same_gradients(lambda x: x**exponent, lambda x: x**exponent, base)


@pytest.mark.parametrize(
    "name",
    ["exp", "log", "sqrt", "abs", "round", "neg", "relu", "sigmoid", "tanh", "gelu", "leaky_relu"],
)
@given(shape=SHAPES, dtype=FLOATS)
@SOME
def test_elementwise_functions(name: str, shape: Any, dtype: Any) -> None:
    a = values(shape, dtype, 1)
    if name in ("log", "sqrt"):
        a = abs(a)
    ours = getattr(activations, name, None) or (lambda x: getattr(x, name)())
    theirs = getattr(F, name, None) or getattr(torch, name)
    same_gradients(ours, theirs, np.asarray(a))


def test_slopes_where_functions_bend_and_saturate() -> None:
    a = np.array([-1000.0, -20.0, 0.0, 20.0, 1000.0])
    same_gradients(lambda x: abs(x), lambda x: abs(x), np.array([*a, np.nan]))
    for name in ("relu", "sigmoid", "tanh", "gelu"):
        same_gradients(getattr(activations, name), getattr(F, name), a)
    same_gradients(lambda x: activations.leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, 0.2), a)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(data=st.data(), dtype=FLOATS)
@SOME
def test_softmax_over_every_dim(name: str, data: st.DataObject, dtype: Any) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=4))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    ours, theirs = getattr(activations, name), getattr(F, name)
    same_gradients(lambda x: ours(x, dim), lambda x: theirs(x, dim), values(shape, dtype, 2))


@pytest.mark.parametrize("name", ["sum", "mean", "amax"])
@given(data=st.data(), dtype=FLOATS, ties=st.booleans())
@SOME
def test_reductions_over_every_choice_of_dims(
    name: str, data: st.DataObject, dtype: Any, ties: bool
) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=4))
    dims = st.integers(-len(shape), len(shape) - 1)
    several = st.lists(st.sampled_from(range(len(shape))), min_size=1, unique=True).map(tuple)
    dim, keepdim = data.draw(dims | several), data.draw(st.booleans())
    a = values(shape, dtype, 3)
    if ties:
        a = np.round(a).astype(dtype)
    own = "max" if name == "amax" else name
    same_gradients(
        lambda x: getattr(x, own)(dim, keepdim), lambda x: getattr(x, name)(dim, keepdim), a
    )
    same_gradients(lambda x: getattr(x, own)(), lambda x: getattr(x, name)(), a)


@given(
    batches=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3),
    sizes=st.tuples(*[st.integers(1, 4)] * 3),
    vectors=st.tuples(st.booleans(), st.booleans()),
    dtype=FLOATS,
)
@SOME
def test_matmul_of_vectors_matrices_and_batches(
    batches: Any, sizes: Any, vectors: Any, dtype: Any
) -> None:
    (left, right), (n, k, m) = batches.input_shapes, sizes
    a = values((k,) if vectors[0] else (*left, n, k), dtype, 4)
    b = values((k,) if vectors[1] else (*right, k, m), dtype, 5)
    same_gradients(operator.matmul, operator.matmul, a, b)


@given(data=st.data())
@SOME
def test_reshape_transpose_and_flatten(data: st.DataObject) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=2, max_dims=4, max_side=4))
    dims = st.integers(-len(shape), len(shape) - 1)
    dim0, dim1 = data.draw(dims), data.draw(dims)
    a = values(shape, seed=6)
    for change in (
        lambda x: x.transpose(dim0, dim1),
        lambda x: x.transpose(dim0, dim1).reshape(-1, shape[0]),
        lambda x: x.flatten(1),
    ):
        same_gradients(change, change, a)


@given(data=st.data())
@SOME
def test_indexing_with_numbers_and_slices(data: st.DataObject) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=3, max_side=4))
    index = data.draw(
        arrays.basic_indices(shape, allow_newaxis=True).filter(
            lambda index: all(
                part.step is None or part.step > 0  # PyTorch has no negative steps
                for part in (index if isinstance(index, tuple) else (index,))
                if isinstance(part, slice)
            )
        )
    )
    same_gradients(lambda x: x[index], lambda x: x[index], values(shape, seed=7))


def test_indexing_the_same_number_twice_adds_both_gradients() -> None:
    a = values((4, 3), seed=8)
    same_gradients(lambda x: x[[2, 0, 2]], lambda x: x[[2, 0, 2]], a)
    same_gradients(lambda x: x[:, [1, 1]], lambda x: x[:, [1, 1]], a)
    rows, columns = np.array([3, 1, 3]), np.array([0, 2, 0])
    same_gradients(
        lambda x: x[Tensor(rows), Tensor(columns)],
        lambda x: x[torch.from_numpy(rows), torch.from_numpy(columns)],
        a,
    )
    same_gradients(lambda x: x[x > 0], lambda x: x[x > 0], a)
    same_gradients(
        lambda x: x[[True, False, True, False]], lambda x: x[[True, False, True, False]], a
    )


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_linear(shape: Any, with_bias: bool) -> None:
    inputs = [values(shape, seed=9), values((4, 3), seed=10), values((4,), seed=11)]
    same_gradients(linear, F.linear, *inputs[: 3 if with_bias else 2])


@given(data=st.data(), dtype=FLOATS)
@SOME
def test_layer_norm_with_and_without_weight_and_bias(data: st.DataObject, dtype: Any) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, min_side=2, max_side=4))
    last = shape[data.draw(st.integers(0, len(shape) - 1)) :]
    given_tensors = data.draw(st.integers(0, 2))
    eps = data.draw(st.sampled_from([1e-5, 0.1]))
    inputs = [values(s, dtype, seed) for seed, s in enumerate((shape, last, last))]

    def ours(x: Tensor, *affine: Tensor) -> Tensor:
        return layers.layer_norm(x, last, *affine, eps=eps)

    def theirs(x: torch.Tensor, *affine: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, last, *affine, eps=eps)

    # over two numbers the gradient of the input is what is left of a difference of large ones
    same_gradients(ours, theirs, *inputs[: 1 + given_tensors], float32_atol=1e-4)


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    """An image and the settings of a window that fits it."""
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    sides = tuple(
        draw(st.integers(max(1, k - 2 * p), 7)) for k, p in zip(kernel, padding, strict=True)
    )
    stride = draw(st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3)))
    batch, channels = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return {
        "shape": (batch, channels, *sides),
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
    }


@given(window=windows(), out=st.integers(1, 3), with_bias=st.booleans(), dtype=FLOATS)
@SOME
def test_convolution(window: Any, out: int, with_bias: bool, dtype: Any) -> None:
    channels, (stride, padding) = window["shape"][1], (window["stride"], window["padding"])
    inputs = [
        values(window["shape"], dtype, 12),
        values((out, channels, *window["kernel"]), dtype, 13),
        values((out,), dtype, 14),
    ][: 3 if with_bias else 2]

    def ours(x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
        return cnn.conv2d(x, w, b, stride, padding)

    def theirs(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
        return F.conv2d(x, w, b, stride, padding)

    same_gradients(ours, theirs, *inputs)
    loops = cnn.conv2d_loops(*(Tensor(i) for i in inputs), stride=stride, padding=padding)
    assert_same(loops, theirs(*(torch.from_numpy(i) for i in inputs)))


@given(window=windows(), dtype=FLOATS)
@SOME
def test_columns_and_frames(window: Any, dtype: Any) -> None:
    a, (p, q) = values(window["shape"], dtype, 15), window["padding"]
    settings = {"padding": (p, q), "stride": window["stride"]}
    same_gradients(
        lambda x: cnn.im2col(x, window["kernel"], **settings),
        lambda x: F.unfold(x, window["kernel"], **settings),
        a,
    )
    same_gradients(
        lambda x: cnn.pad2d(x, (p, q), 0.5), lambda x: F.pad(x, (q, q, p, p), value=0.5), a
    )


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
@given(window=windows(), ties=st.booleans(), dtype=FLOATS)
@SOME
def test_pooling(name: str, window: Any, ties: bool, dtype: Any) -> None:
    kernel = window["kernel"]
    padding = tuple(min(p, k // 2) for p, k in zip(window["padding"], kernel, strict=True))
    a = values(window["shape"], dtype, 16)
    a = np.round(a).astype(dtype) if ties else a
    if any(s + 2 * p < k for s, p, k in zip(a.shape[2:], padding, kernel, strict=True)):
        return
    for stride in (window["stride"], None):
        same_gradients(
            lambda x, s=stride: getattr(cnn, name)(x, kernel, s, padding),
            lambda x, s=stride: getattr(F, name)(x, kernel, s, padding),
            a,
        )


def test_a_whole_network_of_modules() -> None:
    net = cnn.LeNet(12, classes=3, channels=(2, 3))
    reference = torch.nn.Sequential(
        *(torch.nn.Conv2d(1, 2, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Conv2d(2, 3, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        torch.nn.Flatten(),
        *(torch.nn.Linear(27, 120), torch.nn.ReLU(), torch.nn.Linear(120, 84)),
        *(torch.nn.ReLU(), torch.nn.Linear(84, 3)),
    )
    pairs = list(zip(net.parameters(), reference.parameters(), strict=True))
    with torch.no_grad():
        for ours, theirs in pairs:
            theirs.copy_(torch.from_numpy(ours.numpy()))
    x = values((5, 1, 12, 12), np.float32, 17)
    labels = np.array([0, 2, 1, 1, 0])
    loss = -activations.log_softmax(net(Tensor(x)), 1)[np.arange(5), labels].mean()
    wanted = F.cross_entropy(reference(torch.from_numpy(x)), torch.from_numpy(labels))
    loss.backward()
    wanted.backward()
    assert_same(loss, wanted.detach())
    for ours, theirs in pairs:
        assert ours.grad is not None
        assert theirs.grad is not None
        assert_same(ours.grad, theirs.grad)


@pytest.mark.parametrize("name", CHECKED)
def test_gradients_against_finite_differences(name: str) -> None:
    function, shapes = CHECKED[name]
    inputs = [Tensor(values(shape, seed=20 + n)) for n, shape in enumerate(shapes)]
    assert gradient_check(function, *inputs) < 1e-6
