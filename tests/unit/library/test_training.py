"""Losses and their gradients against PyTorch; the training loop; early stopping; exact resume."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's custom
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tinytorch import training
from tinytorch.data import DataLoader, TensorDataset, load_digits, random_split
from tinytorch.layers import BatchNorm1d, Dropout, Linear, Module, Parameter, manual_seed
from tinytorch.networks import MLP, Sequential
from tinytorch.optim import SGD, Adam, CosineAnnealingLR
from tinytorch.tensor import Tensor
from tinytorch.training import (
    EarlyStopping,
    Trainer,
    accuracy,
    binary_cross_entropy_with_logits,
    confusion_matrix,
    cross_entropy,
    load_checkpoint,
    mse_loss,
    overfit_batch,
    save_checkpoint,
    softplus,
    write_checkpoint,
)

REDUCTIONS = st.sampled_from(["mean", "sum", "none"])
FLOATS = st.sampled_from([np.float32, np.float64])
SHAPES = arrays.array_shapes(min_dims=1, max_dims=3, max_side=4)


def assert_same_loss(name: str, input: np.ndarray, target: np.ndarray, **options: Any) -> None:
    """Value and gradient of the loss `name`, with an upstream gradient that varies."""
    mine, their = Tensor(input).requires_grad_(), torch.tensor(input, requires_grad=True)
    ours = getattr(training, name)(mine, Tensor(target), **options)
    theirs = getattr(F, name)(their, torch.tensor(target), **options)
    tight = 1e-10 if input.dtype == np.float64 else 3e-5
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.detach().numpy().dtype
    np.testing.assert_allclose(ours.data, theirs.detach(), rtol=tight, atol=tight / 10)
    upstream = np.random.default_rng(9).normal(size=ours.shape).astype(input.dtype)
    ours.backward(Tensor(upstream))
    theirs.backward(torch.tensor(upstream))
    assert mine.grad is not None
    assert their.grad is not None
    np.testing.assert_allclose(mine.grad.data, their.grad, rtol=tight, atol=tight / 10)


@settings(max_examples=40)
@given(shape=SHAPES, reduction=REDUCTIONS, dtype=FLOATS, seed=st.integers(0, 99))
def test_mse_is_pytorchs(shape: Any, reduction: str, dtype: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    assert_same_loss("mse_loss", a, b, reduction=reduction)


def test_softplus_is_pytorchs_with_its_slope_at_zero_too() -> None:
    values = np.array([[0.0, -0.0, 1.0], [-1000.0, 1000.0, 88.8]])
    mine, their = Tensor(values).requires_grad_(), torch.tensor(values, requires_grad=True)
    ours, theirs = softplus(mine), F.softplus(their)
    np.testing.assert_allclose(ours.data, theirs.detach(), rtol=1e-8, atol=1e-12)
    ours.backward(Tensor(np.arange(6.0).reshape(2, 3)))
    theirs.backward(torch.arange(6.0, dtype=torch.float64).reshape(2, 3))
    assert mine.grad is not None
    assert their.grad is not None
    np.testing.assert_allclose(mine.grad.data, their.grad, rtol=1e-8, atol=1e-12)


@settings(max_examples=40)
@given(
    shape=SHAPES,
    reduction=REDUCTIONS,
    dtype=FLOATS,
    scale=st.sampled_from([0.0, 1.0, 30.0, 1000.0]),
    seed=st.integers(0, 99),
)
def test_binary_cross_entropy_is_pytorchs(
    shape: Any, reduction: str, dtype: Any, scale: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    scores = (scale * rng.normal(size=shape)).astype(dtype)
    targets = rng.choice([0.0, 0.3, 1.0], size=shape).astype(dtype)
    name = "binary_cross_entropy_with_logits"
    assert_same_loss(name, scores, targets, reduction=reduction)


@settings(max_examples=40)
@given(
    batch=st.integers(1, 6),
    classes=st.integers(1, 5),
    reduction=REDUCTIONS,
    dtype=FLOATS,
    scale=st.sampled_from([1.0, 1000.0]),
    label_smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    seed=st.integers(0, 99),
)
def test_cross_entropy_is_pytorchs(
    batch: int,
    classes: int,
    reduction: str,
    dtype: Any,
    scale: float,
    label_smoothing: float,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    scores = (scale * rng.normal(size=(batch, classes))).astype(dtype)
    options = {"reduction": reduction, "label_smoothing": label_smoothing}
    assert_same_loss("cross_entropy", scores, rng.integers(0, classes, batch), **options)


def test_losses_stay_finite_where_the_formula_overflows(recwarn: Any) -> None:
    scores = Tensor([[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 0.0]]).requires_grad_()
    loss = cross_entropy(scores, Tensor(np.array([1, 1])))
    loss.backward()
    assert loss.item() == 1000
    assert scores.grad is not None
    assert scores.grad.tolist() == [[0.5, -0.5, 0], [0, 0, 0]]
    logits = Tensor([1000.0, -1000.0, 1000.0, 0.0])
    losses = binary_cross_entropy_with_logits(logits, Tensor([0.0, 0.0, 1.0, 1.0]), "none")
    np.testing.assert_allclose(losses.data, [1000, 0, 0, math.log(2)], rtol=1e-6)
    assert not recwarn.list


SCORES = Tensor([[0.1, 2.0, 0.3], [4.0, 0.0, 1.0], [0.0, 1.0, 0.5], [0.0, 0.2, 7.0]])
LABELS = Tensor(np.array([1, 0, 2, 2]))


def test_accuracy_and_confusion_count_the_same_answers() -> None:
    assert accuracy(SCORES, LABELS) == 0.75
    matrix = confusion_matrix(SCORES, LABELS)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]  # a 2 was taken for a 1
    assert matrix.dtype == np.int64


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda: mse_loss(Tensor([1, 2]), Tensor([[1], [2]])), ValueError, ["(2,)", "(2, 1)"]),
        (lambda: mse_loss(Tensor([]), Tensor([])), ValueError, ["mse_loss", "(0,)"]),
        (lambda: mse_loss(SCORES, SCORES, "median"), ValueError, ["'median'", "'mean'"]),
        (
            lambda: binary_cross_entropy_with_logits(Tensor([1]), Tensor([1.5])),
            ValueError,
            ["from 0 to 1", "1.5"],
        ),
        (lambda: cross_entropy(SCORES, Tensor(np.array([0, 1, 2, 3]))), IndexError, ["3", "2"]),
        (lambda: cross_entropy(SCORES, Tensor(np.array([0, 1, -1, 2]))), IndexError, ["-1"]),
        (lambda: cross_entropy(SCORES, Tensor([0.0, 1, 2, 0])), TypeError, ["float32"]),
        (lambda: cross_entropy(SCORES, LABELS[1:]), ValueError, ["(4, 3)", "(3,)"]),
        (
            lambda: cross_entropy(Tensor(np.ones((0, 3))), Tensor(np.ones(0, np.int64))),
            ValueError,
            ["at least one", "(0, 3)"],
        ),
        (lambda: cross_entropy(SCORES, LABELS, label_smoothing=2), ValueError, ["2"]),
        (lambda: accuracy(SCORES[0], LABELS), ValueError, ["accuracy", "(3,)"]),
        (lambda: EarlyStopping(mode="less"), ValueError, ["'less'"]),
        (lambda: EarlyStopping(patience=0), ValueError, ["patience", "0"]),
        (lambda: trainer().evaluate([]), ValueError, ["no batch"]),
        (lambda: trainer().train_epoch([]), ValueError, ["no batch"]),
        (
            lambda: EarlyStopping("val_los").step({"epoch": 1, "val_loss": 2}, MLP((1, 1))),
            ValueError,
            ["'val_los'", "epoch, val_loss"],
        ),
    ],
)
def test_errors_name_what_came(call: Any, error: Any, parts: list[str]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert all(part in str(caught.value) for part in parts), caught.value


def network() -> Sequential:
    """Everything that a resumed run has to bring back: dropout and running statistics too."""
    return Sequential(Linear(64, 32), BatchNorm1d(32), Dropout(0.3), *MLP((32, 10)))


def trainer(**options: Any) -> Trainer:
    model = network()
    optimizer = Adam(model.parameters(), lr=0.01)
    return Trainer(
        model, optimizer, scheduler=CosineAnnealingLR(optimizer, T_max=6), max_norm=1.0, **options
    )


def digits(count: int = 300) -> tuple[DataLoader, DataLoader]:
    images, labels = load_digits()[:count]
    flat = TensorDataset(images.flatten(1), labels)
    train, test = random_split(flat, [0.8, 0.2], np.random.default_rng(1))
    loader = DataLoader(train, 32, shuffle=True, generator=np.random.default_rng(2))
    return loader, DataLoader(test, 50)


def test_training_follows_pytorchs_step_by_step() -> None:
    manual_seed(0)
    model = MLP((64, 16, 10))
    theirs = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
    theirs.load_state_dict(
        {name: torch.tensor(value.data) for name, value in model.state_dict().items()}
    )
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    loop = Trainer(model, SGD(model.parameters(), lr=0.1, momentum=0.9), max_norm=2.0)
    batches = list(digits()[0])
    record = loop.train_epoch(batches)
    losses: list[float] = []
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(theirs(torch.tensor(inputs.data)), torch.tensor(targets.data))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 2.0)
        optimizer.step()
        losses += [loss.item()] * len(targets.data)
    assert record["loss"] == pytest.approx(sum(losses) / len(losses), rel=1e-5)
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(value.data, theirs.state_dict()[name], rtol=1e-3, atol=1e-5)


def test_one_batch_is_learned_by_heart_with_shuffled_labels_too() -> None:
    manual_seed(0)
    images, labels = load_digits()[:32]
    model = MLP((64, 64, 10))
    loop = Trainer(model, Adam(model.parameters(), lr=0.01))
    losses = overfit_batch(loop, images.flatten(1), labels[::-1], goal=0.05)
    assert losses[0] > 2
    assert losses[-1] <= 0.05 < losses[-2]
    assert loop.history == []


def test_evaluate_counts_every_example_once_and_changes_nothing() -> None:
    manual_seed(0)
    loop, (loader, test) = trainer(), digits()
    loop.train_epoch(loader)
    before = {name: value.data.copy() for name, value in loop.model.state_dict().items()}
    record = loop.evaluate(test)  # batches of 50 and of 10
    whole = test.dataset[np.arange(60)]
    loop.model.eval()
    assert record["loss"] == pytest.approx(cross_entropy(loop.model(whole[0]), whole[1]).item())
    assert record["accuracy"] == pytest.approx(accuracy(loop.model(whole[0]), whole[1]))
    assert loop.evaluate(test) == record  # no dropout
    for name, value in loop.model.state_dict().items():
        np.testing.assert_array_equal(value.data, before[name])


def test_fit_learns_reports_and_keeps_a_history() -> None:
    manual_seed(0)
    seen: list[dict[str, float]] = []
    loop, (loader, test) = trainer(), digits()
    history = loop.fit(loader, test, epochs=6, progress=seen.append)
    assert seen == history == loop.history
    assert [record["epoch"] for record in history] == [1, 2, 3, 4, 5, 6]
    assert set(history[0]) == {"epoch", "lr", "loss", "accuracy", "val_loss", "val_accuracy"}
    rates = [0.01 * (1 + math.cos(math.pi * epoch / 6)) / 2 for epoch in range(6)]
    assert [record["lr"] for record in history] == pytest.approx(rates)
    assert history[-1]["loss"] < history[0]["loss"] / 2
    assert history[-1]["val_accuracy"] > 0.8


class Constant(Module):
    """A model whose only weight a test moves by hand."""

    def __init__(self) -> None:
        self.weight = Parameter([0.0])


def stopped_after(values: list[float], **options: Any) -> tuple[int, float]:
    """In which epoch it stops, and the weight (the epoch) that is restored then."""
    model, stopping, epoch = Constant(), EarlyStopping("val", **options), 0
    for epoch, value in enumerate(values, start=1):
        model.weight.data[...] = epoch
        if stopping.step({"val": value}, model):
            break
    stopping.restore(model)
    return epoch, model.weight.item()


def test_early_stopping_waits_and_gives_the_best_weights_back() -> None:
    losses = [5, 4, 4.5, 3, 3.5, 3, 3.2, 1]
    assert stopped_after(losses, patience=3) == (7, 4)
    assert stopped_after(losses, patience=5) == (8, 8)
    assert stopped_after(losses, patience=3, min_delta=2.5) == (4, 1)
    assert stopped_after([-loss for loss in losses], patience=3, mode="max") == (7, 4)
    assert stopped_after([2, math.nan, math.nan, 1], patience=2) == (3, 1)


def test_fit_ends_early_with_the_best_weights() -> None:
    manual_seed(0)
    loop, (loader, test) = trainer(early_stopping=EarlyStopping("val_loss", 2)), digits()
    loop.optimizer.param_groups[0]["initial_lr"] = 0.5
    loop.scheduler = None
    loop.optimizer.param_groups[0]["lr"] = 0.5  # far too high to go on improving
    history = loop.fit(loader, test, epochs=60)
    losses = [record["val_loss"] for record in history]
    assert len(history) < 60
    assert len(losses) - 1 - losses.index(min(losses)) == 2
    assert loop.evaluate(test)["loss"] == pytest.approx(min(losses))


RESUME = """
import json, sys
sys.path[:0] = json.loads(sys.argv[2])
import test_training as t
t.manual_seed(987)  # another start: all must come from the file
loop, (loader, test) = t.trainer(early_stopping=t.EarlyStopping(patience=50)), t.digits()
loader.generator.random(5)
assert t.load_checkpoint(sys.argv[1], loop, [loader.generator]) == 3
loop.fit(loader, test, epochs=3)
t.save_checkpoint(sys.argv[1] + ".end", loop, [loader.generator])
"""


def test_a_run_that_is_resumed_in_another_process_is_the_same_to_the_bit(tmp_path: Path) -> None:
    def run(epochs: int, path: Path) -> None:
        manual_seed(5)
        loop = trainer(early_stopping=EarlyStopping(patience=50))
        loader, test = digits()
        assert loader.generator is not None
        sources = [loader.generator]

        def save(record: dict[str, float]) -> None:
            if record["epoch"] == 3:
                save_checkpoint(path, loop, sources)

        loop.fit(loader, test, epochs, progress=save)
        if epochs == 6:
            save_checkpoint(path, loop, sources)

    run(6, tmp_path / "straight.npz")
    run(3, tmp_path / "half.npz")
    program = [sys.executable, "-c", RESUME, str(tmp_path / "half.npz"), json.dumps(sys.path)]
    ran = subprocess.run(program, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    with np.load(tmp_path / "straight.npz") as wanted, np.load(tmp_path / "half.npz.end") as got:
        assert set(wanted.files) == set(got.files)
        assert len(wanted.files) > 15
        for name in wanted.files:
            assert wanted[name].dtype == got[name].dtype
            assert wanted[name].tobytes() == got[name].tobytes(), name


def test_a_crash_while_writing_leaves_the_checkpoint_before_it(
    tmp_path: Path, monkeypatch: Any
) -> None:
    path, loop = tmp_path / "run.npz", trainer()
    save_checkpoint(path, loop)
    before = path.read_bytes()

    def crash(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("tinytorch.training.os.fsync", crash)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(path, loop)
    assert path.read_bytes() == before
    assert load_checkpoint(path, loop) == 0


def test_a_checkpoint_is_read_without_unpickling(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", tree=np.array([Path("x")], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"evil\.npz is no checkpoint: .*allow_pickle=False"):
        load_checkpoint(tmp_path / "evil.npz", trainer())


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 torn"])
def test_what_is_no_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"notes\.txt is no checkpoint"):
        load_checkpoint(path, trainer())


def test_a_checkpoint_without_all_its_parts_is_named(tmp_path: Path) -> None:
    path = tmp_path / "half.npz"
    write_checkpoint(path, {"trainer": trainer().state_dict()})
    with pytest.raises(ValueError, match=r"half\.npz is no checkpoint: there is no 'generators'"):
        load_checkpoint(path, trainer())


def test_a_checkpoint_of_other_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    save_checkpoint(path, trainer())
    with pytest.raises(ValueError, match="early_stopping"):
        load_checkpoint(path, trainer(early_stopping=EarlyStopping()))
    with pytest.raises(ValueError, match=r"0 generators .* not 1"):
        load_checkpoint(path, trainer(), [np.random.default_rng()])
    model = MLP((64, 9))
    optimizer = Adam(model.parameters())
    other = Trainer(model, optimizer, scheduler=CosineAnnealingLR(optimizer, 6))
    with pytest.raises(ValueError, match=r"0\.weight"):
        load_checkpoint(path, other)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64])
def test_a_confusion_matrix_counts_labels_of_small_dtypes_where_their_product_overflows(
    dtype: Any,
) -> None:
    scores, labels = np.eye(40, dtype=np.float32), np.arange(40).astype(dtype)
    assert (confusion_matrix(Tensor(scores), Tensor(labels)).data == np.eye(40)).all()


@pytest.mark.parametrize("labels", [[0, 1], np.array([0, 1])])
def test_labels_that_are_no_tensor_are_refused(labels: Any) -> None:
    with pytest.raises(TypeError, match=r"cross_entropy takes tensors, not (a list|an ndarray)"):
        cross_entropy(Tensor(np.ones((2, 3), np.float32)), labels)


def test_a_batch_that_is_no_pair_of_tensors_is_refused() -> None:
    model = MLP([2, 3])
    trainer = Trainer(model, SGD(model.parameters()))
    with pytest.raises(TypeError, match=r"a batch is a pair \(inputs, targets\), not an int, 5"):
        trainer.train_epoch([5])
    with pytest.raises(TypeError, match="a batch takes tensors, not an ndarray"):
        trainer.train_epoch([(np.zeros((1, 2), np.float32), np.zeros(1, int))])


def test_an_array_file_is_no_checkpoint(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.ones(3))
    model = MLP([2, 3])
    with pytest.raises(
        ValueError, match=r"one.npy is no checkpoint: save_checkpoint writes npz files"
    ):
        load_checkpoint(tmp_path / "one.npy", Trainer(model, SGD(model.parameters())))
