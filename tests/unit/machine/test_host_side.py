"""What stands beside a kernel on the host: signatures, arrays on the device, launches."""

from __future__ import annotations

import numpy as np
import pytest

from tinytorch.kernels.device import cuda
from tinytorch_ls.machine.report import KernelFault
from tinytorch_ls.simulator.simulate import simulated


@cuda.jit("void(float32[:], float32[:])", fastmath=True)
def double(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = 2 * a[i]


def test_a_signature_and_options_are_numba_s() -> None:
    out = np.zeros(5, np.float32)
    with simulated():
        double[1, 32](np.arange(5, dtype=np.float32), out)
    assert out.tolist() == [0, 2, 4, 6, 8]


def test_arrays_are_brought_to_the_device_and_back() -> None:
    a, kept = np.arange(5, dtype=np.float32), np.zeros(5, np.float32)
    with simulated():
        there, out = cuda.to_device(a), cuda.device_array_like(a)
        double[1, 32](there, out)
        double[1, 32](out, there)
        cuda.synchronize()
        assert out.copy_to_host().tolist() == [0, 2, 4, 6, 8]
        there.copy_to_host(kept)
    assert kept.tolist() == [0, 4, 8, 12, 16]
    assert a.tolist() == [0, 1, 2, 3, 4]


@cuda.jit
def reversed_in_shared(a, out):
    s = cuda.shared.array(0, np.float32)
    t = cuda.threadIdx.x
    s[t] = a[t]
    cuda.syncthreads()
    out[t] = s[s.size - 1 - t]


def test_a_launch_gives_shared_memory_its_size() -> None:
    a, out = np.arange(8, dtype=np.float32), np.zeros(8, np.float32)
    with simulated():
        reversed_in_shared[1, 8, 0, 32](a, out)
    assert (out == a[::-1]).all()
    with simulated(), pytest.raises(KernelFault, match=r"s\[4\], but s has 4 elements"):
        reversed_in_shared[1, 8, 0, 16](a, out)
