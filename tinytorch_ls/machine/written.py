"""What a kernel does to memory at all, read off its form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.report import Place


@dataclass(frozen=True)
class Touched:
    """What a launch has to look out for."""

    written: tuple[form.Array, ...]
    anything: bool  # whether it writes where only the launch shows
    atomics: bool
    fences: bool
    barriers: bool
    grid_barriers: bool
    loops: bool
    doubles: tuple[Place, ...]  # the statements that compute in double precision

    @property
    def waits(self) -> bool:
        """Whether threads may wait in a loop for what others do."""
        return self.loops and (bool(self.written) or self.anything)


def touched(kernel: form.Kernel) -> Touched:
    """Look through a kernel."""
    every = list(nodes(kernel.body))
    elements = [n.element for n in every if isinstance(n, form.Store | form.Atomic)]
    known = [e.memory for e in elements if isinstance(e.memory, form.Array)]
    return Touched(
        tuple(dict.fromkeys(known)),
        len(known) < len(elements),
        any(isinstance(node, form.Atomic) for node in every),
        any(isinstance(node, form.Fence) for node in every),
        any(isinstance(node, form.Barrier | form.BlockVote) for node in every),
        any(isinstance(node, form.Barrier) and node.grid for node in every),
        any(isinstance(node, form.While) for node in every),
        tuple(dict.fromkeys(n.place for n in every if isinstance(n, form.Statement) and _is_in(n))),
    )


def is_seen(statement: form.Statement) -> bool:
    """Whether other threads, or who launched the kernel, see what a statement does."""
    return any(
        isinstance(node, form.Exchange | form.BlockVote | form.Barrier | form.WarpBarrier)
        or (isinstance(node, form.Store | form.Atomic) and not _is_local(node.element.memory))
        for node in nodes(statement)
    )


def _is_in(statement: form.Statement) -> bool:
    """Whether a statement itself computes in double precision, not those that stand in it."""
    own = (getattr(statement, field.name) for field in fields(statement))
    return any(
        isinstance(node, form.Operation) and _is_double(node)
        for value in own
        if isinstance(value, form.Expression | form.Element)
        for node in nodes(value)
    )


def _is_double(operation: form.Operation) -> bool:
    if operation.dtype == np.bool_ and all(map(_is_single, operation.operands)):
        return False  # a compiler compares them as they are
    return any(each.dtype == np.float64 for each in (operation, *operation.operands))


def _is_single(value: form.Expression) -> bool:
    """Whether a number is the same in single precision."""
    match value:
        case form.Cast(value=inner):
            return inner.dtype.kind == "f" and _is_single(inner)
        case form.Constant(value=number):
            return float(np.float32(number)) == float(number)
        case _:
            return value.dtype.kind == "f" and value.dtype.itemsize <= np.dtype(np.float32).itemsize


def _is_local(memory: form.Array | form.Expression) -> bool:
    return isinstance(memory, form.Array) and memory.space == "local"


def nodes(node: Any) -> Iterator[Any]:
    """All nodes of the form that a node consists of, itself among them."""
    if isinstance(node, tuple):
        for each in cast("tuple[Any, ...]", node):
            yield from nodes(each)
    elif is_dataclass(node) and not isinstance(node, form.Array):
        yield node
        for field in fields(node):
            yield from nodes(getattr(node, field.name))
