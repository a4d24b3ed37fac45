"""What an expression of a kernel may stand for while it is translated."""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from tinytorch_ls.machine import form
from tinytorch_ls.machine.numbers import INT64, dtype_of_number


@dataclass(frozen=True)
class Known:
    """Something that is known when the kernel is compiled: a literal, a module, a dtype, None."""

    value: Any


@dataclass(frozen=True)
class CudaName:
    """`cuda`, or a name in it: "atomic.add"."""

    path: str


@dataclass(frozen=True)
class Device:
    """A device function."""

    function: FunctionType


@dataclass(frozen=True)
class Several:
    """A tuple."""

    items: tuple[Thing, ...]


@dataclass(frozen=True)
class Range:
    """range(start, stop, step)."""

    start: form.Expression
    stop: form.Expression
    step: form.Expression


@dataclass(frozen=True)
class Together:
    """zip(...) or enumerate(...): what a loop goes over side by side."""

    parts: tuple[Thing, ...]


@dataclass(frozen=True)
class Axis:
    """A dimension of a memory, as a view has it: `index` is None where it is still free."""

    index: form.Expression | None
    length: form.Expression
    stride: form.Expression


@dataclass(frozen=True)
class View:
    """An array, or a part of one."""

    memory: form.Array | form.Expression
    dtype: form.DType
    offset: form.Expression
    axes: tuple[Axis, ...]

    @property
    def name(self) -> str:
        """As the kernel calls it."""
        return self.memory.name if isinstance(self.memory, form.Array) else "the array"

    @property
    def free(self) -> tuple[Axis, ...]:
        """The dimensions that it has left."""
        return tuple(axis for axis in self.axes if axis.index is None)


Thing: TypeAlias = "form.Expression | Known | CudaName | Device | Several | Range | Together | View"


def whole(value: int) -> form.Constant:
    """A whole number of 64 bits."""
    return form.Constant(INT64, value)


def number(thing: Thing) -> form.Expression | None:
    """A thing as a number; None where it is none."""
    if isinstance(thing, form.Expression):
        return thing
    if isinstance(thing, Known):
        dtype = dtype_of_number(thing.value)
        return None if dtype is None else form.Constant(dtype, thing.value)
    return None


def declared_view(array: form.Array) -> View:
    """All of an array whose shape the kernel or the launch says."""
    if array.shape is None:
        axes = tuple(
            Axis(
                None, form.Extent(INT64, array, "length", i), form.Extent(INT64, array, "stride", i)
            )
            for i in range(array.ndim)
        )
        offset = whole(0) if array.space != "global" else form.Extent(INT64, array, "offset", 0)
        return View(array, array.dtype, offset, axes)
    strides = [int(np.prod(array.shape[i + 1 :], dtype=int)) for i in range(array.ndim)]
    axes = tuple(
        Axis(None, whole(length), whole(stride))
        for length, stride in zip(array.shape, strides, strict=True)
    )
    return View(array, array.dtype, whole(0), axes)


def words(thing: Thing) -> str:
    """What it is, in words."""
    match thing:
        case form.Expression(dtype=dtype):
            return f"a {dtype}"
        case View():
            return f"an array of {thing.dtype} with {len(thing.free)} dimension(s)"
        case Several(items=items):
            return f"a tuple of {len(items)}"
        case Known(value=None):
            return "None"
        case Known(value=value) if dtype_of_number(value) is not None:
            return f"a {dtype_of_number(value)}"
        case Known(value=str()):
            return "a text"
        case Known(value=value):
            return f"{getattr(value, '__name__', value)}"
        case CudaName(path=path):
            return f"cuda.{path}" if path else "cuda"
        case _:
            return "a function"
