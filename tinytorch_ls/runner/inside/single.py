"""A warm process for one run, for systems that can't fork: its input brings the job's path."""

from __future__ import annotations

import os
import sys

from tinytorch_ls.runner.inside.child import run_job
from tinytorch_ls.runner.inside.preload import preload
from tinytorch_ls.runner.job import READY, Job


def main() -> None:
    """Run the job whose path comes as a line; results go to what was standard output."""
    results = os.dup(1)
    os.dup2(2, 1)
    preload()
    os.write(results, READY)
    path = sys.stdin.readline().strip()
    if path:
        run_job(Job.load(path), results)
