"""The temporary folders of runs: one home for each runner, and one folder in it for each run.

The home holds a locked file. The system frees the lock with the process that held it, so a home
whose lock is free belongs to nobody any more, and the next runner sweeps it away.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO

from tinytorch_ls.cache import is_ours

_HOME = "tinytorch-runs-"
_LOCK = "lock"


class Scratch:
    """Makes the folders of one runner's runs."""

    def __init__(self) -> None:
        self.home: Path | None = None
        self.lock: IO[bytes] | None = None

    @contextlib.contextmanager
    def folder(self) -> Generator[str]:
        """A folder of one run's own, gone afterwards."""
        folder = tempfile.mkdtemp(prefix="run-", dir=self._home())
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def file(self, name: str) -> Path:
        """A file that stays as long as the runner does."""
        return self._home() / name

    def close(self) -> None:
        """Remove what is left."""
        if self.lock:
            self.lock.close()
        if self.home:
            shutil.rmtree(self.home, ignore_errors=True)
        self.home = self.lock = None

    def _home(self) -> Path:
        if self.home is None or not self.home.is_dir():
            self.close()
            sweep()
            self.home = Path(tempfile.mkdtemp(prefix=_HOME))
            new = self.home / f"{_LOCK}.new"  # nobody sees it under its name before it is locked
            self.lock = new.open("wb")
            _try_lock(self.lock)
            if sys.platform != "win32":
                new.rename(self.home / _LOCK)
        return self.home


def sweep() -> None:
    """Remove the folders of runners that were killed."""
    for home in Path(tempfile.gettempdir()).glob(f"{_HOME}*"):
        with contextlib.suppress(OSError):
            if is_ours(home) and _is_left(home):
                shutil.rmtree(home, ignore_errors=True)


def _is_left(home: Path) -> bool:
    """Whether the process that made it has ended."""
    if sys.platform == "win32":  # an open file can't be removed there
        (home / f"{_LOCK}.new").unlink()
        return True
    with (home / _LOCK).open("rb") as lock:
        return _try_lock(lock)


def _try_lock(file: IO[bytes]) -> bool:
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
