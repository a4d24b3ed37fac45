"""Marks the functions that a recorder may watch. Given; module 07 writes the recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

Recorder = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""Called as `recorder(function, args, kwargs)` in place of an operation; returns its result."""

_recorder: Recorder | None = None


def operation(function: Callable[P, R]) -> Callable[P, R]:
    """Mark `function` as an operation: a recorder that is installed sees each call of it."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if _recorder is None:
            return function(*args, **kwargs)
        return _recorder(function, args, kwargs)

    return call


@contextmanager
def recording(recorder: Recorder | None) -> Iterator[None]:
    """Install `recorder` for a `with` block; None suspends the one that is installed."""
    global _recorder
    previous, _recorder = _recorder, recorder
    try:
        yield
    finally:
        _recorder = previous
