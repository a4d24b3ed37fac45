"""How a launch finds its way to a GPU, to whoever stands in for one, or to a clear message."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels import device, gpu
from tinytorch.kernels.device import Kernel, cuda, launching
from tinytorch.kernels.jit import njit


def test_importing_the_kernels_imports_neither_numba_nor_cupy() -> None:
    code = (
        "import sys; import tinytorch.kernels.gpu, tinytorch.kernels.cpu, tinytorch.kernels.fused; "
        "import tinytorch.kernels.compiled; "
        "print([name for name in ('numba', 'cupy', 'greenlet') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_a_gpu_a_launch_says_that_it_was_not_run(monkeypatch: Any) -> None:
    monkeypatch.setattr(device, "numba_cuda", lambda: SimpleNamespace(is_available=lambda: False))
    a = np.zeros(3, np.float32)
    with pytest.raises(RuntimeError, match="vector_add_kernel was not run: no GPU here"):
        gpu.vector_add(a, a)


def test_without_numba_a_launch_says_how_to_get_it(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    a = np.zeros(3, np.float32)
    with pytest.raises(ImportError, match=r"pip install 'tinytorch\[cuda\]'"):
        gpu.vector_add(a, a)


def test_with_a_gpu_a_launch_goes_to_numba_with_names_bound_to_it(monkeypatch: Any) -> None:
    launched: list[Any] = []

    class Dispatcher:
        def __init__(self, function: Any, device: bool) -> None:
            self.function, self.device = function, device

        def __getitem__(self, configuration: Any) -> Any:
            return lambda *arguments: launched.append((self, configuration, arguments))

    real = SimpleNamespace(
        is_available=lambda: True, jit=lambda device: lambda f: Dispatcher(f, device)
    )
    monkeypatch.setattr(device, "numba_cuda", lambda: real)
    kernel = Kernel(gpu.online_softmax_kernel.function)
    kernel[7, 32]("x", "out")
    ((dispatcher, configuration, arguments),) = launched
    assert (configuration, arguments, dispatcher.device) == ((7, 32), ("x", "out"), False)
    names = dispatcher.function.__globals__
    assert names["cuda"] is real
    assert names["warp_sum"].device
    assert names["warp_sum"].function.__globals__["cuda"] is real
    assert gpu.cuda is cuda


def test_launches_go_to_the_innermost_stand_in_and_back() -> None:
    seen: list[str] = []
    a = np.zeros(300, np.float32)
    with launching(lambda *_: seen.append("outer")):
        with launching(lambda kernel, *rest: seen.append(f"{kernel.__name__} {rest[:2]}")):
            gpu.vector_add(a, a)
        gpu.vector_add(a, a)
    assert seen == ["vector_add_kernel (2, 256)", "outer"]


def test_cuda_outside_of_a_kernel_says_where_it_belongs() -> None:
    for call in (
        lambda: cuda.grid(1),
        cuda.syncthreads,
        lambda: cuda.shared.array(3, np.float32),
        lambda: cuda.atomic.add(None, 0, 1),
    ):
        with pytest.raises(RuntimeError, match="inside a kernel that was launched"):
            call()


@njit
def size(a):
    return a.size


@njit
def factorial(n):
    return factorial(n - 1) * n if n > 0 else 1


def test_a_compiled_function_may_have_the_name_of_an_attribute_and_call_itself() -> None:
    assert size(np.zeros(3)) == 3
    assert factorial(5) == 120


def test_a_compiled_function_keeps_its_defaults_and_what_is_around_it() -> None:
    factor = 3

    @njit
    def times(a, by=2):
        return a * by * factor

    assert (times(2), times(2, 5)) == (12, 30)
