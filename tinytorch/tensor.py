"""The tensor: one array of numbers with a shape, a dtype and arithmetic that broadcasts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

from tinytorch import arguments, dtypes
from tinytorch.beside import by_operator, check_operator, write_into
from tinytorch.checks import check_flag, checked_flags, described
from tinytorch.dtypes import cast, check_fits, check_room, check_whole, default_dtype, result_type
from tinytorch.indexing import array_index
from tinytorch.operation import installed, is_recording, operation
from tinytorch.versions import overwritten, owner

Dim = int | tuple[int, ...] | None


class Tensor:
    """A multi-dimensional array of numbers.

    Its values live in `data`, an array. Whole Python numbers become int64, others float32, and
    bools stay bool, while an array keeps its own dtype; `dtype` overrides all of them.
    """

    data: Any
    grad: Tensor | None = None  # what `backward` adds up, in tensors that nothing was recorded for
    grad_fn: Any = None  # the record of the operation that made this tensor; module 07
    _requires_grad: bool = False
    is_python_number: bool = False  # it gives way to another operand's dtype; see `as_tensor`

    def __init__(self, data: Any, dtype: Any = None) -> None:
        """Copy `data` (a number, nested lists, an array or a Tensor) into a new tensor.

        Raises ValueError if the rows of nested lists differ in length, TypeError if they hold
        anything but numbers and bools.
        """
        if isinstance(data, Tensor):
            data = data.data
        own = default_dtype(data)
        self.data = np.array(data, dtype=own if dtype is None else dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension: (2, 3) for two rows of three."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements, the product of the shape."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        """The type of every element."""
        return self.data.dtype

    @property
    def nbytes(self) -> int:
        """The bytes that the elements take: size times the bytes of one element."""
        return self.size * self.data.itemsize

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array that shares this tensor's memory."""
        return self.data

    def tolist(self) -> Any:
        """The values as nested Python lists, or a Python number for no dimensions."""
        return self.data.tolist()

    def item(self) -> Any:
        """The only element as a Python number. Raises ValueError if there is not exactly one."""
        if self.size != 1:
            raise ValueError(f"item() needs one element; shape {self.shape} has {self.size}")
        return self.data.item()

    def __repr__(self) -> str:
        """Text such as Tensor([[1, 2]], dtype=int64)."""
        return f"Tensor({self.tolist()}, dtype={self.dtype})"

    @operation
    def add(self, other: Any) -> Tensor:
        """self + other, elementwise, broadcast. Raises ValueError if the shapes do not fit."""
        left, right = broadcastable(self, other, "add")
        return wrap(left + right)

    @operation
    def sub(self, other: Any) -> Tensor:
        """self - other, elementwise, broadcast. Raises ValueError if the shapes do not fit."""
        left, right = broadcastable(self, other, "sub")
        return wrap(left - right)

    @operation
    def mul(self, other: Any) -> Tensor:
        """self * other, elementwise, broadcast. Raises ValueError if the shapes do not fit."""
        left, right = broadcastable(self, other, "mul")
        return wrap(left * right)

    @operation
    def div(self, other: Any) -> Tensor:
        """self / other, elementwise, broadcast. Raises ValueError if the shapes do not fit.

        Whole numbers give fractions, in float32. Division by zero gives inf or nan, as IEEE 754
        says, without a warning.
        """
        left, right = broadcastable(self, other, "div")
        with np.errstate(divide="ignore", invalid="ignore"):
            return wrap(floats(left) / floats(right))

    @operation
    def pow(self, exponent: Any) -> Tensor:
        """self ** exponent, elementwise, broadcast. Raises ValueError if the shapes do not fit.

        A negative number to a fraction is nan, and zero to a negative number inf. Whole numbers
        stay whole; to a negative power they raise ValueError.
        """
        left, right = broadcastable(self, exponent, "pow")
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return wrap(left**right)

    @operation
    def neg(self) -> Tensor:
        """-self, elementwise."""
        return wrap(-self.data)

    def __add__(self, other: Any) -> Tensor:
        """self + other. Given."""
        return self.add(other)

    def __sub__(self, other: Any) -> Tensor:
        """self - other. Given."""
        return self.sub(other)

    def __mul__(self, other: Any) -> Tensor:
        """self * other. Given."""
        return self.mul(other)

    def __truediv__(self, other: Any) -> Tensor:
        """self / other. Given."""
        return self.div(other)

    def __pow__(self, exponent: Any) -> Tensor:
        """self ** exponent. Given."""
        return self.pow(exponent)

    def __neg__(self) -> Tensor:
        """-self. Given."""
        return self.neg()

    def __radd__(self, other: Any) -> Tensor:
        """other + self, where other is no Tensor."""
        return as_tensor(other, self).add(self)

    def __rsub__(self, other: Any) -> Tensor:
        """other - self, where other is no Tensor."""
        return as_tensor(other, self).sub(self)

    def __rmul__(self, other: Any) -> Tensor:
        """other * self, where other is no Tensor."""
        return as_tensor(other, self).mul(self)

    def __rtruediv__(self, other: Any) -> Tensor:
        """other / self, where other is no Tensor."""
        return as_tensor(other, self).div(self)

    def __rpow__(self, other: Any) -> Tensor:
        """other ** self, where other is no Tensor."""
        return as_tensor(other, self).pow(self)

    @arguments.multiplication
    def matmul(self, other: Tensor) -> Tensor:
        """The matrix product, as `torch.matmul`: (…, n, k) by (…, k, m) gives (…, n, m).

        A vector (k,) counts as a row on the left and as a column on the right. Raises ValueError
        if the inner lengths differ, if either tensor has no dimensions or if the batches do not
        broadcast.
        """
        if self.ndim == 0 or other.ndim == 0:
            raise ValueError(
                f"matmul needs at least one dimension, not {self.shape} by {other.shape}"
            )
        inner = other.shape[0] if other.ndim == 1 else other.shape[-2]
        if self.shape[-1] != inner:
            raise ValueError(
                f"matmul of {self.shape} by {other.shape}: "
                f"the inner lengths {self.shape[-1]} and {inner} differ"
            )
        left, right = promoted(self, other)
        return wrap(left @ right)

    def __matmul__(self, other: Tensor) -> Tensor:
        """self @ other. Given."""
        return self.matmul(other)

    @arguments.reshaping
    def reshape(self, *shape: int) -> Tensor:
        """The same elements in row-major order under another shape; one length may be -1.

        The shape may be a tuple too.

        Raises ValueError if the number of elements differs.
        """
        try:
            return wrap(self.data.reshape(shape))
        except ValueError:
            raise ValueError(f"{self.size} elements of {self.shape} do not fill {shape}") from None

    @arguments.transposing
    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """A view with two dimensions exchanged. Raises IndexError for one that is not there."""
        return wrap(self.data.swapaxes(dim0, dim1))

    @arguments.flattening
    def flatten(self, start_dim: int = 0) -> Tensor:
        """All dimensions from `start_dim` on as one: flatten(1) turns (2, 3, 4) into (2, 12)."""
        return self.reshape(*self.shape[:start_dim], math.prod(self.shape[start_dim:]))

    @operation
    def __getitem__(self, index: Any) -> Tensor:
        """The elements at `index`: whole numbers, slices, ..., None, lists, bool or int tensors."""
        return wrap(self.data[array_index(index, self.shape)])

    @arguments.reduction
    def sum(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The sum over `dim`, or over everything; `keepdim` leaves length 1 where it summed.

        Whole numbers and bools are summed as int64.
        """
        dtype = None if self.dtype.kind == "f" else np.int64
        return wrap(self.data.sum(axis=dim, keepdims=keepdim, dtype=dtype))

    @arguments.float_reduction
    def mean(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The mean over `dim`, or over everything; nan over no elements.

        Raises TypeError for whole numbers and bools: take the mean of .float().
        """
        total = self.sum(dim, keepdim)
        return total.div(self.size / total.size if total.size else 1)

    @arguments.reduction
    def max(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The greatest value over `dim`, or over everything. Raises ValueError over no elements."""
        if self.size == 0:
            raise ValueError(f"max of no elements: shape {self.shape}")
        return wrap(self.data.max(axis=dim, keepdims=keepdim))

    @operation
    def exp(self) -> Tensor:
        """e to the power of each element; inf where float32 ends, above 88.72."""
        with np.errstate(over="ignore"):
            return wrap(np.exp(floats(self)))

    @operation
    def log(self) -> Tensor:
        """The natural logarithm of each element; -inf at 0, nan below."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return wrap(np.log(floats(self)))

    @operation
    def sqrt(self) -> Tensor:
        """The square root of each element; nan below 0."""
        with np.errstate(invalid="ignore"):
            return wrap(np.sqrt(floats(self)))

    @operation
    def abs(self) -> Tensor:
        """The distance of each element from 0."""
        return wrap(abs(self.data))

    @arguments.comparison
    def __eq__(self, other: object) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Elementwise equality, as bools."""
        left, right = broadcastable(self, other, "==")
        return wrap(left == right)

    @arguments.comparison
    def __ne__(self, other: object) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Elementwise inequality, as bools. Given."""
        left, right = broadcastable(self, other, "!=")
        return wrap(left != right)

    def __lt__(self, other: Any) -> Tensor:
        """Elementwise less-than, as bools."""
        left, right = broadcastable(self, other, "<")
        return wrap(left < right)

    def __le__(self, other: Any) -> Tensor:
        """Elementwise less-or-equal, as bools. Given."""
        left, right = broadcastable(self, other, "<=")
        return wrap(left <= right)

    def __gt__(self, other: Any) -> Tensor:
        """Elementwise greater-than, as bools. Given."""
        left, right = broadcastable(self, other, ">")
        return wrap(left > right)

    def __ge__(self, other: Any) -> Tensor:
        """Elementwise greater-or-equal, as bools. Given."""
        left, right = broadcastable(self, other, ">=")
        return wrap(left >= right)

    # From here on: given.

    __hash__ = object.__hash__

    def __array_ufunc__(
        self, function: Any, method: str, *inputs: Any, out: Any = None, **named: Any
    ) -> Any:
        """`array + tensor` is a tensor, `array += tensor` writes into the array. Given."""
        check_operator(function, method, named)
        if out is not None:
            return write_into(out[0], function, inputs)
        return by_operator(function, *inputs)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; `data` takes an array or a tensor's array, `grad` a tensor. Given."""
        if name == "data":
            if value is not None and value is getattr(self, "data", None):  # `t.data -= ...`
                overwritten(value)
            else:
                value = checked_array(value, self)
        elif name == "grad" and value is not None:
            check_gradient(value, self)
        object.__setattr__(self, name, value)

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The matrix with rows and columns exchanged; all dimensions in reverse. Given."""
        reverse = self
        for dim in range(self.ndim // 2):
            reverse = reverse.transpose(dim, -1 - dim)
        return reverse

    @property
    def mT(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """Each matrix of a batch with rows and columns exchanged. Given."""
        if self.ndim < 2:
            raise ValueError(f"mT exchanges rows and columns: shape {self.shape} has none")
        return self.transpose(-2, -1)

    def view(self, *shape: int) -> Tensor:
        """`reshape` that never copies. Raises ValueError where it would have to. Given."""
        seen = self.reshape(*shape)
        if owner(seen.data) is not owner(self.data):
            raise ValueError(
                f"view: shape {self.shape} does not lie in memory in that order; reshape copies"
            )
        return seen

    def stride(self) -> tuple[int, ...]:
        """How far apart, in elements, the neighbours along each dimension lie in memory. Given."""
        return tuple([step // self.data.itemsize for step in self.data.strides])

    def is_contiguous(self) -> bool:
        """Whether the elements lie row after row in memory, as `strides` says. Given."""
        steps = zip(self.shape, self.stride(), strides(self.shape), strict=True)
        return self.size == 0 or all(length == 1 or is_ == row for length, is_, row in steps)

    @operation
    def clone(self) -> Tensor:
        """A copy, through which gradients flow. Given."""
        return wrap(self.data.copy())

    @arguments.reduction
    def min(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The smallest value over `dim`, or over everything. ValueError over no elements. Given."""
        if self.size == 0:
            raise ValueError(f"min of no elements: shape {self.shape}")
        return wrap(self.data.min(axis=dim, keepdims=keepdim))

    @arguments.index_reduction
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The place of the greatest value over `dim`, or in the flattened tensor; int64. Given."""
        return wrap(self.data.argmax(axis=dim, keepdims=keepdim))

    @arguments.index_reduction
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The place of the smallest value over `dim`, or in the flattened tensor; int64. Given."""
        return wrap(self.data.argmin(axis=dim, keepdims=keepdim))

    @operation
    def remainder(self, other: Any) -> Tensor:
        """self % other, elementwise, broadcast: what is left over, with the sign of `other`. Given.

        Over zero it is nan, and of whole numbers a ZeroDivisionError.
        """
        left, right = broadcastable(self, other, "remainder")
        with np.errstate(invalid="ignore"):
            return wrap(left % right)

    @operation
    def floor_divide(self, other: Any) -> Tensor:
        """self // other, elementwise, broadcast: the quotient, rounded down. Given.

        Over zero it is inf or nan, and of whole numbers a ZeroDivisionError. It has no gradient.
        """
        left, right = broadcastable(self, other, "floor_divide")
        with np.errstate(divide="ignore", invalid="ignore"):
            return wrap(left // right)

    @operation
    def round(self, decimals: int = 0) -> Tensor:
        """Each element rounded, halves to the even side; its slope is 0. Given."""
        return wrap(self.data.round(decimals))

    def __mod__(self, other: Any) -> Tensor:
        """self % other. Given."""
        return self.remainder(other)

    def __rmod__(self, other: Any) -> Tensor:
        """other % self, where other is no Tensor. Given."""
        return as_tensor(other, self).remainder(self)

    def __floordiv__(self, other: Any) -> Tensor:
        """self // other. Given."""
        return self.floor_divide(other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        """other // self, where other is no Tensor. Given."""
        return as_tensor(other, self).floor_divide(self)

    def __abs__(self) -> Tensor:
        """abs(self). Given."""
        return self.abs()

    def __round__(self, decimals: int = 0) -> Tensor:
        """round(self, decimals), a tensor too. Given."""
        return self.round(decimals)

    def __pos__(self) -> Tensor:
        """+self: the tensor itself. Raises TypeError for bools. Given."""
        if self.dtype.kind == "b":
            raise TypeError("+ of bools: .long() makes them 0 and 1")
        return self

    def __rmatmul__(self, other: Any) -> Tensor:
        """other @ self, where other is an array or a list. Given."""
        return as_tensor(other, self).matmul(self)

    def __and__(self, other: Any) -> Tensor:
        """Where both are true; of whole numbers, the bits that both have. Given."""
        left, right = bits(self, other, "&")
        return wrap(left & right)

    def __or__(self, other: Any) -> Tensor:
        """Where either is true; of whole numbers, the bits that either has. Given."""
        left, right = bits(self, other, "|")
        return wrap(left | right)

    def __xor__(self, other: Any) -> Tensor:
        """Where one of both is true; of whole numbers, the bits that differ. Given."""
        left, right = bits(self, other, "^")
        return wrap(left ^ right)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Tensor:
        """Where it is false; of whole numbers, every bit turned. Given."""
        return wrap(~bits(self, self, "~")[0])

    def __iadd__(self, other: Any) -> Tensor:
        """self += other, in the same memory; see `in_place`. Given."""
        return in_place(self, self.add(other), "+=")

    def __isub__(self, other: Any) -> Tensor:
        """self -= other, in the same memory; see `in_place`. Given."""
        return in_place(self, self.sub(other), "-=")

    def __imul__(self, other: Any) -> Tensor:
        """self *= other, in the same memory; see `in_place`. Given."""
        return in_place(self, self.mul(other), "*=")

    def __itruediv__(self, other: Any) -> Tensor:
        """self /= other, in the same memory; see `in_place`. Given."""
        return in_place(self, self.div(other), "/=")

    def __ifloordiv__(self, other: Any) -> Tensor:
        """self //= other, in the same memory; see `in_place`. Given."""
        return in_place(self, self.floor_divide(other), "//=")

    def __imod__(self, other: Any) -> Tensor:
        """self %= other, in the same memory; see `in_place`. Given."""
        return in_place(self, self.remainder(other), "%=")

    def __ipow__(self, other: Any) -> Tensor:
        """self **= other, in the same memory; see `in_place`. Given."""
        return in_place(self, self.pow(other), "**=")

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write `value` where `index` picks. Nothing is recorded. Given.

        Raises RuntimeError where a gradient would get lost: write inside `with no_grad():`.
        """
        is_number = not isinstance(value, Tensor)
        value = operand(value, self, "x[...] =")
        if is_recording() and (self.requires_grad or value.requires_grad):
            raise RuntimeError(
                "x[...] = value is not recorded, and a gradient is required here: write inside "
                "`with no_grad():`"
            )
        check_fits(self.dtype, value.dtype, "x[...] =")
        if is_number:
            check_room(self.dtype, value.data, "x[...] =")
        self.data[array_index(index, self.shape)] = value.data
        overwritten(self.data)

    def __len__(self) -> int:
        """The length of the first dimension. Given."""
        if self.ndim == 0:
            raise TypeError("a tensor of no dimensions has no len(): item() is its number")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        """The rows, one after the other: what the first dimension holds. Given."""
        if self.ndim == 0:
            raise TypeError("a tensor of no dimensions has no rows: item() is its number")
        return (self[row] for row in range(self.shape[0]))

    def __contains__(self, value: Any) -> bool:
        """Whether any element equals `value`. Given."""
        return bool((self == value).data.any())

    def __bool__(self) -> bool:
        """Whether the only element is not 0, so that `if loss > 1:` asks what it says. Given.

        Raises ValueError if there is not exactly one.
        """
        if self.size != 1:
            raise ValueError(f"shape {self.shape} is neither true nor false: compare one element")
        return bool(self.item())

    def __float__(self) -> Number:
        """float(t): the only element. Given."""
        return float(self.item())

    def __int__(self) -> int:
        """int(t): the only element without its fraction. Given."""
        return int(self.item())

    def __index__(self) -> int:
        """The only element as an index, if it is a whole number. Given."""
        if self.size != 1 or self.dtype.kind not in "iu":
            raise TypeError(f"an index is one whole number, not shape {self.shape}, {self.dtype}")
        return self.item()

    def __format__(self, spec: str) -> str:
        """f"{t:.2f}" for one element; f"{t}" for any tensor. Given."""
        if spec and self.size != 1:
            raise TypeError(
                f"the format {spec!r} is for one number, and shape {self.shape} has {self.size}: "
                "format tolist(), or one element"
            )
        return format(self.item(), spec) if spec else str(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """np.asarray(t): the values, sharing memory where they can. Given.

        Raises RuntimeError where a gradient would get lost: with recording on, of a tensor that
        requires one. So do all functions of NumPy's that take the tensor for an array.
        """
        if self.requires_grad and is_recording():
            raise RuntimeError(
                "NumPy would lose the gradient of this tensor: write it in tensors, or take the "
                "array of t.detach()"
            )
        if self.device != "cpu":
            raise TypeError('NumPy can not read a tensor on a GPU: take t.to("cpu") first')
        array = np.asarray(self.data, dtype=dtype)
        return array.copy() if copy else array

    def float(self) -> Tensor:
        """As float32; itself if it is. Given."""
        return self.to(np.float32)

    def double(self) -> Tensor:
        """As float64; itself if it is. Given."""
        return self.to(np.float64)

    def long(self) -> Tensor:
        """As int64, without fractions; itself if it is. Given."""
        return self.to(np.int64)

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` shall reach this tensor. Given.

        Raises TypeError when it is set on whole numbers or bools: they have no slope.
        """
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        check_flag("requires_grad", requires_grad)
        if requires_grad and self.dtype.kind != "f":
            raise TypeError(
                f"only float tensors can require a gradient, not {self.dtype}: take .float() first"
            )
        if self.grad_fn is not None and not requires_grad:
            raise ValueError(
                "this tensor was computed from others; detach() gives one that was not"
            )
        object.__setattr__(self, "_requires_grad", requires_grad)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` and return this tensor. Given."""
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Tensor:
        """The same numbers, in the same memory, as a tensor that nothing is recorded for. Given."""
        return wrap(self.data)

    @checked_flags
    def backward(self, gradient: Tensor | None = None, retain_graph: bool = False) -> None:
        """Add the slope of this tensor to the `grad` of every tensor it was made from. Given.

        `gradient`, of this tensor's shape, is needed unless it has one element. The records are
        dropped on the way unless `retain_graph`. `tinytorch.autograd.backward` does the work.
        """
        installed().backward(self, gradient, retain_graph)

    @property
    def device(self) -> str:
        """Where the numbers live: "cpu" (a NumPy array) or "cuda" (a CuPy array). Given."""
        return "cpu" if isinstance(self.data, np.ndarray) else "cuda"

    @operation
    def to(self, target: Any) -> Tensor:
        """This tensor on "cpu" or "cuda", or in a dtype; itself if it is already. Given.

        Raises ValueError for another device, TypeError for what is no dtype of numbers or bools,
        RuntimeError for "cuda" without CuPy or a GPU.
        """
        if target in ("cpu", "cuda"):
            if target == self.device:
                return self
            return wrap(self.data.get() if target == "cpu" else _on_gpu(self.data))
        dtype = dtypes.named_dtype(target)
        return self if dtype == self.dtype else wrap(cast(self.data, dtype))


def broadcast_shape(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that two shapes broadcast to, as `torch.broadcast_shapes`.

    Counted from the right, two lengths must be equal, or one of them is 1 or missing. Raises
    ValueError that names both shapes if they do not fit.
    """
    shape: list[int] = []
    for a, b in zip_longest(reversed(left), reversed(right), fillvalue=1):
        if a != b and 1 not in (a, b):
            raise ValueError(
                f"shapes {left} and {right} do not broadcast; "
                "counted from the right, lengths must be equal or 1"
            )
        shape.append(b if a == 1 else a)
    return tuple(reversed(shape))


def strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """How far apart, in elements, the neighbours along each dimension lie in a row-major buffer.

    As `torch.empty(shape).stride()`: (3, 1) for (2, 3).
    """
    steps: list[int] = []
    step = 1
    for length in reversed(shape):
        steps.append(step)
        step *= length
    return tuple(reversed(steps))


def matmul_loops(left: Tensor, right: Tensor) -> Tensor:
    """The product of two matrices in three loops: (n, k) by (k, m) gives (n, m).

    Raises ValueError for other shapes.
    """
    check_matrices(left, right)
    a, b = promoted(left, right)
    product = np.zeros((a.shape[0], b.shape[1]), dtype=a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                product[i, j] += a[i, k] * b[k, j]
    return wrap(product)


@operation
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A linear model, as `torch.nn.functional.linear`: input @ weight.T + bias. Given.

    input (…, in), weight (out, in) and bias (out,) give (…, out).
    """
    output = input.matmul(weight.T)
    return output if bias is None else output.add(bias)


Number = float  # inside the class, `float` is a method


def check_matrices(left: Tensor, right: Tensor) -> None:
    """Raises ValueError unless these are matrices whose inner lengths agree. Given."""
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise ValueError(f"matmul_loops takes (n, k) by (k, m), not {left.shape} by {right.shape}")


def promoted(left: Tensor, right: Tensor) -> tuple[Any, Any]:
    """The arrays of two tensors, in the dtype that they make together. Given."""
    if left.data.dtype == right.data.dtype:
        return left.data, right.data
    dtype = result_type(left, right)
    return cast(left.data, dtype), cast(right.data, dtype)


def floats(values: Any) -> Any:
    """The array of a tensor, or an array as it is; ints and bools as float32. Given."""
    array = values.data if isinstance(values, Tensor) else values
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def wrap(array: Any) -> Tensor:
    """A tensor around `array` itself, not a copy. Given."""
    tensor = Tensor.__new__(Tensor)
    array = np.asarray(array) if isinstance(array, np.generic) else array
    object.__setattr__(tensor, "data", array)  # it needs no check, which takes time
    return tensor


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """`value` as a tensor; a number takes the dtype it makes with `like`, and its device. Given."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.generic):
        value = value.item()  # a NumPy number counts as Python's
    if not isinstance(value, int | float):
        return Tensor(value)
    number = python_number(value, result_type(like, value))
    if like.device != "cpu":
        number = np.full_like(like.data, number.item(), dtype=number.dtype, shape=())
    tensor = wrap(number)
    tensor.is_python_number = True
    return tensor


def python_number(value: Any, dtype: Any) -> Any:
    """A Python number as an array in `dtype`. Given.

    As in PyTorch, float64 gets all of its digits, and float16 those of float32. A whole number that
    has no room in a narrow dtype stays an int64: a division has room for it, and all else lets it
    run over later.
    """
    number = np.asarray(value, dtype if dtype == np.float64 else default_dtype(value))
    fits = dtype.kind == "f" or number == number.astype(dtype)
    return cast(number, dtype) if fits else number


def operand(value: Any, like: Tensor, name: str) -> Tensor:
    """`as_tensor`, whose error says which operation refuses the value. Given."""
    try:
        return as_tensor(value, like)
    except TypeError:
        raise TypeError(
            f"{name} takes a tensor, a number or an array, not {described(value)}"
        ) from None


def broadcastable(left: Tensor, right: Any, name: str) -> tuple[Any, Any]:
    """Two arrays of one dtype, if `broadcast_shape` finds a shape for both. Given.

    Raises ValueError that names the operation and both shapes if not.
    """
    if isinstance(right, Tensor):
        other = right
    elif isinstance(right, (int, float)) and left.data.dtype.kind == "f":
        dtype = left.data.dtype
        if abs(right) < 6e4:  # what float16 holds
            return left.data, dtype.type(right)
        return left.data, cast(np.asarray(float(right)), dtype)[()]
    else:
        other = operand(right, left, name)
    if left.shape != other.shape:
        try:
            broadcast_shape(left.shape, other.shape)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    first, second = promoted(left, other)
    if first.dtype.kind != "f":
        if name == "div" and left.data.dtype != other.data.dtype:  # the floats to come have room
            return left.data.astype(np.int64), other.data.astype(np.int64)
        check_whole(first, other.data, name)
    return first, second


def bits(left: Tensor, right: Any, name: str) -> tuple[Any, Any]:
    """`broadcastable`, of bools and whole numbers only. Raises TypeError for floats. Given."""
    first, second = broadcastable(left, right, name)
    if first.dtype.kind == "f":
        example = "~(x > 0)" if name == "~" else f"(x > 0) {name} (y > 0)"
        raise TypeError(
            f"{name} is for bools and whole numbers, not {first.dtype}; comparisons, in brackets, "
            f"give bools: {example}"
        )
    return first, second


def in_place(tensor: Tensor, result: Tensor, sign: str) -> Tensor:
    """Write `result` into the memory of `tensor`, for `+=` and its kin; return the tensor. Given.

    Where the operation was recorded, the result itself is returned: what other nodes hold of the
    tensor keeps its numbers, but counts as overwritten, as in PyTorch. Raises RuntimeError for a
    tensor that requires a gradient by itself, ValueError or TypeError for a result of another shape
    or a higher kind.
    """
    if is_recording() and tensor.requires_grad and tensor.grad_fn is None:
        raise RuntimeError(
            f"{sign} on a tensor that requires a gradient: write inside `with no_grad():`, or make "
            f"a new tensor, as in y = x {sign[:-1]} 1"
        )
    if result.shape != tensor.shape:
        raise ValueError(f"{sign}: the result {result.shape} has no room in {tensor.shape}")
    check_fits(tensor.dtype, result.dtype, sign)
    overwritten(tensor.data)
    if result.requires_grad:
        return result.to(tensor.dtype)
    tensor.data[...] = result.data
    return tensor


def checked_array(value: Any, tensor: Tensor) -> Any:
    """The array that `tensor.data` may become: an array of numbers, or that of a tensor. Given."""
    value = np.asarray(value) if isinstance(value, np.generic) else value
    array = value.data if isinstance(value, Tensor) else value
    kind = getattr(getattr(array, "dtype", None), "kind", None)
    if kind not in tuple("biuf") or not hasattr(array, "shape"):
        raise TypeError(
            f"data takes an array of numbers or a tensor, not {described(value)}: "
            "Tensor(...) makes a tensor of a list"
        )
    if tensor.requires_grad and kind != "f":
        raise TypeError(f"data of a tensor that requires a gradient are floats, not {array.dtype}")
    return array


def check_gradient(value: Any, tensor: Tensor) -> None:
    """Raises unless `value` can be the `grad` of `tensor`: floats, of its shape. Given."""
    if not isinstance(value, Tensor):
        raise TypeError(f"grad takes a tensor or None, not {described(value)}: Tensor(...) it")
    if value.shape != tensor.shape:
        raise ValueError(f"grad of shape {value.shape} for a tensor of shape {tensor.shape}")
    if value.dtype.kind != "f":
        raise TypeError(f"grad holds floats, not {value.dtype}: take .float() first")


def _on_gpu(array: np.ndarray) -> Any:
    """`array` as a CuPy array. Raises RuntimeError that says what is missing. Given."""
    try:
        import cupy  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise RuntimeError('"cuda" needs CuPy: pip install cupy-cuda12x (or -cuda13x)') from None
    try:
        return cupy.asarray(array)
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(f'"cuda" needs a GPU that CuPy can use: {error}') from None
