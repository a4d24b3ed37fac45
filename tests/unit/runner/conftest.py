"""A course of one module, and a student whose code each test writes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

import pytest
import pytest_asyncio
from kept import KeptForking, KeptSpare

from tinytorch_ls.course.model import Course, Module, Step, Symbol
from tinytorch_ls.runner.client import Runner, RunRequest
from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.processes import Strategy
from tinytorch_ls.runner.report import StepRun
from tinytorch_ls.runner.spare import Spare

FILE = "tinytorch/box.py"
REFERENCE = """\
def first(x):
    return x + 1


def second(x):
    return x * 2
"""
TESTS = """\
from tinytorch import box
from tinytorch_ls.lesson import step


@step("first")
def test_first(expect, tmp_path):
    x = 3
    expect(box.first(x)).equals(4, because="3 + 1 is 4")


@step("second")
def test_second(expect):
    expect(box.second(3)).equals(6, because="twice 3 is 6")
"""


@dataclass
class Bench:
    """A runner on a student's folder."""

    runner: Runner
    root: Path
    library: Path
    tests: Path

    @property
    def file(self) -> Path:
        return self.root / FILE

    def write(self, first: str, second: str = "def second(x):\n    return x * 2\n") -> None:
        """Make the student's file of these two functions."""
        self.file.write_text(f"{dedent(first)}\n\n{dedent(second)}", encoding="utf-8")

    def request(self, *names: str) -> RunRequest:
        return RunRequest("box", tuple(f"box/{name}" for name in names or ("first",)), self.root)

    async def run(self, *names: str) -> list[StepRun]:
        return [run async for run in self.runner.run(self.request(*names))]

    def state_seconds(self, seconds: float) -> None:
        """Have the lesson give its steps so many seconds."""
        (module,) = self.runner.course.modules
        steps = tuple(replace(step, seconds=seconds) for step in module.steps)
        self.runner.course = replace(self.runner.course, modules=(replace(module, steps=steps),))

    async def first(self, body: str) -> StepRun:
        """The run of step `first` on a student's function, both as written and read."""
        self.write(body)
        (run,) = await self.run("first")
        return run


def course_of(folder: Path, library: Path) -> Course:
    steps = tuple(
        Step(f"box/{name}", name, "", (Symbol(FILE, name),), (), "", (), (), "", 1)
        for name in ("first", "second")
    )
    module = Module("box", 1, "Boxes", folder, (FILE,), 5, (), "", steps, ())
    return Course("A course", folder.parent, (module,), (), library=library)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these tests run in one loop, to which the warm processes belong that they share."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def kept_strategies() -> AsyncIterator[dict[type[Strategy], Strategy]]:
    """Each way to have a warm process, kept from test to test."""
    forking, spare = KeptForking(), KeptSpare()
    yield {Forking: forking, Spare: spare}
    await forking.end()
    await spare.end()


@pytest.fixture(params=[Forking, Spare])
def strategy(
    request: pytest.FixtureRequest, kept_strategies: dict[type[Strategy], Strategy]
) -> Strategy:
    """Each way to have a warm process; a module with OWN_PROCESSES has others for each test."""
    if getattr(request.module, "OWN_PROCESSES", False):
        return request.param()
    return kept_strategies[request.param]


@pytest_asyncio.fixture(loop_scope="session")
async def bench(strategy: Strategy, tmp_path: Path) -> AsyncIterator[Bench]:
    folder = tmp_path / "course" / "01_box"
    library, root = tmp_path / "library", tmp_path / "student"
    for place in (folder, library / "tinytorch", root / "tinytorch"):
        place.mkdir(parents=True)
    extend = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
    for place in (library, root):
        (place / "tinytorch/__init__.py").write_text(extend, encoding="utf-8")
        (place / FILE).write_text(REFERENCE, encoding="utf-8")
    tests = folder / "test_box.py"
    tests.write_text(TESTS, encoding="utf-8")
    limits = Limits(seconds=1.5, patience=2, busy=20, memory=2**28, file_size=2**21)
    runner = Runner(course_of(folder, library), limits=limits, strategy=strategy)
    yield Bench(runner, root, library, tests)
    await runner.close()
