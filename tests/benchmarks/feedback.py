"""How long a save takes to be answered by the server, beside a cold pytest of the same test.

    python tests/benchmarks/feedback.py

Each round saves one step of module 01 with a wrong body or a right one, and waits for the
diagnostics that answer it: a step in the middle of the file, and its first, behind which all others
are tested. The ratio is what counts: all are measured in turn, in one run.
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
from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder

ROUNDS = 60
COLD_ROUNDS = 8
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
        warm = asyncio.run(save_times(folder, *ADD))
        first = asyncio.run(save_times(folder, *CREATE))
        cold = [cold_pytest(folder.root) for _ in range(COLD_ROUNDS)]
    for name, times in (("tensor/add", warm), ("tensor/create, with all others behind it", first)):
        centiles = statistics.quantiles(times, n=20)
        print(f"save to diagnostics, {len(times)} saves of {name}")
        print(f"  median            {statistics.median(times):7.1f} ms")
        print(f"  95th percentile   {centiles[-1]:7.1f} ms")
    print(f"cold pytest of the same test, {len(cold)} runs")
    print(f"  median            {statistics.median(cold):7.1f} ms")
    print(f"ratio               {statistics.median(cold) / statistics.median(warm):7.1f}")


async def save_times(folder: StudentFolder, step: str, right: str, body: str) -> list[float]:
    """Milliseconds from each `didSave` to the diagnostics that answer it."""
    path = folder.path("tinytorch/tensor.py")
    source = path.read_text(encoding="utf-8")
    if right not in source:
        raise SystemExit(f"the library has no line with `{right}`: name another")
    async with Client(folder.root) as client:
        uri = client.open(path)
        times: list[float] = []
        for number in range(-4, ROUNDS):
            wrong = number % 2 == 0
            text = source.replace(right, body) if wrong else source
            client.change(uri, text)
            path.write_text(text, encoding="utf-8")
            start = time.perf_counter()
            client.save(uri)
            await client.published(uri, lambda found, bad=wrong: has(found, step) == bad)
            if number >= 0:
                times.append((time.perf_counter() - start) * 1000)
            await client.settled("tensor")
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
    main()
