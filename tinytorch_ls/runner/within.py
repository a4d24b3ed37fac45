"""Waiting for something at most so long, without losing a cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`; `asyncio.TimeoutError` if it takes longer.

    `asyncio.wait_for` returns the result of work that finished while it was cancelled (Python 3.10
    and 3.11), so a cancelled reader would go on with what it read. This one always ends.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(_look_at)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
    finally:
        task.cancel()
    raise asyncio.TimeoutError


def _look_at(task: asyncio.Future[Any]) -> None:
    """An error that nobody waits for any more is no news."""
    if not task.cancelled():
        task.exception()
