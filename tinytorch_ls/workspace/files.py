"""Reads and writes the student's files: whole or not at all, bytes kept, failures in one line."""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace.paths import Place

_PREFIX = ".tinytorch-"
TEMPORARY = re.compile(rf"{re.escape(_PREFIX)}[a-z0-9_]{{8}}")
"""The names of files that are being written; one that stays is of a writer that was killed."""

_MOST_BYTES = 16 * 2**20  # of a source text
_KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}
_REASONS = {
    errno.ENOSPC: "the disk is full; free some space, then try again",
    errno.EDQUOT: "your disk quota is used up; free some space, then try again",
    errno.EFBIG: "it is larger than your system allows",
    errno.EROFS: "it lies on a read-only disk",
    errno.EACCES: "you have no permission to write there",
    errno.EPERM: "you have no permission to write there",
}


def read_source(path: Path) -> str:
    """A source text, its byte order mark and line endings kept. Raises Refused."""
    try:
        if kind := no_file(path):
            raise Refused(
                say("{file} can't be read: it is {kind} and not a file", file=path.name, kind=kind)
            )
        status = path.stat()
        if status.st_size > _MOST_BYTES:
            raise Refused(
                say(
                    "{file} is too large for a source text: {size} bytes",
                    file=path.name,
                    size=status.st_size,
                )
            )
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(
            say("{file} is not UTF-8 text; save it with the encoding UTF-8", file=path.name)
        ) from None
    except FileNotFoundError:
        raise Refused(
            say("{file} is not there; `tinytorch start` brings it back", file=path.name)
        ) from None
    except OSError as error:
        raise Refused(
            say("{file} can't be read: {reason}", file=path.name, reason=error.strerror)
        ) from None


def no_file(path: Path) -> str:
    """What a path leads to that is no file: "a folder"; "" for a file, and for nothing.

    To read a pipe or a device may last for ever.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return "a link that leads nowhere" if path.is_symlink() else ""
    for is_kind, words in _KINDS.items():
        if is_kind(mode):
            return words
    return ""


def write_whole(place: Place, text: str) -> None:
    """Replace a file in one move, so that the old or the new one stands, never a half.

    The student's folder has to be there; folders in it are made. Raises Refused.
    """
    path = place.path()
    temporary = ""
    try:
        for folder in reversed(path.relative_to(place.root).parents[:-1]):
            (place.root / folder).mkdir(exist_ok=True)
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "")
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=_PREFIX)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        _keep_mode(path, temporary)
        Path(temporary).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(temporary).unlink()
        raise Refused(
            say("{file} can't be written: {reason}", file=path.name, reason=_reason(error))
        ) from None
    except UnicodeEncodeError:
        with suppress(OSError):
            Path(temporary).unlink()
        raise Refused(
            say("{file} can't be written: it holds half a character", file=path.name)
        ) from None


def remove(place: Place) -> None:
    """Remove a file that may be gone already. Raises Refused."""
    path = place.path()
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(
            say("{file} can't be removed: {reason}", file=path.name, reason=_reason(error))
        ) from None


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def _keep_mode(path: Path, temporary: str) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with suppress(OSError):
        Path(temporary).chmod(mode)
