"""`njit` and `prange` as numba has them, compiled at the first call. Given.

Importing numba takes most of a second, so a file of kernels does without it until one is called.
"""

from __future__ import annotations

from functools import cached_property
from types import FunctionType
from typing import Any

prange = range
"""`range`; in a function marked `njit(parallel=True)` the cores share its turns."""


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
        return self.compiled(*arguments)

    @cached_property
    def compiled(self) -> Any:
        """The function as numba's own. Raises ImportError where numba is not installed."""
        try:
            import numba
        except ImportError as error:
            raise ImportError(f"{self.__name__} needs numba: pip install numba") from error
        names = dict(self.function.__globals__)
        for name in self.function.__code__.co_names:
            value = names.get(name)
            if isinstance(value, Compiled):
                names[name] = value.compiled
            elif value is prange and name == "prange":
                names[name] = numba.prange
        code = self.function.__code__
        return numba.njit(**self.options)(FunctionType(code, names, self.__name__))


def njit(function: Any = None, **options: Any) -> Any:
    """Mark a function that numba compiles; the options are `numba.njit`'s."""
    if function is None:
        return lambda function: Compiled(function, options)
    return Compiled(function, options)
