"""What lesson tests and pictures import: `step`, `picture` and `Slider`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def step(name: str) -> Callable[[F], F]:
    """Mark a test function as one of the step `name` of its module."""

    def mark(function: F) -> F:
        function.tinytorch_step = name  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return mark


@dataclass(frozen=True)
class Slider:
    """A number of a picture that a student can change: the parameter `name` of what draws it."""

    name: str
    label: str
    least: float
    most: float
    value: float  # at first
    step: float


def picture(name: str, caption: str, controls: Sequence[Slider] = ()) -> Callable[[F], F]:
    """Mark a function that draws a matplotlib figure once the step `name` has passed.

    It takes the values of the `controls` by their names.
    """

    def mark(function: F) -> F:
        function.tinytorch_picture = (name, caption, tuple(controls))  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return mark
