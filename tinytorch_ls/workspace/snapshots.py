"""What each change of the student's files replaced, kept in `.tinytorch/snapshots/`."""

from __future__ import annotations

import json
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace.files import remove, write_whole
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.paths import MARK, Place, place

_MOST = 100
_MOST_BYTES = 32 * 2**20  # of one snapshot; a larger file is none of ours
_HIGHEST = 999_999_998
_MOST_WORDS = 300  # characters of a reason
_LINK = re.compile(r"\]\s*\(")
_IS_NUMBER = re.compile(r"\d{6,9}", re.ASCII)


@dataclass(frozen=True)
class FileChange:
    """One file of a change: its whole text before and after, and what of it was replaced."""

    before: str | None  # None: it was not there
    after: str | None
    names: tuple[str, ...] = ()  # of definitions; none where the whole file was put there


@dataclass(frozen=True)
class Snapshot:
    """A change that was made, or was about to be made."""

    number: int
    reason: str  # "reset “Add, with broadcasting”"
    time: float  # seconds since 1970
    files: Mapping[str, FileChange]
    undone: bool = False  # it is kept, so that no text is lost, and is not undone again


def take(
    folder: StudentFolder, files: Mapping[str, FileChange], reason: str, *, undone: bool = False
) -> Snapshot:
    """Keep what a change is about to replace. Raises Refused, and then nothing may be changed."""
    with locked(folder.root):
        numbers = _numbers(folder.root)
        if numbers and numbers[-1] >= _HIGHEST:
            stranger = f"{MARK}/snapshots/{numbers[-1]}.json"
            raise Refused(
                say(
                    "{stranger} leaves no number for another snapshot; delete it", stranger=stranger
                )
            )
        snapshot = Snapshot(max(numbers, default=0) + 1, reason, time.time(), dict(files), undone)
        _write(folder, snapshot)
        for old in numbers[: max(len(numbers) + 1 - _MOST, 0)]:
            with suppress(Refused):
                remove(_place(folder.root, old))
    return snapshot


@dataclass(frozen=True)
class Damaged:
    """A file in the place of a snapshot that is none of this course."""

    file: str  # ".tinytorch/snapshots/000002.json"


def history(folder: StudentFolder) -> Iterator[Snapshot]:
    """The changes that can be undone, the newest first; damaged ones are passed over."""
    return (found for found in all_history(folder) if isinstance(found, Snapshot))


def all_history(folder: StudentFolder) -> Iterator[Snapshot | Damaged]:
    """The changes that can be undone, and what may be one and can't be read; the newest first."""
    for number in reversed(_numbers(folder.root)):
        found = _load(folder, number)
        if found is None:
            yield Damaged(f"{MARK}/snapshots/{number:06}.json")
        elif not found.undone:
            yield found


def mark_undone(folder: StudentFolder, snapshot: Snapshot) -> None:
    """Note that a change was taken back; its texts are kept. Raises Refused."""
    _write(folder, replace(snapshot, undone=True))


def forget(folder: StudentFolder, snapshot: Snapshot) -> None:
    """Drop the snapshot of a change that was not made in the end. Raises Refused."""
    with locked(folder.root):
        remove(_place(folder.root, snapshot.number))


def _write(folder: StudentFolder, snapshot: Snapshot) -> None:
    fields = asdict(snapshot)
    del fields["number"]
    with locked(folder.root):
        write_whole(_place(folder.root, snapshot.number), json.dumps({"version": 2, **fields}))


def _place(root: Path, number: int) -> Place:
    return place(root, f"{MARK}/snapshots/{number:06}.json")


def _numbers(root: Path) -> list[int]:
    """The numbers of all snapshots, the oldest first."""
    names = (path.name for path in (root / MARK / "snapshots").glob("*.json"))
    stems = (name.removesuffix(".json") for name in names)
    return sorted(int(stem) for stem in stems if _IS_NUMBER.fullmatch(stem))


def _load(folder: StudentFolder, number: int) -> Snapshot | None:
    """A snapshot; None for what can't be one of ours: it may come from anybody."""
    try:
        path = _place(folder.root, number).path()
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return None
        fields: Any = json.loads(path.read_text(encoding="utf-8"))
        files = {str(file): _file_change(change) for file, change in fields["files"].items()}
        for file in files:
            folder.module_of(file)  # a change is of files that a module teaches
            folder.place(file)
        reason, when, undone = _words(fields["reason"]), float(fields["time"]), fields["undone"]
        return Snapshot(number, reason, when, files, bool(undone))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError, Refused):
        return None


def _words(reason: str) -> str:
    """A reason, which terminals and notifications show. Raises ValueError for what does more there
    than to be read: control characters, and what an editor makes a link of."""
    if len(reason) > _MOST_WORDS or not reason.isprintable() or _LINK.search(reason):
        raise ValueError(reason)
    return reason


def _file_change(fields: Any) -> FileChange:
    """Raises TypeError, ValueError or KeyError for what is none."""
    before, after, names = fields["before"], fields["after"], fields["names"]
    for text in (before, after):
        if not isinstance(text, str | None):
            raise TypeError("a text was expected")
        (text or "").encode("utf-8")  # half a character can't be written back
    return FileChange(before, after, tuple(map(str, names)))
