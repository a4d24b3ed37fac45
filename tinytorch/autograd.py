"""Gradients: records what is computed, and runs back through the record by the chain rule.

Importing this file installs the recorder. From then on an operation on a tensor that requires a
gradient leaves a `Node` behind, in the `grad_fn` of its output, and `backward` follows the nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import _GeneratorContextManager
from inspect import Parameter as Argument
from inspect import signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from tinytorch.activations import (
    erf,
    gelu,
    leaky_relu,
    like,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from tinytorch.checks import checked, described
from tinytorch.cnn import Pair, _pair, avg_pool2d, conv2d, im2col, max_pool2d, pad2d, window_views
from tinytorch.indexing import array_index
from tinytorch.layers import layer_norm
from tinytorch.operation import Recorder, check_operation, dispatched, install, recording
from tinytorch.tensor import Dim, Tensor, as_tensor, linear, wrap
from tinytorch.versions import now, unchanged_since

Gradients = Tensor | None | tuple[Tensor | None, ...]
P = ParamSpec("P")
G = TypeVar("G", bound=Gradients)

_vjps: dict[Callable[..., Any], Callable[..., Gradients]] = {}


class Node:
    """The record of one call: the operation, what went in and what came out."""

    __slots__ = ("__weakref__", "args", "moment", "operation", "output")

    def __init__(
        self, operation: Callable[..., Any], args: tuple[Any, ...] | None, output: Tensor
    ) -> None:
        self.operation = operation
        self.args = args  # None once `backward` has used them
        self.output = output
        self.moment = now()  # what is overwritten later is not what this node has seen

    def __repr__(self) -> str:
        return f"<{self.operation.__qualname__} of shape {self.output.shape}>"


def vjp(operation: Callable[..., Any]) -> Callable[[Callable[P, G]], Callable[P, G]]:
    """Register the vector-Jacobian product of `operation`: a decorator of the function of it.

    That function is called as `f(gradient, output, *arguments)`: the gradient of the loss with
    respect to the output, the output, and what the operation was called with. It returns one
    gradient for each argument, or None where there is none to give; for a single argument it may
    return the gradient itself. A gradient of a broadcast argument may have the broadcast shape.
    Raises TypeError for a function that is no @operation: no call of it would be recorded.
    """
    check_operation(operation)

    def register(function: Callable[P, G]) -> Callable[P, G]:
        _vjps[operation] = call = dispatched(function)
        return call

    return register


def record(operation: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `operation` and tie its output to a new node.

    An operation without a vjp is made of others: those are recorded in its place.
    """
    if operation not in _vjps:
        return _record_inside(operation, args, kwargs)
    with recording(False):
        output = operation(*args, **kwargs)
    if output.dtype.kind != "f":
        return output  # whole numbers and bools have no slope
    if any(output is arg for arg in args):
        output = output.detach()  # a node may not be its own input
    output.requires_grad = True
    output.grad_fn = Node(operation, _in_order(operation, args, kwargs), output.detach())
    return output


def no_grad() -> _GeneratorContextManager[None]:
    """`with no_grad():` nothing is recorded, so nothing computed there requires a gradient."""
    return recording(False)


def enable_grad() -> _GeneratorContextManager[None]:
    """`with enable_grad():` records again, inside a `no_grad()`."""
    return recording(True)


def unbroadcast(gradient: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The gradient of a tensor of `shape` that broadcasting stretched to `gradient.shape`.

    Each number was used once for each of its copies, so its gradient is their sum. Raises
    ValueError if `shape` does not broadcast to that of the gradient.
    """
    if gradient.shape == shape:
        return gradient
    full = (1,) * (gradient.ndim - len(shape)) + shape
    stretched = tuple(d for d, length in enumerate(full[: gradient.ndim]) if length == 1)
    total = gradient.sum(stretched, keepdim=True)
    if total.shape != full:
        raise ValueError(f"a gradient of shape {gradient.shape} does not fit a tensor of {shape}")
    return total.reshape(*shape)


@vjp(Tensor.add)
def add_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x + y) = dx + dy."""
    return gradient, gradient


@vjp(Tensor.sub)
def sub_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x - y) = dx - dy."""
    return gradient, -gradient


@vjp(Tensor.mul)
def mul_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x y) = y dx + x dy."""
    to_self = gradient * other if self.requires_grad else None
    return to_self, gradient * self if needs_gradient(other) else None


@vjp(Tensor.div)
def div_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Any) -> Gradients:
    """d(x / y) = dx / y - (x / y) dy / y."""
    to_self = gradient / other if self.requires_grad else None
    return to_self, -gradient * (self / other) / other if needs_gradient(other) else None


@vjp(Tensor.neg)
def neg_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d(-x) = -dx."""
    return -gradient


@vjp(Tensor.pow)
def pow_vjp(gradient: Tensor, output: Tensor, self: Tensor, exponent: Any) -> Gradients:
    """d(x^n) = n x^(n-1) dx + x^n log(x) dn; 0 where n = 0, and for dn where x = 0 <= n."""
    n = as_tensor(exponent, self)
    to_self = gradient * n * self ** _where(n == 0, 0, n - 1)
    if not needs_gradient(exponent):
        return to_self, None
    flat = (self == 0) * (n >= 0)
    return to_self, gradient * output * _where(flat, 1, self).log()


@vjp(Tensor.matmul)
def matmul_vjp(gradient: Tensor, output: Tensor, self: Tensor, other: Tensor) -> Gradients:
    """d(X Y) = dX Y + X dY, so G Yᵀ is the gradient of X, and Xᵀ G that of Y."""
    left = self.reshape(1, -1) if self.ndim == 1 else self
    right = other.reshape(-1, 1) if other.ndim == 1 else other
    if other.ndim == 1:
        gradient = gradient.reshape(*gradient.shape, 1)
    if self.ndim == 1:
        gradient = gradient.reshape(*gradient.shape[:-1], 1, gradient.shape[-1])
    to_left = to_right = None
    if self.requires_grad:
        to_left = unbroadcast(gradient @ right.transpose(-1, -2), left.shape).reshape(*self.shape)
    if other.requires_grad:
        to_right = unbroadcast(left.transpose(-1, -2) @ gradient, right.shape)
        to_right = to_right.reshape(*other.shape)
    return to_left, to_right


@vjp(linear)
def linear_vjp(
    gradient: Tensor, output: Tensor, input: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Gradients:
    """As for matmul, with all examples as the rows of one matrix: G W, Gᵀ X, and the sum of G."""
    rows = gradient.reshape(-1, weight.shape[0])
    return (
        gradient @ weight if input.requires_grad else None,
        rows.T @ input.reshape(-1, weight.shape[1]) if weight.requires_grad else None,
        None if bias is None else rows.sum(0),
    )


@vjp(Tensor.sum)
def sum_vjp(
    gradient: Tensor, output: Tensor, self: Tensor, dim: Dim = None, keepdim: bool = False
) -> Tensor:
    """Every number counts once: each gets the gradient of the sum that it is part of."""
    return _expand(gradient, self.shape, dim)


@vjp(Tensor.mean)
def mean_vjp(
    gradient: Tensor, output: Tensor, self: Tensor, dim: Dim = None, keepdim: bool = False
) -> Tensor:
    """As for the sum, divided by how many numbers make one mean."""
    return _expand(gradient / (self.size / max(output.size, 1)), self.shape, dim)


@vjp(Tensor.max)
def max_vjp(
    gradient: Tensor, output: Tensor, self: Tensor, dim: Dim = None, keepdim: bool = False
) -> Tensor:
    """Only the greatest number counts; where several are equal they share, as in `torch.amax`.

    A nan is what a maximum over it gives, so the nan counts.
    """
    greatest = (self == _expand(output, self.shape, dim)) | (self != self)
    share = gradient / greatest.sum(dim, keepdim)
    return _where(greatest, _expand(share, self.shape, dim), 0)


vjp(Tensor.min)(max_vjp)  # of the smallest the same holds


@vjp(Tensor.clone)
def clone_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """The same numbers. Given."""
    return gradient


@vjp(Tensor.reshape)
def reshape_vjp(gradient: Tensor, output: Tensor, self: Tensor, *shape: int) -> Tensor:
    """The same numbers under the shape they had."""
    return gradient.reshape(*self.shape)


@vjp(Tensor.transpose)
def transpose_vjp(gradient: Tensor, output: Tensor, self: Tensor, dim0: int, dim1: int) -> Tensor:
    """The same two dimensions exchanged back."""
    return gradient.transpose(dim0, dim1)


@vjp(Tensor.__getitem__)
def getitem_vjp(gradient: Tensor, output: Tensor, self: Tensor, index: Any) -> Tensor:
    """0 where `index` did not look; where it looked several times, the gradients add up."""
    if _is_basic(index):
        total = np.zeros_like(gradient.data, shape=self.shape)
        total[array_index(index, self.shape)] = gradient.data
        return wrap(total)
    places = np.arange(self.size, like=gradient.data).reshape(self.shape)
    picked = places[array_index(index, self.shape)].ravel()
    total = np.bincount(picked, weights=gradient.data.ravel(), minlength=self.size)
    return like(total.reshape(self.shape), gradient)


@vjp(Tensor.to)
def to_vjp(gradient: Tensor, output: Tensor, self: Tensor, target: Any) -> Tensor:
    """The same numbers on the device where they came from; `backward` sees to the dtype."""
    return gradient.to(self.device)


@vjp(Tensor.exp)
def exp_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d exp(x) = exp(x) dx."""
    return gradient * output


@vjp(Tensor.log)
def log_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d log(x) = dx / x."""
    return gradient / self


@vjp(Tensor.sqrt)
def sqrt_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d sqrt(x) = dx / (2 sqrt(x))."""
    return gradient / (output * 2)


@vjp(Tensor.abs)
def abs_vjp(gradient: Tensor, output: Tensor, self: Tensor) -> Tensor:
    """d |x| = sign(x) dx; 0 at 0."""
    return gradient * wrap(np.sign(self.data))


@vjp(relu)
def relu_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """What passed, passes: 1 above 0, else 0."""
    return gradient * (output > 0)


@vjp(leaky_relu)
def leaky_relu_vjp(
    gradient: Tensor, output: Tensor, input: Tensor, negative_slope: float = 0.01
) -> Tensor:
    """1 above 0, else the slope."""
    return _where(input > 0, gradient, gradient * negative_slope)


@vjp(sigmoid)
def sigmoid_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """dσ = σ (1 - σ) dx."""
    return gradient * output * (1 - output)


@vjp(tanh)
def tanh_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """d tanh = (1 - tanh²) dx."""
    return gradient * (1 - output * output)


@vjp(gelu)
def gelu_vjp(gradient: Tensor, output: Tensor, input: Tensor) -> Tensor:
    """d(x Φ(x)) = (Φ(x) + x φ(x)) dx, with the normal distribution Φ and its density φ."""
    x = input.data
    chance = 0.5 * (1 + erf(x / math.sqrt(2)))
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return gradient * like(chance + x * density, input)


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
    """(h - mean(h) - n mean(h n)) / std, with h = g weight and the normalized input n.

    Source: Ba, Kiros and Hinton, "Layer normalization", 2016.
    """
    dims = tuple(range(-len(normalized_shape), 0))
    centred = input - input.mean(dims, keepdim=True)
    std = ((centred * centred).mean(dims, keepdim=True) + eps).sqrt()
    n = centred / std
    h = gradient if weight is None else gradient * weight
    to_input = (h - h.mean(dims, keepdim=True) - n * (h * n).mean(dims, keepdim=True)) / std
    return to_input, None, gradient * n, gradient


@vjp(pad2d)
def pad2d_vjp(
    gradient: Tensor, output: Tensor, input: Tensor, padding: Pair, value: float = 0.0
) -> Tensor:
    """The frame is constant: cut it off."""
    return _without_frame(gradient, padding, input.shape)


@vjp(im2col)
def im2col_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Tensor:
    """A pixel went into several columns: their gradients add up where it stands."""
    total = np.zeros_like(pad2d(input, padding).data)
    views = window_views(total, kernel_size, stride)
    columns = gradient.data.reshape(*input.shape[:2], len(views), *views[0].shape[2:])
    for place, view in enumerate(views):
        view += columns[:, :, place]
    return _without_frame(wrap(total), padding, input.shape)


@vjp(conv2d)
def conv2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
) -> Gradients:
    """As for matmul, since a convolution is weight @ im2col(input); the bias is added everywhere.

    The columns are made anew, for keeping them would take kh * kw times the memory of the input.
    """
    rows = gradient.reshape(*gradient.shape[:2], -1)
    window = (weight.shape[2:], stride, padding)
    to_input = to_weight = None
    if weight.requires_grad:
        columns = im2col(input, *window)
        to_weight = (rows @ columns.transpose(1, 2)).sum(0).reshape(*weight.shape)
    if input.requires_grad:
        spread = weight.reshape(weight.shape[0], -1).T @ rows
        to_input = im2col_vjp(spread, spread, input, *window)
    return to_input, to_weight, None if bias is None else gradient.sum((0, 2, 3))


@vjp(max_pool2d)
def max_pool2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
) -> Tensor:
    """All of it to the pixel that won its window; to the first of several, and to a nan."""
    padded = pad2d(input, padding, -np.inf).data
    total = np.zeros_like(padded)
    window = (kernel_size, kernel_size if stride is None else stride)
    undecided, with_nan = np.ones_like(output.data, dtype=bool), bool(np.isnan(output.data).any())
    pixels = zip(window_views(padded, *window), window_views(total, *window), strict=True)
    for pixel, share in pixels:
        won = (pixel == output.data) & undecided
        if with_nan:
            won |= (pixel != pixel) & undecided
        share += gradient.data * won
        undecided &= ~won
    return _without_frame(wrap(total), padding, input.shape)


@vjp(avg_pool2d)
def avg_pool2d_vjp(
    gradient: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
) -> Tensor:
    """An equal share to each pixel of the window."""
    total = np.zeros_like(pad2d(input, padding).data)
    views = window_views(total, kernel_size, kernel_size if stride is None else stride)
    for view in views:
        view += gradient.data / len(views)
    return _without_frame(wrap(total), padding, input.shape)


def topological_order(node: Node) -> list[Node]:
    """`node` and all that it was made from, each before the nodes that made its inputs.

    Walks with a list of its own, so a graph may be deeper than Python's calls may nest, and enters
    each node once, however many paths lead to it.
    """
    order: list[Node] = []
    entered: set[Node] = set()
    waiting = [(node, False)]
    while waiting:
        node, inputs_done = waiting.pop()
        if inputs_done:
            order.append(node)
        elif node not in entered:
            entered.add(node)
            waiting.append((node, True))
            waiting.extend((made, False) for made in _made_inputs(node) if made not in entered)
    return order[::-1]


def input_gradients(node: Node, gradient: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Each input of `node` that requires a gradient, with its share of the output's `gradient`."""
    args = node.args or ()
    gradients = _vjps[node.operation](gradient, *as_recorded(node))
    if not isinstance(gradients, tuple):
        gradients = (gradients,)
    for place, arg in enumerate(args):
        if needs_gradient(arg):
            if place >= len(gradients):
                raise ValueError(
                    f"the vjp of {node.operation.__qualname__} returned {len(gradients)} "
                    f"gradients, but argument {place + 1} requires one too"
                )
            share = gradients[place]
            if share is not None:
                yield arg, _fitting(share, arg)


def backward(tensor: Tensor, gradient: Tensor | None = None, retain_graph: bool = False) -> None:
    """Add to `grad` of every leaf that `tensor` was made from its gradient of `tensor`.

    `gradient`, of the shape of `tensor`, is the gradient of the loss with respect to `tensor`; 1 if
    `tensor` is the loss itself, which then has one element. Each node is used once, after all that
    its output went into, and dropped unless `retain_graph`. Raises ValueError if `tensor` requires
    no gradient or `gradient` does not fit, TypeError if that is no Tensor, RuntimeError if the
    graph was dropped before.
    """
    pending = _Pending()
    first = _first_gradient(tensor, gradient)
    pending.add(tensor, first, {id(first.data)})
    with no_grad():
        for node in topological_order(tensor.grad_fn) if tensor.grad_fn else ():
            arrived = pending.take(node)
            if arrived is not None:
                held = _held(node, arrived)
                for arg, share in input_gradients(node, arrived):
                    pending.add(arg, share, held)
            if not retain_graph:
                node.args = None


class GradientError(ValueError):
    """A gradient differs from what finite differences say."""


@checked
def gradient_check(
    function: Callable[..., Tensor],
    *inputs: Tensor,
    step: float = 1e-6,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> float:
    """Compare `backward` with central finite differences, (f(x + h) - f(x - h)) / 2h.

    `inputs` are taken as float64, for float32 has too few digits. Returns the greatest difference.
    Raises GradientError that names the worst number of all if one differs by more than
    `atol + rtol * |finite difference|`, and TypeError if the function returns no Tensor.
    """
    leaves = [Tensor(x, dtype=np.float64).requires_grad_() for x in inputs]
    output = function(*leaves)
    if not isinstance(output, Tensor):
        raise TypeError(f"gradient_check: the function returned {described(output)}")
    weights = Tensor(np.random.default_rng(0).uniform(0.5, 1.5, output.shape))
    output.backward(weights)
    worst = 0.0
    for number, leaf in enumerate(leaves):
        wanted = _finite_differences(lambda: (function(*leaves) * weights).sum(), leaf, step)
        got = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.data
        _complain(number, got, wanted, rtol * abs(wanted) + atol, step)
        worst = max(worst, abs(got - wanted).max(initial=0.0))
    return float(worst)


def _finite_differences(loss: Callable[[], Tensor], leaf: Tensor, step: float) -> np.ndarray:
    """The slope of `loss` along each number of `leaf`. Given."""
    slopes = np.zeros(leaf.shape)
    with no_grad():
        for index in np.ndindex(leaf.shape):
            here = leaf.data[index]
            leaf.data[index] = here + step
            above = loss().item()
            leaf.data[index] = here - step
            slopes[index] = (above - loss().item()) / (2 * step)
            leaf.data[index] = here
    return slopes


def _complain(number: int, got: Any, wanted: Any, allowed: Any, step: float) -> None:
    """Raise GradientError about the number that is furthest from what is allowed. Given."""
    wrong = ~(abs(got - wanted) <= allowed)  # nan is wrong too
    if wrong.any():
        worst = np.unravel_index(np.argmax(np.where(wrong, abs(got - wanted), -1)), got.shape)
        index = tuple(int(i) for i in worst)
        raise GradientError(
            f"input {number} at {index}: backward says {got[index]:.6g}, finite differences say "
            f"{wanted[index]:.6g} (step {step:g}); {wrong.sum()} of {wrong.size} differ"
        )


class _Pending:
    """Gradients on their way: to the `grad` of a leaf, or to a node that waits for more. Given."""

    def __init__(self) -> None:
        self.waiting: dict[Node, Tensor] = {}

    def add(self, tensor: Tensor, gradient: Tensor, held: set[int]) -> None:
        """Bring `gradient` to `tensor`; `held` are the ids of arrays that something else holds."""
        node = tensor.grad_fn
        if node is not None:
            before = self.waiting.get(node)
            self.waiting[node] = gradient if before is None else before + gradient
        elif tensor.grad is not None:
            tensor.grad = tensor.grad + gradient
        elif gradient.data.base is not None or id(gradient.data) in held:
            tensor.grad = wrap(gradient.data.copy())  # so that nobody else sees it change
        else:
            tensor.grad = gradient
            held.add(id(gradient.data))

    def take(self, node: Node) -> Tensor | None:
        return self.waiting.pop(node, None)


def _held(node: Node, gradient: Tensor) -> set[int]:
    """The ids of the arrays that a vjp of `node` may return though they are not its own. Given."""
    tensors = (gradient, node.output, *(node.args or ()))
    return {id(tensor.data) for tensor in tensors if isinstance(tensor, Tensor)}


def _first_gradient(tensor: Tensor, gradient: Tensor | None) -> Tensor:
    """The gradient that `backward` begins with. Given."""
    if not tensor.requires_grad:
        raise ValueError("backward of a tensor that requires no gradient, nor any it was made from")
    if gradient is None:
        if tensor.size != 1:
            raise ValueError(f"backward of shape {tensor.shape} needs a gradient of that shape")
        return wrap(np.ones_like(tensor.data))
    if not isinstance(gradient, Tensor):
        raise TypeError(f"backward: the gradient is a Tensor, not {described(gradient)}")
    if gradient.shape != tensor.shape:
        raise ValueError(
            f"backward: the gradient has shape {gradient.shape}, the tensor {tensor.shape}"
        )
    return gradient


def _made_inputs(node: Node) -> list[Node]:
    """The nodes that made the inputs of `node`. Raises RuntimeError if it was dropped. Given."""
    if node.args is None:
        raise RuntimeError(
            f"{node} was dropped by an earlier backward: give that one retain_graph=True, or "
            "compute the output again"
        )
    return [a.grad_fn for a in node.args if isinstance(a, Tensor) and a.grad_fn is not None]


def needs_gradient(value: Any) -> bool:
    """Whether `value` is a tensor that requires a gradient. Given."""
    return isinstance(value, Tensor) and value.requires_grad


def _fitting(gradient: Tensor, tensor: Tensor) -> Tensor:
    """`gradient` in the shape and the dtype of `tensor`. Given."""
    gradient = unbroadcast(gradient, tensor.shape)
    return gradient if gradient.dtype == tensor.dtype else like(gradient.data, tensor)


def _record_inside(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call an operation that has no vjp, so that those inside it are recorded. Given."""
    output = operation.__wrapped__(*args, **kwargs)
    if isinstance(output, Tensor) and output.dtype.kind == "f" and not output.requires_grad:
        raise RuntimeError(
            f"{operation.__qualname__} has no gradient: write a function of it, with "
            f"@vjp({operation.__qualname__}) above"
        )
    return output


def _in_order(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments by position, with the defaults of those that were not given. Given."""
    if not kwargs:
        return args
    rest = list(signature(operation).parameters.values())[len(args) :]
    return args + tuple(
        kwargs.get(p.name, p.default) for p in rest if p.kind is not Argument.VAR_POSITIONAL
    )


def _expand(tensor: Tensor, shape: tuple[int, ...], dim: Dim) -> Tensor:
    """What a reduction over `dim` made of `shape`, stretched back to it; not a copy. Given."""
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    reduced = {d % len(shape) for d in dims} if shape else set[int]()
    kept = tuple(1 if d in reduced else length for d, length in enumerate(shape))
    return wrap(np.broadcast_to(tensor.data.reshape(kept), shape))


def _without_frame(padded: Tensor, padding: Pair, shape: tuple[int, ...]) -> Tensor:
    """What `pad2d` put into the frame; not a copy. Given."""
    p, q = _pair(padding, "padding", least=0)
    return wrap(padded.data[..., p : p + shape[-2], q : q + shape[-1]])


class Overwritten(Tensor):
    """Stands for a tensor whose numbers are gone: all but those are known. Given."""

    shape: Any = None
    dtype: Any = None
    device: Any = None

    def __init__(self, before: Tensor, node: Node) -> None:
        self.shape, self.dtype, self.device = before.shape, before.dtype, before.device
        self._requires_grad, self.node = before.requires_grad, node

    def __getattribute__(self, name: str) -> Any:
        if name == "data":
            raise RuntimeError(
                f"backward needs numbers that were overwritten after {self.node} had used them: "
                "replace what writes in place, such as x += 1, by y = x + 1"
            )
        return super().__getattribute__(name)


def as_recorded(node: Node) -> tuple[Any, ...]:
    """What `node` gave and took; what was overwritten since, as `Overwritten`. Given."""
    values = (node.output, *(node.args or ()))
    if node.moment == now():
        return values
    return tuple(
        Overwritten(value, node)
        if isinstance(value, Tensor) and not unchanged_since(value.data, node.moment)
        else value
        for value in values
    )


def _where(condition: Tensor, yes: Any, no: Any) -> Tensor:
    """The number of `yes` where `condition`, else of `no`. Given."""
    return wrap(
        np.where(
            condition.data,
            yes.data if isinstance(yes, Tensor) else yes,
            no.data if isinstance(no, Tensor) else no,
        )
    )


def _is_basic(index: Any) -> bool:
    """Whether `index` looks at no number twice: whole numbers, slices, ... and None. Given."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is ... or isinstance(p, int | slice) for p in parts)


install(Recorder(record, backward))
