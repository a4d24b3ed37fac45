"""What tests of modules 01 to 06 import: whether a result can be differentiated, and its gradient.

A student who computes with `.data` gets the right numbers and no gradient. Nobody would notice
before module 07, so the steps themselves ask, with the recorder of the reference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.sources import StudentFinder


def gradients(function: Callable[..., Any], *tensors: Any) -> list[Any]:
    """How 1·y₀ + 2·y₁ + 3·y₂ + … changes with each of `tensors`, where y is function(*tensors).

    As nested lists, one a tensor, and None where no operation was recorded on the way. Weights that
    differ tell gradients apart that have the same sum.
    """
    with recorder():
        for tensor in tensors:
            tensor.requires_grad, tensor.grad = True, None
        output = function(*tensors)
        if output.requires_grad:
            weights: Any = np.arange(1, output.size + 1, dtype=output.dtype)
            output.backward(type(output)(weights.reshape(output.shape)))
    return [None if tensor.grad is None else tensor.grad.tolist() for tensor in tensors]


@contextmanager
def recorder() -> Generator[None]:
    """Record what is computed in a `with` block, whatever the student has of module 07."""
    finder = next((each for each in sys.meta_path if isinstance(each, StudentFinder)), None)
    with finder.reference_only() if finder else nullcontext():
        import_module("tinytorch.autograd")
    operation = import_module("tinytorch.operation")
    engine = import_module("tinytorch.autograd.engine")
    before = operation.install(operation.Recorder(engine.record, engine.backward))
    try:
        yield
    finally:
        operation.install(before)
