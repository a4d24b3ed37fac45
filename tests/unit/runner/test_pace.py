"""Endless, slow, stuck and waiting code are told apart by what was seen of it."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from tinytorch_ls.runner.inside.loops import loops_around

CASES: dict[str, tuple[str, str, tuple[int, int] | None]] = {
    # name: (the student's functions, kind, the lines that are named if they are certain)
    "a while that calls a helper": (
        """\
        def first(x):
            while x > 0:
                x = grown(x)
            return x

        def grown(x):
            return x + 1
        """,
        "endless",
        (2, 3),
    ),
    "a while in a for that does not turn": (
        """\
        def first(x):
            for number in range(3):
                while x > 0:
                    x += 1
            return x
        """,
        "endless",
        (3, 4),
    ),
    "a while in a for that turns": (
        """\
        def first(x):
            for number in range(10**12):
                left = 3
                while left > 0:
                    left -= 1
            return x
        """,
        "slow",
        (2, 5),
    ),
    "a for over much": (
        """\
        def first(x):
            for number in range(10**12):
                x = number
            return x
        """,
        "slow",
        (2, 3),
    ),
    "calls that come and go": (
        """\
        def first(x):
            return fibonacci(80)

        def fibonacci(n):
            return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        """,
        "slow",
        None,
    ),
    "a thread that never ends": (
        """\
        import threading
        def first(x):
            thread = threading.Thread(target=threading.Event().wait)
            thread.start()
            thread.join()
        """,
        "waiting",
        (5, 5),
    ),
    "a lock that is taken": (
        """\
        import threading
        def first(x):
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()
        """,
        "waiting",
        (5, 5),
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_how_code_that_is_stopped_got_on(bench: Any, case: str) -> None:
    code, kind, lines = CASES[case]
    run = await bench.first(dedent(code))
    assert run.limit is not None
    assert (run.limit.kind, run.tests) == (kind, ()), (run.limit, run.stack[-3:])
    if lines:
        assert (run.stopped_in.line, run.stopped_in.end_line) == lines


@pytest.mark.parametrize(
    "line",
    ["while x: pass", "__import__('os')._exit(3)", "open('/etc/x', 'w')", "sorted(range(10**9))"],
)
async def test_the_calls_that_were_under_way_are_told_outermost_first(
    bench: Any, line: str
) -> None:
    code = f"def first(x):\n    return helper(x)\n\n\ndef helper(x):\n    {line}\n"
    run = await bench.first(code)
    assert run.limit
    assert [(frame.function, frame.line) for frame in run.stack] == [("first", 2), ("helper", 6)]


async def test_of_calls_that_repeat_themselves_one_is_told(bench: Any) -> None:
    code = "def first(x):\n    if x > 300:\n        while x: pass\n    return first(x + 1)\n"
    run = await bench.first(code)
    assert [frame.line for frame in run.stack] == [4, 3]


async def test_a_step_may_state_more_seconds_than_others_have(bench: Any) -> None:
    code = """\
        import time
        def first(x):
            end = time.process_time() + 2.0  # the others have 1.5
            while time.process_time() < end:
                pass
            return x + 1
        """
    assert (await bench.first(dedent(code))).limit is not None
    bench.state_seconds(8.0)
    assert (await bench.first(dedent(code))).passed


THREE_TESTS = """\
from tinytorch import box
from tinytorch_ls.lesson import step


@step("first")
def test_one(expect):
    expect(box.first(1)).equals(2, because="1 + 1 is 2")


@step("first")
def test_two(expect):
    expect(box.first(2)).equals(3, because="2 + 1 is 3")


@step("first")
def test_three(expect):
    expect(box.first(3)).equals(4, because="3 + 1 is 4")
"""


@pytest.mark.parametrize(
    ("right", "seconds", "tests", "calls"),
    [
        (0, 0.6, ["test_one"], 1),  # and it is not watched
        (1, 0.4, ["test_one", "test_two"], 3),  # this one is short enough to be watched
        (0, 0.0, ["test_one", "test_two", "test_three"], 4),
    ],
)
async def test_a_verdict_does_not_wait_for_what_takes_long(
    bench: Any, right: int, seconds: float, tests: list[str], calls: int
) -> None:
    bench.tests.write_text(THREE_TESTS, encoding="utf-8")
    code = f"""\
        import time
        from pathlib import Path
        def first(x):
            with Path("calls").open("a") as file:
                file.write(".")
            print(Path("calls").read_text())
            end = time.process_time() + {seconds}
            while time.process_time() < end:
                pass
            return x + 1 if x <= {right} else x
        """
    bench.state_seconds(8.0)
    run = await bench.first(dedent(code))
    assert [test.name for test in run.tests] == tests
    assert not run.tests[-1].passed
    watched = any(observation.calls for test in run.tests for observation in test.observations)
    assert len(tests) + watched == calls


@pytest.mark.parametrize(
    ("line", "loops"),
    [
        (1, []),
        (2, [("for", 2, 6)]),
        (5, []),  # of the function inside
        (6, [("for", 2, 6), ("while", 3, 6)]),
        (8, []),  # an `else` is run once
        (9, []),
    ],
)
def test_the_loops_around_a_line(line: int, loops: list[tuple[str, int, int]]) -> None:
    source = dedent("""\
        def outer(n):
            for i, (j, k) in n:
                while n:
                    def inner():
                        return 1
                    inner()
            else:
                n = 1
            return n
        """)
    found = loops_around(source, line)
    assert [(loop.kind, loop.line, loop.end_line) for loop in found] == loops


def test_a_for_knows_the_names_that_it_binds() -> None:
    (loop,) = loops_around("for i, (j, *k) in n:\n    pass\n", 2)
    assert loop.targets == ("i", "j", "k")
    assert loops_around("for i in:\n", 1) == ()
