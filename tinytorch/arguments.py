"""Checks what tensor operations are called with, and puts it in order, before they run. Given."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any, TypeVar

from tinytorch.checks import ArgumentCheck, described
from tinytorch.operation import operation

R = TypeVar("R")
Args = tuple[tuple[Any, ...], dict[str, Any]]

_NUMPYS = {"axis": "dim", "keepdims": "keepdim"}


def reduction(
    function: Callable[..., R], refuse: Callable[[str, Any, Any], None] | None = None
) -> Callable[..., R]:
    """An @operation (tensor, dim, keepdim) that may be called with NumPy's axis and keepdims too.

    Raises TypeError for a dim that is no whole number or several, or a keepdim that is no bool,
    IndexError for a dim that the shape does not have, and what `refuse`(name, tensor, dim) raises.
    """
    name = function.__name__

    def bound(tensor: Any, dim: Any = None, keepdim: Any = False) -> tuple[Any, Any, Any]:
        return tensor, dim, keepdim

    bound.__qualname__ = function.__qualname__  # Python names it where arguments are missing

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        if not _is_plain(args, kwargs):
            if not _NUMPYS.keys().isdisjoint(kwargs):
                kwargs = _pytorchs(name, kwargs)
            tensor, dim, keepdim = bound(*args, **kwargs)
            if keepdim is not True and keepdim is not False:
                raise TypeError(
                    f"{name}: keepdim is True or False, not {keepdim!r}; several dimensions go "
                    f"into a tuple: {name}((0, 1))"
                )
            args = (tensor, checked_dim(name, dim, tensor.data.shape), keepdim)
        if refuse is not None:
            refuse(name, args[0], args[1])
        return args, {}

    return operation(function, arrange)


def float_reduction(function: Callable[..., R]) -> Callable[..., R]:
    """A @reduction of floats only. Raises TypeError, with the way out, for ints and bools."""
    return reduction(function, _refuse_whole)


def index_reduction(function: Callable[..., R]) -> Callable[..., R]:
    """A @reduction to places: over one dim or all of them. Raises ValueError for no elements."""
    return reduction(function, _refuse_several)


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
        for length in shape:  # a loop, for any(...) takes three times as long
            if type(length) is not int:
                shape = tuple(_whole(length, f"{name}: a length") for length in shape)
                break
        if shape and min(shape) < 0 and (min(shape) < -1 or shape.count(-1) > 1):
            raise ValueError(
                f"{name}: a length is 0 or more, and one may be -1 for what is left, not {shape}"
            )
        return (args[0], *shape), kwargs

    return operation(function, arrange)


def transposing(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation (tensor, dim0, dim1) on two dimensions that are there.

    Raises TypeError for a dim that is no whole number, IndexError for one that is not there.
    """
    name = function.__name__

    def bound(tensor: Any, dim0: Any, dim1: Any) -> tuple[Any, Any, Any]:
        return tensor, dim0, dim1

    bound.__qualname__ = function.__qualname__  # Python names it where arguments are missing

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        tensor, *dims = bound(*args, **kwargs)
        shape = tensor.data.shape
        count = len(shape) or 1
        for dim in dims:
            if type(dim) is not int:
                dims = [_whole(each, f"{name}: a dimension") for each in dims]
                break
        for dim in dims:
            if not -count <= dim < count:
                raise IndexError(f"{name}: dimension {dim} is out of range for shape {shape}")
        return (tensor, *dims), {}

    @wraps(function)
    def body(tensor: Any, dim0: int, dim1: int) -> Any:  # as in PyTorch, 0 and -1 are always there
        return function(tensor, dim0, dim1) if tensor.data.ndim else tensor.detach()

    return operation(body, arrange)


def flattening(function: Callable[..., R]) -> Callable[..., R]:
    """A method (tensor, start_dim). Raises IndexError for a dimension that is not there."""

    @wraps(function)
    def call(tensor: Any, *start: Any, **named: Any) -> R:
        checked_dim(function.__name__, (*start, *named.values()), tensor.data.shape or (1,))
        return function(tensor, *start, **named)

    return call


def over_dim(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation (input, dim), or NumPy's axis, over one dimension that has a length.

    Raises TypeError for a dim that is no whole number, IndexError for one that is not there and
    ValueError for one of length 0.
    """
    name, check = function.__name__, ArgumentCheck(function)

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        if _is_plain(args, kwargs) and args[0].data.shape[args[1]]:
            return args, kwargs
        kwargs = _pytorchs(name, kwargs)
        check(args, kwargs)
        given = dict(zip(("input", "dim"), args, strict=False)) | kwargs
        if given.keys() == {"input", "dim"}:  # else Python says what is missing or too much
            shape, dim = given["input"].shape, given["dim"]
            if shape and shape[checked_dim(name, dim, shape)] == 0:
                raise ValueError(f"{name} over dimension {dim} of {shape}: it has no elements")
        return args, kwargs

    return operation(function, arrange)


def multiplication(function: Callable[..., R]) -> Callable[..., R]:
    """An @operation on two tensors of which the dimensions before the last two broadcast.

    Raises TypeError for what is no tensor, ValueError for batches that do not fit.
    """
    name = function.__name__

    def arrange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Args:
        both = (*args, *kwargs.values()) if kwargs else args
        if len(both) != 2:
            return args, kwargs  # Python says what is missing
        left, right = both
        if not hasattr(right, "_requires_grad"):
            raise TypeError(
                f"{name} takes a tensor, not {described(right)}: Tensor(...) makes one of an array "
                "or a list, and * multiplies by a number"
            )
        batched = left.data.ndim > 2 or right.data.ndim > 2
        if batched and not shapes_broadcast(left.shape[:-2], right.shape[:-2]):
            raise ValueError(
                f"{name} of {left.shape} by {right.shape}: the batches {left.shape[:-2]} and "
                f"{right.shape[:-2]} do not broadcast"
            )
        return both, {}

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
    if type(dim) is int and -len(shape) <= dim < len(shape):
        return dim
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


def _refuse_whole(name: str, tensor: Any, dim: Any) -> None:  # noqa: ARG001
    if tensor.data.dtype.kind != "f":
        raise TypeError(
            f"{name} of {tensor.data.dtype}: a {name} has fractions; take it of floats, with "
            f".float().{name}()"
        )


def _refuse_several(name: str, tensor: Any, dim: Any) -> None:
    if isinstance(dim, tuple):
        raise TypeError(f"{name}: dim is one whole number or None, not {dim}")
    if 0 in tensor.data.shape:
        raise ValueError(f"{name} of no elements: shape {tensor.data.shape}")


def _is_plain(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether these are a tensor and one of its dims: most calls, which shall not wait."""
    if kwargs or len(args) != 2 or type(args[1]) is not int:
        return False
    if not hasattr(args[0], "_requires_grad"):
        return False
    return -args[0].data.ndim <= args[1] < args[0].data.ndim


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
