"""Networks: layers in a row, what they hold and what they cost; and the first network of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tinytorch.activations import Activation, ReLU, like
from tinytorch.checks import checked, described
from tinytorch.layers import Linear, Module, Parameter, at_least_one
from tinytorch.operation import recording
from tinytorch.tensor import Tensor

Layer = Callable[[Tensor], Tensor]
"""Anything that is called with a tensor and returns one: a Module, an Activation, a function."""


class Sequential(Module):
    """Layers in a row: each takes what the one before it gives. They are named "0", "1", …"""

    layers: list[Any]

    def __init__(self, *layers: Layer) -> None:
        """Keep `layers` in their order. Raises TypeError for one that can't be called. Given."""
        check_layers(layers)
        self.layers = list(layers)

    def forward(self, input: Tensor) -> Tensor:
        """`input` through every layer in turn."""
        for layer in self.layers:
            input = layer(input)
        return input

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """("0", layer), ("1", layer), …"""
        for place, layer in enumerate(self.layers):
            yield str(place), layer

    def __len__(self) -> int:
        """The number of layers. Given."""
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        """The layers, the first one first. Given."""
        return iter(self.layers)

    def __getitem__(self, index: int | slice) -> Any:
        """The layer at `index`; a slice gives a Sequential of the same layers. Given."""
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]


def fuse_linears(first: Linear, second: Linear) -> Linear:
    """The one Linear that computes what `first` and then `second` compute.

    Raises ValueError unless `second` takes as many numbers as `first` gives.
    """
    check_fit(first, second)
    weight = second.weight.matmul(first.weight)
    bias = second(bias_of(first))
    return linear_of(weight, bias)


class MLP(Sequential):
    """A multi-layer perceptron: Linear layers with an activation between each two."""

    @checked
    def __init__(self, sizes: Sequence[int], activation: Callable[[], Layer] = ReLU) -> None:
        """sizes (784, 256, 10) makes Linear(784, 256), activation(), Linear(256, 10).

        The last layer has no activation: its outputs are scores. Raises ValueError for fewer than
        two sizes, TypeError for an activation that is made already: ReLU() for ReLU.
        """
        check_mlp(sizes, activation)
        layers: list[Layer] = []
        for inputs, outputs in pairwise(sizes):
            layers += [Linear(inputs, outputs), activation()]
        super().__init__(*layers[:-1])


def mlp_cost(sizes: Sequence[int], batch: int) -> tuple[int, int]:
    """(parameters, FLOPs) of an MLP of these sizes and one call on `batch` rows; none is made."""
    parameters, flops = 0, 0
    for inputs, outputs in pairwise(sizes):
        parameters += inputs * outputs + outputs
        flops += 2 * inputs * outputs * batch
    return parameters, flops


@checked
def count_parameters(model: Module) -> int:
    """How many numbers the parameters of `model` hold; a shared parameter counts once."""
    return sum(parameter.size for parameter in model.parameters())


@dataclass(frozen=True)
class Row:
    """One call of a layer: its name in the model, its type, what it gave, held and cost."""

    name: str
    layer: str
    output_shape: tuple[int, ...]
    parameters: int
    flops: int


@dataclass(frozen=True)
class Summary:
    """The rows of a model, in the order of the calls, and their sums."""

    rows: tuple[Row, ...]
    parameters: int
    flops: int

    def __str__(self) -> str:
        """The rows as a table. Given."""
        head = ("layer", "output shape", "parameters", "FLOPs")
        lines = [
            (f"{row.name} {row.layer}".strip(), str(row.output_shape), row.parameters, row.flops)
            for row in self.rows
        ]
        return _table([head, *lines, ("total", "", self.parameters, self.flops)])


@checked
def summary(model: Module, input_shape: tuple[int, ...]) -> Summary:
    """What each layer of `model` gives, holds and costs for an input of `input_shape`.

    `input_shape` includes the batch: (64, 784). The model runs once, on zeros, in eval mode. FLOPs
    are what `Module.flops` says: the multiplications and additions in sums of products.
    """
    rows: list[Row] = []
    seen: set[int] = set()
    for call in recorded_calls(model, input_shape):
        held = 0
        for parameter in own_parameters(call.layer):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                held += parameter.size
        rows.append(Row(call.name, type(call.layer).__name__, call.output_shape, held, call.flops))
    return Summary(tuple(rows), count_parameters(model), sum(row.flops for row in rows))


class Perceptron(Module):
    """One unit that says 1 or 0, and learns from its mistakes alone.

    Source: Rosenblatt, "The perceptron: a probabilistic model for information storage and
    organization in the brain", 1958.
    """

    def __init__(self, in_features: int) -> None:
        """Begin with every weight and the bias at 0. Given."""
        in_features = at_least_one(in_features, "Perceptron: in_features")
        self.weight = Parameter(np.zeros(in_features, np.float32), requires_grad=False)
        self.bias = Parameter(np.zeros((), np.float32), requires_grad=False)

    @checked
    def forward(self, input: Tensor) -> Tensor:
        """1 where input @ weight + bias is above 0, else 0: (…, in_features) gives (…)."""
        if input.shape[-1:] != self.weight.shape:
            raise ValueError(f"Perceptron takes (…, {self.weight.size}), not {input.shape}")
        score = input.matmul(self.weight) + self.bias
        return like(score.data > 0, input)

    def learn(self, input: Tensor, target: float) -> bool:
        """Correct the weights if the answer for one `input` is wrong; say whether it was.

        An input that should have given 1 is added to the weights, one that should have given 0 is
        taken away.
        """
        error = target - self(input).item()
        self.weight.data += error * input.data
        self.bias.data += error
        return error != 0

    @checked
    def fit(self, inputs: Tensor, targets: Tensor, epochs: int = 100) -> list[int]:
        """Go through the examples until none is wrong; the number of mistakes of each epoch.

        inputs (N, in_features), targets (N,) of 0 and 1. Where a straight line divides the classes
        the last number is 0, given `epochs` enough. Raises ValueError for other targets.
        """
        check_targets(inputs, targets)
        mistakes: list[int] = []
        for _ in range(epochs):
            wrong = 0
            for row, target in enumerate(targets.tolist()):
                if self.learn(inputs[row], target):
                    wrong += 1
            mistakes.append(wrong)
            if wrong == 0:
                break
        return mistakes


def xor_network() -> Sequential:
    """MLP((2, 2, 1)) with weights set by hand: (0, 0), (0, 1), (1, 0), (1, 1) give 0, 1, 1, 0.

    Source: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 6.1.
    """
    network = MLP((2, 2, 1))
    count, output = network[0], network[2]
    count.weight.data[...] = [[1, 1], [1, 1]]
    count.bias.data[...] = [0, -1]
    output.weight.data[...] = [[1, -2]]
    output.bias.data[...] = [0]
    return network


Shape = tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """One call of a layer while a model runs: where it stands, what it gave and cost. Given."""

    name: str
    layer: Any
    output_shape: Shape
    flops: int


def check_layers(layers: Sequence[Any]) -> None:
    """Raises TypeError for the first that can't be called, or is a class. Given."""
    for place, layer in enumerate(layers):
        if isinstance(layer, type):
            raise TypeError(
                f"Sequential takes layers, and layer {place} is the class {layer.__name__}: "
                f"make one, as in {layer.__name__}(...)"
            )
        if not callable(layer):
            raise TypeError(
                f"Sequential takes layers one by one; layer {place} can't be called: "
                f"{described(layer)}"
            )


def check_fit(first: Linear, second: Linear) -> None:
    """Raises ValueError unless `second` takes what `first` gives. Given."""
    if first.out_features != second.in_features:
        raise ValueError(f"fuse_linears: {second} can't take what {first} gives")


def bias_of(layer: Linear) -> Tensor:
    """The bias of `layer`, or as many zeros where it has none. Given."""
    if layer.bias is not None:
        return layer.bias
    return Tensor(np.zeros(layer.out_features, layer.weight.dtype)).to(layer.weight.device)


def linear_of(weight: Tensor, bias: Tensor) -> Linear:
    """A Linear of this weight (out, in) and this bias (out,), copied. Given."""
    made = Linear(weight.shape[1], weight.shape[0])
    made.weight, made.bias = Parameter(weight), Parameter(bias)
    return made


def check_mlp(sizes: Sequence[int], activation: Any) -> None:
    """Raises TypeError for an activation that is made already, ValueError for one size. Given."""
    if isinstance(activation, Activation | Module):
        raise TypeError(f"MLP makes an activation for each place: give its class, without (), "
                        f"not {activation!r}")  # fmt: skip
    if len(sizes) < 2:
        raise ValueError(f"MLP: sizes begins with the inputs, ends with the outputs: {sizes!r}")


def check_targets(inputs: Tensor, targets: Tensor) -> None:
    """Raises ValueError unless there is a target, 0 or 1, for each of the inputs. Given."""
    if targets.shape != inputs.shape[:1]:
        raise ValueError(f"Perceptron.fit: {inputs.shape} and targets {targets.shape} differ")
    if strange := set(targets.tolist()) - {0, 1}:
        raise ValueError(f"Perceptron.fit: a target is 0 or 1, not {min(strange)}")


def recorded_calls(model: Module, input_shape: Shape) -> list[Call]:
    """Each call of a layer while `model` runs once, on zeros and in eval mode. Given."""
    calls: list[Call] = []
    input = Tensor(np.zeros(input_shape, np.float32))
    for parameter in model.parameters():
        input = input.to(parameter.device)
    with ExitStack() as stack:
        stack.enter_context(_evaluating(model))
        stack.enter_context(recording(False))
        for name, layer in _layers(model, ""):
            stack.enter_context(_watching(name, layer, calls))
        model(input)
    return calls


def _layers(layer: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(name, layer) of all that has parameters of its own or nothing inside. Given."""
    children = list(layer.named_children()) if isinstance(layer, Module) else []
    if hasattr(layer, "forward") and (not children or own_parameters(layer)):
        yield name, layer
    for part, child in children:
        yield from _layers(child, f"{name}.{part}" if name else part)


def own_parameters(layer: Any) -> list[Parameter]:
    """The parameters that are attributes of `layer` itself. Given."""
    return [value for value in vars(layer).values() if isinstance(value, Parameter)]


@contextmanager
def _watching(name: str, layer: Any, calls: list[Call]) -> Iterator[None]:
    """Note each call of `layer.forward` in `calls` for a `with` block. Given."""
    if "forward" in vars(layer):  # the same layer under a second name
        yield
        return
    forward = layer.forward

    def watched(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        output = forward(input, *args, **kwargs)
        flops = layer.flops(input.shape, output.shape) if isinstance(layer, Module) else 0
        calls.append(Call(name, layer, output.shape, flops))
        return output

    layer.forward = watched
    try:
        yield
    finally:
        del layer.forward


@contextmanager
def _evaluating(model: Module) -> Iterator[None]:
    """Eval mode for a `with` block; then each module is in the mode that it was in. Given."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _table(lines: list[tuple[Any, ...]]) -> str:
    """Lines of two texts and two numbers, in columns. Given."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    return "\n".join(
        f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}".rstrip()
        for a, b, c, d in cells
    )
