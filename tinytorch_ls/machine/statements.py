"""Statements of the form as functions that do them for all lanes of a batch that take part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tinytorch_ls.machine.batch import Batch
from tinytorch_ls.machine.expressions import Compute
from tinytorch_ls.machine.masks import WARP, Mask
from tinytorch_ls.machine.report import Place, raise_at
from tinytorch_ls.machine.values import Tainted, each_lane, is_array

Run = Callable[[Batch], None]


class Overseer(Protocol):
    """What loops need of the launch."""

    def consumed(self, batch: Batch, source: Any) -> None:
        """Garbage reached what others can see, in the lanes that take part."""

    def length(self, batch: Batch, place: Place, turns: int) -> None:
        """A loop will take as many turns."""

    def turn(self, batch: Batch, place: Place, number: int, endless: bool) -> None:
        """A turn of a loop begins; `endless`: where its end is not known beforehand."""


@dataclass
class Branching:
    """How often warps came to a branch, and how often their lanes parted there."""

    place: Place
    warps: int = 0
    divergent: int = 0


def sequence(statements: list[Run]) -> Run:
    """One after the other, while any lane takes part."""

    def run(batch: Batch) -> None:
        for statement in statements:
            statement(batch)
            if not batch.mask.count:
                return

    return run


def assign(slot: int, value: Compute) -> Run:
    """target = value."""
    return lambda batch: batch.assign(slot, value(batch))


def evaluate(value: Compute) -> Run:
    """For what it does."""

    def run(batch: Batch) -> None:
        value(batch)

    return run


def parted(batch: Batch, test: Any, branching: Branching) -> tuple[Mask, Mask]:
    """The lanes for which a test holds, and the others."""
    outer = batch.mask
    yes = outer.only(test)
    warps = len(outer.warps()[0])
    branching.warps += warps
    if yes is outer:
        return yes, batch.nobody
    if not yes.count:
        return batch.nobody, outer
    no = outer.only(~test)
    rows = yes.bits.reshape(-1, WARP).any(axis=1) & no.bits.reshape(-1, WARP).any(axis=1)
    branching.divergent += int(np.count_nonzero(rows))
    return yes, no


def decided(batch: Batch, found: Any, overseer: Overseer | None) -> Any:
    """The test's value; where garbage decides, all that depends on it is garbage.

    An `overseer` is told where others can see what was decided.
    """
    if found.__class__ is Tainted:
        if overseer is not None:
            overseer.consumed(batch, found.source)
        before = 0 if batch.control is None else batch.control
        control = np.maximum(before, found.source)
        if np.any(each_lane(control, batch.lanes)[batch.mask.ids]):
            batch.control = control
        return found.value
    return found


def branch(
    test: Compute, body: Run, orelse: Run | None, branching: Branching, seen: Overseer | None
) -> Run:
    """if."""

    def run(batch: Batch) -> None:
        control = batch.control
        found = decided(batch, test(batch), seen)
        if not batch.mask.count:
            return
        if not is_array(found):
            branching.warps += len(batch.mask.warps()[0])
            if found:
                body(batch)
            elif orelse is not None:
                orelse(batch)
            batch.control = control
            return
        outer = batch.mask
        yes, no = parted(batch, found, branching)
        after_yes, after_no = yes, no
        if yes.count:
            batch.mask = yes
            body(batch)
            after_yes = batch.mask
        if no.count and orelse is not None:
            batch.mask = no
            orelse(batch)
            after_no = batch.mask
        batch.mask = batch.joined(outer, after_yes, after_no)
        batch.control = control

    return run


def leave_loop(batch: Batch) -> None:
    """break."""
    loop = batch.loops[-1]
    loop.broke = _union(batch, loop.broke)
    batch.mask = batch.nobody


def next_turn(batch: Batch) -> None:
    """continue."""
    loop = batch.loops[-1]
    loop.continued = _union(batch, loop.continued)
    batch.mask = batch.nobody


def leave_function(batch: Batch) -> None:
    """return."""
    inner = batch.returned[-1]
    if len(batch.returned) == 1:
        batch.stop()
        return
    batch.returned[-1] = batch.mask if inner is None else _union(batch, inner)
    batch.mask = batch.nobody


def _union(batch: Batch, others: Mask) -> Mask:
    if not others.count:
        return batch.mask
    return Mask(batch.mask.bits | others.bits, batch.root)


def inline(body: Run) -> Run:
    """A device function's body; who returned goes on behind it."""

    def run(batch: Batch) -> None:
        outer, loops = batch.mask, batch.loops
        batch.loops = []
        batch.returned.append(None)
        body(batch)
        returned = batch.returned.pop()
        batch.loops = loops
        if returned is not None:
            batch.mask = batch.joined(outer, batch.mask, returned)

    return run


def failure(error: BaseException, place: Place) -> Run:
    """raise."""

    def run(batch: Batch) -> None:
        if batch.mask.count:
            raise_at(error, place)

    return run


def fence(batch: Batch) -> None:
    """threadfence."""
    clocks = batch.fence_clocks
    if clocks is None:
        return
    lanes = batch.first_block * batch.block_lanes + batch.mask.ids
    for actor in np.unique(lanes // clocks.size).tolist():
        clocks.fence(actor * clocks.size)
