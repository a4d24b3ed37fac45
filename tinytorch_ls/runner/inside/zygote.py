"""The warm process: it has imported everything, and forks once for each run that it is asked for.

Its control socket carries, one JSON a line: to it {"run": id, "job": path, "tests": path} beside
the descriptor that takes the results, and {"kill": id}; from it {"ended": id, "status": n}.
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
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from tinytorch_ls.runner.inside.child import run_job
from tinytorch_ls.runner.inside.execute import script
from tinytorch_ls.runner.job import READY
from tinytorch_ls.runner.scratch import sweep

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Zygote:
    """Forks, kills and reaps the processes of runs."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.runs: dict[int, int] = {}  # process id -> run id
        self.unread = b""
        self.descriptors: list[int] = []

    def serve(self) -> None:
        """Answer the control socket until its other end closes."""
        bell, ring = os.pipe()
        os.set_blocking(ring, False)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _wake)
        gc.collect()
        gc.freeze()
        while True:
            ready, _, _ = select.select([self.control, bell], [], [])
            if bell in ready:
                os.read(bell, 4096)
                self.reap()
            if self.control in ready and not self.listen():
                break
        self.clear_away()

    def clear_away(self) -> None:
        """End the runs, and remove the folders of a server that is gone and can't any more."""
        for pid in list(self.runs):
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
        results = self.descriptors.pop(0)
        with contextlib.suppress(OSError, SyntaxError):
            script(message["tests"])  # compiled here, every fork has it
        pid = os.fork()
        if pid == 0:
            self.become(message["job"], results)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        os.close(results)
        self.runs[pid] = message["run"]

    def become(self, job: str, results: int) -> NoReturn:
        """Be the child: run the job and end, whatever happens."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        self.control.close()
        run_job(job, results)

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            run = self.runs.pop(pid, None)
            self.kill_orphans()  # a killed orphan leaves us its own children
            if run is not None:
                _kill_group(pid)
                answer = {"ended": run, "status": os.waitstatus_to_exitcode(status)}
                with contextlib.suppress(ConnectionError):
                    self.control.sendall(json.dumps(answer).encode() + b"\n")

    def kill_orphans(self) -> None:
        """Kill what a run left behind; the system has made it our child."""
        if sys.platform != "linux":
            return
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        for pid in map(int, children):
            if pid not in self.runs:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)


def _wake(_signal: int, _frame: FrameType | None) -> None:
    """Nothing: the arrival of the signal is what wakes the loop."""


def _kill_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def main() -> None:
    """Serve on the socket whose descriptor is the last argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    control = socket.socket(fileno=int(sys.argv[-1]))
    with contextlib.suppress(ConnectionError):  # the other end is gone already
        control.sendall(READY)
        Zygote(control).serve()
