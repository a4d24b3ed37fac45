"""How fast the kernels are, as ratios to the best that the same machine has.

    python tests/benchmarks/kernels.py            # all tables
    python tests/benchmarks/kernels.py gpu        # one: cpu, simulator or gpu

On the CPU: the matrix product of module 11 in each of its forms beside NumPy's, and the fused
bias + GELU beside NumPy's three operations; then the simulator. On a GPU: the library's fp32 matmul
beside cuBLAS (through CuPy, without TF32), and what is bound by memory beside a copy on the device,
at sizes beyond any cache. Where there is no GPU that table says "not run: no GPU".

The kernels under compute-sanitizer, where there is a GPU, once for each of its tools:

    for tool in memcheck racecheck synccheck initcheck; do
        compute-sanitizer --tool $tool --report-api-errors no --error-exitcode 1 \\
            python -m pytest -q tests/unit/kernels/test_on_gpu.py
    done
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch.activations import gelu
from tinytorch.kernels import compiled, cpu, gpu
from tinytorch.kernels.fused import bias_gelu
from tinytorch.tensor import Tensor
from tinytorch_ls.simulator.simulate import in_lockstep
from tinytorch_ls.simulator.threads import simulate_threads

ROUNDS = 7
SIDE = 512
SMALL = 64  # for what Python does one number at a time
PRODUCTS = [(4096, 4096), (8192, 8192), (2048, 2048), (1024, 1024), (4095, 4097)]
COLUMNS = [10, 16, 64, 128, 256, 512, 1000, 1024, 2048, 4096, 8192, 16_384, 32_768, 5001, 50_257]
ELEMENTS = 2**28  # 1 GiB an array
Times = dict[str, list[float]]


def main() -> None:
    """Print the tables that were named, or all."""
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    tables = {"cpu": cpu_table, "simulator": simulator_table, "gpu": gpu_table}
    for name in sys.argv[1:] or tables:
        tables[name]()


def cpu_table() -> None:
    """Each form of the matrix product, per multiply-add, beside NumPy's own."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((SIDE, SIDE)).astype(np.float32) for _ in range(2))
    small = a[:SMALL, :SMALL].copy(), b[:SMALL, :SMALL].copy()
    narrow = [rng.integers(-128, 128, (SIDE, SIDE), dtype=np.int8) for _ in range(2)]
    x, bias = a, b[0].copy()
    times = measured(
        {
            "NumPy (BLAS)": lambda: a @ b,
            "loops": lambda: cpu.matmul_loops(*small),
            "vectorized": lambda: cpu.matmul_vectorized(a, b),
            "blocked": lambda: cpu.matmul_blocked(a, b),
            "parallel": lambda: cpu.matmul_parallel(a, b),
            "int8": lambda: cpu.matmul_int8(*narrow),
            "NumPy int8 as int32": lambda: narrow[0].astype(np.int32) @ narrow[1].astype(np.int32),
        }
    )
    best = statistics.median(times["NumPy (BLAS)"]) / SIDE**3
    print(f"\nmatmul on the CPU, {SIDE} x {SIDE} (loops: {SMALL} x {SMALL})")
    print(f"{'':24}{'ns a multiply-add':>18}{'x NumPy':>12}")
    for name, samples in times.items():
        side = SMALL if name == "loops" else SIDE
        each = statistics.median(samples) / side**3
        print(f"{name:24}{each * 1e9:18.3f}{each / best:12.1f}")
    fused = measured(
        {
            "bias + GELU, fused": lambda: bias_gelu(Tensor(x), Tensor(bias)),
            "bias + GELU, NumPy": lambda: gelu(Tensor(x) + Tensor(bias)),
        }
    )
    one, two = (statistics.median(samples) for samples in fused.values())
    print(f"\nbias + GELU on {SIDE} x {SIDE}: fused {one * 1e3:.2f} ms, NumPy {two * 1e3:.2f} ms, "
          f"{two / one:.1f} times as long")  # fmt: skip


def simulator_table() -> None:
    """The machine beside the thread-by-thread simulator, numba's and a plain loop."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((SMALL, SMALL)).astype(np.float32) for _ in range(2))
    x, values = rng.standard_normal((SMALL, 300)).astype(np.float32), np.ones(4096, np.float32)
    out, rows, partial = np.zeros_like(a), np.zeros_like(x), np.zeros(16, np.float32)
    launches: dict[str, tuple[Any, ...]] = {
        "tiled matmul": (gpu.tiled_matmul_kernel, (4, 4), (16, 16), a, b, out),
        "naive matmul": (gpu.naive_matmul_kernel, (4, 4), (16, 16), a, b, out),
        "online softmax": (gpu.online_softmax_kernel, SMALL, 32, x, rows),
        "block sum": (gpu.block_sum_kernel, 16, 256, values, partial),
    }
    print(f"\nsimulated launches in ms ({SMALL} x {SMALL}; 64 rows of 300; 4096 numbers)")
    print(f"{'':18}{'machine':>9}{'by thread':>11}{'x':>7}{'numba':>10}{'x':>7}{'sectors':>10}")
    for name, (kernel, grid, block, *arguments) in launches.items():
        given = tuple(arguments)
        report = in_lockstep(kernel, grid, block, given)
        machine = fastest(in_lockstep, kernel, grid, block, given, rounds=20)
        threads = fastest(simulate_threads, kernel, grid, block, *given, rounds=1)
        numba = numba_seconds(name)
        told = f"{numba * 1e3:10.0f}{numba / machine:7.0f}"  # nan: it has no shuffles
        ratio = threads / machine
        print(f"{name:18}{machine * 1e3:9.1f}{threads * 1e3:11.0f}{ratio:7.0f}{told}"
              f"{report.sectors:10,}")  # fmt: skip
    loop = fastest(cpu.matmul_loops, a, b, rounds=3)
    print(f"{'plain loop':18}{loop * 1e3:9.1f}  (matmul in Python, counting nothing)")


def fastest(function: Callable[..., Any], *arguments: Any, rounds: int) -> float:
    """The shortest of some calls, in seconds."""
    found: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        function(*arguments)
        found.append(time.perf_counter() - start)
    return min(found)


def numba_seconds(name: str) -> float:
    """The same launch on numba's own simulator, which has to be chosen before numba is imported."""
    text = f"""
import os, time
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import numpy as np
from tinytorch.kernels import gpu
a, x, v = np.ones((64, 64), "f"), np.ones((64, 300), "f"), np.ones(4096, "f")
kernel, grid, block, given = {{
    "tiled matmul": (gpu.tiled_matmul_kernel, (4, 4), (16, 16), (a, a, a.copy())),
    "naive matmul": (gpu.naive_matmul_kernel, (4, 4), (16, 16), (a, a, a.copy())),
    "online softmax": (gpu.online_softmax_kernel, 64, 32, (x, x.copy())),
    "block sum": (gpu.block_sum_kernel, 16, 256, (v, np.zeros(16, "f"))),
}}[{name!r}]
compiled = kernel.compiled
start = time.perf_counter()
compiled[grid, block](*given)
print("took", time.perf_counter() - start)
"""
    found = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False
    )
    taken = [line.split()[1] for line in found.stdout.splitlines() if line.startswith("took")]
    return float(taken[0]) if taken else float("nan")


def gpu_table() -> None:
    """The CUDA C kernels beside cuBLAS and a device copy."""
    print("\nCUDA C on a GPU")
    try:
        import cupy  # pyright: ignore[reportMissingImports]

        cupy.cuda.runtime.getDeviceCount()
    except Exception as error:
        print("matmul beside cuBLAS: not run: no GPU")
        print("softmax, layer norm, bias + GELU and Adam beside a copy: not run: no GPU")
        print(f"({type(error).__name__}: {error})")
        return
    print(cupy.cuda.runtime.getDeviceProperties(0)["name"].decode())
    print(f"{'matmul':20}{'ours':>14}{'cuBLAS':>14}{'ratio':>8}{'greatest difference':>22}")
    for side, inner in PRODUCTS:
        gpu_matmul(cupy, side, inner)
    print(f"\n{'x copy, rows of':20}{'copy':>12}{'softmax':>12}{'layer norm':>12}")
    for columns in COLUMNS:
        gpu_rows(cupy, columns)
    gpu_elements(cupy)


def gpu_matmul(cupy: Any, side: int, inner: int) -> None:
    """Ours and cuBLAS in turn; the results are compared as well."""
    a, b = normal(cupy, (side, inner)), normal(cupy, (inner, side))
    difference = float(cupy.abs(compiled.matmul(a, b) - a @ b).max())
    calls = {"ours": lambda: compiled.matmul(a, b), "cuBLAS": lambda: a @ b}
    times = measured_on_gpu(cupy, calls, repeat=max(1, (4096 // side) ** 2))
    ours, theirs = (statistics.median(times[name]) for name in ("ours", "cuBLAS"))
    work = 2 * side * side * inner / 1e12
    name = f"{side} x {inner} x {side}"
    print(f"{name:20}{work / ours:7.1f} TFLOPS{work / theirs:7.1f} TFLOPS{theirs / ours:8.3f}"
          f"{difference:22.1e}")  # fmt: skip


def gpu_rows(cupy: Any, columns: int) -> None:
    """Bytes a second, of reading and writing each number once, beside a copy's."""
    x = normal(cupy, (ELEMENTS // columns, columns))
    target, weight, bias = cupy.empty_like(x), cupy.ones(columns, "f"), cupy.zeros(columns, "f")
    times = measured_on_gpu(
        cupy,
        {
            "copy": lambda: cupy.copyto(target, x),
            "softmax": lambda: compiled.softmax_rows(x),
            "layer norm": lambda: compiled.layer_norm_rows(x, weight, bias, 1e-5),
        },
    )
    copy, softmax, norm = (statistics.median(samples) for samples in times.values())
    print(f"{columns:<20,}{2 * x.nbytes / copy / 1e12:7.2f} TB/s{copy / softmax:12.2f}"
          f"{copy / norm:12.2f}")  # fmt: skip


def gpu_elements(cupy: Any) -> None:
    """bias + GELU moves two arrays, as a copy does, and Adam seven."""
    x = normal(cupy, (ELEMENTS // 4096, 4096))
    target, bias, arrays = cupy.empty_like(x), cupy.zeros(4096, "f"), [x.copy() for _ in range(3)]
    parameter, gradient, mean, square = (each.reshape(-1) for each in (x, *arrays))
    times = measured_on_gpu(
        cupy,
        {
            "copy": lambda: cupy.copyto(target, x),
            "bias + GELU": lambda: compiled.bias_gelu_rows(x, bias),
            "Adam": lambda: compiled.adam_in_place(
                parameter, gradient, mean, square, 1, 1e-3, (0.9, 0.999), 1e-8
            ),
        },
    )
    copy, gelu_, adam = (statistics.median(samples) for samples in times.values())
    print(f"bias + GELU {copy / gelu_:.2f} x copy, Adam {copy * 3.5 / adam:.2f} x copy")


def normal(cupy: Any, shape: tuple[int, int]) -> Any:
    """Numbers drawn on the GPU, in float32."""
    return cupy.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def measured(calls: dict[str, Callable[[], Any]]) -> Times:
    """Seconds of each call, one after another in each round, after one round that is not kept."""
    times: Times = {name: [] for name in calls}
    for number in range(-1, ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if number >= 0:
                times[name].append(time.perf_counter() - start)
    return times


def measured_on_gpu(cupy: Any, calls: dict[str, Callable[[], Any]], repeat: int = 1) -> Times:
    """The same, in the GPU's own time, between two events; output memory comes from CuPy's pool."""
    times: Times = {name: [] for name in calls}
    start, end = cupy.cuda.Event(), cupy.cuda.Event()
    for number in range(-3, 3 * ROUNDS):
        for name, call in calls.items():
            start.record()
            for _ in range(repeat):
                call()
            end.record()
            end.synchronize()
            if number >= 0:
                times[name].append(cupy.cuda.get_elapsed_time(start, end) / 1e3 / repeat)
    return times


if __name__ == "__main__":
    main()
