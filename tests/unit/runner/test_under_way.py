"""A run that is stopped tells what its test was at: the call, and what that was given before it."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import Any

import pytest

from tinytorch_ls.runner.inside.rewrite import call_at
from tinytorch_ls.runner.report import Frame, UnderWay

TESTS = """\
import numpy as np
from tinytorch import box
from tinytorch_ls.lesson import step


def called(function, x):
    return function(x)


@step("first")
def test_one(expect):
    x = np.array([1.0, 2.0])
    expect(box.first(x)).equals(np.array([2.0, 3.0]), because="1 + 1 is 2")


@step("first")
def test_two(expect):
    y = np.array([5.0, 7.0])
    z = called(box.first, y)
    expect(z).equals(np.array([6.0, 8.0]), because="5 + 1 is 6")
"""
Y = {"y": "numpy.array([5.0, 7.0], dtype=float64)"}

STOPPED = {
    "a loop without end": "while True: pass",
    "a sleep": "__import__('time').sleep(1000)",
    "a call into C that does not return": "sum(__import__('itertools').count())",
    "a crash": "__import__('ctypes').string_at(0)",
    "an abort": "__import__('os').abort()",
    "os._exit": "__import__('os')._exit(3)",
    "sys.exit": "raise SystemExit(3)",
    "memory": "[0] * 10**10",
    "a write elsewhere": "open('/etc/x', 'w')",
    "much printed": "print('x' * 10**8)",
}


@pytest.mark.parametrize("case", STOPPED)
async def test_a_run_that_is_stopped_tells_the_call_that_was_under_way(
    bench: Any, case: str
) -> None:
    bench.tests.write_text(TESTS, encoding="utf-8")
    code = f"def first(x):\n    if x[0] > 3:\n        {STOPPED[case]}\n    return x + 1\n"
    run = await bench.first(code)
    assert run.limit
    assert run.under_way == UnderWay("test_two", 19, "called(box.first, y)", Y), run.limit


async def test_its_inputs_are_as_they_were_before_the_call(bench: Any) -> None:
    bench.tests.write_text(TESTS, encoding="utf-8")
    code = """\
        def first(x):
            if x[0] < 3:
                return x + 1
            x *= 0
            {0}
        """
    for line in ("while True: pass", "__import__('os').abort()"):
        run = await bench.first(dedent(code).format(line))
        assert run.under_way.inputs == Y


async def test_code_that_does_otherwise_the_second_time_is_told_all_the_same(bench: Any) -> None:
    bench.tests.write_text(TESTS, encoding="utf-8")
    code = """\
        import os
        def first(x):
            if {0} or x[0] > 3:
                os.abort()
            return x + 1
        """
    by_chance = dedent(code).format("os.urandom(1)[0] % 2")
    run = await bench.first(by_chance)
    assert run.limit
    assert run.limit.kind == "crash"


async def test_what_is_stopped_at_the_import_has_no_call(bench: Any) -> None:
    for line in ("while True: pass", "__import__('os').abort()"):
        run = await bench.first(f"{line}\ndef first(x):\n    return x + 1\n")
        assert run.limit
        assert run.under_way is None


@pytest.mark.parametrize(
    ("line", "text"),
    [(1, "a.items()"), (2, "b(x)"), (3, "x.sum() > 3"), (4, "c(x)"), (5, "d(x) == 1")],
)
def test_the_head_of_a_statement_with_a_body_is_what_it_does(line: int, text: str) -> None:
    source = dedent("""\
        for x in a.items():
            y = b(x)
            while x.sum() > 3:
                c(x)
            assert d(x) == 1
        """)
    assert call_at(source, Frame("t.py", "t", line, line)) == text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="columns are not recorded")
async def test_of_several_calls_in_a_line_it_is_the_one_that_did_not_come_back(
    bench: Any,
) -> None:
    tests = TESTS.replace("called(box.first, y)", "called(abs, y) + called(box.first, y)")
    bench.tests.write_text(tests, encoding="utf-8")
    run = await bench.first("def first(x):\n    while x[0] > 3: pass\n    return x + 1\n")
    assert run.under_way.call == "called(box.first, y)"
