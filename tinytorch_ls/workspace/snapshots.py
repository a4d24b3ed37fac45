"""Copies of the student's files, taken before each change that the course makes to them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tinytorch_ls.workspace.files import write_whole
from tinytorch_ls.workspace.refused import Refused

_MOST = 100


@dataclass(frozen=True)
class Snapshot:
    """Some files as they were, and what was about to happen to them."""

    reason: str  # "reset tensor/add"
    time: float  # seconds since 1970
    files: dict[str, str | None]  # None: it was not there


def take(root: Path, texts: dict[str, str | None], reason: str) -> Snapshot:
    """Keep files as they stand. Raises Refused, and then nothing may be changed."""
    snapshot = Snapshot(reason, time.time(), texts)
    folder = _folder(root)
    numbers = [int(path.stem) for path in _paths(root)]
    path = folder / f"{max(numbers, default=0) + 1:06}.json"
    write_whole(path, json.dumps(asdict(snapshot)))
    for old in _paths(root)[:-_MOST]:
        old.unlink(missing_ok=True)
    return snapshot


def history(root: Path) -> list[Snapshot]:
    """All snapshots, the newest first; damaged ones are passed over."""
    return [found for path in reversed(_paths(root)) if (found := _load(path))]


def newest(root: Path) -> Snapshot:
    """The newest snapshot. Raises Refused if there is none."""
    for snapshot in history(root):
        return snapshot
    raise Refused("there is nothing to undo: the course has changed none of your files")


def undo(root: Path) -> Snapshot:
    """Put the files of the newest snapshot back and forget it. Raises Refused if there is none."""
    snapshot = newest(root)
    for file, text in snapshot.files.items():
        if text is None:
            (root / file).unlink(missing_ok=True)
        else:
            write_whole(root / file, text)
    forget(root)
    return snapshot


def forget(root: Path) -> None:
    """Drop the newest snapshot, and damaged ones behind it."""
    for path in reversed(_paths(root)):
        good = _load(path) is not None
        path.unlink(missing_ok=True)
        if good:
            return


def _folder(root: Path) -> Path:
    return root / ".tinytorch" / "snapshots"


def _paths(root: Path) -> list[Path]:
    return sorted(path for path in _folder(root).glob("*.json") if path.stem.isdigit())


def _load(path: Path) -> Snapshot | None:
    try:
        return Snapshot(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
