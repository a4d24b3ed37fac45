"""What a kernel in Python may name, and how it is started. Given.

The names are those of `numba.cuda`, and a kernel reads as it would there. One text serves three
readers: numba compiles it for a GPU, the course's simulator runs it thread by thread, and numba
compiles it to PTX where there is no GPU. So importing a kernel needs no numba and no GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from types import FunctionType
from typing import Any, NoReturn, TypeAlias

import numpy as np

from tinytorch.kernels.jit import global_names

Extent: TypeAlias = int | tuple[int, ...]
"""How many blocks or threads: a number, or up to three: (x, y, z)."""

Launch: TypeAlias = Callable[[Any, Extent, Extent, tuple[Any, ...]], None]
"""Called as `launch(kernel, grid, block, arguments)`; runs every thread, then returns."""

_launch: Launch | None = None


class Kernel:
    """A function that every thread of a launch runs: `kernel[blocks, threads](*arguments)`."""

    def __init__(self, function: FunctionType, device: bool = False, shared_bytes: int = 0) -> None:
        self.function = function
        self.shared_bytes = shared_bytes  # of `cuda.shared.array(0, dtype)`
        self.device = device  # called by kernels, not launched
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__

    def __getitem__(self, configuration: tuple[Any, ...]) -> Callable[..., None]:
        """`kernel[blocks, threads_per_block]`, ready to be called with its arguments.

        As in numba, a stream may follow, and the bytes of shared memory that have no fixed size.
        """
        grid, block, *rest = configuration
        launch = launch_or(run_on_gpu)
        kernel = self if len(rest) < 2 else Kernel(self.function, self.device, int(rest[1]))
        return lambda *arguments: launch(kernel, grid, block, arguments)

    def __call__(self, *_: Any) -> Any:
        """A kernel is launched and a device function is called by kernels only."""
        if self.device:
            raise TypeError(f"{self.__name__} is a device function: only a kernel can call it")
        raise TypeError(
            f"{self.__name__} needs to know how many threads: "
            f"{self.__name__}[blocks, threads_per_block](...)"
        )

    @cached_property
    def compiled(self) -> Any:
        """This kernel as numba's own. Raises ImportError where numba-cuda is not installed."""
        return numba_cuda().jit(device=self.device)(self.for_numba())

    def for_numba(self) -> FunctionType:
        """The same function, its names bound to numba's. Raises ImportError without numba-cuda."""
        real = numba_cuda()
        function = self.function
        names = dict(function.__globals__)
        for name in global_names(function):
            value = names.get(name)
            if isinstance(value, Kernel):
                names[name] = real.jit(device=value.device)(value.for_numba())
            elif value is cuda:
                names[name] = real
        again = FunctionType(
            function.__code__, names, self.__name__, function.__defaults__, function.__closure__
        )
        again.__module__ = self.__module__
        return again


@contextmanager
def launching(launch: Launch) -> Iterator[None]:
    """Hand every launch in a `with` block to `launch` instead of a GPU."""
    global _launch
    previous, _launch = _launch, launch
    try:
        yield
    finally:
        _launch = previous


def launch_or(otherwise: Launch) -> Launch:
    """What launches are handed on to; `otherwise` where that is nothing."""
    return _launch or otherwise


def run_on_gpu(kernel: Kernel, grid: Extent, block: Extent, arguments: tuple[Any, ...]) -> None:
    """Run a kernel on the GPU. Raises RuntimeError where there is none."""
    if not numba_cuda().is_available():
        raise RuntimeError(
            f"{kernel.__name__} was not run: no GPU here. The course's simulator runs it "
            "without one"
        )
    shared = (0, kernel.shared_bytes) if kernel.shared_bytes else ()
    kernel.compiled[(grid, block, *shared)](*arguments)


def numba_cuda() -> Any:
    """The module `numba.cuda`. Raises ImportError that says how to get it."""
    try:
        from numba import cuda as real
    except ImportError as error:
        raise ImportError(
            "compiling a kernel needs numba-cuda: pip install 'tinytorch[cuda]'"
        ) from error
    return real


class SimulatedArray(np.ndarray):
    """What stands for an array on the GPU while kernels are simulated."""

    def copy_to_host(self, ary: Any = None) -> Any:
        """The values as an ordinary array, or written into one."""
        if ary is None:
            return np.array(self)
        ary[...] = self
        return ary


class Index3:
    """A place in a grid or a block: x counts fastest."""

    x: int
    y: int
    z: int


class Cuda:
    """The names of `numba.cuda` that the course uses. They mean something inside a kernel only."""

    threadIdx: Index3  # noqa: N815 - numba's names
    blockIdx: Index3  # noqa: N815
    blockDim: Index3  # noqa: N815
    gridDim: Index3  # noqa: N815
    laneid: int  # this thread's place in its warp, 0 to 31
    warpsize: int  # 32

    def __init__(self) -> None:
        self.shared = BlockMemory()
        self.local = ThreadMemory()
        self.atomic = Atomic()

    def jit(self, function: Any = None, *, device: bool = False, **_options: Any) -> Any:
        """Mark a kernel, or with `device=True` a function that kernels call.

        A signature in the function's place, and numba's options, are for numba: types follow from
        what a kernel is launched with.
        """
        if not isinstance(function, FunctionType):
            return lambda function: Kernel(function, device)
        return Kernel(function, device)

    def to_device(self, array: Any) -> Any:
        """A copy of an array for kernels to work on: on the GPU, or beside it while simulated."""
        if _launch is None:
            return numba_cuda().to_device(array)
        return np.array(array).view(SimulatedArray)

    def device_array(self, shape: Extent, dtype: Any = np.float64) -> Any:
        """A new array for kernels to work on, not initialised."""
        if _launch is None:
            return numba_cuda().device_array(shape, dtype)
        return np.empty(shape, dtype).view(SimulatedArray)

    def device_array_like(self, array: Any) -> Any:
        """A new array with the shape and dtype of another."""
        return self.device_array(array.shape, array.dtype)

    def synchronize(self) -> None:
        """Wait until all kernels that were launched are done."""
        if _launch is None:
            numba_cuda().synchronize()

    def grid(self, ndim: int) -> Any:
        """Where this thread stands in the whole grid: a number, or (x, y) or (x, y, z)."""
        outside("grid", ndim)

    def gridsize(self, ndim: int) -> Any:
        """How many threads the whole grid has, along each of `ndim` axes."""
        outside("gridsize", ndim)

    def syncthreads(self) -> None:
        """Wait until every thread of the block is here; then all see what each has written."""
        outside("syncthreads")

    def syncwarp(self, mask: int = 0xFFFFFFFF) -> None:
        """Wait until the warp's threads in `mask` are here; then they see each other's writes."""
        outside("syncwarp", mask)

    def shfl_sync(self, mask: int, value: Any, src_lane: int) -> Any:
        """The `value` of lane `src_lane` of this warp."""
        outside("shfl_sync", mask, value, src_lane)

    def shfl_up_sync(self, mask: int, value: Any, delta: int) -> Any:
        """The `value` of the lane that is `delta` below this one."""
        outside("shfl_up_sync", mask, value, delta)

    def shfl_down_sync(self, mask: int, value: Any, delta: int) -> Any:
        """The `value` of the lane that is `delta` above this one."""
        outside("shfl_down_sync", mask, value, delta)

    def shfl_xor_sync(self, mask: int, value: Any, lane_mask: int) -> Any:
        """The `value` of the lane whose number differs from this one's in the bits of a mask."""
        outside("shfl_xor_sync", mask, value, lane_mask)


class BlockMemory:
    """`cuda.shared`: small, fast, and common to the threads of one block."""

    def array(self, shape: Extent, dtype: Any) -> Any:
        """An array that the block's threads share, not initialised. The shape is a constant."""
        outside("shared.array", shape, dtype)


class ThreadMemory:
    """`cuda.local`: arrays of one thread."""

    def array(self, shape: Extent, dtype: Any) -> Any:
        """An array of this thread alone, not initialised. The shape is a constant."""
        outside("local.array", shape, dtype)


class Atomic:
    """`cuda.atomic`: read, change and write an element without another thread in between."""

    def add(self, array: Any, index: Any, value: Any) -> Any:
        """array[index] += value; returns what was there before."""
        outside("atomic.add", array, index, value)

    def max(self, array: Any, index: Any, value: Any) -> Any:
        """array[index] = max(array[index], value); returns what was there before."""
        outside("atomic.max", array, index, value)

    def min(self, array: Any, index: Any, value: Any) -> Any:
        """array[index] = min(array[index], value); returns what was there before."""
        outside("atomic.min", array, index, value)


def outside(name: str, *_: Any) -> NoReturn:
    """Raise RuntimeError: there is no thread here that could do this."""
    raise RuntimeError(f"cuda.{name} works inside a kernel that was launched, not outside of one")


cuda = Cuda()
