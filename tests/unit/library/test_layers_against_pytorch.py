"""Every layer against PyTorch's of the same name, over generated shapes and settings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch.layers import BatchNorm1d, LayerNorm, Linear, Module
from tinytorch.tensor import Tensor

SIDE = st.integers(1, 5)
FEW = settings(max_examples=40, deadline=None)


def values(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(1.0, 2.0, shape).astype(np.float32)


def twin(ours: Module, theirs: torch.nn.Module) -> None:
    """Give both layers the same random weights, through PyTorch's own names."""
    with torch.no_grad():
        for seed, parameter in enumerate(theirs.parameters()):
            parameter.copy_(torch.from_numpy(values(tuple(parameter.shape), seed)))
    ours.load_state_dict({name: each.numpy() for name, each in theirs.state_dict().items()})


def assert_same(ours: Tensor, theirs: torch.Tensor) -> None:
    wanted = theirs.detach().numpy()
    assert (ours.shape, ours.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_allclose(ours.numpy(), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@given(lead=st.lists(SIDE, max_size=3), inputs=SIDE, outputs=SIDE)
@FEW
def test_linear(bias: bool, lead: list[int], inputs: int, outputs: int) -> None:
    ours, theirs = Linear(inputs, outputs, bias), torch.nn.Linear(inputs, outputs, bias)
    twin(ours, theirs)
    x = values((*lead, inputs), 9)
    assert_same(ours(Tensor(x)), theirs(torch.from_numpy(x)))


@given(lead=st.lists(SIDE, max_size=2), shape=st.lists(SIDE, min_size=1, max_size=2))
@FEW
def test_layer_norm(lead: list[int], shape: list[int]) -> None:
    ours, theirs = LayerNorm(tuple(shape)), torch.nn.LayerNorm(shape)
    twin(ours, theirs)
    x = values((*lead, *shape), 9)
    assert_same(ours(Tensor(x)), theirs(torch.from_numpy(x)))


@given(batch=st.integers(2, 5), channels=SIDE, length=st.none() | SIDE)
@FEW
def test_batch_norm(batch: int, channels: int, length: Any) -> None:
    ours, theirs = BatchNorm1d(channels), torch.nn.BatchNorm1d(channels)
    twin(ours, theirs)
    shape = (batch, channels) if length is None else (batch, channels, length)
    for seed in range(3):
        x = values(shape, seed)
        assert_same(ours(Tensor(x)), theirs(torch.from_numpy(x)))
    ours.eval()
    theirs.eval()
    x = values(shape, 9)
    assert_same(ours(Tensor(x)), theirs(torch.from_numpy(x)))
    for name, tensor in theirs.state_dict().items():
        assert_same(ours.state_dict()[name], tensor)
