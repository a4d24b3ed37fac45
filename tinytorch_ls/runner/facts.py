"""Whether what came with a value is what came with the reference's: pure, on plain data only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tinytorch_ls.runner.report import Change, Deviation, Facts

_EMPTY = re.compile(r"\b(list|tuple|set|frozenset|dict)$")


def deviation(got: Facts, wanted: Facts, free: tuple[str, ...] = ()) -> Deviation | None:
    """The first fact in which `got` is not as the reference's, `free` ones left out."""
    if "kind" not in free and (found := kind_deviation(got, wanted)):
        return found
    if "changes" not in free and (found := _changed(got, wanted)):
        return found  # the other facts may follow from it
    open_kind = "kind" in free and not got.dtypes  # a list in place of an array has none
    if "dtype" not in free and not open_kind and got.dtypes != wanted.dtypes and wanted.dtypes:
        return Deviation("dtype", _listed(got.dtypes), _listed(wanted.dtypes))
    if "memory" not in free and (shared := _first_new(got.shares, wanted.shares)):
        return Deviation("memory", shared, "")
    return None if "changes" in free else _left_alone(got, wanted)


def kind_deviation(got: Facts, wanted: Facts) -> Deviation | None:
    """Another kind of value; an int may stand for a float, as in Python's own types.

    A container with nothing in it is of no other kind: one of the two is too short.
    """
    if _is_empty_of(got.kind, wanted.kind) or _is_empty_of(wanted.kind, got.kind):
        return None
    floats = re.search(r"\bfloat\b", wanted.kind)
    if got.kind == wanted.kind or (floats and _as_floats(got.kind) == _as_floats(wanted.kind)):
        return None
    if len(got.items) == len(wanted.items):
        for at, (ours, theirs) in enumerate(zip(got.items, wanted.items, strict=True)):
            if found := kind_deviation(Facts(ours), Facts(theirs)):
                return replace(found, at=at)
    return Deviation("kind", got.kind, wanted.kind)


def yields_deviation(got: Facts, wanted: Facts, free: tuple[str, ...] = ()) -> Deviation | None:
    """Another kind of thing that a generator gave to a test, which may not look at all of it."""
    for kind in got.yields if "kind" not in free else ():
        found = [kind_deviation(Facts(kind), Facts(known)) for known in wanted.yields]
        if found and all(found):
            return Deviation("kind", kind, " or ".join(wanted.yields), yields=True)
    return None


def _is_empty_of(one: str, other: str) -> bool:
    """Whether a container has nothing in it, and the other is one of its kind with items."""
    return _EMPTY.search(one) is not None and other.startswith(f"{one} of ")


def _as_floats(kind: str) -> str:
    return re.sub(r"\bfloat( or float)+\b", "float", re.sub(r"\bint\b", "float", kind))


def _changed(got: Facts, wanted: Facts) -> Deviation | None:
    """An operand that the reference leaves as it was."""
    for change in own_changes(got, wanted):
        return Deviation("changes", change.label, "", change)
    return None


def _left_alone(got: Facts, wanted: Facts) -> Deviation | None:
    """An operand that the reference changes."""
    for change in own_changes(wanted, got):
        if change.label.isidentifier():
            return Deviation("changes", "", change.label, change)
    return None


def own_changes(one: Facts, other: Facts) -> Iterator[Change]:
    """What became of operands in the one, and not in the other, which had them too."""
    known = {change.label for change in other.changes}
    for change in one.changes:
        if change.label not in known and change.label in other.watched:
            yield change


def _first_new(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    return next((label for label in ours if label not in theirs), "")


def _listed(dtypes: tuple[str, ...]) -> str:
    return " and ".join(dtypes) or "no array"
