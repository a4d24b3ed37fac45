"""What runs below a process, and whether it still does; Linux tells in /proc."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lsp_client import DEADLINE_SECONDS


async def eventually(true: Callable[[], Any]) -> Any:
    """Poll something that nobody tells of."""

    async def look() -> Any:
        while not (found := true()):
            await asyncio.sleep(0.02)
        return found

    return await asyncio.wait_for(look(), DEADLINE_SECONDS)


async def running_below(pid: int) -> list[int]:
    """The processes that a process has started, once there is one."""
    return await eventually(lambda: descendants(pid))


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *descendants(child)]
    return found


async def gone(pids: list[int]) -> None:
    """Wait until none of these processes is there; a zombie is not."""
    await eventually(lambda: not any(map(alive, pids)))


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
