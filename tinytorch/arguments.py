"""Checks what tensor operations are called with, and puts it in order, before they run. Given."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any, TypeVar

from tinytorch.checks import described
from tinytorch.operation import operation

R = TypeVar("R")
Args = tuple[tuple[Any, ...], dict[str, Any]]

_NUMPYS = {"axis": "dim", "keepdims": "keepdim"}


def reduction(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation (tensor, dim, keepdim) that may be called with NumPy's axis and keepdims too.

    Raises TypeError for a dim that is no whole number or several, or a keepdim that is no bool,
    IndexError for a dim that the shape does not have.
    """

    def bound(tensor: Any, dim: Any = None, keepdim: Any = False) -> tuple[Any, Any, Any]:
        return tensor, dim, keepdim

    bound.__qualname__ = function.__qualname__  # Python names it where arguments are missing

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        if len(args) > 1 or kwargs:
            tensor, dim, keepdim = bound(*args, **_pytorchs(function.__name__, kwargs))
            if not isinstance(keepdim, bool):
                raise TypeError(
                    f"{function.__name__}: keepdim is True or False, not {keepdim!r}; several "
                    f"dimensions go into a tuple: {function.__name__}((0, 1))"
                )
            args = (tensor, checked_dim(function.__name__, dim, tensor.shape), keepdim)
        return args, {}

    return operation(function, arrange)


def float_reduction(function: Callable[..., R]) -> Callable[..., R]:
    """A @reduction of floats only. Raises TypeError, with the way out, for ints and bools."""

    @wraps(function)
    def checked(tensor: Any, dim: Any = None, keepdim: bool = False) -> R:
        name = function.__name__
        if tensor.dtype.kind != "f":
            raise TypeError(
                f"{name} of {tensor.dtype}: a {name} has fractions; take it of floats, "
                f"with .float().{name}()"
            )
        return function(tensor, dim, keepdim)

    return reduction(checked)


def index_reduction(function: Callable[..., R]) -> Callable[..., R]:
    """A @reduction to places: over one dim or all of them. Raises ValueError for no elements."""

    @wraps(function)
    def checked(tensor: Any, dim: Any = None, keepdim: bool = False) -> R:
        name = function.__name__
        if isinstance(dim, tuple):
            raise TypeError(f"{name}: dim is one whole number or None, not {dim}")
        if tensor.size == 0:
            raise ValueError(f"{name} of no elements: shape {tensor.shape}")
        return function(tensor, dim, keepdim)

    return reduction(checked)


def reshaping(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation (tensor, *shape) that takes the lengths one by one or as one tuple.

    Raises TypeError for a length that is no whole number, ValueError for one below 0, of which -1,
    the length that is left, may stand once.
    """
    name = function.__name__

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        shape = args[1:]
        if len(shape) == 1 and isinstance(shape[0], tuple | list):
            shape = tuple(shape[0])
        if any(type(length) is not int for length in shape):
            shape = tuple(_whole(length, f"{name}: a length") for length in shape)
        if shape and (min(shape) < -1 or shape.count(-1) > 1):
            raise ValueError(
                f"{name}: a length is 0 or more, and one may be -1 for what is left, not {shape}"
            )
        return (args[0], *shape), kwargs

    return operation(function, arrange)


def transposing(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation (tensor, dim0, dim1). Raises TypeError for a dim that is no whole number."""
    name = function.__name__

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        if any(type(dim) is not int for dim in args[1:]):
            args = (args[0], *(_whole(dim, f"{name}: a dimension") for dim in args[1:]))
        return args, kwargs

    return operation(function, arrange)


def flattening(function: Callable[..., R]) -> Callable[..., R]:
    """A method (tensor, start_dim). Raises IndexError for a dimension that is not there."""

    @wraps(function)
    def call(tensor: Any, start_dim: Any = 0) -> R:
        (start,) = checked_dim(function.__name__, (start_dim,), tensor.shape or (1,))
        return function(tensor, start)

    return call


def over_dim(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation (input, dim) over one dimension that has a length.

    Raises TypeError for a dim that is no whole number, IndexError for one that is not there and
    ValueError for one of length 0.
    """
    name = function.__name__

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        dim = args[1] if len(args) > 1 else kwargs.get("dim", 0)
        shape = getattr(args[0] if args else kwargs.get("input"), "shape", ())
        if dim is None or isinstance(dim, tuple | list):
            raise TypeError(f"{name}: dim is a whole number, not {described(dim)}")
        if shape and shape[checked_dim(name, dim, shape)] == 0:
            raise ValueError(f"{name} over dimension {dim} of shape {shape}: it has no elements")
        return args, kwargs

    return operation(function, arrange)


def multiplication(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation on two tensors of which the dimensions before the last two broadcast.

    Raises TypeError for what is no tensor, ValueError for batches that do not fit.
    """
    name = function.__name__

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        both = (*args, *kwargs.values())
        if len(both) != 2:
            return args, kwargs  # Python says what is missing
        left, right = both
        if not hasattr(right, "requires_grad"):
            raise TypeError(
                f"{name} takes a tensor, not {described(right)}: Tensor(...) makes one of an array "
                "or a list, and * multiplies by a number"
            )
        if not shapes_broadcast(left.shape[:-2], right.shape[:-2]):
            raise ValueError(
                f"{name} of {left.shape} by {right.shape}: the batches {left.shape[:-2]} and "
                f"{right.shape[:-2]} do not broadcast"
            )
        return (left, right), {}

    return operation(function, arrange)


def comparison(function: Callable[[Any, Any], R]) -> Callable[[Any, Any], R]:
    """A method such as `__eq__`: what is no number, list or array equals no tensor. So `t == None`
    is False, as in PyTorch."""

    @wraps(function)
    def compare(self: Any, other: Any) -> R:
        if hasattr(other, "dtype") or isinstance(other, int | float | list | tuple):
            return function(self, other)
        return NotImplemented

    return compare


def shapes_broadcast(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether the lengths, counted from the right, are equal or 1."""
    pairs = zip(reversed(left), reversed(right), strict=False)
    return left == right or all(a == b or a == 1 or b == 1 for a, b in pairs)


def checked_dim(name: str, dim: Any, shape: tuple[int, ...]) -> Any:
    """`dim` as None, a whole number or a tuple of them, each of which `shape` has.

    As in PyTorch, no dims are all of them, and a tensor of no dimensions may be asked for 0 or -1.
    """
    if dim is None:
        return None
    several = isinstance(dim, tuple | list)
    dims = tuple(_whole(d, f"{name}: dim") for d in (dim if several else (dim,)))
    length = max(len(shape), 1)
    for d in dims:
        if not -length <= d < length:
            raise IndexError(f"{name}: dimension {d} is out of range for shape {shape}")
    if len({d % length for d in dims}) < len(dims):
        raise ValueError(f"{name}: {dims} names a dimension of shape {shape} twice")
    if not shape or not dims:
        return None
    return dims if several else dims[0]


def _whole(value: Any, what: str) -> int:
    if not isinstance(value, bool):
        try:
            return index(value)
        except TypeError:
            pass
    raise TypeError(f"{what} is a whole number, not {described(value)}")


def _pytorchs(name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments under PyTorch's names for them."""
    renamed = {_NUMPYS.get(key, key): value for key, value in kwargs.items()}
    if len(renamed) < len(kwargs):
        raise TypeError(f"{name}: axis is another name for dim: give one of them")
    return renamed
