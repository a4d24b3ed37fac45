"""Loops of the form, turn by turn: who leaves, who waits for the next turn, who goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch_ls.machine.batch import Batch, Loop
from tinytorch_ls.machine.expressions import Compute
from tinytorch_ls.machine.form import DType
from tinytorch_ls.machine.masks import Mask
from tinytorch_ls.machine.operations import where
from tinytorch_ls.machine.statements import Branching, Overseer, Run, decided, parted
from tinytorch_ls.machine.values import is_array


@dataclass(frozen=True)
class Turns:
    """What all loops have: a body, perhaps an `else`, and who counts their turns."""

    body: Run
    orelse: Run | None
    branching: Branching
    overseer: Overseer
    seen: Overseer | None  # whom to tell where garbage decides

    def turn(self, batch: Batch, loop: Loop, number: int, endless: bool) -> None:
        """One turn; who began the next one early comes along again."""
        self.overseer.turn(batch, self.branching.place, number, endless)
        outer = batch.mask
        self.body(batch)
        if loop.continued.count:
            batch.mask = batch.joined(outer, batch.mask, loop.continued)
            loop.continued = batch.nobody

    def begin(self, batch: Batch) -> Loop:
        """A loop under way."""
        loop = Loop(batch.nobody)
        batch.loops.append(loop)
        return loop

    def finish(self, batch: Batch, entry: Mask, done: Mask, loop: Loop) -> None:
        """Behind a loop: who came to its end runs the `else`, and who broke out does not."""
        batch.loops.pop()
        batch.mask = batch.joined(entry, done)
        if self.orelse is not None and done.count:
            self.orelse(batch)
        batch.mask = batch.joined(entry, batch.mask, loop.broke)


@dataclass(frozen=True)
class WhileLoop:
    """while, and C's for and do."""

    test: Compute
    step: Run | None
    test_first: bool
    turns: Turns

    def __call__(self, batch: Batch) -> None:
        """Run it."""
        control, entry = batch.control, batch.mask
        loop, done = self.turns.begin(batch), batch.nobody
        number = 0
        while batch.mask.count:
            if number or self.test_first:
                ended = self.ended(batch)
                done = together(batch, done, ended)
                if not batch.mask.count:
                    break
            number += 1
            self.turns.turn(batch, loop, number, True)
            if self.step is not None and batch.mask.count:
                self.step(batch)
        self.turns.finish(batch, entry, done, loop)
        batch.control = control

    def ended(self, batch: Batch) -> Mask:
        """Those for which the test does not hold any more; the others go on."""
        found = decided(batch, self.test(batch), self.turns.seen)
        if not batch.mask.count:
            return batch.nobody
        if is_array(found):
            batch.mask, ended = parted(batch, found, self.turns.branching)
            return ended
        self.turns.branching.warps += len(batch.mask.warps()[0])
        if found:
            return batch.nobody
        ended, batch.mask = batch.mask, batch.nobody
        return ended


@dataclass(frozen=True)
class ForLoop:
    """for target in range(start, stop, step)."""

    slot: int
    dtype: DType
    bounds: tuple[Compute, Compute, Compute]
    turns: Turns

    def __call__(self, batch: Batch) -> None:
        """Run it."""
        control, entry = batch.control, batch.mask
        given = [decided(batch, bound(batch), self.turns.seen) for bound in self.bounds]
        if not batch.mask.count:
            return
        loop = self.turns.begin(batch)
        alike = not any(is_array(each) for each in given)
        done = (self.alike if alike else self.unlike)(batch, given, loop)
        self.turns.finish(batch, entry, done, loop)
        batch.control = control

    def alike(self, batch: Batch, given: list[Any], loop: Loop) -> Mask:
        """All lanes take the same turns."""
        start, stop, step = (int(each) for each in given)
        turns = range(start, stop, step or 1)
        self.turns.overseer.length(batch, self.turns.branching.place, len(turns))
        for number, index in enumerate(turns, 1):
            self.turns.branching.warps += len(batch.mask.warps()[0])
            batch.assign(self.slot, self.dtype.type(index))
            self.turns.turn(batch, loop, number, False)
            if not batch.mask.count:
                break
        return batch.mask

    def unlike(self, batch: Batch, given: list[Any], loop: Loop) -> Mask:
        """Each lane has turns of its own."""
        start, stop, step = given
        done, forward = batch.nobody, step > 0
        index: Any = np.broadcast_to(start, batch.lanes).astype(self.dtype)
        number = 0
        while batch.mask.count:
            inside = where(forward, index < stop, index > stop)
            batch.mask, ended = parted(batch, inside, self.turns.branching)
            done = together(batch, done, ended)
            if batch.mask.count:
                number += 1
                batch.assign(self.slot, index)
                self.turns.turn(batch, loop, number, False)
                index = (index + step).astype(self.dtype)
        return done


def together(batch: Batch, some: Mask, others: Mask) -> Mask:
    """Both."""
    if not some.count:
        return others
    return Mask(some.bits | others.bits, batch.root) if others.count else some
