"""What lesson tests and pictures import: `step`, `picture`, `Slider` and `Pad`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True)
class Pad:
    """A field of a picture that a student can write in: the parameter `name` of what draws it.

    What comes is an array of `size` × `size` zeros and ones: the writing, centred, and as large as
    the field.
    """

    name: str
    label: str
    size: int


@dataclass(frozen=True)
class Declared:
    """What is said of a picture above the function that draws it."""

    step: str  # its name in the module
    caption: str
    controls: tuple[Slider | Pad, ...]
    prepare: Callable[[], Mapping[str, Any]] | None


def picture(
    name: str,
    caption: str,
    controls: Sequence[Slider | Pad] = (),
    prepare: Callable[[], Mapping[str, Any]] | None = None,
) -> Callable[[F], F]:
    """Mark a function that draws a matplotlib figure once the step `name` has passed.

    It takes the values of the `controls` by their names, and before them the arrays that `prepare`
    makes: these are kept until the code that made them changes.
    """

    def mark(function: F) -> F:
        declared = Declared(name, caption, tuple(controls), prepare)
        function.tinytorch_picture = declared  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return mark
