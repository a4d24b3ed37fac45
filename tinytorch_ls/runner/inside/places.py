"""Which paths a run may change: those in its own folders, whichever way they are named."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Places:
    """The folders that a run may write in."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.allowed = tuple(os.path.realpath(folder) + os.sep for folder in folders)
        self.resolve = os.path.realpath

    def forbidden(self, path: Any, folder: Any = None, *, follows: bool = True) -> str | None:
        """The path in full if it lies outside; None if it may be changed.

        `path` may be a descriptor, or relative to the descriptor `folder`. What does not follow a
        link in the last part, such as removing, changes the folder that the link is in.
        """
        if isinstance(path, int):
            named = _path_of(path)
            return None if named is None else self._outside(named, follows=True)
        named = os.fsdecode(path)
        if isinstance(folder, int) and folder >= 0 and not os.path.isabs(named):  # noqa: PTH117
            base = _path_of(folder)
            if base is None:
                return named
            named = os.path.join(base, named)  # noqa: PTH118
        return self._outside(named, follows=follows)

    def _outside(self, named: str, *, follows: bool) -> str | None:
        parent, name = os.path.split(named)
        if follows or name in ("", os.curdir, os.pardir):
            real = self.resolve(named)
        else:  # the folder as the system finds it: `link/..` is where the link leads, and up
            real = os.path.join(self.resolve(parent), name)  # noqa: PTH118
        if real == os.devnull or f"{real}{os.sep}".startswith(self.allowed):
            return None
        return real


def _path_of(descriptor: int) -> str | None:
    """The path of an open file or folder; None for what has none, such as a pipe."""
    try:
        if sys.platform == "darwin":
            import fcntl

            return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
        path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
    except OSError:
        return None
    return path if path.startswith("/") else None
