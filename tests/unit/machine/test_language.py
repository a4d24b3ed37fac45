"""CUDA C, construct by construct: what a few lines compute, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels.source import SourceKernel
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep

pytest.importorskip("clang.cindex")
X = np.arange(1, 65, dtype=np.float32)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """A body with what stands before it, run by 64 threads; gives `out` and the report."""

    def call(body: str, before: str = "", n: int = 7) -> tuple[Any, Report]:
        file, out = tmp_path / "language.cu", np.zeros(64, np.float32)
        head = "__global__ void k(const float* x, float* out, int n) {\n    int i = threadIdx.x;\n"
        file.write_text(f"{before}\n{head}    {body}\n}}\n", encoding="utf-8")
        kernel = SourceKernel(file, "k")
        report = in_lockstep(kernel, 1, 64, (X, out, n), dynamic_shared=1024)
        return out, report

    return call


SUM_OF_WARPS = """\
__device__ float total(float v) {
    static __shared__ float s[2];
    for (int by = 16; by > 0; by /= 2) v += __shfl_xor_sync(~0u, v, by);
    if (threadIdx.x % 32 == 0) s[threadIdx.x / 32] = v;
    __syncthreads();
    return s[0] + s[1];
}
"""


def test_shared_memory_of_a_function_is_one_wherever_it_is_called(run: Any) -> None:
    _, report = run("out[i] = total(x[i]) + total(2 * x[i]);", SUM_OF_WARPS)
    assert {fault.kind for fault in report.faults} == {"race"}
    ordered = "float a = total(x[i]); __syncthreads(); out[i] = a + total(2 * x[i]);"
    out, report = run(ordered, SUM_OF_WARPS)
    assert report.faults == ()
    assert (out == 3 * X.sum()).all()


def test_calls_that_a_macro_brings_to_one_place_are_apart(run: Any) -> None:
    before = "__device__ float up(float v) { return v + 1; }\n#define UP(v) up(v)\n"
    out, _ = run("out[i] = UP(5) / UP(1) + UP(UP(2));", before)
    assert (out == 7).all()


@pytest.mark.parametrize(
    ("text", "double"),
    [
        ("fma(x[i], 2, 1.0f)", False),
        ("float(-0.8) + x[i]", False),
        ("x[i] > 0.5 ? 1.0f : 2.0f", False),
        ("x[i] > 0.1 ? 1.0f : 2.0f", True),
        ("x[i] * 2.0", True),
        ("pow(x[i], 2)", False),
        ("max(x[i], 1.0)", True),
    ],
)
def test_what_is_computed_in_double_precision(run: Any, text: str, double: bool) -> None:
    _, report = run(f"out[i] = {text};")
    assert report.precision == ("double" if double else "single")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("max(n, 8u) + min(3, -4)", 8 - 4),
        ("0xffffffffffffffffull >> 60", 15),
        ("__mulhi(1 << 30, -16) + (int)__umul64hi(1ull << 63, 6ull)", -1),
        ("__mul24(-3, 5) + (int)__umul24(0xff000003u, 5u)", 0),
        ("lrintf(2.5f) + llroundf(2.5f)", 5),
        ("fdimf(3, 1) + exp10f(2) + ldexpf(1.5f, 3) + sinpif(0.5f) + __saturatef(7)", 116),
        ("asinhf(0.0f) + acoshf(1.0f) + atanhf(0.0f)", 0),
    ],
)
def test_functions_of_whole_and_real_numbers(run: Any, text: str, wanted: float) -> None:
    out, _ = run(f"out[i] = {text};")
    assert (out == wanted).all()


def test_sine_and_cosine_at_once(run: Any) -> None:
    out, _ = run("float s, c; sincosf(x[i], &s, &c); out[i] = s * s + c * c;")
    np.testing.assert_allclose(out, 1, rtol=1e-6)


def test_an_assert_that_does_not_hold_stops_the_kernel(run: Any) -> None:
    run("assert(n > 0); out[i] = 1;")
    with pytest.raises(AssertionError, match="what `assert` says"):
        run("assert(i < n); out[i] = 1;")


BY_SWAPS = """\
__device__ void add(float* sum, float v) {
    int* bits = (int*)sum;
    int old = *bits, assumed;
    do {
        assumed = old;
        old = atomicCAS(bits, assumed, __float_as_int(v + __int_as_float(assumed)));
    } while (assumed != old);
}
"""


def test_a_read_that_a_swap_checks_is_no_race(run: Any) -> None:
    out, report = run("add(out, x[i]);", BY_SWAPS)
    assert report.faults == ()
    assert out[0] == X.sum()


@pytest.mark.parametrize(
    "body", ["add(out, x[i]); out[1 + i] = out[0];", "if (i == 40) out[0] = 1; add(out, x[i]);"]
)
def test_other_reads_and_writes_beside_swaps_are_races(run: Any, body: str) -> None:
    _, report = run(body.replace("out[1 + i]", "if (i < 63) out[1 + i]"), BY_SWAPS)
    assert {fault.kind for fault in report.faults} == {"race"}
