"""Makes this process the place of one run: where it imports from, where it is, what it may do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tinytorch_ls.runner.inside.guard import Guard
from tinytorch_ls.runner.inside.resources import limit_this_process
from tinytorch_ls.runner.inside.sources import StudentFinder
from tinytorch_ls.runner.job import Job


def enter(job: Job) -> Guard:
    """Put the limits and the guard on; what follows may be student code."""
    sys.dont_write_bytecode = True
    sys.setrecursionlimit(1000)
    sys.path[:0] = list(dict.fromkeys((job.root, job.library)))
    StudentFinder(Path(job.root), job.overlay, job.blocked).install()
    os.chdir(job.scratch)
    os.environ["MPLCONFIGDIR"] = str(Path(job.scratch).parent / "tinytorch-matplotlib")
    guard = Guard((Path(job.scratch), Path(os.environ["MPLCONFIGDIR"])))
    limit_this_process(job.limits)
    guard.install()
    return guard
