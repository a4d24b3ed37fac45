"""Who is told of the launches in this process: a run that shows a student what kernels moved."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tinytorch_ls.machine.report import Report


@dataclass(frozen=True)
class Launched:
    """A launch that is over."""

    report: Report
    kernel: Any
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Observer:
    """What is called with each launch, and whether its report is to have its turns."""

    told: Callable[[Launched], None]
    traced: bool = False


_OBSERVERS: list[Observer] = []


@contextmanager
def observing(observer: Observer) -> Generator[None]:
    """Tell it of each launch in a `with` block."""
    _OBSERVERS.append(observer)
    try:
        yield
    finally:
        _OBSERVERS.remove(observer)


def traced() -> bool:
    """Whether anybody wants the turns."""
    return any(observer.traced for observer in _OBSERVERS)


def tell(launched: Launched) -> None:
    """A launch is over."""
    for observer in _OBSERVERS:
        observer.told(launched)
