"""CUDA C on the machine: verdicts and counts as for Python, with no GPU and no compiler."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels import gpu
from tinytorch.kernels.source import SourceKernel
from tinytorch_ls.machine.refused import RefusedError, UnsupportedError
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep

pytest.importorskip("clang.cindex")
FILE = Path(__file__).with_name("verdict_kernels.cu")
LIBRARY = Path(gpu.__file__).parent


def run(
    name: str, grid: Any, block: Any, *arguments: Any, path: Path = FILE, shared: int = 0
) -> Report:
    kernel = SourceKernel(path, name)
    return in_lockstep(kernel, grid, block, arguments, dynamic_shared=shared)


def floats(*shape: int) -> Any:
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def line_of(mark: str, kernel: str) -> int:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if f"void {kernel}(" in line)
    return next(i for i in range(first, len(lines)) if lines[i].endswith(f"// {mark}")) + 1


def test_it_moves_what_the_same_kernel_in_python_moves() -> None:
    a, b, out = floats(20, 40), floats(40, 30), floats(20, 30)
    path = LIBRARY / "tiled_matmul.cu"
    report = run("tiled_matmul", (2, 2), (16, 16), a, b, out, 20, 30, 40, path=path)
    python = in_lockstep(gpu.tiled_matmul_kernel, (2, 2), (16, 16), (a, b, floats(20, 30)))
    assert report.faults == ()
    np.testing.assert_allclose(out, a @ b, rtol=1e-4, atol=1e-5)
    assert report.total("global") == python.total("global")
    assert report.total("shared") == python.total("shared")


def test_device_functions_references_and_returns_in_loops() -> None:
    a, out = floats(70), floats(70)
    assert run("device_functions", 3, 32, a, out, 70).faults == ()
    np.testing.assert_allclose(out, a * a * 2 + np.arange(70), rtol=1e-6)


def test_shuffles_and_shared_memory() -> None:
    x, out = floats(1000), floats(1)
    assert run("block_sum", 1, 128, x, out, 1000).faults == ()
    np.testing.assert_allclose(out, [x.sum(dtype=float)], rtol=1e-4)


def test_a_float4_is_one_access_of_16_bytes() -> None:
    a, out = floats(128), floats(128)
    wanted = a.copy()
    wanted[::4] += 1
    wanted[3::4] *= 2
    report = run("four_at_once", 1, 32, a, out)
    (read,), (written,) = report.on("a"), report.on("out")
    assert (out == wanted).all()
    assert (read.requests, read.sectors, read.ideal_sectors) == (1, 16, 16)
    assert (written.requests, written.sectors) == (1, 16)


def test_shared_memory_of_the_size_that_the_launch_gives() -> None:
    data = np.random.default_rng(0).integers(0, 8, 500).astype(np.int32)
    bins = np.zeros(8, np.int32)
    assert run("histogram", 2, 64, data, bins, 500, shared=32).faults == ()
    assert (bins == np.bincount(data)).all()
    (fault, *_) = run("histogram", 2, 64, data, bins, 500, shared=16).faults
    assert (fault.kind, "mine has 4 elements" in fault.message) == ("out of bounds", True)


def test_a_literal_without_f_is_a_double() -> None:
    x = floats(32)
    wanted = (x.astype(float) * 0.1 + x / np.float32(3)).astype(np.float32)
    in_single = x * np.float32(0.1) + x / np.float32(3)
    assert (wanted != in_single).any()
    run("in_double", 1, 32, x)
    assert (x == wanted).all()


def test_whole_numbers_wrap_and_divide_as_in_c() -> None:
    x = np.zeros(5, np.int32)
    run("whole_numbers", 1, 1, x)
    assert x.tolist() == [-(2**31), -3, -1, 1, 19]


def test_arrays_of_the_file_are_constants() -> None:
    out = floats(8)
    assert run("constants", 1, 8, floats(8), out).faults == ()
    assert out.tolist() == [5, 6, 7, 8, 9, 10, 5, 6]


def test_the_rest_of_what_c_is_written_with() -> None:
    a, out = floats(8), floats(8)
    assert run("much_of_c", 1, 8, a, out, 1).faults == ()
    i = np.arange(8)
    wanted = np.where(i & 1, 1, 2) + 4 * a[3] + np.maximum(i, 3) + 3 + 5 + 1 + 8 + 2 + 1 - 6
    np.testing.assert_allclose(out, np.where((i > 5) & (i % 2 == 0), -1, wanted), rtol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "kind"),
    [
        ("beyond_the_end", "out of bounds"),
        ("no_barrier", "race"),
        ("barrier_in_a_branch", "divergent barrier"),
        ("without_end", "endless loop"),
        ("not_loaded", "uninitialised"),
        ("no_value", "uninitialised"),
        ("off_its_sixteen_bytes", "misaligned"),
        ("beyond_a_row", "out of bounds"),
    ],
)
def test_a_fault_stands_on_the_line_of_the_file(kernel: str, kind: str) -> None:
    size = 40 if kernel == "beyond_the_end" else 64
    faults = run(kernel, 1, 64, floats(size), floats(64)).faults
    assert {fault.kind for fault in faults} == {kind}
    place = faults[0].place
    assert place
    assert (place.file, place.line, place.function) == (str(FILE), line_of(kind, kernel), kernel)


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("a[0] = b[0];", "There is no `b`", 2),
        ("a[0] = 1", "A `;` is missing after the expression", 2),
        ("\n__shared__ float s[n]; a[0] = s[0];", "the length of an array has to be a constant", 3),
    ],
)
def test_what_is_no_cuda_c_is_refused_at_its_line(
    text: str, words: str, line: int, tmp_path: Path
) -> None:
    file = tmp_path / "step.cu"
    file.write_text(f"__global__ void k(float* a, int n) {{\n    {text}\n}}\n", encoding="utf-8")
    with pytest.raises(RefusedError) as caught:
        run("k", 1, 1, floats(1), 3, path=file)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert words in str(caught.value)
    assert (last.filename, last.lineno) == (str(file), line)


def test_a_switch_falls_through_breaks_and_continues_the_loop_around_it() -> None:
    a, out = np.arange(7, dtype=np.int32), np.zeros(32, np.int32)
    assert run("a_switch", 1, 32, a, out, 7).faults == ()
    assert out.tolist() == [_switched([(i + turn) % 7 for turn in range(4)]) for i in range(32)]


def _switched(values: list[int]) -> int:
    """The same, without a switch."""
    found = 0
    for turn, value in enumerate(values):
        if value in (0, 1):
            found += 11
        elif value == 2:
            found += 10
        elif value != 5:
            found += 0 if value == 4 else 100
            if turn != 2 or value == 4:
                found += 0 if value == 4 else 1000
                found += 5 if turn == 1 else 0
                if turn in (0, 3):
                    continue
                found += 10000
        found += 100000
    return found


@pytest.mark.parametrize(
    ("kernel", "what"),
    [("a_jump", "label"), ("a_rare_function", "`__byte_perm`")],
)
def test_what_the_machine_does_not_run_is_named(kernel: str, what: str) -> None:
    with pytest.raises(UnsupportedError, match=f"the simulator does not run .*{what}"):
        run(kernel, 1, 1, floats(4), floats(4))


@pytest.mark.parametrize(
    ("kernel", "columns", "block"),
    [
        ("softmax_4_2", 40, (8, 4)),
        ("softmax_1_4", 37, (16, 4)),
        ("softmax_4_4", 1000, (64, 1)),
        ("softmax_any", 333, (64, 1)),
    ],
)
def test_the_library_s_softmax_with_its_templates(kernel: str, columns: int, block: Any) -> None:
    x, out = floats(5, columns), floats(5, columns)
    grid = -(-5 // block[1])
    assert run(kernel, grid, block, x, out, 5, columns, path=LIBRARY / "softmax.cu").faults == ()
    wanted = np.exp(x - x.max(1, keepdims=True))
    np.testing.assert_allclose(out, wanted / wanted.sum(1, keepdims=True), rtol=1e-4, atol=1e-6)


def test_the_library_s_layer_norm() -> None:
    x, out, weight, bias = floats(5, 40), floats(5, 40), floats(40), floats(40)
    arguments = x, weight, bias, out, 5, 40, np.float32(1e-5)
    report = run("layer_norm_4_2", 2, (8, 4), *arguments, path=LIBRARY / "layer_norm.cu")
    assert report.faults == ()
    normal = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(out, normal * weight + bias, rtol=1e-3, atol=1e-4)


def test_a_fault_in_a_template_stands_on_its_line_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "step.cu"
    file.write_text(
        "template <typename T, int N>\n"
        "__device__ T beyond(const T* a) {\n"
        "    return a[N];\n"
        "}\n"
        "__global__ void k(float* a) { a[0] = beyond<float, 4>(a); }\n",
        encoding="utf-8",
    )
    (fault,) = run("k", 1, 1, floats(4), path=file).faults
    assert fault.place
    assert (fault.kind, fault.place.line, fault.place.function) == ("out of bounds", 3, "beyond")


def test_an_array_of_another_dtype_is_no_argument() -> None:
    with pytest.raises(TypeError, match=r"a is a const float \*, but was given float64"):
        run("no_barrier", 1, 64, np.zeros(64), floats(64))
