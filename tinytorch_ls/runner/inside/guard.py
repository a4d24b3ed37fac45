"""Refuses what a step test has no need of: changes outside its folder, processes, the network.

A guard against accidents, by Python's audit hooks and, where Python tells these too little, by
functions in the place of its own. It does not hold against a determined attack: docs/trust.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

from tinytorch_ls.compile.assembler import run_program
from tinytorch_ls.runner.inside.network import EVENTS, beyond
from tinytorch_ls.runner.inside.places import Places

Kind = Literal["write", "processes", "network"]
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class _Change:
    """Where the arguments of an event have a path that it changes."""

    path: int
    folder: int | None = None  # the argument with the descriptor that the path is relative to
    follows: bool = True  # whether it is a link's target that changes


_CHANGES = {
    "os.remove": (_Change(0, 1, follows=False),),
    "os.rmdir": (_Change(0, 1, follows=False),),
    "os.mkdir": (_Change(0, 2, follows=False),),
    "os.truncate": (_Change(0),),
    "os.chmod": (_Change(0, 2),),
    "os.chown": (_Change(0, 3),),
    "os.chflags": (_Change(0),),
    "os.utime": (_Change(0, 3),),
    "os.setxattr": (_Change(0),),
    "os.removexattr": (_Change(0),),
    "os.rename": (_Change(0, 2, follows=False), _Change(1, 3, follows=False)),
    "os.link": (_Change(0, 2), _Change(1, 3, follows=False)),  # who writes to one writes to both
    "os.symlink": (_Change(1, 2, follows=False),),
    "shutil.rmtree": (_Change(0, 1, follows=False),),
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
    "_winapi.CreateProcess",
    "os.kill",
    "os.killpg",
    "signal.pthread_kill",
}
_OF_OTHERS = {
    "setpgid": None,  # who waits for a run ends it by its group
    "pidfd_send_signal": None,
    "setpriority": 1,  # behind what it is: a process, a group or a user
    "sched_setaffinity": 0,
    "sched_setparam": 0,
    "sched_setscheduler": 0,
}
"""Functions that may change another process, and tell no hook: which argument is the process. It
may be this one; None: it may be none."""

_WATCHED = frozenset(
    {"open", "sqlite3.connect", "import", "resource.prlimit", *_CHANGES, *_PROCESSES, *EVENTS}
)
_PYTHON = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120 - compared with strings
_OURS = os.path.dirname(__file__) + os.sep  # noqa: PTH120
_SILENT = {"readline", "_gdbm", "_dbm"}  # compiled modules that write files and tell no hook
_INTERPRETERS = {"_interpreters", "_xxsubinterpreters", "_testcapi", "_testinternalcapi"}
"""Modules that start another interpreter: a hook is one interpreter's."""

_SQLITE_ATTACH, _SQLITE_OK, _SQLITE_DENY = 24, 0, 1


@dataclass(frozen=True)
class Refusal:
    """Something that student code tried and may not do."""

    kind: Kind
    what: str  # the path, the event, or the address
    frame: FrameType


class Guard:
    """Installed once in a process that is about to run student code; it can't be taken out."""

    def __init__(self, writable: tuple[Path, ...]) -> None:
        self.places = Places(writable)
        self.lets: tuple[str, ...] | None = None  # the program of ours that may start now
        self.asks = False  # whether a connection of SQLite is made that will ask
        self.refused: Callable[[Refusal], object] | None = None  # called before the error is raised

    def install(self) -> None:
        """Refuse from now on."""
        for name in _SILENT:
            sys.modules.pop(name, None)
        self._replace()
        watched, hook = _WATCHED, self._hook

        def heard(event: str, args: tuple[Any, ...]) -> None:
            if event in watched:  # the least there is to do: each look at a frame is an event too
                hook(event, args)

        sys.addaudithook(heard)

    def program(self, command: Sequence[str]) -> str:
        """Run a program of ours, such as an assembler, to its end; gives what it printed."""
        self.lets = tuple(command)
        try:
            return run_program(command)
        finally:
            self.lets = None

    def fork(self) -> int:
        """Fork, for a purpose of ours."""
        self.lets = ("fork",)
        try:
            return os.fork()
        finally:
            self.lets = None

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            if _opens_for_writing(args) and not isinstance(args[0], int):
                self._check(args[0])
        elif event in _CHANGES:
            for change in _CHANGES[event]:
                index = change.folder
                folder = args[index] if index is not None and index < len(args) else None
                self._check(args[change.path], folder, follows=change.follows)
        elif event in _PROCESSES and self.lets is None:
            self._refuse("processes", event)
        elif event in EVENTS:
            self._check_address(event, args)
        elif event == "sqlite3.connect":
            self._check_database(args[0])
            if not self.asks:
                self._refuse("write", "sqlite3, by a class from elsewhere")
        elif event == "import" and args[0] in _SILENT:
            raise ImportError(f"a step test has no {args[0]}: it writes files that nobody sees")
        elif event == "import" and args[0] in _INTERPRETERS:
            raise ImportError(f"a step test has no {args[0]}: it has one interpreter")
        elif event == "resource.prlimit" and args[0] not in (0, os.getpid()):
            self._refuse("processes", event)

    def _check(self, path: Any, folder: Any = None, *, follows: bool = True) -> None:
        if outside := self.places.forbidden(path, folder, follows=follows):
            self._refuse("write", outside)

    def _check_address(self, event: str, args: tuple[Any, ...]) -> None:
        if address := beyond(event, args):
            self._refuse("network", address)
        path = args[1] if event in ("socket.connect", "socket.bind") else None
        if isinstance(path, (str, bytes)):
            self._check(path if path[:1] not in ("\0", b"\0") else "/dev/abstract")

    def _check_database(self, name: Any) -> None:
        text = os.fsdecode(name)
        if text.startswith("file:"):
            parts = urlsplit(text)
            if parse_qs(parts.query).get("mode", [""])[-1] in ("ro", "memory"):
                return
            text = unquote(parts.path)
        if text not in ("", ":memory:"):
            self._check(text)

    def _authorize(self, action: int, name: str | None, *_: str | None) -> int:
        """What SQLite asks before each statement: another file may be attached."""
        if action == _SQLITE_ATTACH and name is not None:
            try:
                self._check_database(name)
            except PermissionError:
                return _SQLITE_DENY
        return _SQLITE_OK

    def _refuse(self, kind: Kind, what: str) -> NoReturn:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        # Matplotlib asks a program for fonts, and does without: that is no fault of the student's.
        if self.refused and not (kind == "processes" and _is_of_a_package(frame)):
            self.refused(Refusal(kind, what, frame))
        raise PermissionError(f"a step test may not do this: {what}")

    def _replace(self) -> None:
        """Put others in the place of functions that tell an audit hook nothing, or too little."""
        system = sys.modules[os.name]
        ways = dict.fromkeys(("open", "mkfifo", "mknod"), self._with_folder)
        ways |= dict.fromkeys(_OF_OTHERS, self._of_others)
        for name, way in ways.items():
            if hasattr(os, name):
                guarded = way(name, getattr(os, name))
                setattr(os, name, guarded)
                setattr(system, name, guarded)
        if sys.platform != "win32":
            import _posixsubprocess
            import signal
            import subprocess

            send: Any = getattr(signal, "pidfd_send_signal", None)
            if send:
                signal.pidfd_send_signal = self._of_others("pidfd_send_signal", send)  # pyright: ignore[reportAttributeAccessIssue]

            fork_exec: Callable[..., int] = _posixsubprocess.fork_exec

            def start(*args: object) -> int:
                if self.lets is None:
                    self._refuse("processes", "multiprocessing")
                return fork_exec(*args)

            _posixsubprocess.fork_exec = start
            if hasattr(subprocess, "_fork_exec"):
                subprocess._fork_exec = start  # pyright: ignore[reportAttributeAccessIssue]

            with suppress(ImportError):
                shared: Any = import_module("_posixshmem")
                shared.shm_open = self._shared_memory(shared.shm_open)

        with suppress(ImportError):  # a Python without it
            self._replace_sqlite(import_module("sqlite3"))

    def _shared_memory(self, make: Callable[..., int]) -> Callable[..., int]:
        """A `shm_open` that makes nothing: it tells an audit hook nothing."""

        def guarded(path: str, flags: int, *args: Any, **named: Any) -> int:
            if flags & _WRITE_FLAGS:
                self._check(f"/dev/shm/{path.lstrip('/')}")
            return make(path, flags, *args, **named)

        return guarded

    def _replace_sqlite(self, sqlite3: Any) -> None:
        """Connections that ask before they attach another file, however they are made."""
        guard, original, connect = self, sqlite3.Connection, sqlite3.connect

        class Connection(original):
            def __init__(self, *args: Any, **named: Any) -> None:
                with guard._asking():
                    original.__init__(self, *args, **named)
                self.set_authorizer(None)

            def set_authorizer(self, callback: Callable[..., int] | None) -> None:
                def authorize(*args: Any) -> int:
                    return guard._authorize(*args) or (callback(*args) if callback else _SQLITE_OK)

                original.set_authorizer(self, authorize)

        def guarded(*args: Any, **named: Any) -> Any:
            if len(args) < 6:  # the sixth is the factory
                named.setdefault("factory", Connection)
            with guard._asking():
                return connect(*args, **named)

        modules: tuple[Any, ...] = sqlite3, sys.modules["sqlite3.dbapi2"]
        for module in modules:
            module.Connection, module.connect = Connection, guarded

    @contextmanager
    def _asking(self) -> Generator[None]:
        """What connects in a `with` block asks for each file."""
        before, self.asks = self.asks, True
        try:
            yield
        finally:
            self.asks = before

    def _of_others(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that changes a process, and may change this one."""
        at = _OF_OTHERS[name]

        def guarded(*args: Any, **named: Any) -> Any:
            given = (*args, *named.values())
            own = at is not None and given[at : at + 1] in ((0,), (os.getpid(),))
            if not own or given[:at] not in ((), (os.PRIO_PROCESS,)):
                self._refuse("processes", name)
            return function(*args, **named)

        guarded.__name__ = name
        return guarded

    def _with_folder(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of `os` whose audit event is silent of its `dir_fd`, or that has none."""
        opens = name == "open"

        def guarded(path: Any, *args: Any, dir_fd: int | None = None, **named: Any) -> Any:
            flags = named.get("flags", args[0] if args else 0)
            if not opens or (dir_fd is not None and flags & _WRITE_FLAGS):
                self._check(path, dir_fd, follows=opens)
            if dir_fd is not None:
                named["dir_fd"] = dir_fd
            return function(path, *args, **named)

        guarded.__name__ = name
        if function in os.supports_dir_fd:
            os.supports_dir_fd.add(guarded)
        return guarded


def _is_of_a_package(frame: FrameType | None) -> bool:
    """Whether an installed package asked for it by itself, through Python's library or at once."""
    while frame is not None:
        file = frame.f_code.co_filename
        if "site-packages" in file or "dist-packages" in file:
            return not file.startswith(_OURS)
        if not file.startswith((_PYTHON, _OURS, "<")):
            return False
        frame = frame.f_back
    return False


def _opens_for_writing(args: tuple[Any, ...]) -> bool:
    _, mode, flags = args
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(flags & _WRITE_FLAGS)
