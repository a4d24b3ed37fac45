"""A step that teaches a kernel: faults, refusals of compilers, and code for a GPU that is not
there."""

from __future__ import annotations

import asyncio
import importlib.metadata
from pathlib import Path

import pytest
from complaints import explained
from lab import Judged, Lab

from tinytorch_ls.check.lab import Lab as Proofs
from tinytorch_ls.check.reference import reference_complaints
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.tester import Tester
from tinytorch_ls.runner.client import Runner
from tinytorch_ls.runner.report import Frame
from tinytorch_ls.workspace.folder import StudentFolder

pytestmark = pytest.mark.slow

HEAD = """\
import math

import numpy as np
from tinytorch.kernels.device import cuda
from tinytorch.kernels.jit import njit


"""
RIGHT = """\
@cuda.jit
def add_kernel(a, b, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] + b[i]
"""
RIGHT_TOTAL = """\
@njit
def total(x):
    found = 0.0
    for i in range(x.size):
        found += x[i]
    return found
"""
SIMULATES = """\
from tinytorch_ls.simulator.simulate import simulated


@step("try")
def test_five_numbers(expect):
    a, out = np.arange(5, dtype=np.float32), np.zeros(5, np.float32)
    with simulated():
        lab.add_kernel[2, 4](a, a, out)
    expect(out).equals(2 * a, because="each thread adds one pair")
"""
COMPILES = """\
@step("try")
def test_it_compiles(expect):
    expect.compiles(
        lab.add_kernel,
        ("float32[:]", "float32[:]", "float32[:]"),
        without=("float64", "spills"),
        because="a GPU has few units for float64",
    )
"""
CALLS = """\
@step("try")
def test_three_numbers(expect):
    expect(lab.total(np.array([1.0, 2.5, 3.0]))).equals(6.5, because="1 + 2.5 + 3 is 6.5")
"""
NO_GUARD = """\
#### No guard
```python
@cuda.jit
def add_kernel(a, b, out):
    i = cuda.grid(1)
    out[i] = a[i] + b[i]
```
Threads beyond the end go on.
"""
ONE_TOO_MANY = """\

#### Guards one too many
```python
@cuda.jit
def add_kernel(a, b, out):
    i = cuda.grid(1)
    if i <= out.size:
        out[i] = a[i] + b[i]
```
The last index is size - 1.
"""
IN_DOUBLE = """\

#### In float64
```python
@cuda.jit
def add_kernel(a, b, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = 0.25 * a[i] * 4.0 + b[i]
```
0.25 is a float64.
"""
ADDS_TEXT = """\
#### Adds text
```python
@njit
def total(x):
    found = 0.0
    for i in range(x.size):
        found += x[i] + "0"
    return found
```
Text is no number.
"""
KERNEL, TOTAL = ("add_kernel",), ("total",)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Where a kernel is simulated."""
    return Lab(tmp_path, HEAD + RIGHT, SIMULATES, symbols=KERNEL, mistakes=NO_GUARD + ONE_TOO_MANY)


@pytest.fixture
def numba(tmp_path: Path) -> Lab:
    """Where numba compiles a function for the processor."""
    return Lab(tmp_path, HEAD + RIGHT_TOTAL, CALLS, symbols=TOTAL)


@pytest.fixture
def compiling(tmp_path: Path) -> Lab:
    """Where a kernel is simulated and compiled for a GPU."""
    tests, mistakes = f"{SIMULATES}\n\n{COMPILES}", NO_GUARD + IN_DOUBLE
    return Lab(tmp_path, HEAD + RIGHT, tests, symbols=KERNEL, mistakes=mistakes)


def kernel(*body: str) -> str:
    """A student's file with this body of the kernel."""
    text = "".join(f"    {line}\n" for line in body)
    return f"{HEAD}@cuda.jit\ndef add_kernel(a, b, out):\n{text}"


def total(*body: str) -> str:
    """A student's file with this body of the compiled function."""
    text = "".join(f"    {line}\n" for line in body)
    return f"{HEAD}@njit\ndef total(x):\n{text}"


def marked(judged: Judged, frame: Frame | None = None) -> str:
    """What stands at the mark of a verdict, or at a frame."""
    where = frame or judged.verdict.where
    assert where is not None
    line = Path(where.file).read_text(encoding="utf-8").splitlines()[where.line - 1]
    return line[where.column : where.end_column] if where.column is not None else line


def headline(judged: Judged) -> str:
    assert judged.verdict.state == "failing", judged.verdict
    assert judged.verdict.failure is not None
    return judged.verdict.failure.headline


def test_a_right_kernel_passes(lab: Lab) -> None:
    assert lab.judge(HEAD + RIGHT).verdict.state == "passed"


def test_a_right_compiled_function_passes(numba: Lab) -> None:
    assert numba.judge(HEAD + RIGHT_TOTAL).verdict.state == "passed"


RIGHT_LINE = "    out[i] = a[i] + b[i]"
GUARDED = ("i = cuda.grid(1)", "if i < out.size:")


@pytest.mark.parametrize(
    ("body", "said", "mark"),
    [
        (
            ("i = cuda.grid(1)", "out[i] = a[i] + b[i]"),
            "Out of bounds: thread 1 of block 1 reads a[5], but a has 5 elements.",
            "a[i]",
        ),
        (
            (*GUARDED, "    out[0] = a[i] + b[i]"),
            "Race: thread 0 of block 0 writes out[0] in line 12 and thread 3 of block 0 writes it ",
            "out[0]",
        ),
        (
            (*GUARDED, "    cuda.syncthreads()", "    out[i] = a[i] + b[i]"),
            "Divergent barrier: thread 0 of block 1 waits at the barrier of line 12, but thread 1 ",
            "cuda.syncthreads()",
        ),
        (
            ("tile = cuda.shared.array(4, np.float32)", "out[0] = tile[1]"),
            "Uninitialised: thread 0 of block 0 reads tile[1], which nothing has written",
            "tile[1]",
        ),
        (
            ("tile = cuda.shared.array(20_000, np.float32)", "out[0] = tile[1]"),
            "Launch: ",
            "add_kernel",
        ),
    ],
    ids=["bounds", "race", "barrier", "uninitialised", "launch"],
)
def test_each_fault_is_one_sentence_on_the_kernel_s_line(
    lab: Lab, body: tuple[str, ...], said: str, mark: str
) -> None:
    judged = lab.judge(kernel(*body))
    assert headline(judged).startswith(said)
    assert "\n" not in headline(judged)
    assert mark in marked(judged)
    assert judged.verdict.failure
    assert judged.verdict.failure.help
    assert judged.verdict.marks[0].function == "add_kernel"


def test_the_second_thread_of_a_race_has_its_place_too(lab: Lab) -> None:
    body = (*GUARDED, "    out[i] = a[i] + b[i]", "    a[0] = out[i]")
    judged = lab.judge(kernel(*body))
    ((other, what),) = judged.verdict.marks[0].related
    assert headline(judged).startswith("Race: ")
    assert (marked(judged), marked(judged, other), what) == (
        "a[0]",
        "a[i]",
        "the other thread is here",
    )


@pytest.mark.parametrize(
    "body",
    [
        ("index = cuda.grid(1)", "out[index] = a[index] + b[index]"),
        ('"""Mine."""', "", "# one thread, one sum", "i = cuda.grid(1)", "out[i] = (a[i] + b[i])"),
        ("k = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x", "out[k] = a[k] + b[k]"),
    ],
    ids=["names", "layout", "elsewhere"],
)
def test_a_fault_of_the_same_kind_at_the_same_statement_is_named(
    lab: Lab, body: tuple[str, ...]
) -> None:
    judged = lab.judge(kernel(*body))
    assert judged.verdict.failure
    assert judged.verdict.failure.mistake == "No guard"


def test_a_fault_elsewhere_or_of_another_kind_is_not_named_so(lab: Lab) -> None:
    for body, mistake in (
        (("i = cuda.grid(1)", "if i < out.size + 1:", RIGHT_LINE), "Guards one too many"),
        (("i = cuda.grid(1)", "if i > out.size:", "    return", RIGHT_LINE.strip()), ""),
        ((*GUARDED, "    out[i] = a[i + 1] + b[i]"), ""),
        ((*GUARDED, "    out[0] = a[i] + b[i]"), ""),
    ):
        judged = lab.judge(kernel(*body))
        assert judged.verdict.failure
        assert judged.verdict.failure.mistake == mistake


@pytest.mark.parametrize(
    ("body", "said", "mark"),
    [
        (
            ("return x.total",),
            "numba can't compile `x.total`: a 1-d array of float64 has no `total`.",
            "x.total",
        ),
        (
            ("found = 0.0", "return found + missing"),
            "numba can't compile `missing`: nothing has this name.",
            "missing",
        ),
        (
            ("if x.size > 2:", "    y = 1.0", "else:", '    y = "a"', "return y"),
            "numba can't compile `y`: `y` is ",
            "y",
        ),
        (
            ("with open('f'):", "    return 0.0"),
            "numba can't compile ",
            "with open('f'):",
        ),
        (
            ("return np.sum(x, where=x > 0)",),
            "numba can't compile `np.sum(x, where=x > 0)`: it has no `sum` for a 1-d array of "
            "float64 and where=1-d array of bool.",
            "np.sum(x, where=x > 0)",
        ),
    ],
    ids=["typing", "name", "unify", "unsupported", "call"],
)
def test_what_numba_can_t_compile_is_one_sentence_on_the_student_s_expression(
    numba: Lab, body: tuple[str, ...], said: str, mark: str
) -> None:
    judged = numba.judge(total(*body))
    assert headline(judged).startswith(said)
    assert "\n" not in headline(judged)
    assert marked(judged).strip() == mark
    assert judged.verdict.marks[0].function == "total"


def test_a_refusal_inside_of_a_helper_is_marked_there_and_blames_the_step_s_own(numba: Lab) -> None:
    helper = "\n\n@njit\ndef helper(x):\n    return x.total\n"
    judged = numba.judge(total("return helper(x)").replace("@njit", helper + "\n\n@njit", 1))
    assert headline(judged).endswith(": a 1-d array of float64 has no `total`.")
    assert marked(judged) == "return helper(x)"


def test_a_refusal_of_the_same_kind_at_the_same_statement_is_named(tmp_path: Path) -> None:
    numba = Lab(tmp_path, HEAD + RIGHT_TOTAL, CALLS, symbols=TOTAL, mistakes=ADDS_TEXT)
    body = ("s = 0.0", "for k in range(x.size):", '    s += x[k] + "0"', "return s")
    judged = numba.judge(total(*body))
    assert judged.verdict.failure
    assert judged.verdict.failure.mistake == "Adds text"


def test_a_compiled_function_that_is_not_written_says_so(numba: Lab) -> None:
    judged = numba.judge(numba.stub())
    assert judged.verdict.state == "todo"


def test_a_kernel_that_compiles_passes(compiling: Lab) -> None:
    judged = compiling.judge(HEAD + RIGHT)
    assert judged.verdict.state == "passed", judged.verdict


def test_a_line_in_double_precision_is_marked_and_named(compiling: Lab) -> None:
    judged = compiling.judge(kernel(*GUARDED, "    out[i] = 0.25 * a[i] * 4.0 + b[i]"))
    assert headline(judged) == "`0.25` is a float64, and this line computes with it."
    assert marked(judged) == "0.25"
    failure = judged.verdict.failure
    assert failure
    assert failure.because == "a GPU has few units for float64"
    assert failure.mistake == "In float64"


def test_what_the_simulator_takes_and_the_compiler_does_not_is_told(compiling: Lab) -> None:
    body = ("n = out.size", "tile = cuda.shared.array(n, np.float32)", *GUARDED)
    judged = compiling.judge(kernel(*body, "    out[i] = a[i] + b[i]"))
    assert headline(judged).startswith(
        "numba can't compile `cuda.shared.array(n, np.float32)`: the shape of cuda.shared.array "
        "has to be a constant"
    )
    assert marked(judged) == "cuda.shared.array(n, np.float32)"


def test_a_stub_is_not_written_though_a_compiler_would_take_it(tmp_path: Path) -> None:
    compiling = Lab(tmp_path, HEAD + RIGHT, COMPILES, symbols=KERNEL)
    assert compiling.judge(compiling.stub()).verdict.state == "todo"


def test_a_file_of_cuda_c_compiles_or_is_marked_at_its_line(tmp_path: Path) -> None:
    source = tmp_path / "step.cu"
    tests = COMPILES.split("    expect.compiles(")[0] + (
        f"    expect.compiles({str(source)!r}, without=('float64',), because='it is C')\n"
    )
    compiling = Lab(tmp_path, HEAD + RIGHT, tests, symbols=KERNEL)
    right = 'extern "C" __global__ void f(float* a) {\n    a[0] *= 0.5f;\n}\n'
    for text, said in (
        (right.replace("a[0]", "b[0]"), 'identifier "b" is undefined'),
        (right.replace("0.5f", "0.3"), "`0.3` is a float64, and this line computes with it."),
    ):
        source.write_text(text, encoding="utf-8")
        judged = compiling.judge(HEAD + RIGHT)
        assert headline(judged) == said
        (test,) = (test for test in judged.run.tests if not test.passed)
        (frame,) = test.observations[-1].frames
        assert (frame.file, frame.line) == (str(source), 2)
    source.write_text(right, encoding="utf-8")
    assert compiling.judge(HEAD + RIGHT).verdict.state == "passed"


def test_a_test_may_not_ask_for_what_is_not_known(tmp_path: Path) -> None:
    tests = COMPILES.replace('"spills"', '"speed"')
    compiling = Lab(tmp_path, HEAD + RIGHT, tests, symbols=KERNEL)
    said = "ValueError: code can be without float64, spills, warnings, not speed"
    assert headline(compiling.judge(HEAD + RIGHT)) == said


def test_a_step_without_a_compiler_in_it_loads_no_numba(tmp_path: Path) -> None:
    shown = "    print(sorted({'numba', 'llvmlite'} & set(sys.modules)))\n"
    tests = f"import sys\n\n{SIMULATES}{shown}"
    judged = Lab(tmp_path, HEAD + RIGHT, tests, symbols=KERNEL).judge(HEAD + RIGHT)
    assert judged.verdict.output == "[]\n"


def _without_compilers(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if numba-cuda were not installed: here, and in the process of the run."""
    found = importlib.metadata.version

    def version(name: str) -> str:
        if name.startswith(("numba-cuda", "nvidia", "cuda-")):
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr("tinytorch_ls.course.needs.version", version)
    monkeypatch.setattr("tinytorch_ls.course.needs._FRESH_SECONDS", 1e-9)  # nothing is old enough
    hidden = "import sys\nsys.modules['numba.cuda'] = None\n"
    lab.write("course/01_lab/test_lab.py", hidden + lab.tests)


def test_without_the_compiler_the_step_is_not_run_and_never_passed(
    compiling: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_compilers(compiling, monkeypatch)
    judged = compiling.judge(HEAD + RIGHT)
    assert (judged.run.passed, judged.verdict.state) == (False, "not run")
    failure = judged.verdict.failure
    assert failure
    assert failure.headline.startswith("“Try” is not run: numba-cuda, ")
    assert "tinytorch[cuda]" in failure.help


def test_an_old_tick_does_not_outlive_a_run_without_the_compiler(
    compiling: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiling.judge(HEAD + RIGHT)  # the student's file is there
    _without_compilers(compiling, monkeypatch)
    folder = StudentFolder(compiling.root / "student", read_course(compiling.root / "course"))
    folder.progress.tested("lab/try", "passed", "")
    runner = Runner(folder.course)

    async def run() -> list[str]:
        try:
            tester = Tester(folder, runner)
            return [verdict.state async for verdict in tester.test([compiling.step])]
        finally:
            await runner.close()

    assert asyncio.run(run()) == ["not run"]
    assert folder.progress.of("lab/try").state == "not run"
    folder.progress.save()
    assert StudentFolder(folder.root, folder.course).progress.of("lab/try").state == "not run"


def test_check_says_what_it_could_not_prove(
    compiling: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_compilers(compiling, monkeypatch)
    course = read_course(compiling.root / "course")

    async def complaints() -> list[str]:
        proofs = Proofs(course)
        try:
            found = reference_complaints(proofs, course.module("lab"), course.steps["lab/try"])
            return [complaint.message async for complaint in found]
        finally:
            await proofs.close()

    (said,) = asyncio.run(complaints())
    assert said.startswith("`test_it_compiles` of lab/try can't be proven here: compiling a kernel")
    assert explained(said)


def test_without_the_compiler_what_fails_elsewhere_is_still_told(
    compiling: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_compilers(compiling, monkeypatch)
    judged = compiling.judge(kernel("i = cuda.grid(1)", "out[i] = a[i] + b[i]"))
    assert headline(judged).startswith("Out of bounds: ")
    assert judged.verdict.failure
    assert judged.verdict.failure.mistake == "No guard"
