"""What lesson tests and pictures import: `step` and `picture`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def step(name: str) -> Callable[[F], F]:
    """Mark a test function as one of the step `name` of its module."""

    def mark(function: F) -> F:
        function.tinytorch_step = name  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return mark


def picture(name: str, caption: str) -> Callable[[F], F]:
    """Mark a function that draws a matplotlib figure once the step `name` has passed."""

    def mark(function: F) -> F:
        function.tinytorch_picture = (name, caption)  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return mark
