"""Makes this process the place of one run: where it imports from, where it is, what it may do."""

from __future__ import annotations

import os
import pdb
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from tinytorch_ls.runner.inside.guard import Guard
from tinytorch_ls.runner.inside.resources import limit_this_process
from tinytorch_ls.runner.inside.sources import StudentFinder
from tinytorch_ls.runner.job import Job


def enter(job: Job) -> Guard:
    """Put the limits and the guard on; what follows may be student code."""
    sys.dont_write_bytecode = True
    sys.setrecursionlimit(1000)
    sys.breakpointhook = pdb.set_trace = _no_debugger
    StudentFinder(Path(job.root), Path(job.library), job.overlay, job.blocked).install()
    os.chdir(job.scratch)
    for name in ("MPLCONFIGDIR", "NUMBA_CACHE_DIR"):
        os.environ[name] = job.cache
    for name in ("TMPDIR", "TEMP", "TMP"):
        os.environ[name] = job.scratch
    tempfile.tempdir = None  # it is looked up again
    limit_this_process(job.limits_of(*job.steps))
    guard = Guard((Path(job.scratch), Path(job.cache)))
    guard.install()
    return guard


def _no_debugger(*_args: object, **_options: object) -> NoReturn:
    """What a breakpoint does: Python's own debugger would print, and stop a line further down."""
    from bdb import BdbQuit

    raise BdbQuit
