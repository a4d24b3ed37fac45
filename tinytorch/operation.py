"""Marks the functions that a recorder may watch and that a device may do in its own way. Given."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tinytorch.checks import argument_check, check_flag

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Recorder:
    """What module 07 brings: how a call is recorded, and how gradients run back through it all."""

    record: Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
    """record(operation, args, kwargs) makes the call, remembers it and returns its result."""

    backward: Callable[[Any, Any, bool], None]
    """backward(tensor, gradient, retain_graph) fills `grad` of all that `tensor` was made from."""


Arrange = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]

_bodies: dict[Callable[..., Any], dict[str, Callable[..., Any]]] = {}
_operations: set[Callable[..., Any]] = set()
_recorder: Recorder | None = None
_enabled: ContextVar[bool] = ContextVar("recording is enabled", default=True)


def operation(function: Callable[P, R], arrange: Arrange | None = None) -> Callable[P, R]:
    """Mark `function` as an operation on tensors.

    A call goes to the installed recorder if an argument requires a gradient; else to the body that
    `implementation` registered for the device of the arguments; else to `function` itself. In each
    case with the arguments as `arrange` returns them, if given; it checks them too. Else they have
    to be what their annotations say.
    """
    bodies: dict[str, Callable[..., R]] = {}
    check = None if arrange else argument_check(function)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> R:
        if arrange is not None:
            args, kwargs = arrange(args, kwargs)
        elif check is not None:
            check(args, kwargs)
        if _recorder is not None and _enabled.get() and _requires_grad(args, kwargs):
            return _recorder.record(call, args, kwargs)
        body = bodies.get(_device(args), function) if bodies else function
        return body(*args, **kwargs)

    _bodies[call] = bodies
    _operations.add(call)
    return call


def dispatched(function: Callable[P, R]) -> Callable[P, R]:
    """Let `implementation` give `function` another body on a device, as `operation` does."""
    bodies: dict[str, Callable[..., R]] = {}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        body = bodies.get(_device(args), function) if bodies else function
        return body(*args, **kwargs)

    _bodies[call] = bodies
    return call


def implementation(operation: Callable[..., Any], device: str) -> Callable[[F], F]:
    """Register another body for `operation`, or for a vjp, when its tensors live on `device`.

    A decorator of that body, which takes the same arguments and returns the same result. The body
    that was replaced is `operation.__wrapped__`. Raises TypeError if `operation` is none.
    """
    check_operation(operation, _bodies)

    def register(body: F) -> F:
        _bodies[operation][device] = body
        return body

    return register


def check_operation(function: Any, among: Container[Any] = _operations) -> None:
    """Raises TypeError if `function` is not marked, so that nothing would ever look at it."""
    if not callable(function) or function not in among:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} is no operation: write @operation above it")


def install(recorder: Recorder | None) -> Recorder | None:
    """Let `recorder` watch every operation from now on; returns the one before it."""
    global _recorder
    previous, _recorder = _recorder, recorder
    return previous


def installed() -> Recorder:
    """The recorder. Raises RuntimeError if there is none."""
    if _recorder is None:
        raise RuntimeError("nothing was recorded: import tinytorch.autograd before you compute")
    return _recorder


@contextmanager
def recording(enabled: bool) -> Iterator[None]:
    """Switch recording on or off for a `with` block, in this thread only."""
    check_flag("recording", enabled)
    before = is_recording()
    switch_recording(enabled)
    try:
        yield
    finally:
        switch_recording(before)


def switch_recording(enabled: bool) -> None:
    """Switch recording on or off, in this thread only, until it is switched again."""
    _enabled.set(enabled)


def is_recording() -> bool:
    """Whether recording is switched on in this thread."""
    return _enabled.get()


def _requires_grad(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    for value in args:  # a loop, for any(...) takes three times as long
        if getattr(value, "requires_grad", False):
            return True
    return bool(kwargs) and any(getattr(v, "requires_grad", False) for v in kwargs.values())


def _device(args: tuple[Any, ...]) -> str:
    return next((arg.device for arg in args if hasattr(arg, "requires_grad")), "cpu")
