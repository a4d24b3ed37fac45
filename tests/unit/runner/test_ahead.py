"""What is done before a run, so that it need not wait: the same comes of it as without."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from runner.conftest import REFERENCE, Bench

from tinytorch_ls.runner.fork import Forking

DEADLINE_SECONDS = 20.0
OWN = "tinytorch/helper.py"
GIVEN = "import os\nWHO = os.getpid()\n"  # the process that executed the file
USES_GIVEN = """\
def first(x):
    import os
    from tinytorch import helper
    print(helper.WHO == os.getpid(), helper.__name__, helper is __import__("tinytorch").helper)
    return x + 1
"""
IS_COMPILED = """\
def first(x):
    from tinytorch_ls.runner.inside.ahead import code_of
    data = open(__file__, "rb").read()
    print(code_of(data, __file__) is code_of(data, __file__), {number})
    return x + 1
"""

forking = pytest.mark.parametrize("strategy", [Forking], indirect=True)


@pytest.fixture
def given(bench: Bench) -> Path:
    """A file of the library that no lesson teaches."""
    place = bench.library / OWN
    place.write_text(GIVEN, encoding="utf-8")
    return place


async def second(bench: Bench, code: str = USES_GIVEN) -> str:
    """What a run prints that comes after another: the warm process has got ready for it."""
    await bench.first(code)
    return (await bench.first(code)).output


@forking
async def test_a_given_file_is_executed_once_for_many_runs(bench: Bench, given: Path) -> None:
    assert given.is_file()
    assert await second(bench) == "False tinytorch.helper True\n"


@forking
async def test_what_student_code_does_to_a_given_module_stays_in_its_run(
    bench: Bench, given: Path
) -> None:
    given.write_text("seen = []\n", encoding="utf-8")
    code = "from tinytorch import helper\n\n\ndef first(x):\n    helper.seen.append(x)\n"
    code += "    print(helper.seen)\n    return x + 1\n"
    assert await second(bench, code) == "[3]\n"


@forking
async def test_a_given_file_that_was_changed_is_executed_anew(bench: Bench, given: Path) -> None:
    await second(bench)
    given.write_text("WHO = 'changed'\n", encoding="utf-8")
    os.utime(given, ns=(0, time.time_ns() + 10**9))
    code = (
        "def first(x):\n    from tinytorch import helper\n    print(helper.WHO)\n    return x + 1\n"
    )
    assert (await bench.first(code)).output == "changed\n"


@forking
async def test_a_students_own_file_runs_in_the_place_of_a_given_one(
    bench: Bench, given: Path
) -> None:
    await second(bench)
    (bench.root / OWN).write_text(given.read_text(encoding="utf-8"), encoding="utf-8")
    assert (await bench.first(USES_GIVEN)).output == "True tinytorch.helper True\n"


@forking
async def test_a_given_file_above_a_students_own_is_executed_in_each_run(
    bench: Bench, given: Path
) -> None:
    (bench.library / "tinytorch/base.py").write_text("NUMBER = 1\n", encoding="utf-8")
    given.write_text(f"{GIVEN}from tinytorch.base import NUMBER\n", encoding="utf-8")
    code = USES_GIVEN + "\n\nfrom tinytorch.helper import NUMBER\nprint(NUMBER)\n"
    assert await second(bench, code) == "1\nFalse tinytorch.helper True\n"
    (bench.root / "tinytorch/base.py").write_text("NUMBER = 2\n", encoding="utf-8")
    assert (await bench.first(code)).output == "2\nTrue tinytorch.helper True\n"


@forking
@pytest.mark.parametrize(
    "line",
    [
        "from tinytorch import box",
        "import tinytorch",
        "import tinytorch.box as box",
        "from . import box",
        "def late():\n    from tinytorch.box import first",
        "import this_is_nowhere",
        "import tabnanny",  # nothing has loaded it
    ],
)
async def test_a_file_on_a_students_code_or_on_what_is_not_loaded_is_executed_in_each_run(
    bench: Bench, given: Path, line: str
) -> None:
    quiet = f"try:\n    {line}\nexcept ImportError:\n    pass\n" if "nowhere" in line else line
    given.write_text(f"{GIVEN}{quiet}\n", encoding="utf-8")
    assert await second(bench) == "True tinytorch.helper True\n"


@forking
async def test_a_module_that_is_taught_later_can_not_be_used_though_it_was_executed(
    bench: Bench, given: Path
) -> None:
    assert given.is_file()
    await second(bench)
    request = replace(bench.request("first"), blocked=("tinytorch.helper",))
    (run,) = [run async for run in bench.runner.run(request)]
    assert run.tests[0].raised
    assert run.tests[0].raised.message == "tinytorch.helper is taught later and can't be used here"


@forking
async def test_a_run_finds_the_text_compiled_that_was_being_written(bench: Bench) -> None:
    bench.write(REFERENCE)
    await bench.run("first")
    end = time.monotonic() + DEADLINE_SECONDS
    found, number = "", 0
    while found != f"True {number}\n":
        assert time.monotonic() < end, "no run found it"
        number += 1
        bench.write(IS_COMPILED.format(number=number))
        bench.runner.foresee(bench.file, bench.file.read_text(encoding="utf-8"))
        found = (await bench.run("first"))[0].output


async def test_what_was_foreseen_is_not_what_runs_where_another_text_was_saved(
    bench: Bench,
) -> None:
    bench.write(REFERENCE)
    await bench.run("first")
    bench.runner.foresee(bench.file, "raise RuntimeError('a draft')\n")
    run = await bench.first("def first(x):\n    print('saved')\n    return x + 1")
    assert run.passed
    assert run.output == "saved\n"


@pytest.mark.parametrize("text", ["def first(x:\n", "\ud800", "\0", "(" * 5000])
async def test_a_draft_that_is_no_python_disturbs_nothing(bench: Bench, text: str) -> None:
    bench.write(REFERENCE)
    await bench.run("first")
    bench.runner.foresee(bench.file, text)
    assert (await bench.first(REFERENCE)).passed


async def test_a_warning_of_pythons_is_shown_though_the_text_was_foreseen(bench: Bench) -> None:
    code = "def first(x):\n    print(x is 3)\n    return x + 1\n"
    for _ in range(3):
        bench.write(code)
        bench.runner.foresee(bench.file, bench.file.read_text(encoding="utf-8"))
        (run,) = await bench.run("first")
        assert '"is" with' in run.output


@forking
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone can be asked")
async def test_the_process_that_waits_has_pages_of_its_own(bench: Bench) -> None:
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    if release < (5, 14):
        pytest.skip("an older Linux refuses it")
    await bench.first(REFERENCE)
    assert isinstance(bench.runner.strategy, Forking)
    zygote = bench.runner.strategy.current
    assert zygote
    end = time.monotonic() + DEADLINE_SECONDS
    while not (pids := zygote.result().groups) or shared(pids[-1]) > 2**20:
        assert time.monotonic() < end, f"it shares {shared(pids[-1])} bytes"
        await asyncio.sleep(0.02)


def shared(pid: int) -> int:
    """The bytes that a process may write to and has written, and still shares with another."""
    try:
        lines = Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 2**40  # a run that is over
    total, private = 0, False
    for first, second, *_ in (line.split() for line in lines):
        if not first.endswith(":"):
            private = second == "rw-p"
        elif private and first == "Shared_Dirty:":
            total += int(second) * 1024
    return total
