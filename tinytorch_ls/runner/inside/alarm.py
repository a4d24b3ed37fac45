"""Ends a step whose time is up: looks at the clocks now and then, and at what student code does."""

from __future__ import annotations

import faulthandler
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from types import FrameType
from typing import TextIO

from tinytorch_ls.runner.inside.progress import Progress
from tinytorch_ls.runner.inside.resources import limit_processor
from tinytorch_ls.runner.job import GRACE_SECONDS
from tinytorch_ls.runner.limits import Limits
from tinytorch_ls.runner.report import Frame, Limit

_LOOKS = 100  # while the processor time of a step lasts: of a short method most see who calls it
_EVIDENCE = 0.5  # of the time: what one call did all along in it is what it does
_EARLY = 0.3  # of the time: what was done before is no evidence, and most steps are over by then
_KNOWN = 0.1  # of the time: what was seen not to end in another step is soon known again
_IDLE = (
    0.02  # who computes for less of the time is waiting; who wants to compute gets more than that
)
_SHORTEST_PAUSE = 0.02  # seconds
_UNHEARD = 1.0  # seconds until the timer goes off once more

Ring = Callable[[Limit, Frame | None], None]


class Alarm:
    """Rings once the processor time of a step, or its wall-clock time, is over.

    Code that no Python signal handler reaches, a call into C that does not return, is ended by the
    system's own limit of processor time, or by who waits for the run. Its stack is in `stack` then.
    """

    def __init__(
        self, root: str, stack: TextIO, ring: Ring, endless: Collection[Frame] = ()
    ) -> None:
        self.root = root
        self.endless = endless  # where the code did not come to an end in another step
        self.stack = stack
        self.ring = ring
        self.limits = Limits()
        self.progress = Progress(root)
        self.began = self.used = 0.0  # of the wall clock, of processor time
        self.stopped = threading.Event()

    def __enter__(self) -> Alarm:
        if sys.platform == "win32":
            threading.Thread(target=self._watch, daemon=True).start()
        else:
            signal.signal(signal.SIGALRM, lambda _signal, frame: self._wake(frame))
            faulthandler.register(signal.SIGXCPU, self.stack, all_threads=False, chain=True)
        return self

    def start(self, limits: Limits) -> None:
        """Begin anew, for a step of these limits."""
        self.limits = limits
        self.progress = Progress(self.root)
        self.began, self.used = time.perf_counter(), time.process_time()
        limit_processor(self.used + limits.seconds + _UNHEARD + GRACE_SECONDS)
        self._have_stack_written_at(limits.last + GRACE_SECONDS / 2)
        self._wind()

    def _have_stack_written_at(self, seconds: float) -> None:
        """Start the thread that does so, with the timer's signal blocked: it would take signals
        until it has blocked them all by itself, and Python's main thread would not hear of them."""
        if sys.platform == "win32":
            faulthandler.dump_traceback_later(seconds, file=self.stack)
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        faulthandler.dump_traceback_later(seconds, file=self.stack)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def rest(self) -> None:
        """Look no more until it begins anew. A fork has no thread that looks, and would wait for
        the one that is in its memory."""
        faulthandler.cancel_dump_traceback_later()
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _wind(self) -> None:
        """Have the next look after a pause, however long the last one took: on a busy machine looks
        at regular times would interrupt each other, and student code would get no turn.

        Where none follows, since another thread took the signal, the timer goes off again."""
        if sys.platform != "win32" and not self.stopped.is_set():
            signal.setitimer(signal.ITIMER_REAL, self._pause(), _UNHEARD)

    def _wake(self, frame: FrameType | None) -> None:
        self._look(frame)
        self._wind()

    def _pause(self) -> float:
        return max(self.limits.seconds / _LOOKS, _SHORTEST_PAUSE)

    def _watch(self) -> None:
        """The looks of a system without timers."""
        main = threading.main_thread().ident or 0
        frames = sys._current_frames  # pyright: ignore[reportPrivateUsage]
        while not self.stopped.wait(self._pause()):
            self._look(frames().get(main))

    def _look(self, frame: FrameType | None) -> None:
        wall, computed = time.perf_counter() - self.began, time.process_time() - self.used
        seconds = self.limits.seconds
        if self.endless and computed < seconds:
            self._look_for_known(frame, computed)
        if computed < seconds * _EARLY and wall < min(self.limits.wall, self.limits.last) * _EARLY:
            return
        self.progress.see(frame, computed)
        if computed >= seconds:
            pace = self.progress.pace(seconds * (1 - _EVIDENCE))
            detail = f"{seconds:g} s of computing"
            self.ring(Limit(pace.kind, detail, pace.walked), pace.where)
        elif wall >= self.limits.wall and computed < wall * _IDLE:
            self.ring(Limit("waiting", _share(wall, computed)), self.progress.here())
        elif wall >= self.limits.last:
            pace = self.progress.pace(computed * (1 - _EVIDENCE))
            self.ring(Limit(pace.kind, _share(wall, computed), pace.walked), pace.where)

    def _look_for_known(self, frame: FrameType | None, computed: float) -> None:
        """End a step that has been for long where another one was stopped."""
        self.progress.see(frame, computed)
        if computed < self.limits.seconds * _KNOWN:
            return
        pace = self.progress.pace(computed * (1 - _EVIDENCE))
        if pace.kind == "endless" and pace.where in self.endless:
            self.ring(Limit(pace.kind, f"{computed:.1f} s of computing", pace.walked), pace.where)


def _share(wall: float, computed: float) -> str:
    return f"{wall:.0f} s, computing for {computed:.1f} s of them"
