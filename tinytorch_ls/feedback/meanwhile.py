"""What comes of a generator, and of tasks that run beside it, in the order in which it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


async def as_it_comes(
    items: AsyncGenerator[Item, None], beside: set[asyncio.Task[Found]]
) -> AsyncGenerator[Item | Found, None]:
    """All items, and what the tasks of a set find, which may grow meanwhile.

    Who stops reading ends the generator and the tasks.
    """
    coming: asyncio.Task[Item | None] | None = None
    over = False
    async with aclosing(items):
        try:
            while not over or beside:
                if coming is None and not over:
                    coming = asyncio.ensure_future(anext(items, None))
                waited = {*beside, *([coming] if coming else [])}
                done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in beside if task in done]:
                    beside.discard(task)
                    yield task.result()
                if coming in done and coming:
                    item, coming = coming.result(), None
                    over = item is None
                    if item is not None:
                        yield item
        finally:
            left: list[asyncio.Task[Any]] = [*beside, *([coming] if coming else [])]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
