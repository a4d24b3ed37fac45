"""`njit` and `prange` as numba has them, compiled at the first call. Given.

Importing numba takes most of a second, so a file of kernels does without it until one is called.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from types import FunctionType
from typing import Any, TypeAlias

prange = range
"""`range`; in a function marked `njit(parallel=True)` the cores share its turns."""

Run: TypeAlias = Callable[["Compiled", tuple[Any, ...]], Any]
"""Called as `run(compiled, arguments)`; gives what the function does."""

_run: Run | None = None


class Compiled:
    """A function that numba turns into machine code when it is first called."""

    def __init__(self, function: FunctionType, options: dict[str, Any]) -> None:
        self.function = function
        self.options = options
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__

    def __call__(self, *arguments: Any) -> Any:
        """The result of the compiled function."""
        return _run(self, arguments) if _run else self.compiled(*arguments)

    @cached_property
    def compiled(self) -> Any:
        """The function as numba's own. Raises ImportError where numba is not installed."""
        try:
            import numba
        except ImportError as error:
            raise ImportError(f"{self.__name__} needs numba: pip install numba") from error
        function, names = self.function, dict(self.function.__globals__)
        again = FunctionType(
            function.__code__, names, self.__name__, function.__defaults__, function.__closure__
        )
        made = self.__dict__["compiled"] = numba.njit(**self.options)(again)
        for name in global_names(function):  # numba reads them later, and one may call this again
            value = names.get(name)
            if isinstance(value, Compiled):
                names[name] = value.compiled
            elif value is prange and name == "prange":
                names[name] = numba.prange
        return made


@contextmanager
def running(run: Run) -> Iterator[None]:
    """Hand every call of a compiled function in a `with` block to `run` instead of numba."""
    global _run
    previous, _run = _run, run
    try:
        yield
    finally:
        _run = previous


def global_names(function: FunctionType) -> set[str]:
    """The names that a function looks up in its file; an attribute is none of them."""
    found = dis.get_instructions(function.__code__)
    return {each.argval for each in found if each.opname == "LOAD_GLOBAL"}


def njit(function: Any = None, **options: Any) -> Any:
    """Mark a function that numba compiles; the options are `numba.njit`'s."""
    if function is None:
        return lambda function: Compiled(function, options)
    return Compiled(function, options)
