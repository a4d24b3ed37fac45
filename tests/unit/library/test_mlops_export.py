"""Exported models: read and run by the programs that they are for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch.activations import (
    GELU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    leaky_relu,
    log_softmax,
)
from tinytorch.cnn import AvgPool2d, Conv2d, Flatten, LeNet, MaxPool2d, max_pool2d, pad2d
from tinytorch.layers import BatchNorm1d, Dropout, LayerNorm, Linear, Module, manual_seed
from tinytorch.mlops import export_onnx, export_safetensors
from tinytorch.networks import MLP, Sequential
from tinytorch.tensor import Tensor

FEW = settings(max_examples=30)


def random_rows(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def assert_same_in_onnxruntime(model: Module, shape: tuple[int, ...], folder: Path) -> Path:
    """Exported from one row, the model gives onnxruntime the same scores for 1, 2 and 5 rows."""
    path = folder / "model.onnx"
    export_onnx(model, Tensor(random_rows(1, *shape)), path)
    session = onnxruntime.InferenceSession(path)
    for rows in (1, 2, 5):
        x = random_rows(rows, *shape, seed=rows)
        (scores,) = session.run(["scores"], {"input": x})
        wanted = model(Tensor(x)).data
        assert isinstance(scores, np.ndarray)
        assert scores.shape == wanted.shape
        np.testing.assert_allclose(scores, wanted, rtol=1e-5, atol=1e-5)
    return path


class Function(Module):
    """A model that is one function of its input."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input)


@FEW
@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    activation=st.sampled_from([ReLU, Sigmoid, Tanh, GELU]),
)
def test_an_mlp_gives_the_same_scores_in_onnxruntime(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], activation: Any
) -> None:
    manual_seed(0)
    model = MLP(sizes, activation)
    assert_same_in_onnxruntime(model.eval(), (sizes[0],), tmp_path_factory.mktemp("onnx"))


def trained_norms() -> Sequential:
    """Every layer of module 03, with statistics and weights that are not those of the start."""
    manual_seed(1)
    layers = [Linear(6, 5), LayerNorm(5), GELU(), Linear(5, 4, bias=False), BatchNorm1d(4)]
    model = Sequential(*layers, Dropout(0.5), LayerNorm(4, elementwise_affine=False), Softmax(1))
    for seed, parameter in enumerate(model.parameters()):
        parameter.data += random_rows(*parameter.shape, seed=seed)
    model.train()
    for seed in range(3):
        model(Tensor(3 * random_rows(8, 6, seed=seed) + 1))
    return model


def test_norms_and_dropout_give_the_same_scores_in_onnxruntime(tmp_path: Path) -> None:
    assert_same_in_onnxruntime(trained_norms().eval(), (6,), tmp_path)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (lambda: LeNet(28), (1, 28, 28)),
        (lambda: LeNet(8), (1, 8, 8)),
        (lambda: Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 0)), (2, 7, 5)),
        (lambda: Conv2d(2, 3, 3, bias=False), (2, 5, 4)),
        (lambda: MaxPool2d(3, stride=2, padding=1), (2, 7, 5)),
        (lambda: AvgPool2d(3, stride=2, padding=1), (2, 7, 5)),
        (lambda: AvgPool2d((2, 3)), (2, 6, 6)),
        (lambda: Sequential(Conv2d(1, 4, 3), AvgPool2d(2), Flatten(), Linear(36, 5)), (1, 8, 8)),
    ],
)  # fmt: skip
def test_convolutions_give_the_same_scores_in_onnxruntime(
    tmp_path: Path, model: Any, shape: tuple[int, ...]
) -> None:
    manual_seed(2)
    assert_same_in_onnxruntime(model().eval(), shape, tmp_path)


W = Tensor(random_rows(3, 4, seed=9))
OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "arithmetic": lambda x: 2 - (x * 3 + 1) / (x * x + 0.5) - x,
    "power and root": lambda x: (x.abs() + 1).sqrt() * (x**2),
    "exp and log": lambda x: (x.exp() + 1).log(),
    "negation": lambda x: -x,
    "matmul": lambda x: x.matmul(W),
    "reductions": lambda x: x.sum(1, keepdim=True) + x.mean(-1, keepdim=True).max(1, True),
    "two dims at a time": lambda x: x.mean((1, 2)),
    "transpose": lambda x: x.transpose(1, 2),
    "transpose from the end": lambda x: x.transpose(-1, -2),
    "flatten": lambda x: x.flatten(1),
    "rows into one dimension": lambda x: x.reshape(-1, 3),
    "rows kept and split": lambda x: x.reshape(x.shape[0], 3, 2),
    "rows moved inside": lambda x: x.reshape(2, 3, x.shape[0]).transpose(0, 2),
    "padding": lambda x: pad2d(x, (2, 1), -0.5),
    "leaky_relu": lambda x: leaky_relu(x, 0.3),
    "log_softmax": lambda x: log_softmax(x, -1),
    "the smallest": lambda x: x.min(1) - x.min(),
    "whole numbers and floats": lambda x: (x * Tensor([1, 2, 3]) + Tensor([True, False, True])) / 2,
    "another dtype": lambda x: x.double().exp().float().clone(),
    "a value used twice": lambda x: x.exp() + x.exp().transpose(1, 2).transpose(1, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_gives_the_same_in_onnxruntime(tmp_path: Path, name: str) -> None:
    assert_same_in_onnxruntime(Function(OPERATIONS[name]).eval(), (2, 3), tmp_path)


def test_weights_keep_their_names_and_are_written_once(tmp_path: Path) -> None:
    manual_seed(0)
    model = MLP((4, 3, 2))
    path = assert_same_in_onnxruntime(model.eval(), (4,), tmp_path)
    found = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(path).graph.initializer
    }
    assert found.keys() == model.state_dict().keys()
    for name, values in model.state_dict().items():
        np.testing.assert_array_equal(found[name], values.data)


def test_the_file_says_that_it_takes_any_number_of_rows(tmp_path: Path) -> None:
    path = assert_same_in_onnxruntime(MLP((4, 2)).eval(), (4,), tmp_path)
    session = onnxruntime.InferenceSession(path)
    assert [(i.name, i.shape) for i in session.get_inputs()] == [("input", ["rows", 4])]
    assert [(o.name, o.shape) for o in session.get_outputs()] == [("scores", ["rows", 2])]


@pytest.mark.parametrize(
    ("function", "part"),
    [
        (lambda x: x[:, 0], "no rule for the operation __getitem__"),
        (lambda x: max_pool2d(x, 1), r"images \(N, C, H, W\)"),
        (lambda x: x * float(x.shape[0]), r"mul takes 2\.0 for two rows, 3\.0 for three"),
        (lambda x: x + Tensor(np.random.default_rng().random(x.shape)), "number of rows"),
        (lambda x: x if len(x.data) == 2 else x + 1, "other operations"),
        (lambda x: Tensor(x.data), "not computed from its input"),
        (lambda x: x * x.data.mean().item(), "mul takes .* for two rows, .* for three"),
        (lambda x: x - Tensor(x.data.mean()), "sub takes a tensor that changes with the rows"),
        (lambda x: x * 2 if x.data.sum() > 0 else x, "other scores than the model"),
        (lambda x: x * float(x.data.max() > 0), "other scores than the model"),
    ],
)
def test_what_onnx_could_not_say_is_refused_and_nothing_is_written(
    tmp_path: Path, function: Any, part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        export_onnx(Function(function).eval(), Tensor(np.ones((1, 3))), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_model_in_training_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"model\.eval\(\)"):
        export_onnx(MLP((3, 2)), Tensor(np.ones((1, 3))), tmp_path / "model.onnx")


def test_safetensors_fit_the_same_layers_of_pytorch(tmp_path: Path) -> None:
    ours = trained_norms().eval()
    export_safetensors(ours, tmp_path / "m.safetensors", {"made by": "a test"})
    theirs = torch.nn.Sequential(
        torch.nn.Linear(6, 5), torch.nn.LayerNorm(5), torch.nn.GELU(),
        torch.nn.Linear(5, 4, bias=False), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5),
        torch.nn.LayerNorm(4, elementwise_affine=False), torch.nn.Softmax(1),
    ).eval()  # fmt: skip
    theirs.load_state_dict(safetensors.torch.load_file(tmp_path / "m.safetensors"))
    x = random_rows(5, 6)
    with torch.no_grad():
        wanted = theirs(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(ours(Tensor(x)).data, wanted, rtol=1e-5, atol=1e-6)
    with safetensors.safe_open(tmp_path / "m.safetensors", "np") as file:
        assert file.metadata() == {"made by": "a test"}


@pytest.mark.parametrize("package", ["onnx", "safetensors"])
def test_a_missing_package_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    model, example, path = MLP((3, 2)).eval(), Tensor(np.ones((1, 3))), tmp_path / "model"
    export = {
        "onnx": lambda: export_onnx(model, example, path),
        "safetensors": lambda: export_safetensors(model, path),
    }[package]
    with pytest.raises(ImportError, match=rf"{package}: pip install 'tinytorch\[deploy\]'"):
        export()


@pytest.mark.parametrize("shape", [(), (0, 3)])
def test_an_example_without_a_row_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs an example of one row or more"):
        export_onnx(MLP([3, 2]).eval(), Tensor(np.zeros(shape)), tmp_path / "model.onnx")
