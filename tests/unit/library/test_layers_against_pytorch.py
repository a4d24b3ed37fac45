"""Every layer against PyTorch's of the same name: outputs, gradients, running statistics."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812 - PyTorch's own abbreviation

import tinytorch.autograd  # noqa: F401 - installs the recorder
from tinytorch.activations import GELU, Sigmoid, Tanh
from tinytorch.layers import (
    BatchNorm1d,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    batch_norm,
    dropout,
    layer_norm,
)
from tinytorch.networks import MLP
from tinytorch.tensor import Tensor

SIDE = st.integers(1, 5)
FEW = settings(max_examples=30)
DTYPES = st.sampled_from(["float32", "float64"])


def values(shape: Any, seed: int = 0, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(seed).normal(1.0, 2.0, tuple(shape)).astype(dtype)


def assert_close(ours: Any, theirs: torch.Tensor, scale: float = 1.0) -> None:
    wanted = theirs.detach().numpy()
    assert (ours.shape, ours.dtype) == (wanted.shape, wanted.dtype)
    rtol, atol = (2e-4, 2e-5) if wanted.dtype == np.float32 else (1e-9, 1e-11)
    np.testing.assert_allclose(ours.numpy(), wanted, rtol=rtol, atol=atol * scale)


def twin(ours: Module, theirs: torch.nn.Module) -> None:
    """Give both layers the same random weights, through PyTorch's own names."""
    with torch.no_grad():
        for seed, parameter in enumerate(theirs.parameters()):
            parameter.copy_(torch.from_numpy(values(parameter.shape, seed)))
    ours.load_state_dict({name: each.numpy() for name, each in theirs.state_dict().items()})


def assert_same_layer(ours: Module, theirs: torch.nn.Module, x: np.ndarray) -> None:
    """The outputs, the gradients of the input and of every parameter, and the state after it."""
    a, b = Parameter(x), torch.from_numpy(x).requires_grad_()
    output, wanted = ours(a), theirs(b)
    assert_close(output, wanted)
    gradient = values(output.shape, 99)
    output.backward(Tensor(gradient))
    wanted.backward(torch.from_numpy(gradient))
    assert b.grad is not None
    assert_close(a.grad, b.grad, scale=10)
    named = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        gradient = named[name].grad
        assert gradient is not None
        assert_close(parameter.grad, gradient, scale=10)
    for name, tensor in theirs.state_dict().items():
        assert_close(ours.state_dict()[name], tensor)


@given(lead=st.lists(SIDE, max_size=3), inputs=SIDE, outputs=SIDE, bias=st.booleans())
@FEW
def test_linear(lead: list[int], inputs: int, outputs: int, bias: bool) -> None:
    ours, theirs = Linear(inputs, outputs, bias), torch.nn.Linear(inputs, outputs, bias)
    twin(ours, theirs)
    assert_same_layer(ours, theirs, values((*lead, inputs), 9))


@given(
    lead=st.lists(SIDE, max_size=2),
    shape=st.lists(st.integers(2, 5), min_size=1, max_size=2),
    eps=st.sampled_from([1e-5, 0.1]),
    affine=st.booleans(),
    bias=st.booleans(),
)
@FEW
def test_layer_norm(lead: Any, shape: Any, eps: float, affine: bool, bias: bool) -> None:
    ours = LayerNorm(tuple(shape), eps, affine, bias)
    theirs = torch.nn.LayerNorm(shape, eps, affine, bias)
    twin(ours, theirs)
    assert repr(ours) == repr(theirs)
    assert_same_layer(ours, theirs, values((*lead, *shape), 9))


@given(shape=st.lists(st.integers(2, 4), min_size=1, max_size=3), data=st.data(), dtype=DTYPES)
@FEW
def test_functional_layer_norm(shape: list[int], data: st.DataObject, dtype: str) -> None:
    normalized = tuple(shape[data.draw(st.integers(0, len(shape) - 1)) :])
    parts = [values(shape, 0, dtype), *(values(normalized, seed, dtype) for seed in (1, 2))]
    with_weight, with_bias = data.draw(st.booleans()), data.draw(st.booleans())
    ours, theirs = [Tensor(part) for part in parts], [torch.from_numpy(part) for part in parts]
    assert_close(
        layer_norm(
            ours[0], normalized, ours[1] if with_weight else None, ours[2] if with_bias else None
        ),
        F.layer_norm(
            theirs[0],
            normalized,
            theirs[1] if with_weight else None,
            theirs[2] if with_bias else None,
        ),
    )


@given(
    batch=st.integers(2, 5),
    channels=SIDE,
    length=st.none() | SIDE,
    momentum=st.sampled_from([0.1, 0.7, None]),
    affine=st.booleans(),
    bias=st.booleans(),
    tracked=st.booleans(),
)
@FEW
def test_batch_norm(
    batch: int, channels: int, length: Any, momentum: Any, affine: bool, bias: bool, tracked: bool
) -> None:
    ours = BatchNorm1d(channels, 1e-3, momentum, affine, tracked, bias=bias)
    theirs = torch.nn.BatchNorm1d(channels, 1e-3, momentum, affine, tracked, bias=bias)
    assert repr(ours) == repr(theirs)
    twin(ours, theirs)
    shape = (batch, channels) if length is None else (batch, channels, length)
    for seed in range(3):
        ours.zero_grad()
        theirs.zero_grad()
        assert_same_layer(ours, theirs, values(shape, seed))
    ours.zero_grad()
    theirs.zero_grad()
    assert_same_layer(ours.eval(), theirs.eval(), values(shape, 9))


def test_batch_norm_trains_on_one_example_that_is_long() -> None:
    assert_same_layer(BatchNorm1d(3), torch.nn.BatchNorm1d(3), values((1, 3, 4)))


@given(dims=st.integers(2, 5), dtype=DTYPES, training=st.booleans())
@FEW
def test_functional_batch_norm_takes_any_number_of_dimensions(
    dims: int, dtype: str, training: bool
) -> None:
    x = values((2, 3, 4, 2, 2)[:dims], 0, dtype)
    running = [values((3,), 1, dtype), abs(values((3,), 2, dtype)) + 0.5]
    ours = [Tensor(x), *(Tensor(part) for part in running)]
    theirs = [torch.from_numpy(x), *(torch.from_numpy(part) for part in running)]
    assert_close(
        batch_norm(*ours, training=training, momentum=0.3),
        F.batch_norm(*theirs, training=training, momentum=0.3),
    )
    for mine, wanted in zip(ours[1:], theirs[1:], strict=True):
        assert_close(mine, wanted)


@pytest.mark.parametrize(
    ("activation", "theirs"),
    [(GELU, torch.nn.GELU), (Tanh, torch.nn.Tanh), (Sigmoid, torch.nn.Sigmoid)],
)
@given(batch=SIDE, sizes=st.lists(SIDE, min_size=2, max_size=4))
@settings(max_examples=10)
def test_mlp(activation: Any, theirs: Callable[[], Any], batch: int, sizes: list[int]) -> None:
    layers: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), theirs()]
    ours, other = MLP(sizes, activation), torch.nn.Sequential(*layers[:-1])
    twin(ours, other)
    assert_same_layer(ours, other, values((batch, sizes[0]), 9))


def test_dropout_sends_gradients_only_through_what_it_kept() -> None:
    x = Parameter(values((4, 5)))
    out = dropout(x, 0.4, generator=np.random.default_rng(1))
    out.backward(Tensor(values((4, 5), 3)))
    assert x.grad is not None
    kept = out.data / x.data
    assert 0 < (kept == 0).sum() < 20
    np.testing.assert_allclose(x.grad.numpy(), kept * values((4, 5), 3), rtol=1e-5)
