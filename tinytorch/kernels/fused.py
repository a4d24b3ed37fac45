"""An operation of our own around a kernel: bias and GELU in one pass, with its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.autograd import vjp
from tinytorch.kernels import cpu
from tinytorch.operation import operation
from tinytorch.tensor import Tensor, wrap


@operation
def bias_gelu(input: Tensor, bias: Tensor) -> Tensor:
    """gelu(input + bias) for input (…, columns) and bias (columns,).

    Raises ValueError if the lengths of the last dimension differ, TypeError unless both are floats
    of one dtype.
    """
    rows = rows_of(input, bias)
    return wrap(cpu.bias_gelu_forward(rows, bias.data).reshape(input.shape))


@operation
def bias_gelu_gradient(gradient: Tensor, input: Tensor, bias: Tensor) -> Tensor:
    """The gradient of bias_gelu(input, bias), times the slope of GELU: that of `input`. Given."""
    rows = rows_of(input, bias)
    out = cpu.bias_gelu_backward(gradient.data.reshape(rows.shape), rows, bias.data)
    return wrap(out.reshape(input.shape))


@vjp(bias_gelu)
def bias_gelu_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    bias: Tensor,
) -> tuple[Tensor, Tensor | None]:
    """Input and bias are added, so both have the same slope; every row has used the bias."""
    to_input = bias_gelu_gradient(gradient.detach(), input.detach(), bias.detach())
    to_bias = to_input.reshape(-1, bias.shape[0]).sum(0) if bias.requires_grad else None
    return to_input, to_bias


@operation
def kernel_matmul(input: Tensor, other: Tensor) -> Tensor:
    """input @ other of two matrices, by `matmul_parallel`. Given."""
    return wrap(cpu.matmul_parallel(input.data, other.data))


@vjp(kernel_matmul)
def kernel_matmul_vjp(
    gradient: Tensor, output: Tensor, input: Tensor, other: Tensor
) -> tuple[Tensor, Tensor]:
    """gradient @ otherᵀ and inputᵀ @ gradient: products of the same kernel. Given."""
    gradient = gradient.detach()
    return kernel_matmul(gradient, turned(other)), kernel_matmul(turned(input), gradient)


def turned(matrix: Tensor) -> Tensor:
    """A matrix with rows and columns exchanged, its rows side by side in memory. Given."""
    return wrap(np.ascontiguousarray(matrix.data.T))


def rows_of(input: Tensor, bias: Tensor) -> Any:
    """The input's array as rows. Raises TypeError or ValueError if the two do not fit. Given."""
    if input.dtype.kind != "f" or input.dtype != bias.dtype:
        raise TypeError(f"bias_gelu needs floats of one dtype, not {input.dtype} and {bias.dtype}")
    if bias.ndim != 1 or input.ndim == 0 or input.shape[-1] != bias.shape[0]:
        raise ValueError(
            f"bias_gelu needs (…, columns) and (columns,), not {input.shape} and {bias.shape}"
        )
    return input.data.reshape(-1, bias.shape[0])
