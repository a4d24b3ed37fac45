"""A trainer, its optimizer and its checkpoints where the arrays are not NumPy's.

The device is a stand-in for a GPU: `device_array`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from device_array import DeviceArray

from tinytorch import optim
from tinytorch.data import DataLoader, TensorDataset
from tinytorch.layers import manual_seed
from tinytorch.networks import MLP
from tinytorch.tensor import Tensor
from tinytorch.training import (
    EarlyStopping,
    Trainer,
    binary_cross_entropy_with_logits,
    confusion_matrix,
    load_checkpoint,
    mse_loss,
    save_checkpoint,
)

RNG = np.random.default_rng(0)
ROWS = TensorDataset(
    Tensor(RNG.normal(size=(24, 5)).astype(np.float32)), Tensor(RNG.integers(0, 3, 24))
)
OPTIMIZERS = {
    "SGD": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    "RMSprop": {"momentum": 0.5, "weight_decay": 0.1},
    "Adam": {"weight_decay": 0.1},
    "AdamW": {},
}


@pytest.fixture(autouse=True)
def a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    def asarray(array: Any) -> DeviceArray:
        return array if isinstance(array, DeviceArray) else DeviceArray(np.array(array))

    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(asarray=asarray))


def host(tensor: Tensor) -> np.ndarray:
    assert isinstance(tensor.data, DeviceArray)
    return tensor.data.get()


def trainer(name: str, device: str) -> tuple[Trainer, DataLoader]:
    manual_seed(1)
    model = MLP((5, 8, 3)).to(device)
    optimizer = getattr(optim, name)(model.parameters(), lr=0.02, **OPTIMIZERS[name])
    stopping = EarlyStopping("loss", patience=9)
    loader = DataLoader(ROWS, 7, shuffle=True, generator=np.random.default_rng(3))
    return Trainer(model, optimizer, max_norm=0.7, early_stopping=stopping), loader


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_batches_follow_the_model_and_the_weights_are_those_of_the_cpu(name: str) -> None:
    (here, batches), (there, same) = trainer(name, "cpu"), trainer(name, "cuda")
    wanted = here.fit(batches, batches, epochs=3)
    history = there.fit(same, same, epochs=3)
    assert [set(record) for record in history] == [set(record) for record in wanted]
    for ours, reference in zip(there.model.parameters(), here.model.parameters(), strict=True):
        np.testing.assert_allclose(host(ours), reference.data, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_checkpoint_from_the_device_goes_on_here_and_there(
    name: str, device: str, tmp_path: Path
) -> None:
    straight, batches = trainer(name, "cuda")
    straight.fit(batches, epochs=2, progress=lambda _: save_checkpoint(tmp_path / "run", straight))
    resumed, _ = trainer(name, device)
    assert load_checkpoint(tmp_path / "run", resumed) == 2
    fixed = [ROWS[:12], ROWS[12:]]
    straight.fit(fixed, epochs=2)
    resumed.fit(fixed, epochs=2)
    assert len(resumed.history) == 4
    for ours, reference in zip(
        resumed.model.parameters(), straight.model.parameters(), strict=True
    ):
        assert ours.device == device
        np.testing.assert_allclose(ours.to("cpu").data, host(reference), rtol=1e-5, atol=1e-6)


def test_losses_and_counts_are_those_of_the_cpu() -> None:
    scores, targets = ROWS[:4][0], Tensor(RNG.uniform(size=(4, 5)).astype(np.float32))
    for loss in (mse_loss, binary_cross_entropy_with_logits):
        there = loss(scores.to("cuda"), targets.to("cuda"))
        np.testing.assert_allclose(host(there), loss(scores, targets).data, rtol=1e-6)
    labels = Tensor(np.array([4, 0, 2, 2]))
    matrix = confusion_matrix(scores.to("cuda"), labels.to("cuda"))
    assert matrix.tolist() == confusion_matrix(scores, labels).tolist()
