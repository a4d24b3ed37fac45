"""Holes in a text that can't be read: which ones to try, in place of what an error may lie in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tinytorch_ls.forms.form import Mended


@dataclass(frozen=True)
class Hole:
    """Where a broken definition may stand, and what stands for it."""

    name: str
    start: int
    end: int
    text: str


def choices(places: Sequence[list[Hole]]) -> Iterator[list[Hole]]:
    """Which holes to try: one alone, the smallest first; then all of them together."""
    for holes in places:
        yield from ([hole] for hole in holes)
    if len(places) > 1:
        yield [holes[0] for holes in places]
        yield [holes[-1] for holes in places]


def with_holes(
    source: str, tried: Iterable[list[Hole]], read: Callable[[str], object]
) -> Mended | None:
    """The text with the first of these holes with which it can be read; None where none does."""
    for chosen in tried:
        filled = source
        for hole in sorted(chosen, key=lambda hole: hole.start, reverse=True):
            filled = filled[: hole.start] + hole.text + filled[hole.end :]
        try:
            read(filled)
        except SyntaxError:
            continue
        return Mended(filled, {hole.name: source[hole.start : hole.end] for hole in chosen})
    return None
