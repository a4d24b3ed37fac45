"""A student's own kernels, run by the course's runner on the simulator."""

from __future__ import annotations

from pathlib import Path

from tinytorch.kernels import gpu
from tinytorch_ls.course.model import Course, Module, Step, Symbol
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.report import TestRun

FILE = "tinytorch/kernels/gpu.py"
TESTS = """\
import numpy as np
from tinytorch.kernels import gpu
from tinytorch_ls.lesson import step
from tinytorch_ls.simulator.simulate import simulated


@step("add")
def test_five_numbers(expect):
    a = np.arange(5, dtype=np.float32)
    with simulated():
        out = gpu.vector_add(a, a)
    expect(out).equals(2 * a, because="each thread adds one pair")
"""
RIGHT = "    if i < out.size:\n        out[i] = a[i] + b[i]\n"


async def run(place: Path, body: str) -> tuple[TestRun, Path]:
    """The test of a student whose vector_add_kernel has this body."""
    lesson, root = place / "course" / "11_kernels", place / "student"
    lesson.mkdir(parents=True)
    (lesson / "test_kernels.py").write_text(TESTS, encoding="utf-8")
    student = root / FILE
    student.parent.mkdir(parents=True)
    source = Path(gpu.__file__).read_text(encoding="utf-8")
    assert RIGHT in source
    student.write_text(source.replace(RIGHT, body), encoding="utf-8")
    step = Step(
        "kernels/add", "add", "", (Symbol(FILE, "vector_add_kernel"),), (), "", (), (), "", 1
    )
    module = Module("kernels", 11, "Kernels", lesson, (FILE,), 5, (), "", (step,), ())
    course = Course("A course", lesson.parent, (module,), ())
    runner = Runner(course, limits=Limits(seconds=20))
    try:
        request = RunRequest("kernels", ("kernels/add",), root)
        (found,) = [run async for run in runner.run(request)]
    finally:
        await runner.close()
    (test,) = found.tests
    return test, student


async def test_a_right_kernel_passes(tmp_path: Path) -> None:
    test, _ = await run(tmp_path, RIGHT)
    (seen,) = test.observations
    assert seen.passed, seen


async def test_a_fault_stands_on_the_student_s_own_line(tmp_path: Path) -> None:
    test, student = await run(tmp_path, "    out[i] = a[i] + b[i]\n")
    assert test.raised is not None
    assert test.raised.message == "thread 5 of block 0 reads a[5], but a has 5 elements"
    frame = test.raised.frames[-1]
    text = student.read_text(encoding="utf-8").splitlines()[frame.line - 1]
    assert (frame.file, frame.function) == (str(student), "vector_add_kernel")
    assert text[frame.column : frame.end_column] == "a[i]"


async def test_a_kernel_that_is_not_written_says_so(tmp_path: Path) -> None:
    body = '    raise NotImplementedError("kernels/add is yours to write")\n'
    test, _ = await run(tmp_path, body)
    assert test.raised is not None
    assert test.raised.unwritten == "kernels/add"
