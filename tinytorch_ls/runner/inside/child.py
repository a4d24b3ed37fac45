"""The process of one run: no standard streams, results over a descriptor of its own."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.inside.execute import execute
from tinytorch_ls.runner.job import CUT_OFF, OUTPUT, Job


def run_job(job: Job, results: int) -> NoReturn:
    """Run the job, write its messages to `results`, one JSON a line, and end."""
    leave = os._exit  # student code finds another in its place
    try:
        _run(job, results)
    except BaseException:
        leave(CUT_OFF)
    leave(0)


def _run(job: Job, results: int) -> None:
    _redirect(job)

    def send(message: dict[str, Any]) -> None:
        data = as_json(message).encode() + b"\n"
        while data:
            data = data[os.write(results, data) :]

    execute(job, send)
    send({"end": True})


def _redirect(job: Job) -> None:
    """What student code prints goes to a file of the run; there is nothing to read."""
    output = os.open(os.path.join(job.scratch, OUTPUT), os.O_RDWR | os.O_CREAT | os.O_APPEND)  # noqa: PTH118
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.close(nothing)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
