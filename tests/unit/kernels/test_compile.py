"""The real compilers, without a GPU: the library's kernels pass, broken ones are told."""

from __future__ import annotations

import linecache
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from host_cuda import KERNEL

from tinytorch.kernels import gpu
from tinytorch.kernels.device import Kernel, cuda
from tinytorch_ls.compile import assembler, python_kernel
from tinytorch_ls.compile.assembler import resources, run_program
from tinytorch_ls.compile.cuda_c import compile_file, compile_source
from tinytorch_ls.compile.python_kernel import arguments_of, compile_kernel
from tinytorch_ls.compile.result import Compiled, CompileError, Failed, NotRun, Resources

VECTOR, MATRIX, NUMBER = np.zeros(4, "f"), np.zeros((2, 2), "f"), np.float32(1)
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "vector_add_kernel": (VECTOR, VECTOR, VECTOR),
    "transpose_kernel": (MATRIX, MATRIX),
    "naive_matmul_kernel": (MATRIX, MATRIX, MATRIX),
    "tiled_matmul_kernel": (MATRIX, MATRIX, MATRIX),
    "block_sum_kernel": (VECTOR, VECTOR),
    "padded_kernel": (MATRIX, MATRIX),
    "warp_sum_kernel": (VECTOR, VECTOR),
    "warp_max_kernel": (VECTOR, VECTOR),
    "online_softmax_kernel": (MATRIX, MATRIX),
    "fused_bias_gelu_kernel": (MATRIX, VECTOR, MATRIX),
    "layer_norm_kernel": (MATRIX, VECTOR, VECTOR, NUMBER, MATRIX),
    "adam_kernel": (VECTOR, VECTOR, VECTOR, VECTOR, *[NUMBER] * 6),
}
SOURCES = sorted(Path(gpu.__file__).parent.glob("*.cu"))


def test_no_kernel_is_left_out() -> None:
    kernels = {n for n, v in vars(gpu).items() if isinstance(v, Kernel) and not v.device}
    assert kernels == set(ARGUMENTS)
    assert {path.stem for path in SOURCES} == {
        *("vector_add", "tiled_matmul", "row_softmax"),
        *("matmul", "softmax", "layer_norm", "bias_gelu", "adam"),
    }


@pytest.mark.parametrize("name", ARGUMENTS)
def test_numba_compiles_each_python_kernel_to_ptx_in_single_precision(name: str) -> None:
    result = compile_kernel(getattr(gpu, name), *ARGUMENTS[name])
    assert isinstance(result, Compiled), result
    assert ".visible .entry" in result.ptx
    assert ".target sm_90" in result.ptx
    assert ".f64" not in result.ptx  # a stray Python float would compute in double precision
    assert ("bar.sync" in result.ptx) == (name in ("tiled_matmul_kernel", "block_sum_kernel"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nvrtc_compiles_each_cuda_c_file_without_a_warning(path: Path) -> None:
    result = compile_file(path)
    assert isinstance(result, Compiled), result
    assert result.warnings == ()
    assert ".visible .entry" in result.ptx
    assert ".f64" not in result.ptx


THREADS = {"matmul_16": 128, "matmul_8": 128, "softmax": 512, "layer_norm": 512}  # others: 256
BLOCKS = {"matmul_8": 4}  # on a multiprocessor at once; others: 2


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_kernel_spills_registers_and_each_leaves_room_for_a_second_block(path: Path) -> None:
    result = compile_file(path)
    assert isinstance(result, Compiled)
    assert set(result.resources) == set(KERNEL.findall(path.read_text(encoding="utf-8")))
    for name, needed in result.resources.items():
        assert needed.spilled_bytes == 0, name
        threads, blocks = (
            next((count for start, count in table.items() if name.startswith(start)), usual)
            for table, usual in ((THREADS, 256), (BLOCKS, 2))
        )
        assert needed.registers * threads * blocks <= 65_536, name
        assert needed.shared_bytes <= 48 * 1024, name


@cuda.jit
def no_such_name(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] + missing  # noqa: F821  # pyright: ignore


@cuda.jit
def no_such_attribute(a, out):
    i = cuda.grid(1)
    out[i] = a.shape[0] + a.length


@cuda.jit
def length_not_constant(a, out):
    n = a.size
    tile = cuda.shared.array(n, np.float32)
    out[0] = tile[0]


@cuda.jit
def stores_text(a, out):  # noqa: ARG001
    i = cuda.grid(1)
    out[i] = "one"


@cuda.jit
def float_index(a, out):
    i = cuda.grid(1)
    out[i / 2] = a[i]


@cuda.jit
def makes_a_list(a, out):
    both = [1.0, 2.0]
    out[0] = both[0] + a[0]


@cuda.jit
def tries(a, out):
    try:
        out[0] = a[0]
    except Exception:
        out[0] = 1


@cuda.jit
def no_such_function(a, out):
    i = cuda.grid(1)
    out[i] = math.arcsine(a[i])  # pyright: ignore


def plain_helper(value: Any) -> Any:
    return value + 1


@cuda.jit
def calls_a_plain_function(a, out):
    i = cuda.grid(1)
    out[i] = plain_helper(a[i])


@pytest.mark.parametrize(
    ("kernel", "line", "marked", "fact"),
    [
        (no_such_name, 4, "missing", "nothing has this name"),
        (no_such_attribute, 3, "a.length", "a 1-d array of float32 has no `length`"),
        (
            length_not_constant,
            3,
            "cuda.shared.array(n, np.float32)",
            "the shape of such an array has to be a constant, known before the launch",
        ),
        (stores_text, 3, "out[i]", "a 1-d array of float32 can't be set to text at an int64"),
        (float_index, 3, "out[i / 2]", "a 1-d array of float32 takes no float64 as index"),
        (makes_a_list, 2, "[1.0, 2.0]", "a kernel can't make a list, a dict or an array"),
        (tries, 3, "out[0] = a[0]", "a kernel can't catch exceptions"),
        (no_such_function, 3, "math.arcsine", "it knows no `arcsine` of `math`"),
        (
            calls_a_plain_function,
            3,
            "plain_helper(a[i])",
            "`plain_helper` is a plain Python function",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_numba_refuses_is_a_sentence_at_its_expression(
    kernel: Any, line: int, marked: str, fact: str
) -> None:
    result = compile_kernel(kernel, VECTOR, VECTOR)
    assert isinstance(result, Failed)
    (error,) = result.errors
    first = kernel.function.__code__.co_firstlineno
    text = linecache.getline(__file__, error.line)[error.column : error.end_column]
    assert (error.file, error.line - first, text) == (__file__, line, marked)
    assert error.message == f"numba can't compile `{marked}`: {fact}."


BROKEN = """\
extern "C" __global__ void half(const float* a, float* out, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        /* é */ out[j] = a[i] / 2;
        out[i] = a[i]
    }
}
"""


TOO_LARGE = """\
extern "C" __global__ void fine(float* x) { x[0] = 1; }
extern "C" __global__ void large(float* x) {
    __shared__ float tile[20000];
    tile[threadIdx.x] = x[0];
    __syncthreads();
    x[threadIdx.x] = tile[1];
}
"""


def test_what_the_assembler_refuses_stands_at_its_kernel() -> None:
    result = compile_source(TOO_LARGE, "large.cu")
    assert isinstance(result, Failed)
    words = "a block of this kernel has 80,000 bytes of shared memory; it may have 49,152"
    assert result.errors == (CompileError("large.cu", 2, 27, words),)


def test_what_nvrtc_refuses_is_an_error_with_line_and_column() -> None:
    result = compile_source(BROKEN, "half.cu")
    assert isinstance(result, Failed)
    assert result.errors == (
        CompileError("half.cu", 4, 20, 'identifier "j" is undefined'),
        CompileError("half.cu", 6, 4, 'expected a ";"'),
    )


@pytest.mark.parametrize(
    ("source", "line", "part"),
    [
        ("int main( {", 1, ""),
        ("\n#include <nothing.h>\n", 2, "nothing.h"),
        ('extern "C" __global__ void f() {\n  __shared__ float tile[n];\n}', 2, '"n"'),
        ('extern "C" __global__ void f(float* a) {\n\tundefined_function(a);\n}', 2, "undefined_f"),
    ],
)
def test_each_kind_of_broken_source_has_a_place(source: str, line: int, part: str) -> None:
    result = compile_source(source, "x.cu")
    assert isinstance(result, Failed)
    assert result.errors[0].line == line
    assert part in result.errors[0].message


def test_a_warning_is_kept_and_is_no_error() -> None:
    result = compile_source('extern "C" __global__ void f() {\n    int unused = 1;\n}', "x.cu")
    assert isinstance(result, Compiled)
    (warning,) = result.warnings
    assert (warning.line, warning.column, warning.severity) == (2, 8, "warning")


@cuda.jit
def in_double(a, out):
    i = cuda.grid(1)
    if i < out.size:
        x = a[i] * np.float32(3.0)
        out[i] = x * 0.5 + math.exp(x)


def test_the_lines_that_compute_in_double_precision_are_known() -> None:
    result = compile_kernel(in_double, VECTOR, VECTOR, lines=True)
    assert isinstance(result, Compiled)
    first = in_double.function.__code__.co_firstlineno
    assert [line - first for line in result.double_lines] == [5]
    c = 'extern "C" __global__ void f(float* a) {\n    a[0] *= 2.0f;\n    a[1] = a[0] * 0.3;\n}'
    result = compile_source(c, "x.cu", lines=True)
    assert isinstance(result, Compiled)
    assert result.double_lines == (3,)


def test_the_assembler_says_what_a_python_kernel_takes() -> None:
    result = compile_kernel(gpu.tiled_matmul_kernel, MATRIX, MATRIX, MATRIX, program=run_program)
    assert isinstance(result, Compiled)
    (taken,) = result.resources.values()
    assert 8 < taken.registers <= 255
    assert taken.shared_bytes == 2 * 4 * 16 * 16
    assert taken.spilled_bytes == 0


def test_spilled_registers_are_read_from_what_the_assembler_prints() -> None:
    log = """\
ptxas info    : Compiling entry function 'wide' for 'sm_90'
ptxas info    : Function properties for wide
    48 bytes stack frame, 44 bytes spill stores, 52 bytes spill loads
ptxas info    : Used 255 registers, 1024 bytes smem, 368 bytes cmem[0]
"""
    assert resources(log) == {"wide": Resources(255, 1024, 44)}


def test_an_assembler_that_is_missing_leaves_the_question_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assembler, "assembler", lambda: None)
    result = compile_kernel(gpu.transpose_kernel, MATRIX, MATRIX, program=run_program)
    assert result == NotRun("the assembler of nvidia-cuda-nvcc is not installed")


@pytest.mark.parametrize(
    "types",
    [
        (VECTOR, VECTOR, VECTOR),
        ("float32[:]", "float32[::1]", "float32[:]"),
        (("float32[:]", "float32[:]", "float32[:]"),),
        ("void(float32[:], float32[:], float32[:])",),
    ],
    ids=["values", "names", "tuple", "signature"],
)
def test_the_arguments_of_a_kernel_are_said_in_several_ways(types: tuple[Any, ...]) -> None:
    result = compile_kernel(gpu.vector_add_kernel, *arguments_of(types))
    assert isinstance(result, Compiled), result
    assert "ld.global.f32" in result.ptx


@pytest.mark.parametrize("name", ["float33[:]", "Tensor", "float32[", "none"])
def test_a_type_that_numba_does_not_know_is_the_author_s_error(name: str) -> None:
    with pytest.raises(ValueError, match="numba has no type"):
        compile_kernel(gpu.transpose_kernel, name, name)


def test_a_compiler_that_is_missing_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cuda.bindings.nvrtc", None)
    missing = compile_source("", "x.cu")
    assert isinstance(missing, NotRun)
    assert "pip install 'tinytorch[cuda]'" in missing.reason

    def no_numba() -> Any:
        raise ImportError("compiling a kernel needs numba-cuda: pip install 'tinytorch[cuda]'")

    monkeypatch.setattr(python_kernel, "numba_cuda", no_numba)
    missing = compile_kernel(gpu.vector_add_kernel, VECTOR, VECTOR, VECTOR)
    assert isinstance(missing, NotRun)
    assert "numba-cuda" in missing.reason
