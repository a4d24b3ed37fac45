"""`npm run check`: what takes less than half a minute in all, side by side; for each commit.

The types of Python take that long alone: `npm test` looks at them, and CONTRIBUTING.md says how to.
"""

from __future__ import annotations

import os

from checks import Check, pytest, run_lanes, static_checks
from setup import install_npm_packages, make_environment
from stages import main

# The folders of tests that start no process for each test and train nothing.
_QUICK = ("course", "scripts", "workspace", "test_architecture.py")
_LONGEST = "feedback"


def check() -> int:
    make_environment(tests=True)
    install_npm_packages()
    quick = pytest("quick tests", *(f"tests/unit/{name}" for name in _QUICK))
    longest = pytest(f"{_LONGEST} tests", f"tests/unit/{_LONGEST}")
    return run_lanes(balanced([quick, *static_checks(), longest], os.cpu_count() or 1))


def balanced(checks: list[Check], count: int) -> list[list[Check]]:
    """As many lanes as there are cores; the longest check, the last one, has its own."""
    *others, longest = checks
    lanes = [[longest], *([] for _ in range(max(1, min(count - 1, len(others)))))]
    for place, each in enumerate(others):
        lanes[1 + place % (len(lanes) - 1)].append(each)
    return lanes


if __name__ == "__main__":
    main(check)
