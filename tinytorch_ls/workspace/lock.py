"""One writer at a time: two programs of the course never change a student's folder together."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace.files import TEMPORARY
from tinytorch_ls.workspace.paths import MARK, place

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PATIENCE_SECONDS = 5.0
_OWN_FOLDERS = (MARK, f"{MARK}/snapshots", ".vscode")
_held: set[Path] = set()  # by this process, which writes from one thread


@contextmanager
def locked(root: Path) -> Generator[None]:
    """Hold the student's folder, which is there; what killed writers left in it is swept.

    Raises Refused where another program holds it for longer than a change takes. Where the disk
    knows no locks, or may not be written, there is none, and the writing says what is wrong.
    """
    if root in _held:
        yield
        return
    descriptor = _open(root)
    if descriptor is None:
        yield
        return
    try:
        if _wait(descriptor):
            _sweep(root)
        _held.add(root)
        yield
    finally:
        _held.discard(root)
        os.close(descriptor)  # which lets it go


def _open(root: Path) -> int | None:
    lock = place(root, f"{MARK}/lock").path()
    try:
        lock.parent.mkdir(exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        return os.open(lock, flags, 0o644)
    except OSError:
        return None


def _wait(descriptor: int) -> bool:
    """Whether it is ours now; False where the disk knows no locks. Raises Refused."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise Refused(
                    say("another program of the course is changing this folder; try again")
                )
            time.sleep(0.01)
    except OSError:
        return False
    return True


def _take(descriptor: int) -> bool:
    """Take the lock if nobody has it. Raises OSError where the disk knows no locks."""
    with suppress(BlockingIOError, PermissionError):
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _sweep(root: Path) -> None:
    """Remove the half-written files of killed writers: whoever holds the lock is the only one."""
    for folder in _folders(root):
        with suppress(OSError):
            for path in folder.iterdir():
                if TEMPORARY.fullmatch(path.name):
                    path.unlink()


def _folders(root: Path) -> Iterator[Path]:
    """The folders that the course writes in; it follows no link."""
    yield root
    yield from (root / folder for folder in _OWN_FOLDERS if not (root / folder).is_symlink())
    if not (root / "tinytorch").is_symlink():
        yield from (Path(folder) for folder, _, _ in os.walk(root / "tinytorch"))
