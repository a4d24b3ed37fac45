"""Copies of the student's files, taken before each change that the course makes to them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tinytorch_ls.workspace.files import remove, write_whole
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
        remove(old)
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
            remove(root / file)
        else:
            write_whole(root / file, text)
    forget(root)
    return snapshot


def forget(root: Path) -> None:
    """Drop the newest snapshot, and damaged ones behind it. Raises Refused."""
    for path in reversed(_paths(root)):
        good = _load(path) is not None
        remove(path)
        if good:
            return


def _folder(root: Path) -> Path:
    return root / ".tinytorch" / "snapshots"


def _paths(root: Path) -> list[Path]:
    return sorted(path for path in _folder(root).glob("*.json") if path.stem.isdecimal())


def _load(path: Path) -> Snapshot | None:
    try:
        fields: Any = json.loads(path.read_text(encoding="utf-8"))
        files: dict[str, Any] = {str(file): text for file, text in fields["files"].items()}
        snapshot = Snapshot(str(fields["reason"]), float(fields["time"]), files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return snapshot if all(_is_ours(file, text) for file, text in files.items()) else None


def _is_ours(file: str, text: object) -> bool:
    """Whether a file lies in the student's folder: a snapshot may come from anybody."""
    path = PurePosixPath(file.replace("\\", "/"))
    inside = ".." not in path.parts and not path.is_absolute() and ":" not in file
    return inside and (text is None or isinstance(text, str))
