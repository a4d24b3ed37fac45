"""Runs a golden case in a library: tinytorch here, PyTorch in `make.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from cases import Case, numbers

STEPS = 5


class Library:
    """The names of some modules in one place, and what cases need beside them."""

    def __init__(self, modules: Sequence[ModuleType]) -> None:
        self._modules = modules
        self._layers: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        for module in self._modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"{name} is in none of {[m.__name__ for m in self._modules]}")

    def tensor(self, array: np.ndarray) -> Any:
        """A tensor of `array`, which isn't touched later."""
        raise NotImplementedError

    def array(self, tensor: Any) -> np.ndarray:
        """The numbers of `tensor`."""
        raise NotImplementedError

    def filled(self, layer: Any) -> Any:
        """`layer` with all that it holds drawn by its name, in float64; its gradients count."""
        for name, tensor in (*layer.named_parameters(), *layer.named_buffers()):
            if "num_batches" not in name:
                drawn = numbers(name, tuple(tensor.shape))
                tensor.data = self.tensor(abs(drawn) + 0.5 if "var" in name else drawn).data
        self._layers.append(layer)
        return layer

    def twice(self, layer: Any, x: Any) -> Any:
        """`layer`, filled, first called with x, then with x * x: what comes out then."""
        self.filled(layer)(x)
        return layer(x * x)

    def steps(self, optimizer: Callable[..., Any], *parameters: Any, **settings: Any) -> Any:
        """Where `parameters` are after each step of `optimizer`, with gradients that are given."""
        moved = optimizer(list(parameters), **settings)
        places = []
        for step in range(STEPS):
            for place, parameter in enumerate(parameters):
                shape = tuple(parameter.shape)
                parameter.grad = self.tensor(numbers(f"gradient {step} {place}", shape))
            moved.step()
            places.append([self.array(parameter).copy() for parameter in parameters])
        return tuple(self.tensor(np.stack(each)) for each in zip(*places, strict=True))

    def rates(self, schedule: Callable[[Any], Any], lr: float = 0.4, epochs: int = 12) -> Any:
        """The learning rate of each epoch that `schedule(optimizer)` sets."""
        optimizer = self.SGD([self.tensor(np.ones(1)).requires_grad_()], lr=lr)
        following = schedule(optimizer)
        rates = []
        for _ in range(epochs):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            following.step()
        return self.tensor(np.array(rates))

    def clipped(self, max_norm: float, norm_type: float, *parameters: Any) -> Any:
        """The norm of gradients that are given, and what is left of them."""
        for place, parameter in enumerate(parameters):
            parameter.grad = self.tensor(numbers(f"gradient {place}", tuple(parameter.shape)))
        norm = self.clip_grad_norm_(parameters, max_norm, norm_type)
        return (
            self.tensor(np.array(norm.item())),
            *(self.tensor(self.array(each.grad)) for each in parameters),
        )

    def observe(self, case: Case) -> dict[str, np.ndarray]:
        """All outputs of `case`; the gradients of its inputs and layers; the buffers after it."""
        self._layers.clear()
        inputs = [self.tensor(array) for array in case.inputs]
        for each, array in zip(inputs, case.inputs, strict=True):
            if array.dtype.kind == "f":
                each.requires_grad_()
        result = case.expression(self, *inputs)
        outputs = result if isinstance(result, tuple) else (result,)
        seen = {f"output {i}": self.array(each).copy() for i, each in enumerate(outputs)}
        for i, output in enumerate(outputs):
            if output.requires_grad and output.grad_fn is not None:
                output.backward(self.tensor(numbers(f"{case.name}/{i}/up", tuple(output.shape))))
        for i, each in enumerate(inputs):
            if each.grad is not None:
                seen[f"gradient {i}"] = self.array(each.grad).copy()
        for layer in self._layers:
            for name, parameter in layer.named_parameters():
                seen[f"gradient {name}"] = self.array(parameter.grad).copy()
            seen.update((name, self.array(each).copy()) for name, each in layer.named_buffers())
        return seen
