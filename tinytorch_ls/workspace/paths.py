"""Which files the course may write: its own few and those that a module names, and never a link."""

from __future__ import annotations

import re
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say

MARK = ".tinytorch"
GIVEN_RECORD = f"{MARK}/given.json"
_OWN = re.compile(
    r"(?:README|AGENTS|CLAUDE)\.md|tinytorch/__init__\.py|\.vscode/settings\.json"
    rf"|{re.escape(MARK)}/(?:progress\.json|progress\.damaged\.json|given\.json|lock|\.gitignore|snapshots/[0-9]+\.json)"
)
_JUNCTION = 0xA0000003  # how Windows marks a folder that leads to another


@dataclass(frozen=True)
class Place:
    """A file that may be written. `place` makes them: nothing is written where it says no."""

    root: Path
    file: str  # with forward slashes, from the student's folder

    def path(self) -> Path:
        """Where it lies, looked at now. Raises Refused for a link or what is no file."""
        path = self.root
        parts = self.file.split("/")
        for number, part in enumerate(parts, 1):
            path = path / part
            _check(path, "/".join(parts[:number]), last=number == len(parts))
        return path


def place(
    root: Path, file: str, taught: Collection[str] = (), library: Path | None = None
) -> Place:
    """A file of the student's folder that the course may write. Raises Refused.

    `taught` are the files that the course's modules name, `library` is where its own stand. A
    snapshot, a link or a request may come from a stranger, so every path that is written comes
    through here.
    """
    if file not in taught and not _OWN.fullmatch(file):
        raise Refused(
            say("{file} is not a file of the course, so the course does not write it", file=file)
        )
    if not all(part not in ("", ".", "..") and _plain(part) for part in file.split("/")):
        raise Refused(say("{file} does not lie in the course's folder", file=file))
    refuse_library(root, library)
    return Place(root, file)


def refuse_library(root: Path, library: Path | None = None) -> None:
    """Raises Refused for a folder that is the installed library's or `library`, or lies in it."""
    ours = root.resolve()
    for holder in filter(None, (library_root(), library)):
        package = (holder / "tinytorch").resolve()
        if (ours / "tinytorch").resolve() == package or package in (ours, *ours.parents):
            raise Refused(
                say("{root} holds the course's own library; name another folder", root=root)
            )


def _check(path: Path, name: str, *, last: bool) -> None:
    try:
        status = path.lstat()
    except OSError:
        return  # not there yet; where it can't be made, the writing says why
    junction = getattr(status, "st_reparse_tag", 0) == _JUNCTION
    if stat.S_ISLNK(status.st_mode) or junction:
        raise Refused(
            say(
                "{name} is a link; the course writes only what lies in its folder itself", name=name
            )
        )
    if last and not stat.S_ISREG(status.st_mode):
        raise Refused(say("{name} can't be written: it is not a file", name=name))


def _plain(part: str) -> bool:
    return "\\" not in part and ":" not in part and "\0" not in part
