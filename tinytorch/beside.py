"""What NumPy's operators do where one side is a tensor and the other an array. Given."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.versions import overwritten

OPERATORS = {
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.divide: ("__truediv__", "__rtruediv__"),
    np.floor_divide: ("__floordiv__", "__rfloordiv__"),
    np.remainder: ("__mod__", "__rmod__"),
    np.power: ("__pow__", "__rpow__"),
    np.matmul: ("__matmul__", "__rmatmul__"),
    np.bitwise_and: ("__and__", "__rand__"),
    np.bitwise_or: ("__or__", "__ror__"),
    np.bitwise_xor: ("__xor__", "__rxor__"),
    np.less: ("__lt__", "__gt__"),
    np.less_equal: ("__le__", "__ge__"),
    np.greater: ("__gt__", "__lt__"),
    np.greater_equal: ("__ge__", "__le__"),
    np.equal: ("__eq__", "__eq__"),
    np.not_equal: ("__ne__", "__ne__"),
}
"""A tensor's methods for each of these functions: where it stands on the left, on the right. Given.
"""


def check_operator(function: Any, method: str, named: Any) -> None:
    """Raises TypeError, with the way out, unless a tensor has a method for this call. Given.

    What NumPy would give is an array, through which no gradient flows.
    """
    name = function.__name__
    if function not in OPERATORS:
        raise TypeError(
            f"np.{name} takes arrays, not a Tensor: the array of a tensor t is t.data, and where a "
            "gradient shall flow, write it in tensors"
        )
    if method != "__call__" or named:
        raise TypeError(f"np.{name}, called like that, takes arrays: t.data")


def by_operator(function: Any, left: Any, right: Any) -> Any:
    """What `left` and `right`, of which one is a tensor, make of the operator. Given."""
    on_the_left, on_the_right = OPERATORS[function]
    if hasattr(left, "_requires_grad"):
        return getattr(left, on_the_left)(right)
    return getattr(right, on_the_right)(left)


def write_into(array: Any, function: Any, inputs: tuple[Any, ...]) -> Any:
    """`array -= tensor` and its kin: what `function` makes of `inputs`, in `array`. Given.

    Raises TypeError where a tensor stands in the place of the array, RuntimeError where a tensor
    requires a gradient, which would get lost.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"np.{function.__name__} writes into an array: give it out=t.data")
    function(*map(np.asarray, inputs), out=array)
    overwritten(array)
    return array
