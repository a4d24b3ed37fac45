"""`npm run check`: what takes less than half a minute in all, side by side; for each commit.

The types of Python take that long alone: `npm test` looks at them, and CONTRIBUTING.md says how to.
"""

from __future__ import annotations

import os

from checks import pytest, run_checks, static_checks
from setup import install_npm_packages, make_environment
from stages import main

# The folders of tests that start no process for each test and train nothing.
_QUICK = ("course", "scripts", "workspace", "test_architecture.py")
_LONGEST = "feedback"


def check() -> int:
    make_environment(tests=True)
    install_npm_packages()
    longest = pytest(f"{_LONGEST} tests", f"tests/unit/{_LONGEST}")
    quick = pytest("quick tests", *(f"tests/unit/{name}" for name in _QUICK))
    return run_checks([longest, quick, *static_checks()], os.cpu_count() or 1)


if __name__ == "__main__":
    main(check)
