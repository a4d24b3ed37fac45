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
    "a while that comes nearer to its end by fractions": (
        """\
        def first(x):
            error = 1e12
            while abs(error) > 0.5:
                error -= 0.01
            return error
        """,
        "slow",
        (3, 4),
    ),
    "a while that ends again and again in one that gets on": (
        """\
        def first(x):
            left = 10**12
            while left > 0:
                left, at = left - 1, 1.0
                while at > 0:
                    at = 0 if left % 2 else at - 1
            return x
        """,
        "slow",
        None,
    ),
    "a while whose fraction stays where it is": (
        """\
        def first(x):
            error, goal = 2.5, 0.01
            while error > goal:
                x += 1
            return error
        """,
        "endless",
        (3, 4),
    ),
    "a while that comes nearer to its end": (
        """\
        def first(x):
            done, most = 0, 10**12
            while done < 2 * most and x:
                done += 1
            return done
        """,
        "slow",
        (3, 4),
    ),
    "a while over less and less": (
        """\
        def first(x):
            queue = list(range(10**6))
            while queue:
                queue.pop()
                sum(range(10000))
        """,
        "slow",
        (3, 5),
    ),
    "a while that forgets to count": (
        """\
        def first(x):
            done, n = 0, 10
            while done < n:
                x += 1
            return done
        """,
        "endless",
        (3, 4),
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


WALKED: dict[str, tuple[str, str, tuple[int, int] | None]] = {
    # name: (the student's functions, why a `for` has no end, the lines that are named)
    "counts for ever": (
        """\
        import itertools
        def first(x):
            for number in itertools.count():
                x = number
        """,
        "iterator",
        (3, 4),
    ),
    "goes in a circle": (
        """\
        from itertools import cycle
        def first(x):
            for at, number in enumerate(cycle([1, 2])):
                x += number
        """,
        "iterator",
        (3, 4),
    ),
    "repeats by a name": (
        """\
        import itertools
        def first(x):
            same = itertools.repeat(None)
            for _ in same:
                x += 1
        """,
        "iterator",
        (4, 5),
    ),
    "pairs what never ends": (
        """\
        import itertools as it
        def first(x):
            for a, b in zip(it.count(), it.repeat(1)):
                x += b
        """,
        "iterator",
        (3, 4),
    ),
    "waits for a value": (
        """\
        def first(x):
            for number in iter(lambda: 1, 0):
                x += number
        """,
        "sentinel",
        (2, 3),
    ),
    "lengthens its list": (
        """\
        def first(x):
            items = [1]
            for item in items:
                items.append(item)
                sum(range(1000))
        """,
        "growing",
        (3, 5),
    ),
    "a generator that always goes on": (
        """\
        def first(x):
            for number in numbers():
                sum(range(1000))
        def numbers():
            while True:
                yield 1
        """,
        "generator",
        (5, 6),
    ),
    "a generator that forgets to count": (
        """\
        def first(x):
            return total(numbers([1, 2, 3]))
        def total(items):
            found = 0
            for item in items:
                found += item
            return found
        def numbers(data):
            start = 0
            while start < len(data):
                yield data[start]
        """,
        "generator",
        (10, 11),
    ),
    "a generator that has passed its end": (
        """\
        def first(x):
            return sum(n for n in numbers([1, 2, 3]))
        def numbers(data):
            at = 0
            while True:
                if at == len(data) + 1:
                    return
                yield at
                at += 3
        """,
        "generator",
        (5, 9),
    ),
    "an iterator that never stops": (
        """\
        class Numbers:
            def __iter__(self):
                return self
            def __next__(self):
                return 1
        def first(x):
            return [n for n in Numbers() if n > 1]
        """,
        "__next__",
        None,
    ),
    "an iterator that passes its end": (
        """\
        class Numbers:
            def __init__(self, n):
                self.n, self.at = n, 0
            def __iter__(self):
                return self
            def __next__(self):
                if self.at == self.n:
                    raise StopIteration
                self.at += 2
                return self.at
        def first(x):
            for n in Numbers(3):
                x = n
        """,
        "__next__",
        None,
    ),
    "items without IndexError": (
        """\
        class Items:
            def __init__(self, data):
                self.data = data
            def __len__(self):
                return len(self.data)
            def __getitem__(self, index):
                return self.data[index % len(self.data)]
        def first(x):
            for n in Items([1, 2, 3]):
                x = n
        """,
        "__getitem__",
        None,
    ),
}

SLOW = {
    "much to count": "for n in range(10**12):\n        x = n",
    "a repetition with an end": "for n in zip(itertools.repeat(1, 10**12)):\n        x = n",
    "pairs with an end": "for n in zip(itertools.count(), range(10**12)):\n        x = n",
    "a generator with an end": "for n in numbers(10**12):\n        x = n",
    "a generator that leaves its loop": "for n in leaving(10**12):\n        x = n",
    "an iterator with an end": "for n in Numbers(10**12):\n        x = n",
    "items with an end": "for n in Items(10**12):\n        x = n",
    "a list that does not grow": "for n in list(range(10**6)):\n        sum(range(10**4))",
}
HELPERS = """\
import itertools


def numbers(n):
    at = 0
    while at < n:
        yield at
        at += 1


def leaving(n):
    at = 0
    while True:
        if at >= n:
            return
        yield at
        at += 1


class Numbers:
    def __init__(self, n):
        self.n, self.at = n, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.at >= self.n:
            raise StopIteration
        self.at += 1
        return self.at


class Items:
    def __init__(self, n):
        self.n = n

    def __getitem__(self, index):
        if index >= self.n:
            raise IndexError(index)
        return index
"""


@pytest.mark.parametrize("case", WALKED)
async def test_a_for_without_an_end_is_endless(bench: Any, case: str) -> None:
    code, walked, lines = WALKED[case]
    run = await bench.first(dedent(code))
    assert run.limit is not None
    assert (run.limit.kind, run.limit.walked) == ("endless", walked), run.limit
    if lines:
        assert (run.stopped_in.line, run.stopped_in.end_line) == lines
    else:
        assert run.stopped_in.function == walked


@pytest.mark.parametrize("case", SLOW)
async def test_a_for_that_has_an_end_is_slow(bench: Any, case: str) -> None:
    run = await bench.first(f"{HELPERS}\n\ndef first(x):\n    {SLOW[case]}\n    return x\n")
    assert run.limit is not None
    assert (run.limit.kind, run.limit.walked) == ("slow", None), (run.limit, run.stopped_in)


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
