"""The golden cases and the modules with arrays that are not NumPy's: as on a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import CASES
from device_array import DeviceArray
from test_golden import TinyTorch, assert_golden

from tinytorch import layers, networks, tensor
from tinytorch.layers import BatchNorm1d, Dropout, Linear, dropout, manual_seed
from tinytorch.networks import MLP, Perceptron, Sequential
from tinytorch.tensor import Tensor


class Elsewhere(TinyTorch):
    """The library with every tensor on "cuda"."""

    def tensor(self, array: np.ndarray) -> Any:
        return super().tensor(array).to("cuda")

    def array(self, tensor: Any) -> np.ndarray:
        assert tensor.device == "cuda"
        return tensor.data.get()

    def filled(self, layer: Any) -> Any:
        return super().filled(layer.to("cuda"))


@pytest.fixture(autouse=True)
def _device_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor, "_on_gpu", lambda array: DeviceArray(array.copy()))


@pytest.mark.parametrize("name", CASES)
def test_every_output_and_gradient_is_pytorchs_elsewhere_too(name: str) -> None:
    assert_golden(name, Elsewhere())


def test_a_module_moves_its_parameters_buffers_and_gradients_there_and_back() -> None:
    model = Sequential(Linear(3, 4), BatchNorm1d(4))
    before = {name: each.numpy().copy() for name, each in model.state_dict().items()}
    first = model[0].weight
    first.grad = Tensor(np.ones((4, 3), np.float32))
    assert model.to("cuda") is model
    assert model[0].weight is first
    assert first.grad.device == "cuda"
    assert {each.device for each in model.state_dict().values()} == {"cuda"}
    model.to("cpu")
    assert first.grad.device == "cpu"
    for name, each in model.state_dict().items():
        np.testing.assert_array_equal(each.numpy(), before[name])


def test_a_state_is_loaded_across_devices() -> None:
    here, there = MLP((3, 4, 2)), MLP((3, 4, 2)).to("cuda")
    there.load_state_dict(here.state_dict())
    for name, each in there.state_dict().items():
        assert each.device == "cuda"
        np.testing.assert_array_equal(each.data.get(), here.state_dict()[name].numpy())
    other = MLP((3, 4, 2))
    other.load_state_dict(there.state_dict())
    np.testing.assert_array_equal(other[0].weight.numpy(), here[0].weight.numpy())


def test_dropout_and_first_weights_are_drawn_here_and_used_there() -> None:
    ones = Tensor(np.ones((20, 5), np.float32))
    drawn = []
    for device in ("cpu", "cuda"):
        generator = manual_seed(4)
        kept = Dropout(0.3)(ones.to(device))
        dropped = dropout(ones.to(device), 0.3, generator=generator)
        weight = layers.xavier_uniform_(Tensor(np.zeros((4, 3))).to(device))
        assert {kept.device, dropped.device, weight.device} == {device}
        drawn.append([each.to("cpu").numpy() for each in (kept, dropped, weight)])
    for here, there in zip(*drawn, strict=True):
        np.testing.assert_array_equal(here, there)


def test_a_summary_runs_where_the_model_is() -> None:
    model = Sequential(Linear(3, 4), BatchNorm1d(4))
    assert networks.summary(model, (2, 3)) == networks.summary(model.to("cuda"), (2, 3))


def test_a_perceptron_learns_there() -> None:
    corners, targets = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), Tensor([0, 1, 1, 1])
    there = Perceptron(2)
    there.to("cuda")
    assert there.fit(corners.to("cuda"), targets.to("cuda")) == Perceptron(2).fit(corners, targets)
