"""No operation of modules 01 to 09 takes numbers off their device on the way."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from device_array import DeviceArray
from differentiable import CHECKED, values

from tinytorch import cnn
from tinytorch.optim import SGD, Adam
from tinytorch.tensor import Tensor, wrap
from tinytorch.training import cross_entropy


def on_device(array: Any) -> Tensor:
    return wrap(DeviceArray(np.array(array)))


def host(tensor: Tensor | None) -> np.ndarray:
    assert tensor is not None
    assert isinstance(tensor.data, DeviceArray)
    return tensor.data.get()


@pytest.mark.parametrize("name", CHECKED)
def test_an_operation_and_its_gradient_stay_on_the_device(name: str) -> None:
    function, shapes = CHECKED[name]
    arrays = [values(shape, np.float32, n) for n, shape in enumerate(shapes)]
    here = [Tensor(array).requires_grad_() for array in arrays]
    there = [on_device(array).requires_grad_() for array in arrays]
    wanted, output = function(*here), function(*there)
    np.testing.assert_allclose(host(output), wanted.data, rtol=1e-6)
    assert host(output).dtype == np.float32
    gradient = values(wanted.shape, np.float32, 9)
    wanted.backward(Tensor(gradient))
    output.backward(on_device(gradient))
    for ours, reference in zip(there, here, strict=True):
        assert reference.grad is not None
        np.testing.assert_allclose(host(ours.grad), reference.grad.data, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: 2 + x,
        lambda x: 2 - x,
        lambda x: x * 2,
        lambda x: 2 / x,
        lambda x: x**2,
        lambda x: 2**x,
        lambda x: x + True,
        lambda x: x > 0.5,
        lambda x: x == x,
        lambda x: x[x > 0],
        lambda x: x[0, 1:],
        lambda x: x.flatten(),
        lambda x: x.max(),
        lambda x: x.mean(),
        lambda x: x.abs(),
        lambda x: cnn.conv2d_loops(x.reshape(1, 1, 2, 3), x[:, :2].reshape(1, 1, 2, 2)),
    ],
)
def test_what_has_no_gradient_of_its_own_stays_too(call: Any) -> None:
    array = values((2, 3), np.float32, 1)
    wanted = call(Tensor(array))
    output = call(on_device(array))
    np.testing.assert_allclose(host(output), wanted.data, rtol=1e-6)
    assert output.dtype == wanted.dtype


def test_values_leave_the_device_as_python_numbers_and_text() -> None:
    x = on_device(np.array([[1.5, 2.0]], np.float32))
    assert x.tolist() == [[1.5, 2.0]]
    assert x.sum().item() == 3.5
    assert repr(x) == "Tensor([[1.5, 2.0]], dtype=float32)"
    assert (x.device, x.shape, x.ndim, x.size, x.nbytes) == ("cuda", (1, 2), 2, 2, 8)


def test_a_new_tensor_is_made_on_the_cpu_and_never_by_a_silent_copy() -> None:
    with pytest.raises(TypeError, match="Implicit conversion"):
        Tensor(DeviceArray(np.array([1.0, 2.0])))


def test_to_moves_the_numbers_and_backward_moves_the_gradient_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cupy = SimpleNamespace(asarray=DeviceArray)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    x = Tensor([1.0, 2.0]).requires_grad_()
    y = x.to("cuda")
    assert (y.device, y.tolist()) == ("cuda", [1, 2])
    assert y.detach().to("cuda").data is y.data
    (y * y).sum().to("cpu").backward()
    assert x.grad is not None
    assert x.grad.device == "cpu"
    assert x.grad.tolist() == [2, 4]


def test_a_device_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="'gpu'"):
        Tensor([1.0]).to("gpu")


def test_cuda_without_cupy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(RuntimeError, match="pip install cupy"):
        Tensor([1.0]).to("cuda")


def test_tensors_of_two_devices_do_not_mix() -> None:
    with pytest.raises(TypeError):
        on_device([1.0]).add(Tensor([1.0]))


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_network_learns_on_the_device_as_on_the_cpu(optimizer: Any) -> None:
    here, there = cnn.LeNet(8), cnn.LeNet(8)
    images, labels = values((6, 1, 8, 8), np.float32, 3), np.array([0, 3, 9, 9, 1, 4])
    for ours, reference in zip(there.parameters(), here.parameters(), strict=True):
        ours.data = DeviceArray(reference.data.copy())
    x, y = on_device(images), on_device(labels)
    for net, images_, labels_ in ((here, Tensor(images), Tensor(labels)), (there, x, y)):
        steps = optimizer(net.parameters(), lr=0.01)
        for _ in range(2):
            steps.zero_grad()
            cross_entropy(net(images_), labels_).backward()
            steps.step()
    for ours, reference in zip(there.parameters(), here.parameters(), strict=True):
        np.testing.assert_allclose(host(ours), reference.data, rtol=1e-3, atol=1e-5)


def test_numpy_is_told_that_a_tensor_on_a_device_has_to_come_back_first() -> None:
    with pytest.raises(TypeError, match=r't\.to\("cpu"\)'):
        np.asarray(on_device([1.0]))
