"""A kernel and the device functions that it calls, instrumented and bound to a simulated launch."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from tinytorch.kernels import device
from tinytorch_ls.machine.arguments import check_number
from tinytorch_ls.simulator import access
from tinytorch_ls.simulator.cuda import SimulatedCuda
from tinytorch_ls.simulator.instrument import (
    DIVIDE,
    READ,
    TICK,
    WRITE,
    Site,
    closure_of,
    instrument,
)
from tinytorch_ls.simulator.numbers import stand_in


class Program:
    """Translates each function once; all of them share one list of sites."""

    def __init__(
        self, cuda: SimulatedCuda, blame: access.Blame, tick: Callable[[int], None]
    ) -> None:
        self.sites: list[Site] = []
        self.cuda = cuda
        self.functions: dict[FunctionType, FunctionType] = {}
        self.hooks = {
            READ: access.reader(blame),
            WRITE: access.writer(blame),
            TICK: tick,
            DIVIDE: access.divide,
        }

    def translated(self, function: FunctionType) -> FunctionType:
        """A function as it runs on the simulator. Raises NoSourceError without its source."""
        if function in self.functions:
            return self.functions[function]
        names = {**function.__globals__, **closure_of(function)}
        cuda_names = frozenset(name for name, value in names.items() if _is_cuda(value))
        rewritten = instrument(function, cuda_names, len(self.sites))
        self.sites.extend(rewritten.sites)
        again = FunctionType(rewritten.code, names, function.__name__, function.__defaults__)
        self.functions[function] = again
        for name in rewritten.code.co_names:
            if name in names:
                names[name] = self.bound(names[name])
        names.update(self.hooks)
        return again

    def bound(self, value: Any) -> Any:
        """What a name of the kernel stands for while it is simulated."""
        if _is_cuda(value):
            return self.cuda
        if isinstance(value, device.Kernel) or _is_dispatcher(value):
            return self.translated(python_function(value))
        if isinstance(value, FunctionType):
            return _unmarked(value.__name__)
        replacement = stand_in(value)
        return value if replacement is None else replacement


def python_function(kernel: Any) -> FunctionType:
    """The function behind a kernel, be it marked by the library, by numba or not at all.

    Raises TypeError for anything else.
    """
    if isinstance(kernel, device.Kernel):
        return kernel.function
    function = getattr(kernel, "py_func", kernel)
    if not isinstance(function, FunctionType):
        raise TypeError(f"a kernel is a function marked @cuda.jit, not {kernel!r:.60}")
    return function


def parameters_of(function: FunctionType, arguments: tuple[Any, ...]) -> tuple[str, ...]:
    """The names of a kernel's parameters. Raises TypeError if there are not as many arguments."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    check_number(function.__name__, names, arguments)
    return names


def _unmarked(name: str) -> Callable[..., None]:
    """What a kernel finds in place of a plain function, which no compiler would let it call."""

    def call(*_: Any, **__: Any) -> None:
        raise TypeError(f"a kernel calls {name}: mark it @cuda.jit(device=True)")

    return call


def _is_cuda(value: object) -> bool:
    """The library's `cuda` or numba's own."""
    if isinstance(value, ModuleType):
        return value.__name__ in ("numba.cuda", "numba_cuda.numba.cuda")
    return isinstance(value, device.Cuda)


def _is_dispatcher(value: object) -> bool:
    return isinstance(getattr(value, "py_func", None), FunctionType)
