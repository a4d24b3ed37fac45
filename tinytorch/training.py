"""Training: how wrong a network is, the loop that makes it less so, and how to go on later."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np

from tinytorch.activations import log_softmax, relu
from tinytorch.autograd import no_grad
from tinytorch.checks import checked, described
from tinytorch.data import check_tensors
from tinytorch.layers import Module, default_generator
from tinytorch.optim import LRScheduler, Optimizer, clip_grad_norm_
from tinytorch.tensor import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
Metric = Callable[[Tensor, Tensor], float]
Batches = Iterable[Any]  # pairs of inputs and targets


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of (input - target)², as `torch.nn.functional.mse_loss`.

    reduction: "mean" or "sum" over all elements, or "none" to keep the shape of the input.
    Raises ValueError if the shapes differ: broadcasting would compare each with all.
    """
    check_shapes("mse_loss", input, target)
    difference = input - target
    return reduced(difference * difference, reduction)


def softplus(input: Tensor) -> Tensor:
    """log(1 + exp(input)), element by element, without overflow: as `torch.nn.functional.softplus`.

    With any m it is m + log(exp(-m) + exp(input - m)). Where m is the larger of 0 and input, no
    exponent is above 0.
    """
    larger = relu(input)
    return larger + ((-larger).exp() + (input - larger).exp()).log()


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, reduction: str = "mean"
) -> Tensor:
    """-log of the chance that sigmoid(input) gives to the target, without overflow.

    input: scores of any shape. target: floats from 0 to 1 of the same shape. reduction as for
    `mse_loss`. As `torch.nn.functional.binary_cross_entropy_with_logits`. Raises ValueError if
    the shapes differ or a target is out of range.
    """
    check_shapes("binary_cross_entropy_with_logits", input, target)
    check_chances("binary_cross_entropy_with_logits", target)
    return reduced((1 - target) * input + softplus(-input), reduction)


def cross_entropy(
    input: Tensor, target: Tensor, reduction: str = "mean", label_smoothing: float = 0.0
) -> Tensor:
    """-log of the chance that softmax(input) gives to the right class, without overflow.

    input: scores (batch, classes). target: class numbers (batch,), whole numbers from 0.
    label_smoothing: the share of the target that is spread evenly over all classes.
    As `torch.nn.functional.cross_entropy`. Raises ValueError for shapes that do not fit or a
    smoothing out of range, TypeError for labels that are not whole numbers, IndexError for a label
    that is no class.
    """
    check_labels("cross_entropy", input, target)
    check_smoothing(label_smoothing)
    log_chances = log_softmax(input, 1)
    rows = np.arange(target.size, like=target.data)
    losses = -log_chances[rows, target]
    return reduced(smoothed(losses, log_chances, label_smoothing), reduction)


def accuracy(input: Tensor, target: Tensor) -> float:
    """The share of rows whose highest score is that of the right class, from 0 to 1.

    input: scores (batch, classes). target: class numbers (batch,). Raises as `cross_entropy`.
    """
    check_labels("accuracy", input, target)
    return (input.data.argmax(axis=1) == target.data).mean().item()


def confusion_matrix(input: Tensor, target: Tensor) -> Tensor:
    """How often each class was taken for each: (classes, classes), int64.

    Row 3, column 8 counts the threes that were taken for eights; the diagonal is right.
    input: scores (batch, classes). target: class numbers (batch,). Raises as `cross_entropy`.
    """
    check_labels("confusion_matrix", input, target)
    classes = input.shape[1]
    matrix = np.zeros((classes, classes), np.int64)
    labels, answers = target.to("cpu").data, input.to("cpu").data.argmax(1)
    np.add.at(matrix, (labels, answers), 1)
    return Tensor(matrix)


class Trainer:
    """Trains a model: batch by batch, epoch by epoch, with a record of each."""

    history: list[dict[str, float]]  # one record an epoch

    @checked
    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss_function: Loss = cross_entropy,
        *,
        metric: Metric | None = accuracy,
        scheduler: LRScheduler | None = None,
        max_norm: float | None = None,
        early_stopping: EarlyStopping | None = None,
    ) -> None:
        """Keep the parts.

        metric: called as metric(outputs, targets), beside the loss; recorded under its name.
        scheduler: goes on after each epoch. max_norm: clips the gradients of each batch.
        early_stopping: ends `fit` before its last epoch when that is of no more use. Given.
        """
        self.model, self.optimizer, self.loss_function = model, optimizer, loss_function
        self.metric, self.scheduler, self.max_norm = metric, scheduler, max_norm
        self.early_stopping, self.history = early_stopping, []

    def train_batch(self, inputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Learn from one batch: one step of the optimizer, along the slopes of this batch alone.

        Returns its loss and metric, as numbers, measured before the weights moved.
        """
        self.optimizer.zero_grad()
        outputs = self.model(inputs)
        loss = self.loss_function(outputs, targets)
        loss.backward()
        self.clip_gradients()
        self.optimizer.step()
        return {"loss": loss.item(), **self.measured(outputs, targets)}

    def train_epoch(self, loader: Batches) -> dict[str, float]:
        """Go through the batches once, in train mode, and learn from each.

        Returns the mean loss and metric over the examples, each measured before its batch changed
        the weights. Raises ValueError if there is no batch.
        """
        self.model.train()
        averages = Averages()
        for inputs, targets in on_device_of(self.model, loader):
            averages.add(len(targets), **self.train_batch(inputs, targets))
        return averages.result()

    def evaluate(self, loader: Batches) -> dict[str, float]:
        """The mean loss and metric over the examples, in eval mode; nothing is learned.

        Raises ValueError if there is no batch.
        """
        self.model.eval()
        averages = Averages()
        with no_grad():
            for inputs, targets in on_device_of(self.model, loader):
                outputs = self.model(inputs)
                loss = self.loss_function(outputs, targets).item()
                averages.add(len(targets), loss=loss, **self.measured(outputs, targets))
        return averages.result()

    def measured(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """The metric of a batch, under its name; empty where there is no metric. Given."""
        if self.metric is None:
            return {}
        return {getattr(self.metric, "__name__", "metric"): self.metric(outputs, targets)}

    def clip_gradients(self) -> None:
        """Shorten the gradients to `max_norm` together; nothing where there is none. Given."""
        if self.max_norm is not None:
            clip_grad_norm_(self.model.parameters(), self.max_norm)

    @checked
    def fit(
        self,
        loader: Batches,
        validation: Batches | None = None,
        epochs: int = 1,
        progress: Callable[[dict[str, float]], Any] | None = None,
    ) -> list[dict[str, float]]:
        """Train for `epochs` more epochs; after each, evaluate on `validation`.

        Returns the history: {"epoch", "lr", "loss", "accuracy", "val_loss", "val_accuracy"} for
        each epoch, of which `progress` gets the newest. A checkpoint saved in `progress` can be
        resumed exactly.
        """
        for _ in range(epochs):
            record = self.run_epoch(loader, validation)
            stop = self.is_enough(record)
            if progress is not None:
                progress(record)
            if stop:
                break
        self.restore_best()
        return self.history

    def run_epoch(self, loader: Batches, validation: Batches | None) -> dict[str, float]:
        """Train, evaluate, record, and let the schedule go on. Returns the record. Given."""
        lr = self.optimizer.param_groups[0]["lr"]
        record = {"epoch": len(self.history) + 1, "lr": lr, **self.train_epoch(loader)}
        if validation is not None:
            for name, value in self.evaluate(validation).items():
                record[f"val_{name}"] = value
        self.history.append(record)
        if self.scheduler is not None:
            self.scheduler.step()
        return record

    def is_enough(self, record: dict[str, float]) -> bool:
        """Whether early stopping, if there is any, ends training after this epoch. Given."""
        return self.early_stopping is not None and self.early_stopping.step(record, self.model)

    def restore_best(self) -> None:
        """Go back to the best epoch that early stopping, if there is any, has seen. Given."""
        if self.early_stopping is not None:
            self.early_stopping.restore(self.model)

    def state_dict(self) -> dict[str, Any]:
        """Everything that training changes, by name; None for a part that is not there. Given."""
        parts = {name: getattr(self, name) for name in PARTS}
        states = {name: None if part is None else part.state_dict() for name, part in parts.items()}
        return {**states, "history": self.history}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned. Raises ValueError unless it fits. Given."""
        check_names(state, *PARTS, "history")
        parts = {name: getattr(self, name) for name in PARTS}
        for name, part in parts.items():
            if (part is None) != (state[name] is None):
                raise ValueError(f"one of the trainer and the state has a {name}, the other none")
        for name, part in parts.items():
            if part is not None:
                part.load_state_dict(state[name])
        self.history = [dict(record) for record in state["history"]]


def overfit_batch(
    trainer: Trainer, inputs: Tensor, targets: Tensor, goal: float = 0.01, steps: int = 500
) -> list[float]:
    """Learn this one batch, in train mode, until its loss is at most `goal`, or for `steps` steps.

    Returns the loss of each step. A loop that can't learn one batch by heart is broken.
    """
    trainer.model.train()
    losses: list[float] = []
    while len(losses) < steps:
        losses.append(trainer.train_batch(inputs, targets)["loss"])
        if losses[-1] <= goal:
            break
    return losses


class EarlyStopping:
    """Ends training when a number has not become better for a while, and keeps the best model."""

    @checked
    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str = "min",
    ) -> None:
        """Watch `monitor`, one of the names in a record of `Trainer.fit`.

        patience: how many epochs in a row without progress end it. min_delta: the least change
        that counts. mode: "min" where less is better, "max" where more is. Raises ValueError for
        another mode, a patience below 1 or a negative min_delta. Given.
        """
        if mode not in ("min", "max") or patience < 1 or not min_delta >= 0:
            raise ValueError(
                "EarlyStopping: mode is 'min' or 'max', patience at least 1 and min_delta at "
                f"least 0, not {mode!r}, {patience} and {min_delta}"
            )
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, min_delta, mode
        self.best, self.waited = math.inf, 0
        self.best_state: dict[str, Any] | None = None

    def step(self, record: dict[str, float], model: Module) -> bool:
        """Look at the record of an epoch, and keep its weights if it is the best. Whether to stop.

        Raises ValueError if the record has no `monitor`.
        """
        check_monitor(self.monitor, record)
        value = record[self.monitor] if self.mode == "min" else -record[self.monitor]
        if value < self.best - self.min_delta:
            self.best, self.waited = value, 0
            self.best_state = copied_state(model)
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self, model: Module) -> None:
        """Give the model the weights of the best epoch, if there was one. Given."""
        if self.best_state is not None:
            model.load_state_dict(self.best_state)

    def state_dict(self) -> dict[str, Any]:
        """The best value and weights so far, and how long ago they were. Given."""
        return {"best": self.best, "waited": self.waited, "best_state": self.best_state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned. Raises ValueError for another state. Given."""
        check_names(state, "best", "waited", "best_state")
        self.best, self.waited, self.best_state = (
            state["best"],
            state["waited"],
            state["best_state"],
        )


@checked
def save_checkpoint(
    path: str | os.PathLike[str],
    trainer: Trainer,
    generators: Sequence[np.random.Generator] = (),
) -> None:
    """Write all that training needs to go on, to the bit, as if it had never stopped.

    That is the trainer's state and that of every source of random numbers: the library's own, and
    `generators`, such as that of a DataLoader. The file appears whole or not at all.
    """
    sources = [generator.bit_generator.state for generator in (default_generator, *generators)]
    write_checkpoint(path, {"trainer": trainer.state_dict(), "generators": sources})


@checked
def load_checkpoint(
    path: str | os.PathLike[str],
    trainer: Trainer,
    generators: Sequence[np.random.Generator] = (),
) -> int:
    """Bring `trainer` and `generators` to where `save_checkpoint` found them.

    Both must be made as they were then. Returns the number of epochs that are done. Raises
    ValueError for what is no checkpoint, or of another model, optimizer or number of generators.
    """
    state = read_checkpoint(path)
    sources = state["generators"]
    check_generators(sources, generators)
    trainer.load_state_dict(state["trainer"])
    for generator, source in zip((default_generator, *generators), sources, strict=True):
        generator.bit_generator.state = source
    return len(trainer.history)


PARTS = ("model", "optimizer", "scheduler", "early_stopping")
"""What a trainer is made of that has a state. Given."""


class Averages:
    """Means over the examples of an epoch, which come in batches. Given."""

    def __init__(self) -> None:
        self.count = 0
        self.totals: dict[str, float] = {}

    def add(self, size: int, **values: float) -> None:
        """Count in a batch of `size` examples, with the mean of each value over them."""
        self.count += size
        for name, value in values.items():
            self.totals[name] = self.totals.get(name, 0.0) + size * value

    def result(self) -> dict[str, float]:
        """The means. Raises ValueError if nothing was counted."""
        if self.count == 0:
            raise ValueError("the loader gave no batch, so there is nothing to learn from")
        return {name: total / self.count for name, total in self.totals.items()}


def on_device_of(model: Module, loader: Batches) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of `loader`, moved to where the model's parameters are. Given."""
    device = next((parameter.device for parameter in model.parameters()), "cpu")
    if not isinstance(loader, Iterable) or isinstance(loader, Tensor):
        raise TypeError(f"a loader gives batches (inputs, targets), not {described(loader)}")
    for batch in loader:
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise TypeError(f"a batch is a pair (inputs, targets), not {described(batch)}")
        check_tensors("a batch", *batch)
        yield batch[0].to(device), batch[1].to(device)


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The mean or the sum of all losses, or the losses themselves. Given."""
    match reduction:
        case "mean":
            return losses.mean()
        case "sum":
            return losses.sum()
        case "none":
            return losses
    raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")


def smoothed(losses: Tensor, log_chances: Tensor, label_smoothing: float) -> Tensor:
    """Losses of which the share `label_smoothing` is the mean over all classes. Given."""
    if not label_smoothing:
        return losses
    return losses * (1 - label_smoothing) - log_chances.mean(1) * label_smoothing


def copied_state(model: Module) -> dict[str, np.ndarray]:
    """A copy of all that the model has learned, by name. Given."""
    return {name: np.array(value.to("cpu").data) for name, value in model.state_dict().items()}


def check_chances(name: str, target: Tensor) -> None:
    """Raises ValueError for a target that is not from 0 to 1. Given."""
    low, high = target.data.min().item(), target.data.max().item()
    if not 0 <= low <= high <= 1:
        raise ValueError(f"{name}: targets are from 0 to 1, not {low} to {high}")


def check_smoothing(label_smoothing: float) -> None:
    """Raises ValueError unless it is from 0 to 1. Given."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is from 0 to 1, not {label_smoothing}")


def check_monitor(monitor: str, record: dict[str, float]) -> None:
    """Raises ValueError if the record of an epoch has no `monitor`. Given."""
    if monitor not in record:
        raise ValueError(f"EarlyStopping: no {monitor!r} among {', '.join(record)}")


def check_generators(sources: Sequence[Any], generators: Sequence[Any]) -> None:
    """Raises ValueError if the checkpoint has more or fewer generators. Given."""
    if len(sources) != 1 + len(generators):
        raise ValueError(
            f"the checkpoint has {len(sources) - 1} generators beside the library's own, "
            f"not {len(generators)}"
        )


def check_shapes(name: str, input: Tensor, target: Tensor) -> None:
    """Raises ValueError unless both tensors have the same shape and an element. Given."""
    check_tensors(name, input, target)
    if input.shape != target.shape or input.size == 0:
        raise ValueError(
            f"{name} needs input and target of one shape with an element in it, "
            f"not {input.shape} and {target.shape}"
        )


def check_labels(name: str, input: Tensor, target: Tensor) -> None:
    """Raises unless there is one label, a whole number below the classes, for each row. Given."""
    check_tensors(name, input, target)
    if input.ndim != 2 or input.size == 0 or target.shape != input.shape[:1]:
        raise ValueError(
            f"{name} needs scores (batch, classes) and labels (batch,) of at least one example, "
            f"not {input.shape} and {target.shape}"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(f"{name}: labels are whole numbers, not {target.dtype}")
    lowest, highest = target.data.min().item(), target.data.max().item()
    if lowest < 0 or highest >= input.shape[1]:
        wrong = lowest if lowest < 0 else highest
        raise IndexError(f"{name}: label {wrong} is not among classes 0 to {input.shape[1] - 1}")


def pack(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """`value` as what JSON can hold; its tensors and arrays go to `arrays`, by path. Given."""
    match value:
        case Tensor():
            return pack(value.data, path, arrays)
        case dict():
            return {str(key): pack(part, f"{path}/{key}", arrays) for key, part in value.items()}
        case list() | tuple():
            return [pack(part, f"{path}/{index}", arrays) for index, part in enumerate(value)]
        case bool() | int() | float() | str() | None:
            return value
    arrays[path] = value.get() if hasattr(value, "get") else np.asarray(value)  # from a GPU, or not
    return {"array": path}


def unpack(tree: Any, arrays: Any) -> Any:
    """What `pack` packed. Given."""
    match tree:
        case {"array": str(path)}:
            return arrays[path]
        case dict():
            return {key: unpack(part, arrays) for key, part in tree.items()}
        case list():
            return [unpack(part, arrays) for part in tree]
    return tree


def write_checkpoint(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write dicts and lists of numbers, texts, tensors and arrays: an npz with a JSON text. Given.

    The file appears whole or not at all: a crash while writing leaves the file that was there.
    """
    arrays: dict[str, np.ndarray] = {}
    tree = pack(state, "", arrays)
    partial = Path(f"{os.fspath(path)}.partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays, tree=np.array(json.dumps(tree)))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What `save_checkpoint` wrote. Raises ValueError for another file or a folder. Given."""
    name = os.fspath(path)
    if Path(path).is_dir():
        raise ValueError(f"{name} is a folder: give the path of the checkpoint in it")
    if Path(path).is_file() and not is_zipfile(path):
        raise ValueError(f"{name} is no checkpoint: save_checkpoint writes npz files")
    try:
        with np.load(path) as file:
            check_names(file, "tree")
            state = unpack(json.loads(file["tree"].item()), file)
            check_names(state, "trainer", "generators")
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ValueError(f"{name} is no checkpoint: {error}") from None
    return state


def check_names(found: Any, *wanted: str) -> None:
    """Raises ValueError unless `found`, a file or a dict, has all names in `wanted`. Given."""
    names = list(found) if isinstance(found, Mapping) else []
    if missing := [name for name in wanted if name not in names]:
        held = ", ".join(map(repr, names[:5])) or "none"
        raise ValueError(f"there is no {missing[0]!r} among its names: {held}")
