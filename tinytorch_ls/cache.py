"""The folder of this user's in which things are kept that take long and come out the same."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from pathlib import Path

_CACHE = "tinytorch-cache-"


def cache_folder() -> str:
    """A folder of this user's that outlives processes: font lists, lessons that were read, proofs.

    Its name is known, so another user may have made it: it is used only if it is our own, and
    nobody else can write in it. Raises OSError where none can be had.
    """
    folder = Path(tempfile.gettempdir(), f"{_CACHE}{_user()}")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not is_ours(folder) or (folder.stat().st_mode & 0o077 and sys.platform != "win32"):
        folder = Path(tempfile.mkdtemp(prefix=f"{_CACHE}{_user()}-"))
    return str(folder)


def write_cache(file: Path, data: bytes) -> None:
    """Write a file of the cache whole, whoever reads or writes it meanwhile. Raises OSError."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(file)


def is_ours(folder: Path) -> bool:
    """Whether it is a real folder, no link, and this user's."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and (
        sys.platform == "win32" or status.st_uid == os.getuid()
    )


def _user() -> str:
    return str(os.getuid()) if sys.platform != "win32" else "user"
