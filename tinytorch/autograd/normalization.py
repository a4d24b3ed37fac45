"""Derivatives of softmax and layer norm, where each number depends on its whole row."""

from __future__ import annotations

from tinytorch.activations import log_softmax, softmax
from tinytorch.autograd.engine import Gradients, vjp
from tinytorch.layers import layer_norm
from tinytorch.tensor import Tensor


@vjp(softmax)
def softmax_vjp(gradient: Tensor, output: Tensor, input: Tensor, dim: int) -> Tensor:
    """s (g - Σ g s): what all of a slice share changes nothing."""
    return output * (gradient - (gradient * output).sum(dim, keepdim=True))


@vjp(log_softmax)
def log_softmax_vjp(gradient: Tensor, output: Tensor, input: Tensor, dim: int) -> Tensor:
    """g - s Σ g, with the softmax s."""
    return gradient - output.exp() * gradient.sum(dim, keepdim=True)


@vjp(layer_norm)
def layer_norm_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Gradients:
    """(h - mean(h) - n mean(h n)) / std, with h = g weight and the normalized input n. Given.

    Source: Ba, Kiros and Hinton, "Layer normalization", 2016.
    """
    dims = tuple(range(-len(normalized_shape), 0))
    centred = input - input.mean(dims, keepdim=True)
    std = ((centred * centred).mean(dims, keepdim=True) + eps).sqrt()
    n = centred / std
    h = gradient if weight is None else gradient * weight
    to_input = (h - h.mean(dims, keepdim=True) - n * (h * n).mean(dims, keepdim=True)) / std
    return to_input, None, gradient * n, gradient
