"""How long a save takes to be answered by the server, beside a cold pytest of the same test.

    python tests/benchmarks/feedback.py

Each round writes one step of module 01, a wrong body or a right one, saves it a moment later as a
hand does, and waits for the diagnostics that answer it: a step in the middle of the file, and its
first, behind which all others are tested. The ratio is what counts: all are measured in turn, in
one run.

    python tests/benchmarks/feedback.py modules

does the same with the first step of every module, as its first recorded mistake and as it should
be, on a folder in which all modules before it are written.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lsp_client import Client
from lsprotocol.types import Diagnostic

from tinytorch_ls.course.locate import curriculum_folder, library_root
from tinytorch_ls.course.model import Module
from tinytorch_ls.course.needs import lacking
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.mistakes import mistaken
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder

ROUNDS = 60
MODULE_ROUNDS = 20
COLD_ROUNDS = 8
HAND_SECONDS = 0.2  # from the last key to the save: the server has read the text by then
ADD = ("tensor/add", "return wrap(left + right)", "return wrap(left - right)")
CREATE = (
    "tensor/create",
    "self.data = np.array(data, ",
    "self.data = np.asarray(data, ",
)


def main() -> None:
    """Measure both and print the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = StudentFolder(Path(place), read_course(curriculum_folder()))
        folder.begin("tensor")
        solve(folder, [s for s in folder.course.module("tensor").steps if s.symbols], "tensor")
        warm = asyncio.run(save_times(folder, *changed(folder, *ADD)))
        first = asyncio.run(save_times(folder, *changed(folder, *CREATE)))
        cold = [cold_pytest(folder.root) for _ in range(COLD_ROUNDS)]
    for name, times in (("tensor/add", warm), ("tensor/create, with all others behind it", first)):
        print(f"save to diagnostics, {len(times)} saves of {name}")
        print(f"  median            {statistics.median(times):7.1f} ms")
        print(f"  95th percentile   {last_centile(times):7.1f} ms")
    print(f"cold pytest of the same test, {len(cold)} runs")
    print(f"  median            {statistics.median(cold):7.1f} ms")
    print(f"ratio               {statistics.median(cold) / statistics.median(warm):7.1f}")


def modules() -> None:
    """Measure the first step of each module, and print a row for it."""
    course = read_course(curriculum_folder())
    print(f"save to diagnostics of a module's first step, {MODULE_ROUNDS} saves of each, ms")
    print(f"{'':32}{'median':>8}{'95th percentile':>18}")
    with tempfile.TemporaryDirectory() as place:
        folder = StudentFolder(Path(place), course)
        for module in course.modules:
            solve(folder, [step for step in module.steps if step.symbols], module.id)
            if lacking(module.needs):
                print(f"{module.number:02} not run: it needs {', '.join(module.needs)}")
                continue
            step, file, text = first_mistake(folder, module)
            times = asyncio.run(save_times(folder, step, file, text, MODULE_ROUNDS))
            print(f"{module.number:02} {step:29}{statistics.median(times):8.1f}"
                  f"{last_centile(times):18.1f}")  # fmt: skip


def first_mistake(folder: StudentFolder, module: Module) -> tuple[str, str, str]:
    """The first step of a module that is written, its file, and that file with its mistake."""
    step = next(step for step in module.steps if step.symbols)
    ((file, text), *_) = mistaken(step, step.mistakes[0], folder.root).items()
    return step.id, file, text


def last_centile(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def changed(folder: StudentFolder, step: str, right: str, wrong: str) -> tuple[str, str, str]:
    """A step of module 01, its file, and that file with one line of it wrong."""
    file = "tinytorch/tensor.py"
    source = folder.source(file)
    if right not in source:
        raise SystemExit(f"the library has no line with `{right}`: name another")
    return step, file, source.replace(right, wrong)


async def save_times(
    folder: StudentFolder, step: str, file: str, mistake: str, rounds: int = ROUNDS
) -> list[float]:
    """Milliseconds from each `didSave` to the diagnostics that answer it."""
    path = folder.path(file)
    source = path.read_text(encoding="utf-8")
    async with Client(folder.root) as client:
        uri = client.open(path)
        times: list[float] = []
        for number in range(-4, rounds):
            wrong = number % 2 == 0
            text = mistake if wrong else source
            client.change(uri, text)
            await asyncio.sleep(HAND_SECONDS)
            path.write_text(text, encoding="utf-8")
            start = time.perf_counter()
            client.save(uri)
            await client.published(uri, lambda found, bad=wrong: has(found, step) == bad)
            if number >= 0:
                times.append((time.perf_counter() - start) * 1000)
            await client.settled(step.partition("/")[0])
        return times


def has(found: list[Diagnostic], step: str) -> bool:
    return any(each.code == step for each in found)


def cold_pytest(root: Path) -> float:
    """Milliseconds of one pytest process on the same test of the same code."""
    test = curriculum_folder() / "01_tensor" / "test_tensor.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "stretches"]
    command += [
        "-p",
        "tinytorch_ls.runner.inside.plugin",
        "-c",
        "/dev/null",
        "--rootdir",
        str(root),
    ]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, str(test)],
        cwd=root,
        env=_bare_environment(root),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return (time.perf_counter() - start) * 1000


def _bare_environment(root: Path) -> dict[str, str]:
    """No plugins but ours: the fairest cold start."""
    return {
        "PYTHONPATH": f"{root}:{library_root()}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


if __name__ == "__main__":
    modules() if sys.argv[1:] == ["modules"] else main()
