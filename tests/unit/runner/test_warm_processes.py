"""The warm processes: no run of one is lost, and each has the environment it was given."""

from __future__ import annotations

import asyncio
import select
import socket
from dataclasses import replace

import pytest
from runner.conftest import Bench

from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.spare import Spare

OWN_PROCESSES = True  # which these tests kill, or start with other variables


async def test_a_run_that_ends_before_anybody_listens_is_known_to_have_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = socket.send_fds

    def send_and_dawdle(control: socket.socket, *args: object) -> int:
        sent = send(control, *args)  # pyright: ignore[reportArgumentType]
        select.select([control], [], [], 10)  # until the process has ended
        return sent

    monkeypatch.setattr("tinytorch_ls.runner.fork.socket.send_fds", send_and_dawdle)
    run = await asyncio.wait_for(bench.first("def first(x):\n    return x + 1"), 20)
    assert run.passed


async def test_the_order_of_sets_is_that_of_the_hash_seed(bench: Bench) -> None:
    code = "def first(x):\n    print(hash('a') % 1000)\n    return x + 1"
    kind = type(bench.runner.strategy)
    assert kind in (Forking, Spare)
    seen: list[str] = []
    for seed in ("1", "1", "2"):
        await bench.runner.strategy.close()
        bench.runner.strategy = kind({"PYTHONHASHSEED": seed})
        seen.append((await bench.first(code)).output)
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_a_run_finds_the_packages_loaded_that_its_lesson_needs(bench: Bench) -> None:
    code = "def first(x):\n    import sys\n    print('uvicorn' in sys.modules)\n    return x + 1"
    assert (await bench.first(code)).output == "False\n"
    (module,) = bench.runner.course.modules
    modules = (replace(module, needs=("deploy",)),)
    bench.runner.course = replace(bench.runner.course, modules=modules)
    await bench.first(code)  # the one after it is forked from what this one loaded
    assert (await bench.first(code)).output == "True\n"


async def test_a_brief_run_ends_at_the_first_test_that_fails(bench: Bench) -> None:
    text = bench.tests.read_text(encoding="utf-8")
    again = text[text.index('@step("first")') : text.index('@step("second")')]
    bench.tests.write_text(text + again.replace("test_first", "test_again"), encoding="utf-8")
    bench.write("def first(x):\n    return x")
    for brief, names in ((False, ["test_first", "test_again"]), (True, ["test_first"])):
        request = replace(bench.request("first"), brief=brief)
        (run,) = [run async for run in bench.runner.run(request)]
        assert [test.name for test in run.tests] == names
        assert not run.passed
