"""Whether what came with a value is what came with the reference's: pure, on plain data only."""

from __future__ import annotations

import re
from dataclasses import replace

from tinytorch_ls.runner.report import Deviation, Facts


def deviation(got: Facts, wanted: Facts, free: tuple[str, ...] = ()) -> Deviation | None:
    """The first fact in which `got` is not as the reference's, `free` ones left out."""
    if "kind" not in free and (found := kind_deviation(got, wanted)):
        return found
    open_kind = "kind" in free and not got.dtypes  # a list in place of an array has none
    if "dtype" not in free and not open_kind and got.dtypes != wanted.dtypes and wanted.dtypes:
        return Deviation("dtype", _listed(got.dtypes), _listed(wanted.dtypes))
    if "memory" not in free and (shared := _first_new(got.shares, wanted.shares)):
        return Deviation("memory", shared, "")
    if "changes" not in free:
        return change_deviation(got, wanted)
    return None


def kind_deviation(got: Facts, wanted: Facts) -> Deviation | None:
    """Another kind of value; an int may stand for a float, as in Python's own types."""
    floats = re.search(r"\bfloat\b", wanted.kind)
    if got.kind == wanted.kind or (floats and _as_floats(got.kind) == _as_floats(wanted.kind)):
        return None
    if len(got.items) == len(wanted.items):
        for at, (ours, theirs) in enumerate(zip(got.items, wanted.items, strict=True)):
            if found := kind_deviation(Facts(ours), Facts(theirs)):
                return replace(found, at=at)
    return Deviation("kind", got.kind, wanted.kind)


def _as_floats(kind: str) -> str:
    return re.sub(r"\bfloat( or float)+\b", "float", re.sub(r"\bint\b", "float", kind))


def change_deviation(got: Facts, wanted: Facts) -> Deviation | None:
    """An operand that only one of the two changed."""
    ours = {change.label: change for change in got.changes}
    theirs = {change.label: change for change in wanted.changes}
    for label, change in ours.items():
        if label not in theirs and label in wanted.watched:
            return Deviation("changes", label, "", change)
    for label, change in theirs.items():
        if label not in ours and label in got.watched and label.isidentifier():
            return Deviation("changes", "", label, change)
    return None


def _first_new(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    return next((label for label in ours if label not in theirs), "")


def _listed(dtypes: tuple[str, ...]) -> str:
    return " and ".join(dtypes) or "no array"
