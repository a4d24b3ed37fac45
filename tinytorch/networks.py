"""Networks: layers in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from tinytorch.activations import ReLU
from tinytorch.layers import Linear, Module
from tinytorch.tensor import Tensor

Layer = Callable[[Tensor], Tensor]
"""Anything that is called with a tensor and returns one: a Module, an Activation, a function."""


class Sequential(Module):
    """Layers in a row: each takes what the one before it gives. They are named "0", "1", …"""

    layers: list[Any]

    def __init__(self, *layers: Layer) -> None:
        """Keep `layers` in their order. Raises TypeError for one that can't be called."""
        for place, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(f"Sequential: layer {place} can't be called: {layer!r}")
        self.layers = list(layers)

    def forward(self, input: Tensor) -> Tensor:
        """input through every layer in turn."""
        for layer in self.layers:
            input = layer(input)
        return input

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """("0", layer), ("1", layer), …"""
        for place, layer in enumerate(self.layers):
            yield str(place), layer

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __getitem__(self, index: Any) -> Any:
        """The layer at `index`; a slice gives a Sequential of the same layers."""
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]


class MLP(Sequential):
    """A multi-layer perceptron: Linear layers with an activation between each two."""

    def __init__(self, sizes: Sequence[int], activation: Callable[[], Layer] = ReLU) -> None:
        """sizes (784, 256, 10) makes Linear(784, 256), activation(), Linear(256, 10).

        The last layer has no activation: its outputs are scores. Raises ValueError for fewer than
        two sizes.
        """
        if len(sizes) < 2:
            raise ValueError(f"MLP: sizes holds an input and an output size, not {sizes!r}")
        layers: list[Layer] = []
        for inputs, outputs in pairwise(sizes):
            layers += [Linear(inputs, outputs), activation()]
        super().__init__(*layers[:-1])


def count_parameters(model: Module) -> int:
    """How many numbers training can change: the elements of all parameters that ask for it."""
    return sum(parameter.size for parameter in model.parameters() if parameter.requires_grad)
