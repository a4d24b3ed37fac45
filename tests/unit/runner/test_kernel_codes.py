"""What a compiler makes of the kernels that were launched, and how long that is kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module, invalidate_caches
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels.source import SourceKernel
from tinytorch_ls.compile import cuda_c
from tinytorch_ls.compile.assembler import run_program
from tinytorch_ls.compile.result import CompileError, Failed, KernelCode
from tinytorch_ls.course.needs import lacking
from tinytorch_ls.feedback.roofline_words import code_words
from tinytorch_ls.runner.inside.kernel_codes import codes_of
from tinytorch_ls.runner.inside.launches import Launches
from tinytorch_ls.simulator.simulate import in_lockstep

pytestmark = pytest.mark.skipif(lacking(("cuda",)) is not None, reason="no compilers")

KERNEL = """\
import numpy as np
from tinytorch.kernels.device import cuda

WIDTH = 32


@cuda.jit(device=True)
def scaled(x):
    return x * np.float32(3.0)


@cuda.jit
def strided(x, out):
    row = cuda.shared.array(WIDTH, np.float32)
    t = cuda.threadIdx.x
    row[t] = x[t]
    cuda.syncthreads()
    out[t] = scaled(row[31 - t])
"""


_NUMBERS = count()  # a module is imported once in a process


class Desk:
    """A student's file with a kernel, and the assembler that is asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0

    def codes(self, text: str, dtype: Any = np.float32) -> dict[str, KernelCode]:
        kernel = self.module(text).strided
        x = np.ones(32, dtype)
        launches = Launches(f"{self.folder}/", traced=False)
        with launches.observed():
            in_lockstep(kernel, 1, 32, (x, np.zeros(32, np.float32)))
        return codes_of(launches, str(self.folder), self.program)

    def module(self, text: str) -> ModuleType:
        name = f"desk_{next(_NUMBERS)}"
        (self.folder / f"{name}.py").write_text(text)
        invalidate_caches()
        return import_module(name)

    def program(self, command: Sequence[str]) -> str:
        self.asked += 1
        return run_program(command)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Desk(tmp_path)


def test_a_kernel_that_is_as_it_was_is_not_compiled_again(desk: Desk) -> None:
    (first,) = desk.codes(KERNEL).values()
    assert first.resources
    assert first.resources.shared_bytes == 32 * 4
    assert desk.codes(KERNEL)["strided"] == first
    assert desk.asked == 1


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("31 - t", "30 - t + 1"), ("WIDTH = 32", "WIDTH = 64"), ("float32(3.0)", "float32(4.0)")],
    ids=["its own code", "a constant of its file", "a function that it calls"],
)
def test_what_its_code_depends_on_has_it_compiled_again(desk: Desk, was: str, becomes: str) -> None:
    desk.codes(KERNEL)
    desk.codes(KERNEL.replace(was, becomes))
    assert desk.asked == 2


def test_so_have_arguments_of_another_kind(desk: Desk) -> None:
    assert desk.codes(KERNEL)["strided"].double_lines == ()
    assert desk.codes(KERNEL.replace("np.float32(3.0)", "0.1"))["strided"].double_lines == (18,)
    assert desk.codes(KERNEL, np.float64)["strided"].double_lines == (16,)  # into float32 there
    assert desk.asked == 3


def test_what_the_compiler_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ours.cu"
    path.write_text("__global__ void ours(float* out) { out[threadIdx.x] = 1.0f; }\n")
    launches = Launches(f"{tmp_path}/", traced=False)
    with launches.observed():
        in_lockstep(SourceKernel(path, "ours"), 1, 4, (np.zeros(4, np.float32),))
    (launch,) = launches.reports()
    no = Failed((CompileError(str(path), 1, 0, "not like this"),))
    monkeypatch.setattr(cuda_c, "compile_source", lambda *_, **__: no)
    code = codes_of(launches, str(tmp_path), run_program)["ours"]
    assert code == KernelCode(None, refused="not like this")
    assert code_words(code, launch) == "the compiler refuses it: not like this"
