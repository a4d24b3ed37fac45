"""What lanes of a warp, or threads of a block, give each other: shuffles, votes, barriers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from tinytorch_ls.machine.access import Garbage
from tinytorch_ls.machine.batch import Batch, Parked
from tinytorch_ls.machine.expressions import Compute
from tinytorch_ls.machine.masks import WARP, Bits
from tinytorch_ls.machine.operations import where
from tinytorch_ls.machine.report import Place
from tinytorch_ls.machine.values import Tainted, each_lane, is_array, is_clean, plain, source_of

Run = Callable[[Batch], None]
WHOLE = 0xFFFFFFFF
REDUCTIONS: dict[str, Any] = {
    "reduce_add": np.add, "reduce_min": np.minimum, "reduce_max": np.maximum,
    "reduce_and": np.bitwise_and, "reduce_or": np.bitwise_or, "reduce_xor": np.bitwise_xor,
}  # fmt: skip


class Overseer(Protocol):
    """What barriers need of the launch."""

    def passed(self, batch: Batch, blocks: list[int]) -> None:
        """Blocks have passed a barrier."""

    def grid_passed(self) -> None:
        """All blocks have passed a barrier of the grid."""


class Lost:
    """A shuffle: it may take a value of a lane that is not there."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.garbage: Garbage | None = None


def park(batch: Batch, place: Place, leaving: Bits, expected: Bits, own_mask: bool, n: int) -> None:
    """Lanes that wait for others in vain take no part any more."""
    block = int(np.flatnonzero(leaving)[0]) // batch.block_lanes
    batch.parked.append(Parked(place, block, leaving, expected, own_mask, n))
    outer = batch.mask
    stopped = outer.only(leaving)
    batch.live -= stopped.count
    batch.mask = outer.without(stopped) if stopped.count < outer.count else batch.nobody


def barrier(place: Place, overseer: Overseer, fault_count: Callable[[], int]) -> Run:
    """`syncthreads`: each block comes with all of its threads, or not at all."""

    def run(batch: Batch) -> None:
        mask, everyone = batch.mask, batch.root
        if mask.count != everyone.count:
            rows = (batch.blocks, batch.block_lanes)
            here = mask.bits.reshape(rows)
            missing = (here != everyone.bits.reshape(rows)).any(axis=1)
            bad = here.any(axis=1) & missing
            for block in np.flatnonzero(bad).tolist():
                mine = batch.block_of_lane == block
                bits = batch.mask.bits & mine
                park(batch, place, bits, everyone.bits & mine, False, fault_count())
            passed = here.any(axis=1) & ~missing
            batch.epochs = batch.epochs + passed
            overseer.passed(batch, np.flatnonzero(passed).tolist())
            return
        batch.epochs = batch.epochs + 1
        overseer.passed(batch, list(range(batch.blocks)))

    return run


def grid_barrier(place: Place, overseer: Overseer, fault_count: Callable[[], int]) -> Run:
    """`grid.sync()`: all threads of the grid come, or those that do wait in vain."""

    def run(batch: Batch) -> None:
        mask, everyone = batch.mask, batch.root
        if mask.count != everyone.count:
            park(batch, place, mask.bits, everyone.bits, False, fault_count())
            return
        batch.epochs = batch.epochs + 1
        overseer.passed(batch, list(range(batch.blocks)))
        overseer.grid_passed()

    return run


def block_vote(name: str, value: Compute, wait: Run) -> Compute:
    """A barrier at which the block counts, or combines, what its threads found."""

    def compute(batch: Batch) -> Any:
        found = plain(value(batch))
        wait(batch)
        bits = each_lane(found != 0, batch.lanes) & batch.mask.bits
        counts = bits.reshape(batch.blocks, -1).sum(axis=1)
        match name:
            case "count":
                result = counts
            case "and":
                result = counts == batch.threads
            case _:
                result = counts > 0
        return np.repeat(result.astype(np.int32), batch.block_lanes)

    return compute


def meeting(place: Place, mask: Compute, fault_count: Callable[[], int]) -> Compute:
    """Bring the lanes of a mask together; gives the masks, of each lane or one for all."""

    def compute(batch: Batch) -> Any:
        given = plain(mask(batch))
        one_for_all = not is_array(given) and int(given) & WHOLE == WHOLE
        if one_for_all and (batch.mask.count == batch.root.count or _whole_warps(batch)):
            return np.int64(WHOLE)
        masks = each_lane(np.asarray(given).astype(np.int64) & WHOLE, batch.lanes)
        _check(batch, place, masks, fault_count)
        return masks

    return compute


def _whole_warps(batch: Batch) -> bool:
    warps, _ = batch.mask.warps()
    here = batch.mask.bits.reshape(-1, WARP)[warps]
    return bool((here == batch.root.bits.reshape(-1, WARP)[warps]).all())


def _check(batch: Batch, place: Place, masks: Any, fault_count: Callable[[], int]) -> None:
    """Park the lanes that name lanes in their mask which are elsewhere, or leave out themselves."""
    named = masks.reshape(-1, WARP)[:, :, None] >> np.arange(WARP) & 1 == 1
    here = batch.mask.bits.reshape(-1, WARP)
    there = batch.root.bits.reshape(-1, WARP)
    alike = masks.reshape(-1, WARP)[:, :, None] == masks.reshape(-1, WARP)[:, None, :]
    met = here[:, None, :] & alike
    wrong = (named != met) & there[:, None, :] & here[:, :, None]
    for warp in np.flatnonzero(wrong.any(axis=(1, 2))).tolist():
        lane = int(np.flatnonzero(wrong[warp].any(axis=1))[0])
        leaving, expected = np.zeros((2, batch.lanes), bool)
        span = slice(warp * WARP, (warp + 1) * WARP)
        leaving[span] = met[warp, lane] | (np.arange(WARP) == lane)
        expected[span] = named[warp, lane] & there[warp]
        own = bool((met[warp, lane] & ~named[warp, lane]).any())
        waits = leaving & batch.mask.bits
        park(batch, place, waits, expected, own, fault_count())


def warp_barrier(meet: Compute) -> Run:
    """`syncwarp`: what the lanes of the mask wrote is in order."""

    def run(batch: Batch) -> None:
        masks = meet(batch)
        if not batch.mask.count:
            return
        clocks = batch.warp_clocks
        clocks.begin()
        here = batch.mask.bits.reshape(-1, WARP)
        for warp in batch.mask.warps()[0].tolist():
            lanes = np.flatnonzero(here[warp])
            if is_array(masks):
                of_lane = masks[warp * WARP + lanes]
                for each in np.unique(of_lane):
                    _meet(batch, warp, lanes[of_lane == each].tolist())
            else:
                _meet(batch, warp, lanes.tolist())

    return run


def _meet(batch: Batch, warp: int, lanes: list[int]) -> None:
    batch.warp_clocks.meet(warp, lanes)
    if batch.fence_clocks is not None:
        first = batch.first_block * batch.block_lanes + warp * WARP
        batch.fence_clocks.meet([first + lane for lane in lanes])


def shuffle(name: str, lost: Lost, meet: Compute, value: Compute, argument: Compute,
            width: Compute | None) -> Compute:  # fmt: skip
    """A value of another lane; its own where that would be beyond the group."""

    def compute(batch: Batch) -> Any:
        given, by = value(batch), plain(argument(batch))
        masks = meet(batch)
        group = WARP if width is None else int(np.max(plain(width(batch))))
        lane = np.arange(batch.lanes) % WARP
        start = lane // group * group
        by = np.asarray(by).astype(np.int64)
        match name:
            case "shfl":
                source = start + by % group
            case "shfl_up":
                source = where(lane - by < start, lane, lane - by)
            case "shfl_down":
                source = where(lane + by >= start + group, lane, lane + by)
            case _:
                source = where((lane ^ by) >= start + group, lane, lane ^ by)
        source = np.arange(batch.lanes) // WARP * WARP + source
        found = each_lane(plain(given), batch.lanes)[source]
        taint = source_of(given)
        taint = taint[source] if is_array(taint) else taint
        there = batch.mask.bits[source]
        if is_array(masks):
            there = there & (masks[source] == masks)
        gone = ~there & batch.mask.bits
        if gone.any():
            _lose(lost, gone, source)
            taint = where(gone, lost.number, taint)
        return found if is_clean(taint) else Tainted(found, taint)

    return compute


def _lose(lost: Lost, gone: Bits, source: Any) -> None:
    def words(lane: int) -> str:
        return f"takes the value of lane {source[lane] % WARP}, which does not take part"

    lost.garbage = Garbage("", gone, words)


def vote(name: str, meet: Compute, operands: list[Compute]) -> Compute:
    """What the lanes of a mask find together."""

    def compute(batch: Batch) -> Any:
        here = batch.mask.bits
        if name == "activemask":  # nobody waits
            return _as_bits(here)
        given = [plain(operand(batch)) for operand in operands]
        masks = each_lane(meet(batch), batch.lanes)
        value = each_lane(given[0], batch.lanes)
        rows = value.reshape(-1, WARP)
        if name.startswith("match"):
            equal = rows[:, :, None] == rows[:, None, :]
            peers = equal & here.reshape(-1, 1, WARP)
            found = (peers << np.arange(WARP)).sum(axis=2).reshape(-1) & masks
            if name == "match_any":
                return found.astype(np.int32)
            return found == _as_bits(here).astype(np.int64) & masks
        if name in REDUCTIONS:
            return _reduced(REDUCTIONS[name], rows, masks, here)
        yes = _as_bits(here & (value != 0)).astype(np.int64) & masks
        everyone = _as_bits(here).astype(np.int64) & masks
        match name:
            case "ballot":
                return yes.astype(np.uint32)
            case "all":
                return yes == everyone
            case "any":
                return yes != 0
            case _:
                return (yes == 0) | (yes == everyone)

    return compute


def _reduced(function: Any, rows: Any, masks: Any, here: Bits) -> Any:
    """One number of those of the lanes that each lane's mask names."""
    found = rows.copy()
    for warp in np.flatnonzero(here.reshape(-1, WARP).any(axis=1)).tolist():
        there = here.reshape(-1, WARP)[warp]
        for mask in np.unique(masks.reshape(-1, WARP)[warp][there]).tolist():
            named = there & (mask >> np.arange(WARP) & 1 == 1)
            found[warp, named] = function.reduce(rows[warp, named], dtype=rows.dtype)
    return found.reshape(-1)


def _as_bits(bits: Bits) -> Any:
    rows = bits.reshape(-1, WARP).astype(np.int64)
    return np.repeat((rows << np.arange(WARP)).sum(axis=1), WARP).astype(np.uint32)
