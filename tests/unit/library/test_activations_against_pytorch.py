"""Every activation against PyTorch's, over generated shapes, dims, dtypes and extreme values."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch.nn import functional as F  # noqa: N812 - PyTorch's own abbreviation

from tinytorch import activations
from tinytorch.tensor import Tensor

ELEMENTWISE: dict[str, tuple[Callable[..., Tensor], Callable[..., torch.Tensor]]] = {
    "relu": (activations.relu, F.relu),
    "leaky_relu": (activations.leaky_relu, F.leaky_relu),
    "steep": (lambda x: activations.leaky_relu(x, 1.5), lambda x: F.leaky_relu(x, 1.5)),
    "sigmoid": (activations.sigmoid, torch.sigmoid),
    "tanh": (activations.tanh, torch.tanh),
    "gelu": (activations.gelu, F.gelu),
}
TOLERANCE = {"float16": (4e-3, 1e-3), "float32": (5e-6, 1e-6), "float64": (1e-12, 1e-14)}
DTYPES = st.sampled_from(list(TOLERANCE))
QUICK = settings(max_examples=30)


def values(shape: tuple[int, ...], dtype: str, spread: float) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(0, spread, shape).astype(dtype)


def assert_same(ours: Tensor, theirs: torch.Tensor) -> None:
    wanted = theirs.numpy()
    assert (ours.shape, ours.dtype) == (wanted.shape, wanted.dtype)
    rtol, atol = TOLERANCE[str(wanted.dtype)]
    np.testing.assert_allclose(ours.numpy(), wanted, rtol=rtol, atol=atol)


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(
    shape=arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    dtype=DTYPES,
    spread=st.sampled_from([0.1, 2.0, 30.0]),
)
@QUICK
def test_elementwise_over_shapes_and_dtypes(name: str, shape: Any, dtype: str, spread: Any) -> None:
    ours, theirs = ELEMENTWISE[name]
    x = np.asarray(values(shape, dtype, spread))
    assert_same(ours(Tensor(x)), theirs(torch.from_numpy(x)))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(data=st.data(), dtype=DTYPES, spread=st.sampled_from([0.1, 2.0, 30.0]))
@QUICK
def test_softmax_over_every_dim(name: str, data: st.DataObject, dtype: str, spread: Any) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=5))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = values(shape, dtype, spread)
    ours, theirs = getattr(activations, name), getattr(torch, name)
    assert_same(ours(Tensor(x), dim), theirs(torch.from_numpy(x), dim))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_numpys_axis_is_another_name_for_dim(name: str) -> None:
    array = values((2, 3), "float32", 2.0)
    theirs = getattr(torch, name)(torch.from_numpy(array), axis=0)
    assert_same(getattr(activations, name)(Tensor(array), axis=0), theirs)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_limits_and_nan(name: str, dtype: str) -> None:
    ours, theirs = ELEMENTWISE[name]
    x = np.array([1e3, -1e3, np.inf, -np.inf, np.nan, 1e30, -1e30, 0.0, -0.0], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error" if name != "gelu" else "ignore")  # -inf * 0 is a nan
        result = ours(Tensor(x))
    wide = theirs(torch.from_numpy(x.astype("f8")))  # its float32 gelu(inf) is a nan
    assert_same(result, wide.to(getattr(torch, dtype)))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "sigmoid", "tanh", "gelu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tiny_numbers_keep_their_digits(name: str, dtype: str) -> None:
    ours, theirs = ELEMENTWISE[name]
    tiny = np.finfo(dtype).tiny
    x = np.array([1e-3, -1e-5, 1e-7, -1e-12, 1e-30, 4 * tiny, -4 * tiny], dtype)
    wanted = theirs(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(ours(Tensor(x)).numpy(), wanted, rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_subnormal_numbers_stay_as_small(name: str) -> None:
    ours, theirs = ELEMENTWISE[name]
    smallest = np.finfo(np.float32).smallest_subnormal
    x = np.array([smallest, -smallest, 100 * smallest, -100 * smallest], np.float32)
    wanted = theirs(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(ours(Tensor(x)).numpy(), wanted, rtol=0, atol=float(smallest))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(
    "row",
    [
        [1e3, 999.0, -1e3],
        [-1e3, -1e3, -1e3],
        [3e38, 0.0, -3e38],
        [-np.inf, 1.0, 2.0],
        [-np.inf, -np.inf, -np.inf],
        [np.inf, 1.0, 2.0],
        [np.nan, 1.0, 2.0],
        [1e-45, 0.0, -1e-45],
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # inf - inf is a nan
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # 3e38 - -3e38 is inf
def test_softmax_of_extremes(name: str, row: list[float]) -> None:
    x = np.array([row, [0.5, 0.25, 0.125]], np.float32)
    ours, theirs = getattr(activations, name), getattr(torch, name)
    assert_same(ours(Tensor(x), 1), theirs(torch.from_numpy(x), 1))


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "bool"])
def test_whole_numbers_and_bools_give_float32(name: str, dtype: str) -> None:
    ours, theirs = ELEMENTWISE[name]
    x = np.array([[0, 100, 128], [1, 255, 0]]).astype(dtype)
    assert_same(ours(Tensor(x)), theirs(torch.from_numpy(x)))


@pytest.mark.parametrize(
    "function",
    [
        activations.relu,
        activations.leaky_relu,
        activations.gelu,
        lambda x: activations.softmax(x, 1),
        lambda x: activations.log_softmax(x, 1),
    ],
)
@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8", "bool"])
def test_what_pytorch_refuses_for_ints_is_computed_in_float32(function: Any, dtype: str) -> None:
    x = np.array([[128, 0, 3], [1, 255, 5]]).astype(dtype)
    ours = function(Tensor(x))
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours.numpy(), function(Tensor(x.astype("f8"))).numpy(), 1e-6, 1e-9)


def test_an_empty_batch_stays_one_and_an_empty_dim_is_refused() -> None:
    empty = Tensor(np.zeros((0, 3), np.float32))
    assert activations.softmax(empty, 1).shape == (0, 3)
    assert activations.log_softmax(empty, 1).shape == (0, 3)
    for function in (activations.softmax, activations.log_softmax):
        with pytest.raises(ValueError, match=r"softmax over dimension 0 of \(0, 3\)"):
            function(empty, 0)
        with pytest.raises(IndexError, match="softmax: dimension 2 is out of range"):
            function(empty, 2)


def test_results_are_tensors_of_their_own() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    for ours, _ in ELEMENTWISE.values():
        assert not np.shares_memory(ours(x).data, x.data)


@given(st.lists(st.floats(-10, 10) | st.sampled_from([0.46875, 6.0, -0.46875]), max_size=20))
def test_the_error_function_is_that_of_the_c_library(numbers: list[float]) -> None:
    x = np.array(numbers, np.float64)
    wanted = np.array([math.erf(number) for number in numbers])
    np.testing.assert_allclose(activations.erf(x), wanted, rtol=1e-14, atol=0)
    narrow = activations.erf(x.astype(np.float32))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, wanted, atol=3e-7)


@pytest.mark.parametrize(
    ("layer", "theirs", "text"),
    [
        (activations.ReLU(), torch.nn.ReLU(), "ReLU()"),
        (activations.Sigmoid(), torch.nn.Sigmoid(), "Sigmoid()"),
        (activations.Tanh(), torch.nn.Tanh(), "Tanh()"),
        (activations.GELU(), torch.nn.GELU(), "GELU()"),
        (activations.Softmax(dim=0), torch.nn.Softmax(dim=0), "Softmax(dim=0)"),
    ],
)
def test_module_forms(layer: Any, theirs: Any, text: str) -> None:
    x = values((3, 4), "float32", 2.0)
    assert_same(layer(Tensor(x)), theirs(torch.from_numpy(x)))
    assert repr(layer) == text


def test_an_activation_without_forward_says_so() -> None:
    class Forgotten(activations.Activation):
        pass

    with pytest.raises(NotImplementedError, match="Forgotten has no forward"):
        Forgotten()(Tensor([1.0]))
