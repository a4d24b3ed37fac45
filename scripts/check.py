"""`npm run check`: what takes less than half a minute in all, side by side; for each commit.

The types of Python take that long alone: `npm test` looks at them, and CONTRIBUTING.md says how to.
"""

from __future__ import annotations

import os

from checks import pytest, run_checks, static_checks
from setup import install_npm_packages, make_environment
from stages import main

# The tests that start no process for each test and train nothing.
_QUICK = ("course", "scripts", "workspace", "feedback", "test_architecture.py")
_SLOW = "slow"


def check() -> int:
    make_environment(tests=True)
    install_npm_packages()
    folders = (f"tests/unit/{name}" for name in _QUICK)
    quick = pytest("quick tests", "-m", f"not {_SLOW}", *folders)
    return run_checks([quick, *static_checks()], os.cpu_count() or 1)


if __name__ == "__main__":
    main(check)
