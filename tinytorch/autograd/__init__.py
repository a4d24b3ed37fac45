"""Gradients: the engine that records and runs back, and a derivative an operation. Given."""

from pathlib import Path

import tinytorch

# A student's own files come first, as in the package around this one.
__path__ = [str(at) for top in tinytorch.__path__ if (at := Path(top, "autograd")).is_dir()]

from tinytorch.autograd.arithmetic import (
    add_vjp,
    div_vjp,
    floor_divide_vjp,
    mul_vjp,
    neg_vjp,
    pow_vjp,
    remainder_vjp,
    sub_vjp,
)
from tinytorch.autograd.checking import GradientError, gradient_check
from tinytorch.autograd.elementwise import (
    abs_vjp,
    exp_vjp,
    gelu_vjp,
    leaky_relu_vjp,
    log_vjp,
    relu_vjp,
    round_vjp,
    sigmoid_vjp,
    sqrt_vjp,
    tanh_vjp,
)
from tinytorch.autograd.engine import (
    Gradients,
    Node,
    backward,
    enable_grad,
    no_grad,
    record,
    topological_order,
    unbroadcast,
    vjp,
)
from tinytorch.autograd.images import (
    avg_pool2d_vjp,
    conv2d_vjp,
    im2col_vjp,
    max_pool2d_vjp,
    pad2d_vjp,
)
from tinytorch.autograd.normalization import layer_norm_vjp, log_softmax_vjp, softmax_vjp
from tinytorch.autograd.products import linear_vjp, matmul_vjp
from tinytorch.autograd.reductions import max_vjp, mean_vjp, sum_vjp
from tinytorch.autograd.shapes import clone_vjp, getitem_vjp, reshape_vjp, to_vjp, transpose_vjp

__all__ = [
    "GradientError",
    "Gradients",
    "Node",
    "abs_vjp",
    "add_vjp",
    "avg_pool2d_vjp",
    "backward",
    "clone_vjp",
    "conv2d_vjp",
    "div_vjp",
    "enable_grad",
    "exp_vjp",
    "floor_divide_vjp",
    "gelu_vjp",
    "getitem_vjp",
    "gradient_check",
    "im2col_vjp",
    "layer_norm_vjp",
    "leaky_relu_vjp",
    "linear_vjp",
    "log_softmax_vjp",
    "log_vjp",
    "matmul_vjp",
    "max_pool2d_vjp",
    "max_vjp",
    "mean_vjp",
    "mul_vjp",
    "neg_vjp",
    "no_grad",
    "pad2d_vjp",
    "pow_vjp",
    "record",
    "relu_vjp",
    "remainder_vjp",
    "reshape_vjp",
    "round_vjp",
    "sigmoid_vjp",
    "softmax_vjp",
    "sqrt_vjp",
    "sub_vjp",
    "sum_vjp",
    "tanh_vjp",
    "to_vjp",
    "topological_order",
    "transpose_vjp",
    "unbroadcast",
    "vjp",
]
