"""A bare machine: Python, Node, the core utilities and an empty home; and a copy of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from stages import ROOT

_CORE = (
    *("sh", "bash", "env", "cat", "cp", "mv", "ls", "mkdir", "rm", "ln", "dirname", "basename"),
    *("readlink", "uname", "sed", "tr", "chmod", "date", "sleep", "id", "head", "tail", "sort"),
)
_KEPT = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "PIP_INDEX_URL", "PIP_CERT")


@dataclass(frozen=True)
class Machine:
    """A copy of the project as a bare machine has set it up, and that machine's variables."""

    project: Path
    environment: dict[str, str]


def bare_environment(folder: Path) -> dict[str, str]:
    """The variables of such a machine, with its programs and its home in a folder."""
    programs, home = folder / "bin", folder / "home"
    programs.mkdir()
    home.mkdir()
    for name in filter(shutil.which, _CORE):
        (programs / name).symlink_to(Path(shutil.which(name) or name).absolute())
    (programs / "python3").symlink_to(Path(sys.executable).resolve())
    ask = ["node", "-p", "process.execPath"]
    node = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    (programs / "node").symlink_to(node)
    (programs / "npm").symlink_to(Path(shutil.which("npm") or "npm").resolve())
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PATH": str(programs), "HOME": str(home), "LANG": "C.UTF-8"}


def copy_project(into: Path) -> None:
    """What git would hold, without asking git."""
    patterns = [".git", *(ROOT / ".gitignore").read_text(encoding="utf-8").split()]

    def ignored(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(ROOT)
        return {name for name in names if any(_matches(inside / name, each) for each in patterns)}

    shutil.copytree(ROOT, into, ignore=ignored, symlinks=True)


def _matches(path: Path, pattern: str) -> bool:
    """A line of .gitignore: a name anywhere, or a path from the root where it has a slash."""
    bare = pattern.rstrip("/")
    return path.as_posix() == bare.lstrip("/") if "/" in bare else fnmatch(path.name, bare)
