"""What a process does until its job comes: whatever the job would have to wait for else."""

from __future__ import annotations

import json
import select
import socket
from contextlib import suppress
from typing import Any

from tinytorch_ls.runner.inside.ahead import compile_draft
from tinytorch_ls.runner.inside.pages import own_pages
from tinytorch_ls.runner.job import Draft

_QUIET_SECONDS = 0.1  # without a job: the run before is over, so nobody waits for the machine


def job_at(door: socket.socket) -> tuple[str, int]:
    """Wait for the path of a job and the descriptor that takes its results."""
    descriptors: list[int] = []
    unread = b""
    quiet: float | None = _QUIET_SECONDS
    while True:
        if not select.select([door], [], [], quiet)[0]:
            own_pages()
            quiet = None
            continue
        data, found, _, _ = socket.recv_fds(door, 65536, 1)
        if not data:
            raise ConnectionError("nobody brings a job any more")
        descriptors += found
        *lines, unread = (unread + data).split(b"\n")
        messages: list[dict[str, Any]] = [json.loads(line) for line in lines]
        for message in messages:
            if "job" in message:
                return message["job"], descriptors[0]
        if messages:
            with suppress(OSError, ValueError):  # a newer one takes its place just now
                compile_draft(Draft.load(messages[-1]["draft"]))
