"""Refuses what a step test has no need of: writing outside its folder, starting processes.

A guard against accidents, by Python's audit hooks; it does not hold against a determined attack.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal

_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS = {  # event -> how many of its first arguments are paths that it changes
    "os.remove": 1,
    "os.rmdir": 1,
    "os.mkdir": 1,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.chown": 1,
    "os.utime": 1,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "shutil.rmtree": 1,
}
_PROCESSES = {
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "subprocess.Popen",
}
_SIGNALS = {"os.kill", "os.killpg"}


@dataclass(frozen=True)
class Refusal:
    """Something that student code tried and may not do."""

    kind: Literal["write", "processes"]
    what: str  # the path, or the event
    frame: FrameType


@dataclass
class Guard:
    """Installed once in a process that is about to run student code; it can't be taken out."""

    writable: tuple[Path, ...]
    refused: list[Refusal] = field(default_factory=list[Refusal])

    def install(self) -> None:
        allowed = tuple(os.path.realpath(path) + os.sep for path in self.writable)
        resolve = os.path.realpath

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event == "open":
                if _opens_for_writing(args) and not isinstance(args[0], int):
                    check(args[0])
            elif event in _PATHS:
                for path in args[: _PATHS[event]]:
                    check(path)
            elif event in _PROCESSES or event in _SIGNALS:
                refuse("processes", event)

        def check(path: Any) -> None:
            if isinstance(path, int):
                return
            real = resolve(os.fsdecode(path))
            if real != os.devnull and not f"{real}{os.sep}".startswith(allowed):
                refuse("write", os.fsdecode(path))

        def refuse(kind: Literal["write", "processes"], what: str) -> None:
            frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
            self.refused.append(Refusal(kind, what, frame))
            raise PermissionError(f"a step test may not do this: {what}")

        sys.addaudithook(hook)


def _opens_for_writing(args: tuple[Any, ...]) -> bool:
    _, mode, flags = args
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(flags & _WRITE_FLAGS)
