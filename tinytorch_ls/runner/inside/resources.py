"""How a process puts the limits of a run on itself."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

from tinytorch_ls.runner.job import GRACE_SECONDS
from tinytorch_ls.runner.limits import Limits

_RESERVE = 64 * 2**20  # bytes


def limit_this_process(limits: Limits) -> None:
    """Ask the system to hold this process to its memory and file size; Windows has no such call."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_processor(time.process_time() + limits.seconds + GRACE_SECONDS)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size, limits.file_size))
    if sys.platform == "linux":  # macOS accepts RLIMIT_DATA and does nothing
        memory = _data_bytes() + limits.memory
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory + _RESERVE))


def limit_processor(seconds: float) -> None:
    """Have this process end once it has used so much processor time since its start."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), most))


def allow_reserve() -> None:
    """Let a process that has used up its memory take a little more, to report it."""
    if sys.platform == "linux":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _data_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
