"""Holds gradients to what finite differences say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch.autograd.engine import no_grad
from tinytorch.checks import checked, described
from tinytorch.tensor import Tensor


class GradientError(ValueError):
    """A gradient differs from what finite differences say."""


def finite_differences(loss: Callable[[], float], leaf: Tensor, step: float) -> np.ndarray:
    """The slope of `loss` along each number of `leaf`: (f(x + h) - f(x - h)) / 2h."""
    slopes = np.zeros(leaf.shape)
    with no_grad():
        for index in np.ndindex(leaf.shape):
            here = leaf.data[index]
            leaf.data[index] = here + step
            above = loss()
            leaf.data[index] = here - step
            slopes[index] = (above - loss()) / (2 * step)
            leaf.data[index] = here
    return slopes


@checked
def gradient_check(
    function: Callable[..., Tensor],
    *inputs: Tensor,
    step: float = 1e-6,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> float:
    """Compare `backward` with `finite_differences`, and return the greatest difference.

    `inputs` are taken as float64, for float32 has too few digits. Raises GradientError that names
    the worst number of all if one differs by more than `atol + rtol * |finite difference|`, and
    TypeError if the function returns no Tensor.
    """
    leaves = [Tensor(x, dtype=np.float64).requires_grad_() for x in inputs]
    output = checked_output(function(*leaves))
    output.backward(weights_of(output))
    worst = 0.0
    for number, leaf in enumerate(leaves):
        wanted = finite_differences(lambda: weighted_sum(function(*leaves)), leaf, step)
        allowed = atol + rtol * abs(wanted)
        worst = max(worst, compared(number, gradient_of(leaf), wanted, allowed, step))
    return worst


def checked_output(output: Any) -> Tensor:
    """What the function returned; raises TypeError if that is no Tensor. Given."""
    if not isinstance(output, Tensor):
        raise TypeError(f"gradient_check: the function returned {described(output)}")
    return output


def weights_of(output: Tensor) -> Tensor:
    """A weight of its own for each number of `output`, the same at each call. Given."""
    weights = np.random.default_rng(0).uniform(0.5, 1.5, output.shape)
    return Tensor(weights, dtype=output.dtype)


def weighted_sum(output: Tensor) -> float:
    """One number made of all of `output`, each with the weight of `weights_of`. Given."""
    return float((output.data * weights_of(output).data).sum())


def gradient_of(leaf: Tensor) -> np.ndarray:
    """What `backward` left in `leaf`, as an array; 0 where nothing came. Given."""
    return np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.data


def compared(number: int, got: Any, wanted: Any, allowed: Any, step: float) -> float:
    """The greatest difference of two gradients of input `number`. Given.

    Raises GradientError, about the worst number, if one differs by more than what is allowed.
    """
    wrong = ~(abs(got - wanted) <= allowed)  # nan is wrong too
    if wrong.any():
        worst = np.unravel_index(np.argmax(np.where(wrong, abs(got - wanted), -1)), got.shape)
        index = tuple(int(i) for i in worst)
        raise GradientError(
            f"input {number} at {index}: backward says {got[index]:.6g}, finite differences say "
            f"{wanted[index]:.6g} (step {step:g}); {wrong.sum()} of {wrong.size} differ"
        )
    return float(abs(got - wanted).max(initial=0.0))
