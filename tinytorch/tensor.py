"""The tensor: one array of numbers with a shape, a dtype and arithmetic that broadcasts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch.operation import installed, operation

Dim = int | tuple[int, ...] | None


class Tensor:
    """A multi-dimensional array of numbers.

    Its values live in `data`, an array. Python numbers become float32 and Python bools stay bool,
    while an array keeps its own dtype; `dtype` overrides both.
    """

    data: Any
    grad: Tensor | None = None  # what `backward` adds up, in tensors that nothing was recorded for
    grad_fn: Any = None  # the record of the operation that made this tensor; module 07
    _requires_grad: bool = False

    def __init__(self, data: Any, dtype: Any = None) -> None:
        """Copy `data` (a number, nested lists, an array or a Tensor) into a new tensor.

        Raises ValueError if the rows of nested lists differ in length, TypeError if they hold
        anything but numbers and bools.
        """
        if isinstance(data, Tensor):
            data = data.data
        if dtype is None and not hasattr(data, "dtype"):
            dtype = default_dtype(data)
        self.data = np.array(data, dtype=dtype)

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
        """Text such as Tensor([[1.0, 2.0]], dtype=float32)."""
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

        Division by zero gives inf or nan, as IEEE 754 says, without a warning.
        """
        left, right = broadcastable(self, other, "div")
        with np.errstate(divide="ignore", invalid="ignore"):
            return wrap(left / right)

    @operation
    def pow(self, exponent: Any) -> Tensor:
        """self ** exponent, elementwise, broadcast. Raises ValueError if the shapes do not fit.

        A negative number to a fraction is nan, and zero to a negative number inf.
        """
        left, right = broadcastable(self, exponent, "pow")
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return wrap(left**right)

    @operation
    def neg(self) -> Tensor:
        """-self, elementwise."""
        return wrap(-self.data)

    def __add__(self, other: Any) -> Tensor:
        return self.add(other)

    def __sub__(self, other: Any) -> Tensor:
        return self.sub(other)

    def __mul__(self, other: Any) -> Tensor:
        return self.mul(other)

    def __truediv__(self, other: Any) -> Tensor:
        return self.div(other)

    def __pow__(self, exponent: Any) -> Tensor:
        return self.pow(exponent)

    def __neg__(self) -> Tensor:
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

    @operation
    def matmul(self, other: Tensor) -> Tensor:
        """The matrix product, as `torch.matmul`: (…, n, k) by (…, k, m) gives (…, n, m).

        A vector (k,) counts as a row on the left and as a column on the right. Raises ValueError
        if the inner lengths differ or if either tensor has no dimensions.
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
        return wrap(self.data @ other.data)

    def __matmul__(self, other: Tensor) -> Tensor:
        return self.matmul(other)

    @operation
    def reshape(self, *shape: int) -> Tensor:
        """The same elements in row-major order under another shape; one length may be -1.

        Raises ValueError if the number of elements differs.
        """
        try:
            return wrap(self.data.reshape(shape))
        except ValueError:
            raise ValueError(f"{self.size} elements of {self.shape} do not fill {shape}") from None

    @operation
    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """A view with two dimensions exchanged. Raises IndexError for one that is not there."""
        for dim in (dim0, dim1):
            if not -self.ndim <= dim < self.ndim:
                raise IndexError(f"dimension {dim} is out of range for shape {self.shape}")
        return wrap(self.data.swapaxes(dim0, dim1))

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The matrix with rows and columns exchanged."""
        return self.transpose(0, 1)

    def flatten(self, start_dim: int = 0) -> Tensor:
        """All dimensions from `start_dim` on as one: flatten(1) turns (2, 3, 4) into (2, 12)."""
        return self.reshape(*self.shape[:start_dim], -1)

    @operation
    def __getitem__(self, index: Any) -> Tensor:
        """The elements at `index`: whole numbers, slices, ..., None, lists, bool or int tensors."""
        return wrap(self.data[array_index(index)])

    @operation
    def sum(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The sum over `dim`, or over everything; `keepdim` leaves length 1 where it summed."""
        return wrap(self.data.sum(axis=dim, keepdims=keepdim))

    @operation
    def mean(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The mean over `dim`, or over everything; nan over no elements."""
        total = self.sum(dim, keepdim)
        return total.div(self.size / total.size if total.size else 1)

    @operation
    def max(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The greatest value over `dim`, or over everything. Raises ValueError over no elements."""
        if self.size == 0:
            raise ValueError(f"max of no elements: shape {self.shape}")
        return wrap(self.data.max(axis=dim, keepdims=keepdim))

    @operation
    def exp(self) -> Tensor:
        """e to the power of each element; inf where float32 ends, above 88.72."""
        with np.errstate(over="ignore"):
            return wrap(np.exp(self.data))

    @operation
    def log(self) -> Tensor:
        """The natural logarithm of each element; -inf at 0, nan below."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return wrap(np.log(self.data))

    @operation
    def sqrt(self) -> Tensor:
        """The square root of each element; nan below 0."""
        with np.errstate(invalid="ignore"):
            return wrap(np.sqrt(self.data))

    @operation
    def abs(self) -> Tensor:
        """The distance of each element from 0."""
        return wrap(abs(self.data))

    def __eq__(self, other: object) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Elementwise equality, as bools."""
        left, right = broadcastable(self, other, "==")
        return wrap(left == right)

    def __ne__(self, other: object) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Elementwise inequality, as bools."""
        left, right = broadcastable(self, other, "!=")
        return wrap(left != right)

    def __lt__(self, other: Any) -> Tensor:
        """Elementwise less-than, as bools."""
        left, right = broadcastable(self, other, "<")
        return wrap(left < right)

    def __le__(self, other: Any) -> Tensor:
        """Elementwise less-or-equal, as bools."""
        left, right = broadcastable(self, other, "<=")
        return wrap(left <= right)

    def __gt__(self, other: Any) -> Tensor:
        """Elementwise greater-than, as bools."""
        left, right = broadcastable(self, other, ">")
        return wrap(left > right)

    def __ge__(self, other: Any) -> Tensor:
        """Elementwise greater-or-equal, as bools."""
        left, right = broadcastable(self, other, ">=")
        return wrap(left >= right)

    def __bool__(self) -> bool:
        """Whether the only element is not 0, so that `if loss > 1:` asks what it says. Given.

        Raises ValueError if there is not exactly one.
        """
        if self.size != 1:
            raise ValueError(f"shape {self.shape} is neither true nor false: compare one element")
        return bool(self.item())

    __hash__ = object.__hash__
    __array_ufunc__ = None  # so that `array + tensor` asks the tensor

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` shall reach this tensor. Given.

        Raises TypeError when it is set on whole numbers or bools: they have no slope.
        """
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        if requires_grad and self.dtype.kind != "f":
            raise TypeError(f"only float tensors can require a gradient, not {self.dtype}")
        if self.grad_fn is not None and not requires_grad:
            raise ValueError(
                "this tensor was computed from others; detach() gives one that was not"
            )
        self._requires_grad = requires_grad

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` and return this tensor. Given."""
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Tensor:
        """The same numbers, in the same memory, as a tensor that nothing is recorded for. Given."""
        return wrap(self.data)

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
    def to(self, device: str) -> Tensor:
        """This tensor on "cpu" or "cuda"; itself if it is there already. Given.

        Raises ValueError for another device, RuntimeError for "cuda" without CuPy or a GPU.
        """
        if device not in ("cpu", "cuda"):
            raise ValueError(f'device must be "cpu" or "cuda", not {device!r}')
        if device == self.device:
            return self
        return wrap(self.data.get() if device == "cpu" else _on_gpu(self.data))


@operation
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A linear model, as `torch.nn.functional.linear`: input @ weight.T + bias.

    input (…, in), weight (out, in) and bias (out,) give (…, out).
    """
    output = input.matmul(weight.T)
    return output if bias is None else output.add(bias)


def default_dtype(data: Any) -> Any:
    """bool for Python bools, float32 for Python numbers."""
    try:
        kind = np.asarray(data).dtype.kind
    except ValueError as error:
        raise ValueError(f"Tensor needs rows of equal length: {error}") from None
    if kind not in "biuf":
        raise TypeError(f"Tensor holds numbers and bools, not {data!r:.60}")
    return np.bool_ if kind == "b" else np.float32


def wrap(array: Any) -> Tensor:
    """A tensor around `array` itself, not a copy."""
    tensor = Tensor.__new__(Tensor)
    tensor.data = np.asarray(array) if isinstance(array, np.generic) else array
    return tensor


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """`value` as a tensor; a Python number takes the float dtype and the device of `like`."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, int | float):
        dtype = like.dtype if like.dtype.kind == "f" else None
        if like.device != "cpu":
            return wrap(np.full_like(like.data, value, dtype=dtype or np.float32, shape=()))
        return Tensor(value, dtype)
    return Tensor(value)


def broadcastable(left: Tensor, right: Any, name: str) -> tuple[Any, Any]:
    """The two arrays, if their shapes broadcast. Raises ValueError that names both if not."""
    if isinstance(right, int | float) and left.dtype.kind == "f":
        return left.data, left.dtype.type(right)
    other = as_tensor(right, left)
    if not _shapes_broadcast(left.shape, other.shape):
        raise ValueError(
            f"{name}: shapes {left.shape} and {other.shape} do not broadcast; "
            "counted from the right, lengths must be equal or 1"
        )
    return left.data, other.data


def _shapes_broadcast(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether the lengths, counted from the right, are equal or 1."""
    pairs = zip(reversed(left), reversed(right), strict=False)
    return left == right or all(a == b or a == 1 or b == 1 for a, b in pairs)


def _on_gpu(array: np.ndarray) -> Any:
    """`array` as a CuPy array. Raises RuntimeError that says what is missing."""
    try:
        import cupy  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise RuntimeError('"cuda" needs CuPy: pip install cupy-cuda12x (or -cuda13x)') from None
    try:
        return cupy.asarray(array)
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(f'"cuda" needs a GPU that CuPy can use: {error}') from None


def array_index(index: Any) -> Any:
    """`index` with every Tensor in it replaced by its array."""
    if isinstance(index, tuple):
        return tuple(array_index(part) for part in index)
    return index.data if isinstance(index, Tensor) else index
