"""A kernel of a `.cu` file, and how it is launched: on a GPU, or without one. Given."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch import kernels
from tinytorch.kernels.device import Extent, launch_or


@dataclass(frozen=True)
class SourceKernel:
    """A kernel in CUDA C, launched as one in Python is: `kernel[blocks, threads](*arguments)`."""

    path: Path
    name: str
    shared_bytes: int = 0  # of `extern __shared__`

    def __getitem__(self, configuration: tuple[Any, ...]) -> Callable[..., None]:
        """`kernel[blocks, threads_per_block]`, ready to be called with its arguments."""
        grid, block, *rest = configuration
        kernel = self if len(rest) < 2 else replace(self, shared_bytes=int(rest[1]))
        launch = launch_or(run_with_cupy)
        return lambda *arguments: launch(kernel, grid, block, arguments)

    @property
    def text(self) -> str:
        """The file's text, as an editor has it where one has. Raises OSError where it is gone."""
        linecache.checkcache(str(self.path))
        lines = linecache.getlines(str(self.path))
        return "".join(lines) if lines else self.path.read_text(encoding="utf-8")


def own_kernel(file: str, name: str = "") -> SourceKernel:
    """A kernel of `file.cu`, the one that is called so too unless it is named.

    Of the student's own file where there is one, else of the library's.
    """
    places = [Path(folder, f"{file}.cu") for folder in kernels.__path__]
    there = (place for place in places if linecache.getline(str(place), 1) or place.is_file())
    return SourceKernel(next(there, places[-1]), name or file)


def run_with_cupy(kernel: Any, grid: Extent, block: Extent, arguments: tuple[Any, ...]) -> None:
    """Run a kernel on the GPU. Raises ImportError where CuPy is missing."""
    grid, block = (n if isinstance(n, tuple) else (n,) for n in (grid, block))
    loaded(kernel.text).get_function(kernel.name)(grid, block, arguments)


@cache
def loaded(text: str) -> Any:
    """A text of CUDA C, compiled by NVRTC. Raises ImportError where CuPy is missing."""
    try:
        import cupy  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError("CUDA C kernels need CuPy: pip install 'tinytorch[gpu]'") from error
    return cupy.RawModule(code=text, options=("--std=c++17",))


def contiguous(*arrays: Any) -> Any:
    """Each array with its elements in row-major order, copied if they were not.

    Raises TypeError unless all are float32: a kernel would read other numbers as something else.
    """
    if strange := [str(array.dtype) for array in arrays if array.dtype != np.float32]:
        raise TypeError(f"the CUDA C kernels take float32, not {strange[0]}")
    return [array if array.flags.c_contiguous else array.copy(order="C") for array in arrays]


def ceil(count: int, size: int) -> int:
    """How many times `size` is needed for `count`."""
    return -(-count // size)
