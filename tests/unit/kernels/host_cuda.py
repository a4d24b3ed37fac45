"""CuPy's part in the library, played by the CPU: arrays, and CUDA C on fibers.

A kernel's numbers are proven that way, on small and ragged sizes. Arrays stand between zones of
nan: a kernel that reads beyond one gives nan, and one that writes there is found out.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import tools
from numpy.lib.mixins import NDArrayOperatorsMixin

HEADER = Path(__file__).with_name("cuda_on_host.h")
KERNEL = re.compile(r'extern "C" __global__ void\s+(?:__launch_bounds__\([^)]*\)\s+)?(\w+)\(')
GUARD = 4096  # bytes before and behind each array


class HostArray(NDArrayOperatorsMixin):
    """An array that is on "cuda" as far as the library can tell."""

    def __init__(self, values: Any, guarded: np.ndarray | None = None) -> None:
        self.values = values
        self.guarded = guarded  # the bytes around it, if the array is whole

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self.values.ctypes.data)

    def get(self) -> np.ndarray:
        return self.values.copy()

    def copy(self, order: str = "C") -> HostArray:
        assert order == "C"
        return on_host_gpu(self.values.copy())

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.values, name)
        if callable(found):
            return lambda *args, **kwargs: wrap(found(*unwrap(args), **unwrap(kwargs)))
        return found

    def __getitem__(self, index: Any) -> Any:
        return wrap(self.values[unwrap(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.values[unwrap(index)] = unwrap(value)

    def __len__(self) -> int:
        return len(self.values)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        result = getattr(ufunc, method)(*unwrap(args), **unwrap(kwargs))
        return kwargs["out"][0] if "out" in kwargs else wrap(result)

    def __array_function__(self, function: Any, _: Any, args: Any, kwargs: Any) -> Any:
        result = function(*unwrap(args), **unwrap(kwargs))
        return on_host_gpu(result) if function is np.empty_like else wrap(result)


def on_host_gpu(values: np.ndarray) -> HostArray:
    """A copy of an array between two guarded zones, aligned as on a GPU."""
    room = np.full(values.nbytes + 3 * GUARD, 0xFF, np.uint8)  # 0xFFFFFFFF is a nan
    start = GUARD + -room.ctypes.data % GUARD
    whole = room[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    whole[...] = values
    return HostArray(whole, room)


def wrap(value: Any) -> Any:
    return HostArray(value) if isinstance(value, np.ndarray) else value


def unwrap(value: Any) -> Any:
    match value:
        case HostArray():
            return value.values
        case tuple() | list():
            return type(value)(unwrap(each) for each in value)
        case dict():
            return {name: unwrap(each) for name, each in value.items()}
        case _:
            return value


class HostModule:
    """`cupy.RawModule`, compiled for the host into `folder`."""

    folder: Path
    seed = 0  # of the order in which threads run; 0 is their own

    def __init__(self, code: str, options: tuple[str, ...] = ()) -> None:
        runners = "".join(
            f'extern "C" int run_{name}(const unsigned* extents, void** arguments, int seed) '
            f"{{ return host::launch({name}, extents, arguments, seed); }}\n"
            for name in KERNEL.findall(code)
        )
        text = f'#include "{HEADER}"\n{code}\n{runners}'
        library = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.so"
        if not library.exists():
            standard = [option.replace("--std", "-std") for option in options]
            flags = [*standard, "-O1", "-Wno-unknown-pragmas", "-fPIC", "-shared"]
            command = [*tools.cpp_compiler(), *flags]
            subprocess.run(
                [*command, "-x", "c++", "-", "-o", str(library)], input=text, text=True, check=True
            )
        self.library = ctypes.CDLL(str(library))

    def get_function(self, name: str) -> Any:
        return lambda grid, block, arguments: self.run(name, grid, block, arguments)

    def run(self, name: str, grid: Any, block: Any, arguments: Any) -> None:
        extents = (ctypes.c_uint * 6)(*(*grid, 1, 1)[:3], *(*block, 1, 1)[:3])
        assert extents[3] * extents[4] * extents[5] <= 1024
        assert all(extents[axis] <= 65535 for axis in (1, 2))
        values = [as_c(argument) for argument in arguments]
        pointers = (ctypes.c_void_p * len(values))(
            *(ctypes.cast(ctypes.pointer(value), ctypes.c_void_p) for value in values)
        )
        failed = getattr(self.library, f"run_{name}")(extents, pointers, self.seed)
        assert not failed, f"{name}: not all threads reached a barrier"
        for argument in arguments:
            check_guards(name, argument)


def as_c(argument: Any) -> Any:
    """A kernel's argument as CuPy passes it: numbers of NumPy by their own type."""
    if isinstance(argument, HostArray):
        assert argument.values.flags.c_contiguous
        return ctypes.c_void_p(argument.values.ctypes.data)
    kinds = {"int32": ctypes.c_int, "int64": ctypes.c_longlong, "float32": ctypes.c_float}
    assert isinstance(argument, np.generic), f"CuPy would widen {argument!r}"
    return kinds[argument.dtype.name](argument.item())


def check_guards(name: str, argument: Any) -> None:
    if isinstance(argument, HostArray) and argument.guarded is not None:
        start = argument.values.ctypes.data - argument.guarded.ctypes.data
        around = np.r_[argument.guarded[:start], argument.guarded[start + argument.values.nbytes :]]
        assert (around == 0xFF).all(), f"{name} wrote outside of an array"
