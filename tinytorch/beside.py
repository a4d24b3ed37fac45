"""What NumPy's operators do where one side is a tensor and the other an array. Given."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch.versions import overwritten

OPERATORS: dict[Any, Callable[[Any, Any], Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.power: operator.pow,
    np.matmul: operator.matmul,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
}
"""The operator that each of these functions of NumPy's stands for. Given."""


def numpy_operator(function: Any) -> Callable[[Any, Any], Any]:
    """The operator behind `function`. Raises TypeError, with the way out, if there is none. Given.

    What it would give is an array, through which no gradient flows.
    """
    if function not in OPERATORS:
        name = function.__name__
        raise TypeError(
            f"np.{name} takes arrays, not a Tensor: the array of a tensor t is t.data, and where a "
            f"gradient shall flow, write it in tensors"
        )
    return OPERATORS[function]


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
