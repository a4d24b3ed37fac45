"""What a call left otherwise in its arguments than the reference's, and which line wrote it so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinytorch_ls.runner.alike import alike
from tinytorch_ls.runner.report import KIND, Call, Effect, Frame
from tinytorch_ls.runner.values import Number, Plain


@dataclass(frozen=True)
class Miswritten:
    """Something that a call left otherwise, and the line that certainly did, if one did."""

    where: Frame | None


def miswritten(ours: Call, theirs: Call) -> Miswritten | None:
    """What ends with other values than the reference's call leaves, or is not written."""
    mine, wanted = _places(ours), _places(theirs)
    found = list(_other_values(mine, wanted))
    lines = (line for line in found if line)
    return Miswritten(next(lines, None)) if found else None


def misplaced(ours: Call, theirs: Call) -> Miswritten | None:
    """What has the right values, in another object or memory; what should not be written.

    It says something only where nothing else does: right code may be of another mind.
    """
    mine, wanted = _places(ours), _places(theirs)
    return next(map(Miswritten, _other_objects(mine, wanted)), None)


def _places(call: Call) -> dict[str, Effect]:
    return {effect.path: effect for effect in call.effects}


def _other_values(
    mine: Mapping[str, Effect], wanted: Mapping[str, Effect]
) -> Iterator[Frame | None]:
    """The lines that wrote other values, those that ran first first; None where none is certain.

    What is private a student keeps as they like: where it is not written, nothing is missing.
    """
    for path, effect in mine.items():
        known = wanted.get(path)
        if known and not path.endswith(KIND) and not _same(effect.values[-1], known.values[-1]):
            yield _line(effect, known)
    for path in wanted:
        if path not in mine and not path.endswith(KIND) and not _is_private(path):
            other = mine.get(path + KIND)  # something else was put there
            yield other.wheres[-1] if other and other.wheres else None


def _other_objects(mine: Mapping[str, Effect], wanted: Mapping[str, Effect]) -> Iterator[Frame]:
    """The lines that put another object there, change one in place of it, or write what is not
    to be written; an attribute that a method adds to its own object is its own affair."""
    for path, effect in mine.items():
        known, place = wanted.get(path), path.removesuffix(KIND)
        other = known is None or (path.endswith(KIND) and effect.values[-1] != known.values[-1])
        own = known is None and effect.made and path.startswith("0.")
        in_place = path == place and path + KIND in wanted and path + KIND not in mine
        if (in_place or (other and not own)) and effect.wheres and not _is_private(path):
            yield effect.wheres[-1]


def _is_private(path: str) -> bool:
    return "._" in path


def _line(mine: Effect, wanted: Effect) -> Frame | None:
    """The line that wrote a place otherwise.

    Code that writes it in as many turns as the reference goes astray in the first that differs;
    what was right and is written again, there; what one line makes, in that line. Else a line
    that is missing may be the fault.
    """
    at = _first_difference(mine.values, wanted.values)
    same_course = len(mine.values) == len(wanted.values) or at == len(wanted.values)
    alone = mine.made and len(mine.values) == 1
    return mine.wheres[at] if (same_course or alone) and at < len(mine.wheres) else None


def _first_difference(ours: Sequence[Plain], theirs: Sequence[Plain]) -> int:
    pairs = zip(ours, theirs, strict=False)
    alike_so_far = min(len(ours), len(theirs))
    return next((at for at, pair in enumerate(pairs) if not _same(*pair)), alike_so_far)


def _same(one: Plain, other: Plain) -> bool:
    """Whether two are alike; an int may stand for a float."""
    if isinstance(one, Number) and isinstance(other, Number):
        return alike(Number("float", one.value), Number("float", other.value))
    return alike(one, other)
