"""The warm process: it has imported everything, and has a forked one wait for the next run.

Its control socket carries, one JSON a line: to it {"run": id, "job": path} beside the descriptor
that takes the results, {"kill": id}, and {"draft": path} of what is being written; from it
{"ended": id, "status": n}, and {"groups": pids} whenever these have changed: whom to kill where
this process can't.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from tinytorch_ls.runner.inside.child import run_job
from tinytorch_ls.runner.inside.execute import rehearse
from tinytorch_ls.runner.inside.preload import preload
from tinytorch_ls.runner.inside.waiting import job_at
from tinytorch_ls.runner.job import CUT_OFF, READY, Job
from tinytorch_ls.runner.scratch import sweep

_VERDICT_SECONDS = 0.03  # that a run has the machine to itself, before the next is prepared for
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Waiting:
    """A process without a job, and the socket that brings it one."""

    pid: int
    door: socket.socket


class Zygote:
    """Forks, kills and reaps the processes of runs."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.runs: dict[int, int] = {}  # process id -> run id
        self.waiting: Waiting | None = None
        self.draft: str | None = None  # what the process that waits may compile
        self.last: Job | None = None  # what the next process is to be ready for
        self.unread = b""
        self.descriptors: list[int] = []

    def serve(self) -> None:
        """Answer the control socket until its other end closes."""
        bell, ring = os.pipe()
        os.set_blocking(ring, False)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _wake)
        self.tell_groups()
        while True:
            pause = _VERDICT_SECONDS if self.last else None
            ready, _, _ = select.select([self.control, bell], [], [], pause)
            if not ready:
                self.get_ready()
            if bell in ready:
                os.read(bell, 4096)
                self.reap()
            if self.control in ready and not self.listen():
                break
        self.clear_away()

    def clear_away(self) -> None:
        """End what was forked, and remove the folders of a server that is gone."""
        for pid in self.children():
            _kill_group(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        sweep()

    def listen(self) -> bool:
        """Obey what came; False once the other end is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, 65536, 8)
        except ConnectionError:
            return False
        self.descriptors += descriptors
        if not data:
            return False
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            self.obey(json.loads(line))
        return True

    def obey(self, message: dict[str, Any]) -> None:
        if "kill" in message:
            for pid, run in self.runs.items():
                if run == message["kill"]:
                    _kill_group(pid)
            return
        if "draft" in message:
            self.draft = message["draft"]
            self.pass_draft()
            return
        if self.waiting is None:  # it comes at once after another
            self.get_ready()
        pid = self.hand_over(message["job"], self.descriptors.pop(0))
        self.runs[pid] = message["run"]
        self.tell_groups()
        with contextlib.suppress(OSError, ValueError):  # it may be cancelled by now
            self.last = Job.load(message["job"])

    def get_ready(self) -> None:
        """Have a process wait for the next run, with all that the last one had to do itself."""
        if self.last:
            rehearse(self.last)
        self.last = None
        self.waiting = self.waiting or self.fork()
        self.pass_draft()
        self.tell_groups()

    def pass_draft(self) -> None:
        """Let the process that waits know of the draft, if it has time for it."""
        if self.waiting and self.draft:
            line = json.dumps({"draft": self.draft}).encode() + b"\n"
            with contextlib.suppress(OSError):
                self.waiting.door.send(line, socket.MSG_DONTWAIT)

    def hand_over(self, job: str, results: int) -> int:
        """Let the process that waits run a job, another if that one was killed; its id."""
        waiting, self.waiting = self.waiting or self.fork(), None
        try:
            line = json.dumps({"job": job}).encode() + b"\n"
            socket.send_fds(waiting.door, [line], [results])
        except OSError:
            return self.hand_over(job, results)
        os.close(results)
        waiting.door.close()
        return waiting.pid

    def fork(self) -> Waiting:
        """A process that waits for the job it will run: so the job need not wait for it."""
        gc.collect()
        gc.freeze()  # what a collection doesn't look at stays shared
        door, inner = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            door.close()
            self.become(inner)
        inner.close()
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        return Waiting(pid, door)

    def become(self, inner: socket.socket) -> NoReturn:
        """Be the child: wait for a job, run it and end, whatever happens."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        self.control.close()
        try:
            job, results = job_at(inner)
            inner.close()
            run_job(Job.load(job), results)
        finally:
            os._exit(CUT_OFF)

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            run = self.runs.pop(pid, None)
            if self.waiting and self.waiting.pid == pid:
                self.waiting = None
            self.kill_orphans()  # a killed orphan leaves us its own children
            if run is not None:
                _kill_group(pid)
                answer = {"ended": run, "status": os.waitstatus_to_exitcode(status)}
                self.tell(answer)
                self.tell_groups()

    def tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):
            self.control.sendall(json.dumps(message).encode() + b"\n")

    def tell_groups(self) -> None:
        """Say which process groups are ours, for the case that we are stopped."""
        self.tell({"groups": self.children()})

    def children(self) -> list[int]:
        """The processes that were forked here and live."""
        return [*self.runs, *([self.waiting.pid] if self.waiting else [])]

    def kill_orphans(self) -> None:
        """Kill what a run left behind; the system has made it our child."""
        if sys.platform != "linux":
            return
        known = self.children()
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        for pid in map(int, children):
            if pid not in known:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)


def _wake(_signal: int, _frame: FrameType | None) -> None:
    """Nothing: the arrival of the signal is what wakes the loop."""


def _kill_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if _LIBC:
        _LIBC.prctl(option, value, 0, 0, 0)


def main() -> None:
    """Serve on the socket whose descriptor is the last argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    preload()
    control = socket.socket(fileno=int(sys.argv[-1]))
    with contextlib.suppress(ConnectionError):  # the other end is gone already
        control.sendall(READY)
        Zygote(control).serve()
