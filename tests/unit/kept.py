"""Warm processes that are kept from test to test: to start one takes longer than most runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from tinytorch_ls.check.run import CheckReport, proven
from tinytorch_ls.course.model import Course
from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.spare import Spare

_Result = TypeVar("_Result")
_LOOP = asyncio.new_event_loop()  # to which a warm process belongs
_STRATEGIES: dict[str, KeptForking | KeptSpare] = {}


class KeptForking(Forking):
    """Outlives who closes it."""

    async def close(self) -> None:
        """Keep it."""

    async def end(self) -> None:
        await super().close()


class KeptSpare(Spare):
    """Outlives who closes it."""

    async def close(self) -> None:
        """Keep it."""

    async def end(self) -> None:
        await super().close()


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """`asyncio.run` in the loop of what is kept."""
    return _LOOP.run_until_complete(work)


def strategy_of(environment: Mapping[str, str] | None = None) -> KeptForking | KeptSpare:
    """The one that is kept for these variables, for what `run` runs."""
    key = repr(environment)
    if key not in _STRATEGIES:
        kind = KeptSpare if sys.platform == "win32" else KeptForking
        _STRATEGIES[key] = kind(environment)
    return _STRATEGIES[key]


def check(course: Course, **named: Any) -> CheckReport:
    """What `tinytorch_ls.check.run.check` says."""
    return run(proven(course, **named))


def end() -> None:
    """End what was kept."""
    for strategy in _STRATEGIES.values():
        run(strategy.end())
    _LOOP.close()
