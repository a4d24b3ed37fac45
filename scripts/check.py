"""`npm run check`: each check that takes less than half a minute, side by side; for each commit."""

from __future__ import annotations

import os

from checks import Check, pytest, run_lanes, static_checks
from setup import install_npm_packages, make_environment
from stages import main

# The folders of tests that start no process for each test and train nothing.
_QUICK = ("course", "feedback", "scripts", "workspace", "test_architecture.py")


def check() -> int:
    make_environment(tests=True)
    install_npm_packages()
    checks = [pytest("quick tests", *(f"tests/unit/{name}" for name in _QUICK)), *static_checks()]
    return run_lanes(balanced(checks, os.cpu_count() or 1))


def balanced(checks: list[Check], count: int) -> list[list[Check]]:
    """As many lanes as there are cores; the longest check, the last one, has its own."""
    *others, longest = checks
    lanes = [[longest], *([] for _ in range(max(1, min(count - 1, len(others)))))]
    for place, each in enumerate(others):
        lanes[1 + place % (len(lanes) - 1)].append(each)
    return lanes


if __name__ == "__main__":
    main(check)
