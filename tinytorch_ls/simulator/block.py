"""One block of threads: who runs, who waits, and what a barrier demands of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from greenlet import getcurrent, greenlet

from tinytorch_ls.simulator.memory import Moment

WARP = 32


@dataclass(frozen=True)
class BlockWait:
    """At `syncthreads`."""

    site: int


@dataclass(frozen=True)
class WarpWait:
    """At `syncwarp` or a shuffle; `source` tells the lane whose value this one wants."""

    site: int
    mask: int
    orders_memory: bool
    value: Any = None
    source: int | None = None


Wait = BlockWait | WarpWait | Literal["ready", "done"]


class DivergenceError(Exception):
    """A barrier that not all threads reach: `waiting` stands there, `absent` does not."""

    def __init__(self, waiting: int, site: int, absent: int, where: Wait) -> None:
        super().__init__(waiting, absent)
        self.waiting = waiting
        self.site = site
        self.absent = absent
        self.where: Wait = where


class Block:
    """Runs the threads of one block, one at a time and always in the same order."""

    def __init__(
        self,
        body: Callable[[], None],
        count: int,
        enter: Callable[[int], None],
        leave: Callable[[int, Moment], None],
        lost_lane: Callable[[int, int, int], Any],
    ) -> None:
        self.enter = enter  # before a thread goes on
        self.leave = leave  # when it waits or is done
        self.lost_lane = lost_lane  # what a shuffle from a lane that is not there gives
        self.threads = [greenlet(lambda: body()) for _ in range(count)]
        self.waits: list[Wait] = ["ready"] * count
        self.results: list[Any] = [None] * count
        self.interval = 0
        self.segment = 0
        self.epochs = [0] * -(-count // WARP)

    @property
    def synced_warps(self) -> bool:
        """Whether any warp has ordered its memory on its own."""
        return any(self.epochs)

    def run(self) -> None:
        """Run until every thread is done. Raises DivergenceError."""
        self.hub = getcurrent()
        try:
            while not all(wait == "done" for wait in self.waits):
                for warp in range(len(self.epochs)):
                    self.run_warp(warp)
                self.pass_barrier()
        finally:
            self.abandon()

    def wait(self, wait: Wait) -> Any:
        """Called by a thread: let the others run; returns what a shuffle gave."""
        return self.hub.switch(wait)

    def run_warp(self, warp: int) -> None:
        """Run the warp's threads until each is done or waits for the whole block."""
        lanes = range(warp * WARP, min((warp + 1) * WARP, len(self.threads)))
        while True:
            moment = Moment(self.interval, self.epochs[warp], self.segment)
            for thread in lanes:
                if self.waits[thread] == "ready":
                    self.resume(thread, moment)
            waiting = [t for t in lanes if isinstance(self.waits[t], WarpWait)]
            if not waiting:
                return
            self.segment += 1
            self.release_warp(warp, lanes, waiting)

    def resume(self, thread: int, moment: Moment) -> None:
        self.enter(thread)
        here = self.threads[thread]
        wait = here.switch(self.results[thread]) if here else here.switch()
        self.leave(thread, moment)
        self.waits[thread] = "done" if here.dead else wait

    def release_warp(self, warp: int, lanes: range, waiting: list[int]) -> None:
        """Let those go on whose whole group has arrived."""
        groups: dict[tuple[int, int], list[int]] = {}
        waits = {t: wait for t in waiting if isinstance(wait := self.waits[t], WarpWait)}
        for thread, wait in waits.items():
            groups.setdefault((wait.site, wait.mask), []).append(thread)
        for (site, mask), members in groups.items():
            for thread in lanes:
                if (mask >> thread % WARP & 1) != (thread in members):
                    raise DivergenceError(members[0], site, thread, self.waits[thread])
            for thread in members:
                self.results[thread] = self.shuffled(waits[thread], thread, members, waits)
        self.epochs[warp] += any(wait.orders_memory for wait in waits.values())
        for thread in waiting:
            self.waits[thread] = "ready"

    def shuffled(
        self, wait: WarpWait, thread: int, members: list[int], waits: dict[int, WarpWait]
    ) -> Any:
        """What `thread` gets: its own value where the source is beyond the warp."""
        if wait.source is None or not 0 <= wait.source < WARP:
            return wait.value
        source = thread // WARP * WARP + wait.source
        if source not in members:
            return self.lost_lane(thread, wait.source, wait.site)
        return waits[source].value

    def pass_barrier(self) -> None:
        """Let all go on, if all wait at the same barrier."""
        first = next((t for t, w in enumerate(self.waits) if isinstance(w, BlockWait)), None)
        if first is None:
            return
        barrier = self.waits[first]
        assert isinstance(barrier, BlockWait)
        for thread, wait in enumerate(self.waits):
            if wait != barrier:
                raise DivergenceError(first, barrier.site, thread, wait)
        self.interval += 1
        self.segment += 1
        self.waits = ["ready"] * len(self.waits)
        self.results = [None] * len(self.results)

    def abandon(self) -> None:
        """End the threads that did not come to their end."""
        for thread in self.threads:
            if thread and not thread.dead:
                thread.throw()
