"""Races: two threads, one address, a plain write among them, and nothing that orders the two.

Accesses of memory that the kernel writes are noted down and compared later, by address: within a
block between its barriers, and blocks with each other over the whole launch. `syncwarp` and, for
blocks, a fence before an atomic order more: then each access is compared by vector clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tinytorch_ls.machine.clocks import FenceClocks, WarpClocks
from tinytorch_ls.machine.masks import WARP, Ints, Mask
from tinytorch_ls.machine.operations import where
from tinytorch_ls.machine.values import is_array

READ, WRITE, ATOMIC = 0, 1, 2
CHECKED = 3  # a read whose value a compare-and-swap checks: it races with plain writes only
_RACING = ((0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (0, 2), (1, 3), (3, 1))
ENOUGH = 1 << 21  # noted addresses, after which they are compared at once


@dataclass(frozen=True)
class Noted:
    """One access of many lanes, as it was made."""

    kind: int
    site: int
    at: Any  # of every lane, or one for all
    mask: Mask
    epochs: Ints  # of each block: how many barriers it has passed
    warp_stamp: int
    fence_stamp: Ints | None


def _again(before: Noted | None, now: Noted) -> bool:
    """Whether the same lanes did the same just before, with nothing in between."""
    return (
        before is not None
        and before.mask is now.mask
        and before.epochs is now.epochs
        and before.warp_stamp == now.warp_stamp
        and before.fence_stamp is now.fence_stamp
        and np.array_equal(before.at, now.at)
    )


@dataclass(frozen=True)
class Accesses:
    """Accesses in columns, in the order in which they were made."""

    at: Ints
    lane: Ints
    block: Ints
    kind: Ints
    site: Ints
    epoch: Ints
    warp_stamp: Ints
    fence_stamp: Ints

    def chosen(self, which: Any) -> Accesses:
        """Some of them."""
        columns = (self.at, self.lane, self.block, self.kind, self.site, self.epoch)
        stamps = (self.warp_stamp, self.fence_stamp)
        return Accesses(*(column[which] for column in (*columns, *stamps)))


@dataclass(frozen=True)
class Conflict:
    """Two accesses that race, the earlier one first."""

    at: int
    lanes: tuple[int, int]  # counted over the whole grid
    sites: tuple[int, int]
    kinds: tuple[int, int]


class Watch:
    """What was done to one memory that the kernel writes."""

    def __init__(self, size: int, lanes_of_block: int, shared: bool) -> None:
        self.size = size
        self.lanes_of_block = lanes_of_block
        self.shared = shared
        self.noted: list[Noted] = []
        self.last: dict[int, Noted] = {}  # of each site
        self.addresses = 0
        self.slots: dict[int, tuple[Ints, Ints]] = {}
        self.kept: list[Accesses] = []  # of blocks that fences order

    def note(self, noted: Noted) -> bool:
        """Note an access down; whether it is time to compare."""
        if _again(self.last.get(noted.site), noted):
            return False
        self.last[noted.site] = noted
        self.noted.append(noted)
        self.addresses += noted.mask.count
        return self.addresses > ENOUGH

    def compare(
        self, first_lane: int, warps: WarpClocks, fences: FenceClocks | None, alone: bool
    ) -> Iterator[Conflict]:
        """The races among what was noted, and with earlier blocks; then it is forgotten.

        `first_lane` is the number in the grid of the batch's first lane; `alone`: the grid has
        one block.
        """
        noted, self.noted, self.addresses = self.noted, [], 0
        self.last.clear()
        if not noted:
            return
        writes = any(each.kind not in (READ, CHECKED) for each in noted)
        if not writes and (self.shared or alone) and not (fences and fences.each_lane):
            return
        found = self._gathered(noted, first_lane, fences)
        each_lane = fences is not None and fences.each_lane
        if writes and not each_lane:
            yield from self._within_blocks(found, first_lane, warps)
        if fences is not None and (each_lane or not (self.shared or alone)):
            self.kept.append(found)
        elif not (self.shared or alone):
            yield from self._between_blocks(found)

    def forget(self) -> None:
        """All that was done is ordered before what is done now."""
        self.slots.clear()
        self.kept.clear()

    def _gathered(
        self, noted: list[Noted], first_lane: int, fences: FenceClocks | None
    ) -> Accesses:
        columns: list[tuple[Ints, ...]] = []
        for each in noted:
            lanes = each.mask.ids
            count = len(lanes)
            at = each.at[lanes] if is_array(each.at) else np.full(count, each.at)
            block = lanes // self.lanes_of_block
            same = (np.full(count, each.kind), np.full(count, each.site))
            stamp = np.zeros(count, int)
            if fences is not None and each.fence_stamp is not None:
                stamp = each.fence_stamp[(first_lane + lanes) // fences.size]
            columns.append(
                (
                    at,
                    lanes,
                    block,
                    *same,
                    each.epochs[block],
                    np.full(count, each.warp_stamp),
                    stamp,
                )
            )
        at, lane, block, *rest = (np.concatenate(each) for each in zip(*columns, strict=True))
        return Accesses(at, lane + first_lane, block + first_lane // self.lanes_of_block, *rest)

    def _within_blocks(
        self, found: Accesses, first_lane: int, warps: WarpClocks
    ) -> Iterator[Conflict]:
        epoch, block = found.epoch - found.epoch.min(), found.block - found.block.min()
        apart = epoch if self.shared else epoch * (int(block.max()) + 1) + block
        key = apart * (int(found.at.max()) + 1) + found.at
        if not warps.used:
            yield from _conflicts(found, key, found.lane)
            return
        yield from _conflicts(found, key, found.lane // WARP)
        key = key * (int(found.lane.max()) // WARP + 1) + found.lane // WARP
        yield from _unordered(found, key, partial(warps.ordered, first_lane=first_lane), found.lane)

    def _between_blocks(self, found: Accesses) -> Iterator[Conflict]:
        """Two accesses of each kind at each address, by different blocks, stand for all."""
        for kind in np.unique(found.kind).tolist():
            self._remember(kind, found.chosen(found.kind == kind))
        for mine, theirs in _RACING:
            if theirs not in self.slots:
                continue
            ours = found.chosen(found.kind == mine)
            for slot in self.slots[theirs]:
                other = slot[ours.at]
                lane, site = other >> 20, other & 0xFFFFF
                race = np.flatnonzero((other >= 0) & (lane // self.lanes_of_block != ours.block))
                race = race[np.argsort(lane[race], kind="stable")]
                for i in _one_a_pair(ours.site[race], site[race], race):
                    yield Conflict(
                        int(ours.at[i]),
                        (int(lane[i]), int(ours.lane[i])),
                        (int(site[i]), int(ours.site[i])),
                        (theirs, mine),
                    )

    def _remember(self, kind: int, ours: Accesses) -> None:
        if kind not in self.slots:
            self.slots[kind] = np.full(self.size, -1), np.full(self.size, -1)
        first, second = self.slots[kind]
        packed = ours.lane << 20 | ours.site
        _keep_first(first, ours.at, packed)
        late = (first[ours.at] >> 20) // self.lanes_of_block != ours.block
        _keep_first(second, ours.at[late], packed[late])

    def at_the_end(self, fences: FenceClocks | None) -> Iterator[Conflict]:
        """The races between those that fences order in part."""
        if fences is None or not self.kept:
            return
        columns = zip(*(vars(each).values() for each in self.kept), strict=True)
        found = Accesses(*(np.concatenate(column) for column in columns))
        key = found.at
        if self.shared:  # whose addresses serve one block after another
            key = key + found.block * (int(key.max()) + 1)
        written = np.isin(key, np.unique(key[found.kind == WRITE]))
        found, key = found.chosen(written), key[written]
        heard = _heard(found, key)
        yield from _unordered(found, key, fences.ordered, found.lane // fences.size, heard)


def _keep_first(slot: Ints, at: Ints, packed: Ints) -> None:
    """Whoever came first to an address stays there."""
    fresh = np.flatnonzero(slot[at] < 0)[::-1]
    slot[at[fresh]] = packed[fresh]


def _conflicts(found: Accesses, key: Ints, actor: Ints) -> Iterator[Conflict]:
    """Accesses with one key by different actors, a plain write among them."""
    places, place = np.unique(key, return_inverse=True)
    plain, atomic = np.flatnonzero(found.kind == WRITE), np.flatnonzero(found.kind == ATOMIC)
    everyone, alone = np.arange(len(key)), np.flatnonzero(found.kind < ATOMIC)
    first: list[Ints] = []
    second: list[Ints] = []
    # The last to come at each place, and for atomics the first too: if another actor is among
    # them, it differs from one of the two.
    for theirs, ours in ((plain, everyone), (atomic, alone), (atomic[::-1], alone)):
        last = np.full(len(places), -1)
        last[place[theirs]] = theirs
        other = last[place[ours]]
        race = (other >= 0) & (actor[ours] != actor[other])
        first.append(ours[race])
        second.append(other[race])
    one, two = np.concatenate(first), np.concatenate(second)
    yield from _told(found, one, two)


def _heard(found: Accesses, key: Ints) -> Ints:
    """Of each access the last atomic that its thread made on the same element before; else -1.

    Atomics on one element come one after another, so a thread that made one comes after those.
    """
    count = len(key)
    order = np.lexsort((np.arange(count), found.lane, key))
    begins = np.ones(count, bool)
    begins[1:] = (np.diff(key[order]) != 0) | (np.diff(found.lane[order]) != 0)
    group = np.cumsum(begins) * (count + 1)
    last = np.maximum.accumulate(group + where(found.kind[order] == ATOMIC, order + 1, 0)) - group
    heard = np.empty(count, int)
    heard[order] = last - 1
    return heard


def _unordered(
    found: Accesses, key: Ints, ordered: Any, actor: Ints, heard: Ints | None = None
) -> Iterator[Conflict]:
    """The same where clocks say which pairs are ordered: every pair of a key is compared."""
    order = np.argsort(key, kind="stable")
    for step in range(1, len(order)):
        one, two = order[:-step], order[step:]
        same = key[one] == key[two]
        if not same.any():
            return
        one, two = one[same], two[same]
        kinds = found.kind[one], found.kind[two]
        mixed = ((kinds[0] == ATOMIC) & (kinds[1] == READ)) | (
            (kinds[0] == READ) & (kinds[1] == ATOMIC)
        )
        race = (kinds[0] == WRITE) | (kinds[1] == WRITE) | mixed
        race &= actor[one] != actor[two]
        if heard is not None:
            race &= (kinds[0] != ATOMIC) | (heard[two] < one)
        one, two = one[race], two[race]
        if len(one):
            loose = ~ordered(found.chosen(one), found.chosen(two))
            yield from _told(found, one[loose], two[loose])


def _told(found: Accesses, one: Ints, two: Ints) -> Iterator[Conflict]:
    for i in _one_a_pair(found.site[one], found.site[two], np.arange(len(one))):
        early, late = sorted((int(one[i]), int(two[i])))
        yield Conflict(
            int(found.at[early]),
            (int(found.lane[early]), int(found.lane[late])),
            (int(found.site[early]), int(found.site[late])),
            (int(found.kind[early]), int(found.kind[late])),
        )


def _one_a_pair(left: Ints, right: Ints, which: Ints) -> list[int]:
    """One of those that have the same two sites."""
    if not len(which):
        return []
    _, chosen = np.unique(left * (int(right.max()) + 1) + right, return_index=True)
    return which[chosen].tolist()
