"""What the noted accesses of a block mean: races, warps' transactions, bank conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tinytorch_ls.machine.report import Moved
from tinytorch_ls.simulator.block import WARP
from tinytorch_ls.simulator.memory import AccessKind, Log, Memory

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

SECTOR, LINE, WORD, BANKS = 32, 128, 4, 32
_KINDS: tuple[AccessKind, ...] = ("read", "write", "atomic")


@dataclass(frozen=True)
class Accesses:
    """Every access of one block to one memory, in columns."""

    at: Ints
    thread: Ints
    interval: Ints
    epoch: Ints
    site: Ints
    kind: Ints  # an index into _KINDS


@dataclass(frozen=True)
class Conflict:
    """Two accesses to one address by different threads, and at least one of them writes."""

    at: int
    blocks: tuple[int, int]
    threads: tuple[int, int]
    sites: tuple[int, int]
    kinds: tuple[AccessKind, AccessKind]


def gathered(memory: Memory) -> Accesses | None:
    """All that is in the memory's logs, or None for nothing."""
    columns: list[tuple[Ints, ...]] = []
    for number, (_, logs) in enumerate(memory.logs):
        for site, log in logs.items():
            if log.ends:
                at, lengths = _addresses(log)
                moments = np.array([(m.interval, m.epoch) for m in log.moments])
                pieces = np.column_stack([log.threads, moments])
                every: Ints = np.repeat(pieces, lengths, axis=0)
                same = np.full_like(at, site), np.full_like(at, number)
                columns.append((at, every[:, 0], every[:, 1], every[:, 2], *same))
    if not columns:
        return None
    return Accesses(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def conflicts_within(block: int, found: Accesses, synced_warps: bool) -> Iterator[Conflict]:
    """The races between threads of one block.

    A block's barrier orders all its threads. Where warps synchronise on their own, threads of
    one warp are ordered by that too, so warps are compared first and then the threads in each.
    """
    if not found.kind.any():
        return
    size = int(found.at.max()) + 1
    by_interval = found.interval * size + found.at
    warp = found.thread // WARP
    if synced_warps:
        yield from _pairs(block, found, by_interval, warp)
        in_warp = (found.interval * (int(warp.max()) + 1) + warp) * (int(found.epoch.max()) + 1)
        yield from _pairs(block, found, (in_warp + found.epoch) * size + found.at, found.thread)
    else:
        yield from _pairs(block, found, by_interval, found.thread)


def _pairs(block: int, found: Accesses, key: Ints, actor: Ints) -> Iterator[Conflict]:
    """Conflicts between different actors whose accesses have the same key."""
    places, place = np.unique(key, return_inverse=True)
    plain, atomic = np.flatnonzero(found.kind == 1), np.flatnonzero(found.kind == 2)
    first: list[Ints] = []
    second: list[Ints] = []
    everyone, alone = np.arange(len(key)), np.flatnonzero(found.kind != 2)
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
    span = int(found.site.max()) + 1
    _, chosen = np.unique(found.site[one] * span + found.site[two], return_index=True)
    for i, j in zip(one[chosen].tolist(), two[chosen].tolist(), strict=True):
        yield Conflict(
            int(found.at[i]),
            (block, block),
            (int(found.thread[i]), int(found.thread[j])),
            (int(found.site[i]), int(found.site[j])),
            (_KINDS[found.kind[i]], _KINDS[found.kind[j]]),
        )


class Shadow:
    """For each element of global memory, the last access of each kind in earlier blocks."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.last: dict[int, tuple[Ints, Ints, Ints]] = {}  # kind -> block, thread, site

    def conflicts(self, block: int, found: Accesses) -> Iterator[Conflict]:
        """The races of this block with earlier ones: nothing orders blocks."""
        for kind, other in ((0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (0, 2)):
            mine = np.flatnonzero(found.kind == kind)
            if not len(mine) or other not in self.last:
                continue
            blocks, threads, sites = self.last[other]
            at = found.at[mine]
            race = np.flatnonzero(blocks[at] >= 0)
            span = int(sites.max()) + 1
            codes = found.site[mine[race]] * span + sites[at[race]]
            for each in race[np.unique(codes, return_index=True)[1]].tolist():
                i, address = int(mine[each]), int(at[each])
                yield Conflict(
                    address,
                    (block, int(blocks[address])),
                    (int(found.thread[i]), int(threads[address])),
                    (int(found.site[i]), int(sites[address])),
                    (_KINDS[kind], _KINDS[other]),
                )

    def remember(self, block: int, found: Accesses) -> None:
        """Take this block among the earlier ones."""
        for kind in range(3):
            mine = np.flatnonzero(found.kind == kind)
            if len(mine):
                if kind not in self.last:
                    nothing: tuple[Ints, ...] = tuple(np.full((3, self.size), -1))
                    self.last[kind] = nothing[0], nothing[1], nothing[2]
                at = found.at[mine]
                for column, values in zip(
                    self.last[kind], (block, found.thread[mine], found.site[mine]), strict=True
                ):
                    column[at] = values


def moved(log: Log, memory: Memory) -> Moved:
    """What warps moved: threads of a warp make the same access for the n-th time together."""
    at, lengths = _addresses(log)
    threads = np.array(log.threads)
    segments = np.array([moment.segment for moment in log.moments])
    warp_count = int(threads.max()) // WARP + 1
    _, runs = np.unique(segments * warp_count + threads // WARP, return_inverse=True)
    longest = np.zeros(int(runs.max()) + 1, dtype=np.int64)
    np.maximum.at(longest, runs, lengths)
    starts = np.cumsum(longest) - longest
    nth = np.arange(len(at)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    request = np.repeat(starts[runs], lengths) + nth
    requests = int(longest.sum())
    byte = memory.origin + at * memory.dtype.itemsize
    if memory.kind == "shared":
        half = np.repeat(threads % WARP // (WARP // 2), lengths)
        extra = _bank_conflicts(request, byte, half, memory.dtype.itemsize)
        return Moved(len(at), requests, 0, 0, extra)
    sectors, lines = _distinct(request, byte // SECTOR), _distinct(request, byte // LINE)
    return Moved(len(at), requests, sectors, lines, 0)


def _bank_conflicts(request: Ints, byte: Ints, half: Ints, itemsize: int) -> int:
    """The turns beyond one that each request needs; one word read by many threads needs one."""
    word = byte // WORD
    if itemsize > WORD:  # a half warp at a time, two words each
        request = request * 2 + half
        request, word = np.tile(request, 2), np.concatenate([word, word + 1])
    span = int(word.max()) + 1
    distinct = np.unique(request * span + word)
    bank = distinct // span * BANKS + distinct % span % BANKS
    requests = int(request.max()) + 1
    turns: Ints = np.reshape(np.bincount(bank, minlength=requests * BANKS), (requests, BANKS))
    return int(np.maximum(turns.max(axis=1) - 1, 0).sum())


def _distinct(request: Ints, unit: Ints) -> int:
    """How many different units the requests touch, counted for each request."""
    keys = np.sort(request * (int(unit.max()) + 1) + unit)
    return int(np.count_nonzero(np.diff(keys))) + 1


def _addresses(log: Log) -> tuple[Ints, Ints]:
    """The addresses of a log, and how many each piece has."""
    at = np.array(log.at, dtype=np.int64)[: log.ends[-1]]
    return at, np.diff(np.array([0, *log.ends]))
