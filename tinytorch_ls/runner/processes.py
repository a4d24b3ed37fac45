"""Starting a process of ours: from this installation, whatever folder or names a student has."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from tinytorch_ls.runner.job import Job

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
DEBUG_SCRIPT = "tinytorch_ls/runner/inside/debug.py"  # below PACKAGE_ROOT
LONGEST_MESSAGE = 2**28  # bytes of one report


class Process(Protocol):
    """A run under way."""

    async def line(self) -> bytes:
        """The next message, or b"" at the end of them."""
        ...

    async def ended(self) -> int:
        """Wait for the end; the exit status, or minus the signal that killed it."""
        ...

    def kill(self) -> None:
        """Kill it and all it started."""
        ...


class Strategy(Protocol):
    """A way to have a warm process for each run."""

    async def start(self, job: Job) -> Process:
        """Start the job. Raises OSError if no process can be had."""
        ...

    async def warm(self) -> None:
        """Get ready for the next run."""
        ...

    async def close(self) -> None: ...


def module_command(module: str) -> list[str]:
    """The command of a module of ours; its working directory must be PACKAGE_ROOT."""
    return [sys.executable, "-m", module]


def quiet_environment() -> dict[str, str]:
    """The environment with one thread for NumPy, UTF-8, and nothing that changes imports."""
    dropped = ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
