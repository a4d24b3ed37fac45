"""Records what is computed, and runs back through the record by the chain rule.

Importing the package installs the recorder. From then on an operation on a tensor that requires a
gradient leaves a `Node` behind, in the `grad_fn` of its output, and `backward` follows the nodes.
The derivative of each operation stands in a file beside this one, which knows none of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ParamSpec, TypeVar

import numpy as np

from tinytorch.activations import like
from tinytorch.checks import checked_flags, described
from tinytorch.operation import (
    Recorder,
    check_operation,
    dispatched,
    install,
    is_recording,
    recording,
    switch_recording,
)
from tinytorch.tensor import Tensor, wrap
from tinytorch.versions import now, unchanged_since

Gradients = Tensor | None | tuple[Tensor | None, ...]
P = ParamSpec("P")
G = TypeVar("G", bound=Gradients)

vjps: dict[Callable[..., Any], Callable[..., Gradients]] = {}
"""The vector-Jacobian product of each operation, which `vjp` enters. Given."""


class Node:
    """The record of one call: the operation, what went in and what came out."""

    __slots__ = ("__weakref__", "args", "moment", "operation", "output")

    def __init__(
        self, operation: Callable[..., Any], args: tuple[Any, ...] | None, output: Tensor
    ) -> None:
        """Keep all three, and the moment: what is overwritten later it has not seen."""
        self.operation = operation
        self.args = args  # None once `backward` has used them
        self.output = output
        self.moment = now()

    def __repr__(self) -> str:
        """The operation and the shape of what it returned. Given."""
        return f"<{self.operation.__qualname__} of shape {self.output.shape}>"


@contextmanager
def no_grad() -> Iterator[None]:
    """`with no_grad():` nothing is recorded, nothing computed there requires a gradient.

    Afterwards it is as it was before, also when an error ends the block.
    """
    before = is_recording()
    switch_recording(False)
    try:
        yield
    finally:
        switch_recording(before)


def enable_grad() -> AbstractContextManager[None]:
    """`with enable_grad():` records again, inside a `no_grad()`. Given."""
    return recording(True)


def record(operation: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `operation` and tie what it returns to a new node.

    An operation without a vjp is made of others: those are recorded in its place. Whole numbers and
    bools have no slope, so nothing is recorded of them.
    """
    if operation not in vjps:
        return record_inside(operation, args, kwargs)
    with no_grad():
        output = operation(*args, **kwargs)
    if output.dtype.kind != "f":
        return output
    recorded = output.detach()  # the node holds `output`, so it is no part of a circle
    recorded.requires_grad = True
    recorded.grad_fn = node_of(operation, args, kwargs, output)
    return recorded


def topological_order(node: Node) -> list[Node]:
    """`node` and all that it was made from, each before the nodes that made its inputs.

        x ── add ──┬── exp ──┬── mul        gives mul, exp, log, add
                   └── log ──┘

    add comes once and behind both exp and log: its gradient is whole when both have sent theirs.
    Walks with a list of its own, so a graph may be deeper than Python's calls may nest, and enters
    each node once, however many paths lead to it. A node waits below its inputs: when it comes up
    again, they are done.
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
            waiting.extend((made, False) for made in made_inputs(node))
    return order[::-1]


def unbroadcast(gradient: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The gradient of a tensor of `shape` that broadcasting stretched to `gradient.shape`.

    Each number was used once for each of its copies, so its gradient is their sum. Raises
    ValueError if `shape` does not broadcast to that of the gradient.
    """
    check_stretched(gradient.shape, shape)
    if gradient.shape == shape:
        return gradient
    full = (1,) * (gradient.ndim - len(shape)) + shape
    stretched = tuple(d for d, length in enumerate(full) if length == 1)
    return gradient.sum(stretched).reshape(*shape)


def input_gradients(node: Node, gradient: Tensor | None) -> Iterator[tuple[Tensor, Tensor]]:
    """Each input of `node` that requires a gradient, with its share of the output's `gradient`.

    An input of which the vjp says nothing has no share, and where nothing has come for the output
    none has one. Given.
    """
    if gradient is None:
        return
    shares = one_each(node, vjps[node.operation](gradient, *as_recorded(node)))
    for arg, share in shares:
        if needs_gradient(arg) and share is not None:
            yield arg, fitted(share, arg)


class Pending:
    """Gradients on their way: to the `grad` of a leaf, or to a node that waits for more."""

    def __init__(self) -> None:
        """Nothing is on its way. Given."""
        self.waiting: dict[Node, Tensor] = {}

    def add(self, tensor: Tensor, gradient: Tensor) -> None:
        """Add `gradient` to what has come for `tensor`; a leaf keeps a copy, its own."""
        node = tensor.grad_fn
        if node is not None:
            before = self.waiting.get(node)
            self.waiting[node] = gradient if before is None else before + gradient
        elif tensor.grad is None:
            tensor.grad = wrap(gradient.data.copy())
        else:
            tensor.grad = tensor.grad + gradient

    def take(self, node: Node) -> Tensor | None:
        """All that has come for the output of `node`, and forget it; None if nothing has. Given."""
        return self.waiting.pop(node, None)


@checked_flags
def backward(tensor: Tensor, gradient: Tensor | None = None, retain_graph: bool = False) -> None:
    """Add to `grad` of every leaf that `tensor` was made from its gradient of `tensor`.

    `gradient`, of the shape of `tensor`, is the gradient of the loss with respect to `tensor`; 1 if
    `tensor` is the loss itself, which then has one element. Each node is used once, after all that
    its output went into, and dropped unless `retain_graph`. Raises ValueError if `tensor` requires
    no gradient or `gradient` does not fit, TypeError if that is no Tensor, RuntimeError if the
    graph was dropped before.
    """
    pending = Pending()
    pending.add(tensor, first_gradient(tensor, gradient))
    with no_grad():
        for node in topological_order(tensor.grad_fn) if tensor.grad_fn else ():
            for arg, share in input_gradients(node, pending.take(node)):
                pending.add(arg, share)
            if not retain_graph:
                node.args = None


def vjp(operation: Callable[..., Any]) -> Callable[[Callable[P, G]], Callable[P, G]]:
    """Register the vector-Jacobian product of `operation`: a decorator. Given.

    That function is called as `f(gradient, output, *arguments)`: the gradient of the loss with
    respect to the output, the output, and what the operation was called with. It returns one
    gradient for each argument, or None where there is none to give; for a single argument it may
    return the gradient itself. A gradient of a broadcast argument may have the broadcast shape.
    Raises TypeError for a function that is no @operation: no call of it would be recorded.
    """
    check_operation(operation)

    def register(function: Callable[P, G]) -> Callable[P, G]:
        vjps[operation] = call = dispatched(function)
        return call

    return register


def node_of(
    operation: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], output: Tensor
) -> Node:
    """The node of a call, with all arguments by position. Given."""
    return Node(operation, in_order(operation, args, kwargs), output)


def record_inside(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call an operation that has no vjp, so that those inside it are recorded. Given."""
    output = operation.__wrapped__(*args, **kwargs)
    if isinstance(output, Tensor) and output.dtype.kind == "f" and not output.requires_grad:
        raise RuntimeError(
            f"{operation.__qualname__} has no gradient: write a function of it, with "
            f"@vjp({operation.__qualname__}) above"
        )
    return output


def in_order(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments by position, with the defaults of those that were not given. Given."""
    if not kwargs:
        return args
    rest = list(inspect.signature(operation).parameters.values())[len(args) :]
    return args + tuple(
        kwargs.get(p.name, p.default)
        for p in rest
        if p.kind is not inspect.Parameter.VAR_POSITIONAL
    )


def made_inputs(node: Node) -> list[Node]:
    """The nodes that made the inputs of `node`. Raises RuntimeError if it was dropped. Given."""
    return [a.grad_fn for a in inputs(node) if isinstance(a, Tensor) and a.grad_fn is not None]


def inputs(node: Node) -> tuple[Any, ...]:
    """What `node` was called with. Raises RuntimeError if that was dropped. Given."""
    if node.args is None:
        raise RuntimeError(
            f"what went into {node} was dropped by a backward: give that one retain_graph=True, or "
            "compute the output again"
        )
    return node.args


def needs_gradient(value: Any) -> bool:
    """Whether `value` is a tensor that requires a gradient. Given."""
    return isinstance(value, Tensor) and value.requires_grad


def check_stretched(stretched: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Raises ValueError unless broadcasting makes `stretched` of `shape`. Given."""
    if stretched == shape:
        return
    pairs = zip(reversed(stretched), reversed(shape), strict=False)
    if len(shape) > len(stretched) or any(n not in (1, to) for to, n in pairs):
        raise ValueError(f"a gradient of shape {stretched} does not fit a tensor of {shape}")


def one_each(node: Node, returned: Gradients) -> Iterator[tuple[Any, Tensor | None]]:
    """Each argument of `node` with the gradient that its vjp returned for it. Given.

    Raises ValueError if one that requires a gradient has no place in what was returned.
    """
    args = inputs(node)
    gradients = returned if isinstance(returned, tuple) else (returned,)
    for place in range(len(gradients), len(args)):
        if needs_gradient(args[place]):
            raise ValueError(
                f"the vjp of {node.operation.__qualname__} returned {len(gradients)} "
                f"gradients, but argument {place + 1} requires one too"
            )
    return zip(args, gradients, strict=False)


def fitted(gradient: Tensor, tensor: Tensor) -> Tensor:
    """`gradient` in the shape and the dtype of `tensor`. Given."""
    gradient = unbroadcast(gradient, tensor.shape)
    return gradient if gradient.dtype == tensor.dtype else like(gradient.data, tensor)


def first_gradient(tensor: Tensor, gradient: Tensor | None) -> Tensor:
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
    values = (node.output, *inputs(node))
    if node.moment == now():
        return values
    return tuple(
        Overwritten(value, node)
        if isinstance(value, Tensor) and not unchanged_since(value.data, node.moment)
        else value
        for value in values
    )


install(Recorder(record, backward))
