"""The alarm that ends a step whose time is up."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType


class Alarm:
    """Calls `ring(frame)` once a span is over; entering it gives the function that starts one."""

    def __init__(self, seconds: float, ring: Callable[[FrameType | None], None]) -> None:
        self.seconds = seconds
        self.ring = ring
        self.timer: threading.Timer | None = None

    def __enter__(self) -> Callable[[], None]:
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, lambda _signal, frame: self.ring(frame))
            return lambda: signal.setitimer(signal.ITIMER_REAL, self.seconds) and None
        return self._start_timer

    def _start_timer(self) -> None:
        self._stop()
        main = threading.main_thread().ident or 0
        frames = sys._current_frames  # pyright: ignore[reportPrivateUsage]
        self.timer = threading.Timer(self.seconds, lambda: self.ring(frames().get(main)))
        self.timer.daemon = True
        self.timer.start()

    def _stop(self) -> None:
        if self.timer:
            self.timer.cancel()

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        self._stop()
