"""Files that are either there and whole or not there at all, whenever the machine stops."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path

UNFINISHED = ".tmp-"
"""What stands in the name of a file that is still being written; readers pass over those."""


def write_new(path: Path, content: bytes) -> bool:
    """Create `path` with all of `content`; False, and nothing changed, if it is there already.

    The bytes go to a file of another name in the same folder and reach the disk (`fsync`) before
    that file gets its name, in one step that succeeds for only one of several writers.
    """
    make_folder(path.parent)
    unfinished = write_unfinished(path, content)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(unfinished)  # noqa: PTH108 - all of this file's system calls are os's
    sync_folder(path.parent)
    return True


def append(folder: Path, content: bytes) -> int:
    """Add `content` to the numbered files 1.json, 2.json, … of `folder`; returns its number.

    Of writers that append at one time, each gets a number of its own.
    """
    number = last_number(folder) + 1
    while not take_number(folder, number, content):
        number += 1
    return number


def take_number(folder: Path, number: int, content: bytes) -> bool:
    """Make `content` the file of that number; False if the number is taken. Given."""
    return write_new(folder / f"{number}.json", content)


def last_number(folder: Path) -> int:
    """The highest number among the numbered files of `folder`; 0 if it has none. Given."""
    names = (path.name for path in folder.glob("*.json"))
    return max((int(name[:-5]) for name in names if re.fullmatch(r"\d+\.json", name)), default=0)


def replace(path: Path, content: bytes) -> None:
    """Write `content` to `path`, there or not; a reader sees the old or the new. Given."""
    make_folder(path.parent)
    unfinished = write_unfinished(path, content)
    try:
        os.replace(unfinished, path)  # noqa: PTH105
    except OSError:
        os.unlink(unfinished)  # noqa: PTH108
        raise
    sync_folder(path.parent)


def unfinished_files(folder: Path) -> list[Path]:
    """What writers that were stopped left under `folder`, or are about to finish. Given."""
    return [path for path in folder.rglob(f"*{UNFINISHED}*") if path.is_file()]


def make_folder(folder: Path) -> None:
    """Make a folder, and those around it, where they are not there yet. Given."""
    folder.mkdir(parents=True, exist_ok=True)


def write_unfinished(path: Path, content: bytes) -> Path:
    """`content` on the disk, under a name of its own beside `path`: that name. Given."""
    unfinished = path.with_name(f"{path.name}{UNFINISHED}{uuid.uuid4().hex}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o644)
    try:
        try:
            remaining = memoryview(content)
            while remaining:
                remaining = remaining[os.write(descriptor, remaining) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        os.unlink(unfinished)  # noqa: PTH108
        raise
    return unfinished


_BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn every \n into \r\n


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk; Windows does so by itself. Given."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
