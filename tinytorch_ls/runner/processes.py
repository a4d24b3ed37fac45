"""Starting a process of ours: from this installation, whatever folder or names a student has."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tinytorch_ls.runner.job import Job

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
DEBUG_SCRIPT = "tinytorch_ls/runner/inside/debug.py"  # below PACKAGE_ROOT
_BOOT = "tinytorch_ls/runner/inside/boot.py"
LONGEST_MESSAGE = 2**28  # bytes of one report
_SETTINGS = (  # how the names begin of variables that change what runs beside student code
    "PYTHON",
    "PYTEST",
    "MPL",
    "MATPLOTLIB",
    "NUMBA_",
    "NPY_",
    "NUMPY_",
    "NUMEXPR_",
    "OMP_",
    "KMP_",
    "GOMP_",
    "MKL_",
    "BLIS_",
    "GOTO_",
    "OPENBLAS_",
    "VECLIB_",
)
_PLACES = ("NUMBA_CUDA_DRIVER", "NUMBA_CUDA_INCLUDE_PATH")  # of these names, what says where
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_OURS = {
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "agg",
}


class Process(Protocol):
    """A run under way."""

    async def line(self) -> bytes:
        """The next message, or b"" at the end of them."""
        ...

    async def ended(self) -> int | None:
        """Wait for the end; the exit status, or minus the signal that killed it.

        None if it was given up with the warm process that it came from: that says nothing of it.
        """
        ...

    def kill(self) -> None:
        """Kill it and all it started."""
        ...

    def abandon(self) -> None:
        """Give up on it, and on the warm process that it came from: they do not answer."""
        ...


class Strategy(Protocol):
    """A way to have a warm process for each run."""

    async def start(self, job: Job) -> Process:
        """Start the job. Raises OSError if no process can be had."""
        ...

    async def warm(self) -> None:
        """Get ready for the next run."""
        ...

    def foresee(self, draft: str) -> None:
        """Say what the next run may be of: the path of a file that `Draft.save` wrote."""
        ...

    async def close(self) -> None:
        """End the warm process and every run; a later start begins anew."""
        ...

    def abandon(self) -> None:
        """Kill the warm process and every run at once: there is no time left to ask them."""
        ...


def module_command(module: str) -> list[str]:
    """The command that runs `main()` of a module of ours beside student code."""
    boot = str(PACKAGE_ROOT / _BOOT)
    places = json.dumps([str(PACKAGE_ROOT), package_folders()])
    return [sys.executable, "-s", boot, places, module]


def import_command(module: str) -> list[str]:
    """The command that imports a module and does nothing else; no student code runs beside it."""
    return [sys.executable, "-I", "-c", f"import {module}"]


def package_folders() -> list[str]:
    """Where this process finds packages, the working folder left out."""
    here = os.path.realpath(os.curdir)
    return [
        place
        for place in sys.path
        if os.path.isabs(place) and os.path.isdir(place) and os.path.realpath(place) != here  # noqa: PTH112, PTH117
    ]


def quiet_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what changes how Python, NumPy, Matplotlib or numba behave.

    Sets have the same order in every process, unless `more` has another PYTHONHASHSEED.

    A student's or a machine's settings must not fail right code; where something lies may be said.
    """
    kept = {name: value for name, value in os.environ.items() if not _changes_behaviour(name)}
    return {**kept, **_OURS, **dict.fromkeys(_THREADS, "1"), **(more or {})}


def debug_environment() -> dict[str, str]:
    """What a client sets, who can't take a variable away: Python reads an empty one as none."""
    return {name: "" for name in os.environ if name.upper().startswith("PYTHON")} | _OURS


def _changes_behaviour(name: str) -> bool:
    name = name.upper()  # as Windows sees it
    return name.startswith(_SETTINGS) and name not in _PLACES
